//! Reads ELF files: what a loader needs, which libraries a file resolves to, and its sections.
//!
//! This module knows bytes only, nothing of wheels or Bazel. [`ElfFacts`] come from what a loader reads:
//! program headers and the dynamic section. A file without a section table has the same facts.

mod count;
mod dynamic;
mod dynamic_symbols;
mod error;
mod facts;
mod header;
mod libc;
mod link_flags;
mod linkage;
mod linkage_tables;
mod linked;
mod location;
mod mapping;
mod name_hash;
mod notes;
mod outline;
mod read;
mod resolve;
#[cfg(test)]
pub(crate) mod sample;
mod sections;
mod segments;
mod soname_literals;
mod sparse;
mod stages;
mod strings;
mod symbols;
mod undefined;
mod version_indices;
mod versions;

pub use self::dynamic_symbols::{
    Binding, DefinedVersion, Definition, Reference, RequiredVersion, SymbolKind, Visibility,
};
pub use self::error::{ElfError, Unfinished};
pub use self::facts::{
    Class, Detail, DeviceCode, ElfFacts, HeaderFault, IsaLevel, MalformedTable, NeededLibrary,
    NeededVersion, Platform, SegmentFault,
};
pub use self::libc::{BothLibcs, is_libpython, is_musl_itself};
pub use self::link_flags::{Filtee, LinkFlags, TlsBlock};
pub use self::linkage::Linkage;
pub use self::location::FileLocation;
pub use self::name_hash::SymbolName;
pub use self::outline::{Outline, SectionLen, executable_ranges};
pub use self::read::{code, is_elf, is_program, machine};
pub use self::resolve::{Files, Library, SearchPaths, Tree, directory, resolve};
pub use self::soname_literals::SonameLiterals;
pub use self::sparse::{MERGED_GAP, Sparse};
pub use self::stages::MAX_ROUNDS;
pub use self::symbols::is_entry_point;
pub use self::undefined::UndefinedNames;

#[cfg(test)]
mod tests;
