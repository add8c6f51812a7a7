//! What wheelworks reads from ELF files. It knows bytes only: nothing of wheels, nothing of Bazel.

mod facts;
mod libc;
mod place;
mod read;
mod resolve;
mod undefined;

pub use self::facts::{
    Class, Detail, ElfError, Facts, IsaLevel, NeededLibrary, NeededVersion, Platform,
};
pub use self::libc::{BothLibcs, Libc, is_libpython};
pub use self::place::Place;
pub use self::read::{Machine, is_elf, is_program, machine};
pub use self::resolve::{Files, Library, SearchPaths, Tree, directory, resolve};
pub use self::undefined::UndefinedNames;
