//! The functions of a cubin: its kernels, and the device functions that the compiler did not inline.

use object::LittleEndian;
use object::elf::{FileHeader64, STT_FUNC};
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};
use thiserror::Error;

use crate::error::Diagnose;

/// Maximum number of functions of one cubin.
pub const MAX_FUNCTIONS: usize = 1 << 18;

/// The bit of `st_other` that marks a kernel: `STO_CUDA_ENTRY`.
const ENTRY: u8 = 0x10;

/// One function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// Its mangled name.
    pub name: String,
    /// Bytes of its machine code.
    pub len: u64,
    /// Whether the host can launch it.
    pub is_kernel: bool,
}

/// A cubin whose functions cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FunctionsError {
    /// It is no 64-bit little-endian ELF file, or one with broken tables.
    #[error("expected the section and symbol tables of a cubin, found something else")]
    Malformed,
    /// It has more than [`MAX_FUNCTIONS`].
    #[error("expected at most {MAX_FUNCTIONS} functions, found more")]
    TooMany,
}

impl Diagnose for FunctionsError {}

/// Returns the functions of a cubin: the symbols of type `STT_FUNC` in sections `.text.NAME`, in the order of
/// the symbol table.
///
/// # Errors
///
/// [`FunctionsError`].
pub fn functions(cubin: &[u8]) -> Result<Vec<Function>, FunctionsError> {
    let malformed = |_| FunctionsError::Malformed;
    let header = FileHeader64::<LittleEndian>::parse(cubin).map_err(malformed)?;
    let endian = LittleEndian;
    let sections = header.sections(endian, cubin).map_err(malformed)?;
    let symbols = sections.symbols(endian, cubin, object::elf::SHT_SYMTAB).map_err(malformed)?;
    let mut found = Vec::new();
    for (index, symbol) in symbols.enumerate() {
        if symbol.st_type() != STT_FUNC {
            continue;
        }
        let section = symbols.symbol_section(endian, symbol, index).map_err(malformed)?;
        let Some(section) = section.and_then(|index| sections.section(index).ok()) else {
            continue;
        };
        let section_name = sections.section_name(endian, section).unwrap_or_default();
        let name = symbol.name(endian, symbols.strings()).map_err(malformed)?;
        if !section_name.starts_with(b".text.") {
            continue;
        }
        if found.len() == MAX_FUNCTIONS {
            return Err(FunctionsError::TooMany);
        }
        found.push(Function {
            name: String::from_utf8_lossy(name).into_owned(),
            len: symbol.st_size(endian).min(section.sh_size(endian)),
            is_kernel: symbol.st_other().0 & ENTRY != 0,
        });
    }
    Ok(found)
}
