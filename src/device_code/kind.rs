//! The kinds of entries.

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Machine code for NVIDIA GPUs: an ELF file.
    Cubin,
    /// PTX, which the driver compiles for the GPU when it loads the library.
    Ptx,
    /// LTO IR, which the linker compiles. Its payload is not documented.
    LtoIr,
    /// Machine code for AMD GPUs: an ELF file.
    Hip,
    /// Another kind of entry of a fat binary, by its number.
    Other(u16),
}

impl Kind {
    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cubin => "cubin",
            Self::Ptx => "ptx",
            Self::LtoIr => "lto",
            Self::Hip => "hip",
            Self::Other(_) => "other",
        }
    }
}
