//! Which C library an ELF file is made for.

use std::fmt;

/// A C library that Linux wheels are built against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libc {
    /// GNU's: manylinux.
    Glibc,
    /// musl: musllinux.
    Musl,
    /// Android's bionic.
    Android,
}

impl fmt::Display for Libc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
            Self::Android => "Android",
        })
    }
}
