//! Reads the [`Linkage`] of a file from its tables of symbols and versions.

use std::ops::Range;

use object::elf;
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, U16, pod};

use super::ElfError;
use super::dynamic::Dynamic;
use super::dynamic_symbols::Symbol;
use super::link_flags::{Filtee, LinkFlags, TlsBlock};
use super::linkage::Linkage;
use super::name_hash::short_hash;
use super::segments::Segments;
use super::strings::Strings;
use super::symbols::Tables;
use super::version_indices::Versions;

/// The kinds of symbols that loaders accept as definitions.
const KINDS: [elf::SymbolType; 6] = [
    elf::STT_NOTYPE,
    elf::STT_OBJECT,
    elf::STT_FUNC,
    elf::STT_COMMON,
    elf::STT_TLS,
    elf::STT_GNU_IFUNC,
];

/// Returns the linkage of a file without symbols: thread-local variables and the places of string literals.
pub(super) fn of_segments(segments: &Segments) -> Linkage {
    let tls = segments.of(elf::PT_TLS).next();
    let read_only =
        || segments.of(elf::PT_LOAD).filter(|it| !it.is_writable && !it.file.is_empty());
    // Link editors that give code a segment of its own put literals elsewhere.
    let has_data = read_only().any(|it| !it.is_executable);
    let data = read_only().filter(|it| !has_data || !it.is_executable);
    let mut literals: Vec<Range<u64>> = data.map(|it| it.file.clone()).collect();
    literals.sort_unstable_by_key(|range| (range.start, range.end));
    Linkage {
        tls: tls.map(|segment| TlsBlock { len: segment.memory_len, align: segment.align }),
        literals,
        ..Linkage::default()
    }
}

impl Linkage {
    /// Sets the flags of the dynamic section.
    pub(super) fn set_flags(&mut self, dynamic: &Dynamic) {
        self.flags = LinkFlags { flags: dynamic.flags, flags_1: dynamic.flags_1 };
    }

    /// Sets the libraries whose definitions precede its own.
    ///
    /// # Errors
    /// If a name is not in the string table.
    pub(super) fn set_filtees(
        &mut self,
        dynamic: &Dynamic,
        strings: &Strings<'_>,
    ) -> Result<(), ElfError> {
        let filtee = |&(name, is_optional): &(u64, bool)| {
            Ok(Filtee { name: strings.text(name)?.into(), is_optional })
        };
        self.filtees = dynamic.filtees.iter().map(filtee).collect::<Result<_, ElfError>>()?;
        Ok(())
    }

    /// Takes a range, that of the string table, out of the places of string literals.
    pub(super) fn remove_literals(&mut self, removed: &Range<u64>) {
        let rest = |range: &Range<u64>| {
            let before = range.start..range.end.min(removed.start);
            let after = range.start.max(removed.end)..range.end;
            [before, after].into_iter().filter(|it| it.start < it.end)
        };
        self.literals = self.literals.iter().flat_map(rest).collect();
    }

    /// Adds the versions.
    pub(super) fn set_versions(&mut self, versions: Versions) {
        self.versions = versions.indices;
        self.required = versions.required;
        self.defined = versions.defined;
    }

    /// Adds the symbols.
    ///
    /// # Errors
    /// If names overlap without end.
    pub(super) fn set_symbols<H: FileHeader<Endian = Endianness>>(
        &mut self,
        tables: &Tables<'_>,
        endian: Endianness,
    ) -> Result<(), ElfError> {
        let symbols: &[H::Sym] = pod::slice_from_all_bytes(tables.symbols).unwrap_or_default();
        let versions: &[U16<Endianness>] =
            pod::slice_from_all_bytes(tables.versions).unwrap_or_default();
        self.has_versions = !versions.is_empty();
        let terminated = memchr::memrchr(0, tables.strings.bytes());
        let mut hashes = Vec::new();
        for (index, symbol) in symbols.iter().enumerate().skip(1) {
            let offset = symbol.st_name(endian);
            if terminated.is_none_or(|last| offset as usize > last) {
                if tables.is_exact {
                    continue;
                }
                break;
            }
            let is_defined = symbol.st_shndx(endian) != elf::SHN_UNDEF;
            if symbol.is_local() || is_defined && !has_value(symbol, endian) {
                continue;
            }
            let name = tables.strings.get(offset.into())?;
            if name.is_empty() {
                continue;
            }
            let entry = Symbol {
                name: offset,
                version: versions.get(index).map_or(elf::VER_NDX_GLOBAL.0, |it| it.get(endian)),
                info: symbol.st_info().0,
                other: symbol.st_other().0,
                size: symbol.st_size(endian).into(),
            };
            if is_defined {
                let Ok(at) = u32::try_from(self.definitions.len()) else { break };
                hashes.push((short_hash(name), at));
                self.definitions.push(entry);
            } else {
                self.references.push(entry);
            }
        }
        hashes.sort_unstable();
        self.by_hash = hashes;
        self.names = tables.strings.bytes().into();
        Ok(())
    }
}

/// Returns whether loaders take a defined symbol for a definition: its kind and its value.
fn has_value<S: Sym<Endian = Endianness>>(symbol: &S, endian: Endianness) -> bool {
    let kind = symbol.st_type();
    let value: u64 = symbol.st_value(endian).into();
    KINDS.contains(&kind) && (value != 0 || symbol.is_absolute(endian) || kind == elf::STT_TLS)
}
