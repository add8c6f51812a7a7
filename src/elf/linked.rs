//! The tables that the dynamic section points to: names, versions, symbols.

use object::Endianness;
use object::elf;
use object::read::elf::FileHeader;

use super::count::{Hashes, hash_word};
use super::dynamic::Dynamic;
use super::header::Header;
use super::segments::{Segments, TableLocation};
use super::sparse::Reader;
use super::strings::Strings;
use super::symbols::{self, Tables};
use super::versions::{self, Needed};
use super::{Detail, ElfError, ElfFacts, Unfinished};

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
        mut self,
        facts: &mut ElfFacts,
    ) -> Result<(), Unfinished> {
        facts.text_relocations = self.dynamic.text_relocations;
        let Some(strings_location) = self.location(elf::DT_STRTAB)? else {
            return self.without_strings();
        };
        let endian = self.header.endian;
        let verneed = self.location(elf::DT_VERNEED)?;
        let verdef = self.location(elf::DT_VERDEF)?;
        let locations = self.symbol_locations(facts)?;

        // One stage: all ranges are requested at once.
        let what = "a string table";
        let strings_len = self.dynamic.strings_len.unwrap_or(strings_location.room);
        let strings = self.reader.take(strings_location.part(0, strings_len, what)?, what)?;
        let verneed_bytes = self.version_table(verneed)?;
        let verdef_bytes = self.version_table(verdef)?;
        if let Some(locations) = &locations {
            self.prefetch_symbols::<H>(locations);
        }
        self.reader.settle()?;

        let strings = Strings::new(strings, strings_location.offset);
        self.add_names(facts, &strings)?;
        let offset =
            |location: Option<TableLocation>| location.map_or(0, |location| location.offset);
        let mut needed = match verneed_bytes {
            Some(bytes) => {
                let count = self.dynamic.verneeds;
                versions::needed(bytes, offset(verneed), count, endian, &strings)?
            }
            None => Needed::default(),
        };
        if let Some(bytes) = verdef_bytes {
            let count = self.dynamic.verdefs;
            facts.verdef = versions::defined(bytes, offset(verdef), count, endian, &strings)?;
        }
        if let Some(locations) = locations {
            let symbols = self.symbols::<H>(&locations, &strings)?;
            let symbols = symbols::read::<H>(&symbols, endian, &mut needed)?;
            facts.undefined = symbols.undefined;
            facts.entry_points = symbols.entry_points;
            facts.uses_pyfpe = symbols.uses_pyfpe;
            facts.uses_ucs2 = symbols.uses_ucs2;
        }
        facts.verneed = needed.libraries;
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

    fn version_table(
        &mut self,
        location: Option<TableLocation>,
    ) -> Result<Option<&'a [u8]>, ElfError> {
        let Some(location) = location else { return Ok(None) };
        self.reader.take(versions::range(location), "a table of versions").map(Some)
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

    fn symbol_locations(&self, facts: &ElfFacts) -> Result<Option<SymbolLocations>, ElfError> {
        if self.detail == Detail::Loading {
            return Ok(None);
        }
        let Some(symbols) = self.location(elf::DT_SYMTAB)? else { return Ok(None) };
        Ok(Some(SymbolLocations {
            symbols,
            versions: self.location(elf::DT_VERSYM)?,
            hashes: Hashes {
                hash: self.location(elf::DT_HASH)?,
                gnu_hash: self.location(elf::DT_GNU_HASH)?,
                hash_word: hash_word(&facts.platform),
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
    ) -> Result<Tables<'s>, Unfinished>
    where
        'a: 's,
    {
        let entry_len = size_of::<H::Sym>() as u64;
        let class = self.header.platform.class;
        let exact = locations.hashes.count(&mut self.reader, class, self.header.endian)?;
        let count = exact.unwrap_or_else(|| {
            let by_symbols = locations.symbols.room / entry_len;
            locations.versions.map_or(by_symbols, |versions| by_symbols.min(versions.room / 2))
        });
        let what = "a symbol table";
        let range = locations.symbols.part(0, count.saturating_mul(entry_len), what)?;
        let symbols = self.reader.take(range, what)?;
        let what = "a table of symbols' versions";
        let versions = match locations.versions {
            Some(location) => self.reader.take(location.part(0, 2 * count, what)?, what)?,
            None => &[],
        };
        self.reader.settle()?;
        Ok(Tables { symbols, versions, strings, is_exact: exact.is_some() })
    }
}
