//! New indexes of sections, after others are removed.

use std::borrow::Cow;

use super::format::{Format, Section};
use super::image::Image;
use super::patch::Patch;
use super::tags::{
    SHF_ALLOC, SHF_INFO_LINK, SHT_DYNSYM, SHT_NULL, SHT_REL, SHT_RELA, SHT_SYMTAB, SHT_SYMTAB_SHNDX,
};

/// The first reserved section index of symbols (`SHN_LORESERVE`).
const FIRST_RESERVED: u64 = 0xff00;

/// The index of symbols whose section index is in a table of its own (`SHN_XINDEX`).
const IN_TABLE: u64 = 0xffff;

/// Returns whether a section that is not mapped has indexes of sections.
pub(super) fn is_table(header: &Section) -> bool {
    matches!(header.kind, SHT_SYMTAB | SHT_SYMTAB_SHNDX)
}

/// The new index of each section; `None` if it is removed.
#[derive(Debug)]
pub(super) struct Renumbering(Vec<Option<u64>>);

impl Renumbering {
    /// Numbers the sections that are not removed.
    pub(super) fn new(removed: impl Iterator<Item = bool>) -> Self {
        let mut next = 0;
        let number = |is_removed: bool| {
            let index = next;
            next += u64::from(!is_removed);
            (!is_removed).then_some(index)
        };
        Self(removed.map(number).collect())
    }

    /// Returns the new index of a section; 0, no section, if it is removed.
    pub(super) fn get(&self, index: u64) -> u64 {
        let new = usize::try_from(index).ok().and_then(|index| self.0.get(index));
        new.copied().flatten().unwrap_or(0)
    }

    /// Returns the new index for a symbol's old one; `None` if the symbol's section is removed.
    fn of_symbol(&self, index: u64) -> Option<u64> {
        match usize::try_from(index).ok().and_then(|index| self.0.get(index)) {
            Some(new) => *new,
            None => Some(index),
        }
    }

    /// Returns the headers of the sections that stay, with new references to each other.
    pub(super) fn headers(&self, headers: &[Section]) -> Vec<Section> {
        let kept = headers.iter().zip(&self.0).filter(|(_, new)| new.is_some());
        let renumbered = kept.map(|(header, _)| {
            let mut header = *header;
            if header.kind == SHT_NULL {
                return header;
            }
            header.link = self.get(header.link);
            let is_relocated = matches!(header.kind, SHT_REL | SHT_RELA);
            if is_relocated || header.flags & SHF_INFO_LINK != 0 {
                header.info = self.get(header.info);
            }
            header
        });
        renumbered.collect()
    }

    /// Writes the new indexes of the sections of dynamic symbols.
    pub(super) fn write_dynamic_symbols(
        &self,
        image: &Image<'_>,
        headers: &[Section],
        patch: &mut Patch,
    ) {
        let is_table =
            |it: &&Section| it.kind == SHT_DYNSYM && it.flags & SHF_ALLOC != 0 && it.len > 0;
        for table in headers.iter().filter(is_table) {
            let range = table.offset..table.offset.saturating_add(table.len);
            let Some(old) = image.slice(&range) else { continue };
            let new = self.symbols(image.format, old, None);
            if new.as_ref() != old {
                patch.write(image.bytes, table.offset, new.into_owned());
            }
        }
    }

    /// Returns a symbol table with new section indexes. Symbols of removed sections become empty ones.
    /// `wide` has the indexes that the table has no room for.
    fn symbols<'a>(&self, format: Format, table: &'a [u8], wide: Option<&[u8]>) -> Cow<'a, [u8]> {
        let len = usize::try_from(format.symbol_len()).unwrap_or(usize::MAX);
        let section_at: usize = if format.is_64 { 6 } else { 14 };
        let mut new = Cow::Borrowed(table);
        for (number, symbol) in table.chunks_exact(len).enumerate() {
            let old = format.read(symbol, section_at as u64, 2).unwrap_or_default();
            let is_wide = old == IN_TABLE && wide.is_some();
            if old == 0 || (old >= FIRST_RESERVED && !is_wide) {
                continue;
            }
            let index = match wide {
                Some(wide) if is_wide => {
                    format.read(wide, 4 * number as u64, 4).unwrap_or_default()
                }
                _ => old,
            };
            let start = number * len;
            match self.of_symbol(index) {
                Some(new_index) if new_index == index || is_wide => {}
                Some(new_index) => {
                    let at = start + section_at;
                    if let Some(field) = new.to_mut().get_mut(at..at + 2) {
                        field.copy_from_slice(&format.bytes(new_index, 2));
                    }
                }
                None => {
                    if let Some(symbol) = new.to_mut().get_mut(start..start + len) {
                        symbol.fill(0);
                    }
                }
            }
        }
        new
    }

    /// Returns the bytes of an unloaded section with new section indexes, if they have any.
    pub(super) fn content<'a>(
        &self,
        format: Format,
        headers: &[Section],
        index: usize,
        bytes: &'a [u8],
        content_of: impl Fn(&Section) -> Option<&'a [u8]>,
    ) -> Cow<'a, [u8]> {
        match headers.get(index).map(|header| header.kind) {
            Some(SHT_SYMTAB) => {
                let is_wide =
                    |it: &&Section| it.kind == SHT_SYMTAB_SHNDX && it.link == index as u64;
                let wide = headers.iter().find(is_wide).and_then(content_of);
                self.symbols(format, bytes, wide)
            }
            Some(SHT_SYMTAB_SHNDX) => {
                let new = bytes.chunks_exact(4).flat_map(|index| {
                    let index = format.read(index, 0, 4).unwrap_or_default();
                    format.bytes(self.get(index), 4)
                });
                Cow::Owned(new.collect())
            }
            _ => Cow::Borrowed(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Renumbering, SHF_INFO_LINK, SHT_RELA, SHT_SYMTAB, Section};

    /// A symbol of a section.
    fn symbol(format: Format, section: u64) -> Vec<u8> {
        let lens: [usize; 6] = if format.is_64 { [4, 1, 1, 2, 8, 8] } else { [4, 4, 4, 1, 1, 2] };
        let section_at = if format.is_64 { 3 } else { 5 };
        let field = |(at, len)| format.bytes(if at == section_at { section } else { 7 }, len);
        lens.into_iter().enumerate().flat_map(field).collect()
    }

    #[test]
    fn symbols_follow_their_sections() {
        let numbers = Renumbering::new([false, true, false].into_iter());
        for (is_64, is_little) in [(true, true), (true, false), (false, true), (false, false)] {
            let format = Format { is_64, is_little };
            let empty = vec![0; symbol(format, 0).len()];
            // `SHN_ABS` is 0xfff1.
            let cases = [(0, 0), (2, 1), (0xfff1, 0xfff1), (9, 9)];
            for (old, new) in cases {
                let table = symbol(format, old);
                let renumbered = numbers.symbols(format, &table, None);
                assert_eq!(renumbered.as_ref(), symbol(format, new), "{format:?}: section {old}");
            }
            assert_eq!(numbers.symbols(format, &symbol(format, 1), None).as_ref(), empty);
            let table =
                [symbol(format, 2), symbol(format, 0xffff), symbol(format, 0xffff)].concat();
            let wide = [0, 2, 1].map(|index| format.bytes(index, 4)).concat();
            let kept = [symbol(format, 1), symbol(format, 0xffff), empty].concat();
            assert_eq!(numbers.symbols(format, &table, Some(&wide)).as_ref(), kept, "{format:?}");
        }
    }

    #[test]
    fn headers_follow_their_sections() {
        let header = |kind, flags, link, info| Section {
            name: 0,
            kind,
            flags,
            address: 0,
            offset: 0,
            len: 0,
            link,
            info,
            align: 1,
            entry_len: 0,
        };
        let numbers = Renumbering::new([false, true, false, false].into_iter());
        let headers = [
            header(0, 0, 3, 0),
            header(1, 0, 0, 0),
            header(SHT_RELA, SHF_INFO_LINK, 3, 1),
            header(SHT_SYMTAB, 0, 2, 3),
        ];
        let kept = [
            header(0, 0, 3, 0),
            header(SHT_RELA, SHF_INFO_LINK, 2, 0),
            header(SHT_SYMTAB, 0, 1, 3),
        ];
        assert_eq!(numbers.headers(&headers), kept);
    }
}
