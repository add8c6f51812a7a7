//! Object files of any format.
//!
//! [`ObjectKind`] is detected from a file's first bytes, for all formats. [`ObjectFile`] has the
//! facts that a verdict needs, whatever the format: those of ELF files are in `elf`, those of Mach-O and PE files here.

mod apple;
mod facts;
mod file_bytes;
mod kind;
mod mach_o;
mod mach_o_symbols;
mod pe;
mod pe_tables;
#[cfg(test)]
pub(crate) mod sample;
mod sections;
#[cfg(test)]
mod tests;

pub use self::apple::{AppleCpu, ApplePlatform, AppleVersion};
pub use self::facts::{ObjectFacts, ObjectFile};
pub use self::kind::{ObjectFormat, ObjectKind, apple_cpus};
pub use self::mach_o::{MachOFacts, MachOLibrary, MachOLink, MachOSlice, MachOType};
pub use self::pe::{PeCpu, PeFacts};
pub use self::sections::ObjectOutline;
