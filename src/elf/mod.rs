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
mod outline;
mod place;
mod read;
mod resolve;
#[cfg(test)]
pub(crate) mod sample;
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
pub use self::libc::{BothLibcs, is_libpython};
pub use self::outline::{Outline, SectionLen};
pub use self::place::Place;
pub use self::read::{code, is_elf, is_program, machine};
pub use self::resolve::{Files, Library, SearchPaths, Tree, directory, resolve};
pub use self::sparse::Sparse;
pub use self::stages::Detail;
pub use self::undefined::UndefinedNames;
pub use crate::platform::{Libc, Machine};

#[cfg(test)]
mod tests;
