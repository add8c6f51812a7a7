//! The names of sections: read from a file, and as a new string table.

use std::collections::BTreeMap;

use super::format::{HeaderField, Section};
use super::image::{Image, Sections};
use super::tags::SHF_ALLOC;

/// The value of the file header's field if the index stands in section 0 (`SHN_XINDEX`).
const IN_SECTION_0: u64 = 0xffff;

/// Maximum length of all names together in bytes. Names in a hostile file can overlap.
const MAX_NAMES_LEN: usize = 16 << 20;

/// The names of a file's sections.
#[derive(Debug)]
pub(super) struct SectionNames<'a> {
    section: u64,
    table: &'a [u8],
}

impl<'a> SectionNames<'a> {
    /// Reads the names. `None` if they are not in the file.
    pub(super) fn read(image: &Image<'a>, sections: &Sections) -> Option<Self> {
        let section = match image.header(HeaderField::SECTION_NAMES).ok()? {
            IN_SECTION_0 => sections.headers.first()?.link,
            index => index,
        };
        let header = sections.headers.get(usize::try_from(section).ok()?)?;
        let table = image.slice(&(header.offset..header.offset.checked_add(header.len)?))?;
        if section == 0 || header.flags & SHF_ALLOC != 0 || table.last() != Some(&0) {
            return None;
        }
        let names = Self { section, table };
        let mut lens = sections.headers.iter().map(|header| names.get(header).len());
        let len = lens.try_fold(0, |sum: usize, len| sum.checked_add(len))?;
        (len <= MAX_NAMES_LEN).then_some(names)
    }

    /// Returns the index of the section with the names.
    pub(super) fn section(&self) -> u64 {
        self.section
    }

    /// Returns the name of a section. Empty if it has none.
    pub(super) fn get(&self, header: &Section) -> &'a [u8] {
        let rest = usize::try_from(header.name).ok().and_then(|start| self.table.get(start..));
        rest.and_then(|rest| rest.split(|byte| *byte == 0).next()).unwrap_or_default()
    }
}

/// Returns a string table with the names, and the offset of each. Names that end another one share its bytes.
pub(super) fn table<'n>(
    names: impl Iterator<Item = &'n [u8]>,
) -> (Vec<u8>, BTreeMap<&'n [u8], u64>) {
    let mut sorted: Vec<&[u8]> = names.filter(|name| !name.is_empty()).collect();
    // A name comes directly before the longer ones that end with it.
    sorted.sort_unstable_by(|left, right| left.iter().rev().cmp(right.iter().rev()));
    sorted.dedup();
    let (mut table, mut offsets) = (vec![0], BTreeMap::from([(&[][..], 0)]));
    let mut longer: Option<(&[u8], u64)> = None;
    for name in sorted.into_iter().rev() {
        let offset = match longer {
            Some((longer, offset)) if longer.ends_with(name) => {
                offset + (longer.len() - name.len()) as u64
            }
            _ => {
                let offset = table.len() as u64;
                table.extend_from_slice(name);
                table.push(0);
                offset
            }
        };
        longer = Some((name, offset));
        offsets.insert(name, offset);
    }
    (table, offsets)
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn names_share_their_ends() {
        let names: [&[u8]; 5] = [b"text", b".rela.text", b"", b".text", b".data"];
        let (table, offsets) = table(names.into_iter());
        assert_eq!(table, b"\0.rela.text\0.data\0");
        for name in names {
            let start = usize::try_from(offsets[name]).unwrap();
            assert!(table[start..].starts_with(&[name, b"\0"].concat()));
        }
    }
}
