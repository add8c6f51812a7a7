//! What wheelworks reads from ELF files. It knows bytes only: nothing of wheels, nothing of Bazel.

mod facts;
mod libc;
mod read;
mod undefined;

pub use self::facts::{Class, Facts, IsaLevel, NeededLibrary, NeededVersion, Platform};
pub use self::libc::Libc;
pub use self::read::{Machine, is_elf, is_program, machine};
pub use self::undefined::UndefinedNames;
