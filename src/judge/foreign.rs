//! ELF files that do not count for the verdict.

/// Why an ELF file does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// It is for another machine.
    Machine,
    /// It is for another C library.
    Libc,
}

/// An ELF file that does not count, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// The member's path.
    pub(crate) path: String,
    /// In what it differs.
    pub(crate) mismatch: Mismatch,
    /// What it is instead, in words.
    pub(crate) found: String,
}
