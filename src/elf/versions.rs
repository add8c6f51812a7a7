//! The tables of symbol versions: needed ones (verneed) and defined ones (verdef).

use std::collections::HashMap;
use std::ops::Range;

use object::elf::{VER_FLG_BASE, Verdaux, Verdef, Vernaux, Verneed};
use object::{Endianness, Pod, pod};

use super::segments::TableLocation;
use super::strings::Strings;
use super::{ElfError, NeededLibrary, NeededVersion};

/// Maximum length of a table in bytes. A version has an index of 15 bits and takes 16 bytes in the one
/// table, 28 in the other; a library has at least one version.
const LONGEST: u64 = 1 << 20;

/// `VERSYM_HIDDEN`: the bit that is not part of the version index.
const HIDDEN: u16 = 1 << 15;

/// The lowest index of a version. 0 and 1 stand for symbols without a version.
const LOWEST: u16 = 2;

/// Returns the byte range of a table of versions. It may be longer than the table.
pub(super) fn range(location: TableLocation) -> Range<u64> {
    location.first(LONGEST)
}

/// A table of versions: its bytes, its offset in the file, and the number of its entries.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionTable<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) offset: u64,
    pub(super) count: u64,
}

/// A table whose entries point to the next one by a distance in bytes.
pub(super) struct Chain<'a> {
    bytes: &'a [u8],
    /// The table's offset in its file.
    offset: u64,
    what: &'static str,
    /// Entries that may still be read. The entries of a malicious table could point to each other in a
    /// circle.
    budget: usize,
}

impl<'a> Chain<'a> {
    pub(super) fn new(bytes: &'a [u8], offset: u64, what: &'static str) -> Self {
        // The shortest entry has eight bytes.
        Self { bytes, offset, what, budget: bytes.len() / 8 }
    }

    pub(super) fn entry<T: Pod>(&mut self, at: usize) -> Result<&'a T, ElfError> {
        let bytes = self.bytes.get(at..).unwrap_or_default();
        let entry = pod::from_bytes::<T>(bytes).map(|(entry, _)| entry);
        match (entry, self.budget.checked_sub(1)) {
            (Ok(entry), Some(budget)) => {
                self.budget = budget;
                Ok(entry)
            }
            (Err(()), _) => Err(self.error(at, "the table's end")),
            (_, None) => Err(self.error(at, "more entries than it has room for")),
        }
    }

    fn error(&self, at: usize, found: &str) -> ElfError {
        ElfError::new(self.offset.saturating_add(at as u64), self.what, found)
    }
}

/// The libraries and versions of a verneed table, and the version of each index.
#[derive(Debug, Default)]
pub(super) struct Needed {
    pub(super) libraries: Vec<NeededLibrary>,
    /// Indices of library and version, by version index.
    locations: HashMap<u16, (usize, usize)>,
}

impl Needed {
    /// Returns the version of an entry of the versym table.
    pub(super) fn version(&mut self, entry: u16) -> Option<&mut NeededVersion> {
        let &(library, version) = self.locations.get(&(entry & !HIDDEN))?;
        self.libraries.get_mut(library)?.versions.get_mut(version)
    }
}

/// Parses a verneed table.
pub(super) fn needed(
    table: VersionTable<'_>,
    endian: Endianness,
    strings: &Strings<'_>,
) -> Result<Needed, ElfError> {
    let what = "an entry of the table of needed versions";
    let mut chain = Chain::new(table.bytes, table.offset, what);
    let mut needed = Needed::default();
    let mut at = 0;
    for _ in 0..table.count {
        let entry: &Verneed<_> = chain.entry(at)?;
        let mut library = NeededLibrary {
            library: strings.text(entry.vn_file.get(endian).into())?,
            versions: Vec::new(),
        };
        let mut version_at = at.saturating_add(entry.vn_aux.get(endian) as usize);
        for _ in 0..entry.vn_cnt.get(endian) {
            let version: &Vernaux<_> = chain.entry(version_at)?;
            let number = version.vna_other.get(endian).0 & !HIDDEN;
            let location = (needed.libraries.len(), library.versions.len());
            if number >= LOWEST {
                needed.locations.entry(number).or_insert(location);
            }
            let name = strings.text(version.vna_name.get(endian).into())?;
            library.versions.push(NeededVersion { name, symbols: Vec::new() });
            let next = version.vna_next.get(endian) as usize;
            if next == 0 {
                break;
            }
            version_at = version_at.saturating_add(next);
        }
        needed.libraries.push(library);
        let next = entry.vn_next.get(endian) as usize;
        if next == 0 {
            break;
        }
        at = at.saturating_add(next);
    }
    Ok(needed)
}

/// Parses the names of a verdef table.
pub(super) fn defined(
    table: VersionTable<'_>,
    endian: Endianness,
    strings: &Strings<'_>,
) -> Result<Vec<String>, ElfError> {
    let what = "an entry of the table of defined versions";
    let mut chain = Chain::new(table.bytes, table.offset, what);
    let mut names = Vec::new();
    let mut at = 0;
    for _ in 0..table.count {
        let entry: &Verdef<_> = chain.entry(at)?;
        let is_file_itself = entry.vd_flags.get(endian).contains(VER_FLG_BASE);
        if !is_file_itself && entry.vd_cnt.get(endian) > 0 {
            // The first name is the version's, the others are those of its parents.
            let name_at = at.saturating_add(entry.vd_aux.get(endian) as usize);
            let name: &Verdaux<_> = chain.entry(name_at)?;
            names.push(strings.text(name.vda_name.get(endian).into())?);
        }
        let next = entry.vd_next.get(endian) as usize;
        if next == 0 {
            break;
        }
        at = at.saturating_add(next);
    }
    Ok(names)
}
