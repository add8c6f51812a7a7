//! Why a loader refuses a file that it has found. It searches no further then.

use crate::elf::{ElfFacts, HeaderFault, SegmentFault};
use crate::platform::Libc;

/// The smallest page size of Linux in bytes.
const PAGE: u64 = 4096;

/// `EI_OSABI` of the files that glibc loads: System V, and the GNU extensions to it.
const OS_ABIS: [u8; 2] = [0, 3];

/// `ET_EXEC`: a program with a fixed address.
const ET_EXEC: u16 = 2;

/// Why a file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is no ELF file, or one that is not linked.
    NoLibrary,
    /// It is for another system than Linux.
    OtherSystem,
    /// A field of its header has a value that the loader does not know.
    Header(HeaderFault),
    /// The offset and the address of a segment are at different places of a page.
    Unmappable,
    /// It is a program.
    Program,
    /// It has the flag `DF_1_NOOPEN`, and is loaded with `dlopen`, or with a file that is.
    NoDlopen,
}

impl Refusal {
    /// Returns why a file is refused, by the rules of glibc 2.36 (`elf/dl-load.c`). musl's loader has none of them.
    ///
    /// `is_dlopen`: whether it is loaded by a process that runs already.
    pub(super) fn of(facts: &ElfFacts, libc: Libc, is_dlopen: bool) -> Option<Self> {
        if libc == Libc::Musl {
            return None;
        }
        let flags = facts.linkage.as_ref().map(|linkage| linkage.flags()).unwrap_or_default();
        let is_split = |fault: &SegmentFault| matches!(fault, SegmentFault::Offset { offset, address, .. } if offset % PAGE != address % PAGE);
        if !OS_ABIS.contains(&facts.platform.os_abi) {
            Some(Self::OtherSystem)
        } else if let Some(fault) = facts.header_fault {
            Some(Self::Header(fault))
        } else if facts.segment_faults.iter().any(is_split) {
            Some(Self::Unmappable)
        } else if facts.e_type == ET_EXEC || flags.is_pie() {
            Some(Self::Program)
        } else if is_dlopen && flags.refuses_dlopen() {
            Some(Self::NoDlopen)
        } else {
            None
        }
    }

    /// Returns what is wrong with the file.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NoLibrary => "is no shared library",
            Self::OtherSystem => "is for another system: `EI_OSABI`",
            Self::Header(HeaderFault::Version) => {
                "has another version of the format: `EI_VERSION` or `e_version`"
            }
            Self::Header(HeaderFault::AbiVersion) => {
                "needs a later version of the loader: `EI_ABIVERSION`"
            }
            Self::Header(HeaderFault::Padding) => "has bytes in `e_ident` that have no meaning",
            Self::Unmappable => {
                "has a segment whose offset and address are at different places of a page"
            }
            Self::Program => "is a program",
            Self::NoDlopen => "has the flag `DF_1_NOOPEN`: `dlopen` refuses it",
        }
    }
}
