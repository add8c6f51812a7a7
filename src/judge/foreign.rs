//! ELF files for another platform than the wheel's. The verdict ignores them.

/// The property in which an ELF file differs from the wheel's platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// The machine.
    Machine,
    /// The C library.
    Libc,
}

/// An ELF file for another platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// The member's path.
    pub(crate) path: String,
    /// The property that differs.
    pub(crate) mismatch: Mismatch,
    /// The machine or the C library that it is for; `unknown` if no platform tag names it.
    pub(crate) name: String,
    /// The same as a phrase for messages, with what the wheel is for.
    pub(crate) found: String,
}
