//! What wheelworks reads from ELF files. It knows bytes only: nothing of wheels, nothing of Bazel.

//!
//! Facts of a file come from what a loader reads: program headers and the dynamic section. So a file
//! whose section table was cut off has the same facts.

mod count;
mod dynamic;
mod error;
mod facts;
mod header;
mod libc;
mod linked;
mod notes;
mod read;
mod sections;
mod segments;
mod sparse;
mod stages;
mod strings;
mod symbols;
mod undefined;
mod versions;

pub use self::error::{ElfError, Unfinished};
pub use self::facts::{Class, Facts, IsaLevel, NeededLibrary, NeededVersion, Platform};
pub use self::libc::Libc;
pub use self::read::{Machine, is_elf, is_program, machine};
pub use self::sparse::Sparse;
pub use self::stages::Detail;
pub use self::undefined::UndefinedNames;
