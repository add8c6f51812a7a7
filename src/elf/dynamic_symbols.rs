//! Dynamic symbols and their versions, as loaders see them.

use object::elf;

/// How a symbol's name is bound (`st_info`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// `STB_GLOBAL`.
    Global,
    /// `STB_WEAK`. Loaders treat weak definitions as global ones.
    Weak,
    /// `STB_GNU_UNIQUE`: one definition for the whole process.
    Unique,
}

/// The kind of a symbol (`st_info`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// `STT_NOTYPE`.
    None,
    /// `STT_OBJECT` or `STT_COMMON`.
    Data,
    /// `STT_FUNC`.
    Function,
    /// `STT_TLS`: a variable of each thread.
    ThreadLocal,
    /// `STT_GNU_IFUNC`: a function that a resolver chooses.
    IndirectFunction,
}

/// The visibility of a symbol (`st_other`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// `STV_DEFAULT`: another file's definition may come first (preemptible).
    Default,
    /// `STV_PROTECTED`: other files see it, and cannot replace it in its own file.
    Protected,
    /// `STV_HIDDEN` or `STV_INTERNAL`: other files do not see it.
    Hidden,
}

/// A symbol that a file defines. Symbols of sections and files, local ones, and those without a value are left
/// out: loaders ignore them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its version.
    pub version: Option<&'a str>,
    /// Whether only references with exactly this version find it (`VERSYM_HIDDEN`): `name@version` of
    /// assemblers, in place of `name@@version`.
    pub is_hidden_version: bool,
    /// Its binding.
    pub binding: Binding,
    /// Its kind.
    pub kind: SymbolKind,
    /// Its visibility.
    pub visibility: Visibility,
    /// Its size in bytes.
    pub size: u64,
}

/// A symbol that a file refers to and does not define.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// The version that it must have.
    pub version: Option<&'a RequiredVersion>,
    /// Whether the file loads without it.
    pub is_weak: bool,
    /// Its kind, where the link editor knew it.
    pub kind: SymbolKind,
    /// Its visibility. No other file can define a hidden one.
    pub visibility: Visibility,
}

/// A version of a table of needed versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredVersion {
    /// The soname of the library that must define it; `None` for a version of the file itself.
    pub library: Option<Box<str>>,
    /// Its name, such as `GLIBC_2.34`.
    pub name: Box<str>,
    /// Whether the file loads without it (`VER_FLG_WEAK`).
    pub is_weak: bool,
    /// Whether a definition without a version does not satisfy it.
    pub is_hidden: bool,
}

/// A version that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinedVersion {
    /// Its name.
    pub name: Box<str>,
    /// Whether it stands for the file itself (`VER_FLG_BASE`). No symbol is looked up by it.
    pub is_base: bool,
}

/// One symbol, with its name's offset in the string table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) name: u32,
    /// The entry of the versym table.
    pub(super) version: u16,
    pub(super) info: u8,
    pub(super) other: u8,
    pub(super) size: u64,
}

/// What a version index stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionIndex {
    pub(super) index: u16,
    pub(super) version: RequiredVersion,
}

impl Symbol {
    pub(super) fn version_index(self) -> u16 {
        self.version & !elf::VERSYM_HIDDEN.0
    }

    pub(super) fn has_hidden_version(self) -> bool {
        self.version & elf::VERSYM_HIDDEN.0 != 0
    }

    pub(super) fn binding(self) -> Binding {
        match elf::SymbolInfo(self.info).st_bind() {
            elf::STB_WEAK => Binding::Weak,
            elf::STB_GNU_UNIQUE => Binding::Unique,
            _ => Binding::Global,
        }
    }

    pub(super) fn kind(self) -> SymbolKind {
        match elf::SymbolInfo(self.info).st_type() {
            elf::STT_OBJECT | elf::STT_COMMON => SymbolKind::Data,
            elf::STT_FUNC => SymbolKind::Function,
            elf::STT_TLS => SymbolKind::ThreadLocal,
            elf::STT_GNU_IFUNC => SymbolKind::IndirectFunction,
            _ => SymbolKind::None,
        }
    }

    pub(super) fn visibility(self) -> Visibility {
        match elf::SymbolOther(self.other).visibility() {
            elf::STV_HIDDEN | elf::STV_INTERNAL => Visibility::Hidden,
            elf::STV_PROTECTED => Visibility::Protected,
            _ => Visibility::Default,
        }
    }
}
