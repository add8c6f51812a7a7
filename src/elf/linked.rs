//! The tables that the dynamic section points to: names, versions, symbols.

use std::sync::Arc;

use object::Endianness;
use object::elf;
use object::read::elf::FileHeader;

use super::count::Hashes;
use super::dynamic::Dynamic;
use super::header::Header;
use super::segments::{Segments, TableLocation};
use super::sparse::{Reader, range_at};
use super::strings::Strings;
use super::symbols::{self, Tables};
use super::version_indices::Versions;
use super::versions::{self, VersionTable};
use super::{Detail, ElfError, ElfFacts, MalformedTable, Unfinished};

/// Maximum number of bytes that are prefetched from a table.
const PREFETCH_LEN: u64 = 32 << 20;

/// A file with a dynamic section.
pub(super) struct Linked<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) header: Header,
    pub(super) detail: Detail,
    pub(super) segments: Segments,
    pub(super) dynamic: Dynamic,
}

/// The locations of the symbol table and of the tables about symbols.
struct SymbolLocations {
    symbols: TableLocation,
    versions: Option<TableLocation>,
    hashes: Hashes,
}

impl<'a> Linked<'a> {
    /// Adds the content of all tables that the dynamic section points to.
    pub(super) fn add_to<H: FileHeader<Endian = Endianness>>(
        &mut self,
        facts: &mut ElfFacts,
    ) -> Result<(), Unfinished> {
        facts.text_relocations = self.dynamic.text_relocations;
        facts.packed_relocations =
            self.dynamic.has(elf::DT_RELR) && !self.dynamic.is_of_static_program(facts);
        let mut linkage = facts.linkage.take().map(Arc::unwrap_or_clone);
        if let Some(linkage) = &mut linkage {
            linkage.set_flags(&self.dynamic);
        }
        let Some(strings_location) = self.location(elf::DT_STRTAB)? else {
            facts.linkage = linkage.map(Arc::new);
            return self.without_strings();
        };
        let endian = self.header.endian;
        let verneed = self.location(elf::DT_VERNEED)?;
        let mut malformed = Vec::new();
        let verdef = self.optional(elf::DT_VERDEF, MalformedTable::DefinedVersions, &mut malformed);
        let locations = self.symbol_locations(&mut malformed)?;

        // One stage: all ranges are requested at once.
        let what = "a string table";
        let strings_len = self.dynamic.strings_len.unwrap_or(strings_location.room);
        let strings = self.reader.take(strings_location.part(0, strings_len, what)?, what)?;
        let verneed = self.version_table(verneed, self.dynamic.verneeds)?;
        let verdef = self.version_table(verdef, self.dynamic.verdefs)?;
        if let Some(locations) = &locations {
            self.prefetch_symbols::<H>(locations);
        }
        self.reader.settle()?;

        let strings = Strings::new(strings, strings_location.offset);
        self.add_names(facts, &strings)?;
        let needed = verneed.map(|table| versions::needed(table, endian, &strings)).transpose()?;
        let mut needed = needed.unwrap_or_default();
        if let Some(table) = verdef {
            facts.verdef = versions::defined(table, endian, &strings).unwrap_or_else(|_| {
                malformed.push(MalformedTable::DefinedVersions);
                Vec::new()
            });
        }
        if let Some(linkage) = &mut linkage {
            linkage.soname = facts.soname.as_deref().map(Box::from);
            linkage.set_filtees(&self.dynamic, &strings)?;
            linkage.remove_literals(&range_at(strings_location.offset, strings_len));
            linkage.set_versions(Versions::read(verneed, verdef, endian, &strings));
        }
        if let Some(locations) = locations {
            let tables = self.symbols::<H>(&locations, &strings, &mut malformed)?;
            symbols::read::<H>(&tables, endian, &mut needed)?.add_to(facts);
            if let Some(linkage) = &mut linkage {
                linkage.set_symbols::<H>(&tables, endian)?;
            }
        }
        facts.verneed = needed.libraries;
        facts.malformed_tables = malformed;
        facts.linkage = linkage.map(Arc::new);
        Ok(())
    }

    /// Refuses a file with needed libraries and no string table. A static program has neither.
    fn without_strings(&self) -> Result<(), Unfinished> {
        if self.dynamic.needed.is_empty() {
            return Ok(());
        }
        let expected = "a string table in a dynamic section that names libraries";
        Err(ElfError::new(self.dynamic.offset, expected, "none").into())
    }

    fn location(&self, tag: elf::DynamicTag) -> Result<Option<TableLocation>, ElfError> {
        self.dynamic.location(tag, &self.segments, self.reader.len())
    }

    /// Returns the location of a table that no loader needs for this file. One outside of the segments
    /// is left out and added to `malformed`.
    fn optional(
        &self,
        tag: elf::DynamicTag,
        table: MalformedTable,
        malformed: &mut Vec<MalformedTable>,
    ) -> Option<TableLocation> {
        self.location(tag).unwrap_or_else(|_| {
            malformed.push(table);
            None
        })
    }

    fn version_table(
        &mut self,
        location: Option<TableLocation>,
        count: u64,
    ) -> Result<Option<VersionTable<'a>>, ElfError> {
        let Some(location) = location else { return Ok(None) };
        let bytes = self.reader.take(versions::range(location), "a table of versions")?;
        Ok(Some(VersionTable { bytes, offset: location.offset, count }))
    }

    fn add_names(&self, facts: &mut ElfFacts, strings: &Strings<'_>) -> Result<(), ElfError> {
        let text = |offset: &Option<u64>| offset.map(|offset| strings.text(offset)).transpose();
        let dynamic = &self.dynamic;
        facts.needed =
            dynamic.needed.iter().map(|&it| strings.text(it)).collect::<Result<_, _>>()?;
        facts.soname = text(&dynamic.soname)?;
        facts.rpath = text(&dynamic.rpath)?;
        facts.runpath = text(&dynamic.runpath)?;
        Ok(())
    }

    fn symbol_locations(
        &self,
        malformed: &mut Vec<MalformedTable>,
    ) -> Result<Option<SymbolLocations>, ElfError> {
        if self.detail == Detail::Loading {
            return Ok(None);
        }
        let Some(symbols) = self.location(elf::DT_SYMTAB)? else { return Ok(None) };
        Ok(Some(SymbolLocations {
            symbols,
            versions: self.optional(elf::DT_VERSYM, MalformedTable::SymbolVersions, malformed),
            hashes: Hashes {
                hash: self.optional(elf::DT_HASH, MalformedTable::Hash, malformed),
                gnu_hash: self.optional(elf::DT_GNU_HASH, MalformedTable::GnuHash, malformed),
            },
        }))
    }

    /// Prefetches the symbol tables. Most files have no gap between their tables, so a table's length is
    /// the distance to the next one.
    fn prefetch_symbols<H: FileHeader>(&mut self, locations: &SymbolLocations) {
        locations.hashes.prefetch(&mut self.reader);
        self.reader.prefetch(locations.symbols.first(PREFETCH_LEN));
        if let Some(versions) = locations.versions {
            let symbols = locations.symbols.room / size_of::<H::Sym>() as u64;
            self.reader.prefetch(versions.first(PREFETCH_LEN.min(2 * symbols)));
        }
    }

    /// Reads the symbol tables, once their lengths are known.
    fn symbols<'s, H: FileHeader<Endian = Endianness>>(
        &mut self,
        locations: &SymbolLocations,
        strings: &'s Strings<'s>,
        malformed: &mut Vec<MalformedTable>,
    ) -> Result<Tables<'s>, Unfinished>
    where
        'a: 's,
    {
        let entry_len = size_of::<H::Sym>() as u64;
        let kind = (self.header.platform.class, self.header.endian);
        let most = locations.symbols.limit / entry_len;
        let exact = locations.hashes.count(&mut self.reader, kind, most, malformed)?;
        let count = exact.unwrap_or_else(|| {
            let by_symbols = locations.symbols.room / entry_len;
            locations.versions.map_or(by_symbols, |versions| by_symbols.min(versions.room / 2))
        });
        let what = "a symbol table";
        let range = locations.symbols.part(0, count.saturating_mul(entry_len), what)?;
        let symbols = self.reader.take(range, what)?;
        let what = "a table of symbols' versions";
        let versions = locations.versions.map(|location| location.part(0, 2 * count, what));
        let versions = match versions {
            Some(Ok(range)) => self.reader.take(range, what)?,
            Some(Err(_)) => {
                malformed.push(MalformedTable::SymbolVersions);
                &[]
            }
            None => &[],
        };
        self.reader.settle()?;
        Ok(Tables { symbols, versions, strings, is_exact: exact.is_some() })
    }
}
