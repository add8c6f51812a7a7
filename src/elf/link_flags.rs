//! What a file asks of the loader: flags and thread-local variables.

use object::elf;

/// `DT_FLAGS` and `DT_FLAGS_1`, and the tags that mean the same as a flag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkFlags {
    pub(super) flags: u64,
    pub(super) flags_1: u64,
}

impl LinkFlags {
    /// Returns whether it uses its own definitions before those of others (`DF_SYMBOLIC`).
    #[must_use]
    pub fn is_symbolic(self) -> bool {
        self.flags & elf::DF_SYMBOLIC.0 != 0
    }

    /// Returns whether its thread-local variables must have room in the static TLS block (`DF_STATIC_TLS`).
    #[must_use]
    pub fn uses_static_tls(self) -> bool {
        self.flags & elf::DF_STATIC_TLS.0 != 0
    }

    /// Returns whether all of its symbols are bound when it is loaded (`DF_BIND_NOW`, `DF_1_NOW`).
    #[must_use]
    pub fn binds_now(self) -> bool {
        self.flags & elf::DF_BIND_NOW.0 != 0 || self.flags_1 & elf::DF_1_NOW.0 != 0
    }

    /// Returns whether it stays loaded until the process ends (`DF_1_NODELETE`).
    #[must_use]
    pub fn is_never_unloaded(self) -> bool {
        self.flags_1 & elf::DF_1_NODELETE.0 != 0
    }

    /// Returns whether `dlopen` refuses it (`DF_1_NOOPEN`).
    #[must_use]
    pub fn refuses_dlopen(self) -> bool {
        self.flags_1 & elf::DF_1_NOOPEN.0 != 0
    }

    /// Returns whether it is a position-independent program (`DF_1_PIE`), which glibc's `dlopen` refuses.
    #[must_use]
    pub fn is_pie(self) -> bool {
        self.flags_1 & elf::DF_1_PIE.0 != 0
    }

    /// Returns whether the loader searches only the paths of the file (`DF_1_NODEFLIB`).
    #[must_use]
    pub fn skips_default_paths(self) -> bool {
        self.flags_1 & elf::DF_1_NODEFLIB.0 != 0
    }
}

/// A library whose definitions glibc's loader finds before those of the file that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filtee {
    /// The library's name.
    pub name: Box<str>,
    /// Whether the file loads without it: `DT_AUXILIARY`, and not `DT_FILTER`.
    pub is_optional: bool,
}

/// The block of thread-local variables (`PT_TLS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsBlock {
    /// Its length in memory in bytes.
    pub len: u64,
    /// Its alignment in bytes.
    pub align: u64,
}
