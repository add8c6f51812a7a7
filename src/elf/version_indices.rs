//! The versions that symbols can have, by their indices in the versym table.

use object::Endianness;
use object::elf::{self, Verdaux, Verdef, Vernaux, Verneed};

use super::ElfError;
use super::dynamic_symbols::{DefinedVersion, RequiredVersion, VersionIndex};
use super::strings::Strings;
use super::versions::{Chain, VersionTable};

/// The versions of a file.
#[derive(Debug, Default)]
pub(super) struct Versions {
    /// Sorted by index, one for each.
    pub(super) indices: Vec<VersionIndex>,
    pub(super) required: Vec<RequiredVersion>,
    pub(super) defined: Vec<DefinedVersion>,
}

impl Versions {
    /// Reads the tables of needed and of defined versions. A malformed table counts as none: the facts of the file
    /// name it, or refuse the file.
    pub(super) fn read(
        needed: Option<VersionTable<'_>>,
        defined: Option<VersionTable<'_>>,
        endian: Endianness,
        strings: &Strings<'_>,
    ) -> Self {
        let mut versions = Self::default();
        for (table, is_defined) in [(needed, false), (defined, true)] {
            let Some(table) = table else { continue };
            let mut read = Self::default();
            let result = if is_defined {
                read.add_defined(table, endian, strings)
            } else {
                read.add_needed(table, endian, strings)
            };
            if result.is_ok() {
                // As in loaders, a defined version takes the index from a needed one.
                versions.indices.splice(0..0, read.indices.into_iter().rev());
                versions.required.append(&mut read.required);
                versions.defined.append(&mut read.defined);
            }
        }
        versions.indices.sort_by_key(|it| it.index);
        versions.indices.dedup_by_key(|it| it.index);
        versions
    }

    fn add_needed(
        &mut self,
        table: VersionTable<'_>,
        endian: Endianness,
        strings: &Strings<'_>,
    ) -> Result<(), ElfError> {
        let mut chain =
            Chain::new(table.bytes, table.offset, "an entry of the table of needed versions");
        let mut at = 0;
        for _ in 0..table.count {
            let entry: &Verneed<_> = chain.entry(at)?;
            let library = strings.text(entry.vn_file.get(endian).into())?;
            let mut version_at = at.saturating_add(entry.vn_aux.get(endian) as usize);
            for _ in 0..entry.vn_cnt.get(endian) {
                let version: &Vernaux<_> = chain.entry(version_at)?;
                let number = version.vna_other.get(endian).0;
                let required = RequiredVersion {
                    library: Some(library.as_str().into()),
                    name: strings.text(version.vna_name.get(endian).into())?.into(),
                    is_weak: version.vna_flags.get(endian).contains(elf::VER_FLG_WEAK),
                    is_hidden: number & elf::VERSYM_HIDDEN.0 != 0,
                };
                self.add_index(number & elf::VERSYM_VERSION, required.clone());
                self.required.push(required);
                let next = version.vna_next.get(endian) as usize;
                if next == 0 {
                    break;
                }
                version_at = version_at.saturating_add(next);
            }
            let next = entry.vn_next.get(endian) as usize;
            if next == 0 {
                break;
            }
            at = at.saturating_add(next);
        }
        Ok(())
    }

    fn add_defined(
        &mut self,
        table: VersionTable<'_>,
        endian: Endianness,
        strings: &Strings<'_>,
    ) -> Result<(), ElfError> {
        let mut chain =
            Chain::new(table.bytes, table.offset, "an entry of the table of defined versions");
        let mut at = 0;
        for _ in 0..table.count {
            let entry: &Verdef<_> = chain.entry(at)?;
            if entry.vd_cnt.get(endian) > 0 {
                // The first name is the version's, the others are those of its parents.
                let name_at = at.saturating_add(entry.vd_aux.get(endian) as usize);
                let name: &Verdaux<_> = chain.entry(name_at)?;
                let name = strings.text(name.vda_name.get(endian).into())?;
                let is_base = entry.vd_flags.get(endian).contains(elf::VER_FLG_BASE);
                if !is_base {
                    let index = entry.vd_ndx.get(endian).0 & elf::VERSYM_VERSION;
                    let version = RequiredVersion {
                        library: None,
                        name: name.as_str().into(),
                        is_weak: false,
                        is_hidden: false,
                    };
                    self.add_index(index, version);
                }
                self.defined.push(DefinedVersion { name: name.into(), is_base });
            }
            let next = entry.vd_next.get(endian) as usize;
            if next == 0 {
                break;
            }
            at = at.saturating_add(next);
        }
        Ok(())
    }

    fn add_index(&mut self, index: u16, version: RequiredVersion) {
        self.indices.push(VersionIndex { index, version });
    }
}
