//! References to names of a string table that gets bytes at its start.

use std::ops::Range;

use super::count;
use super::image::Image;
use super::patch::Patch;
use super::tags::DT_SYMTAB;
use super::versions::{self, Needs};

/// Returns the new offset of a name in the table. The empty name stays the first one.
pub(super) fn shifted(name: u64, by: u64) -> u64 {
    if name == 0 { 0 } else { name.saturating_add(by) }
}

/// Returns the byte range of the dynamic symbols in the file.
pub(super) fn symbols(image: &Image<'_>) -> Option<Range<u64>> {
    let (offset, _) = image.offset_of(image.tag(DT_SYMTAB)?)?;
    let len = count::symbols(image)?.checked_mul(image.format.symbol_len())?;
    Some(offset..offset.checked_add(len)?)
}

/// Shifts the names of symbols and of versions, except new ones.
pub(super) fn write(image: &Image<'_>, needs: &Needs, by: u64, patch: &mut Patch) {
    let format = image.format;
    if let Some(range) = symbols(image) {
        let mut symbols = patch.read(image.bytes, &range);
        let len = usize::try_from(format.symbol_len()).unwrap_or(usize::MAX);
        for name in symbols.chunks_exact_mut(len).filter_map(|symbol| symbol.get_mut(..4)) {
            let new = shifted(format.read(name, 0, 4).unwrap_or_default(), by);
            name.copy_from_slice(&format.bytes(new, 4));
        }
        patch.write(image.bytes, range.start, symbols);
    }
    let mut words = versions::defined_names(image).unwrap_or_default();
    for (index, need) in needs.kept.iter().enumerate() {
        words.extend(need.versions.iter().map(|version| (version.name_at, version.name)));
        if !needs.renamed.iter().any(|(renamed, _)| *renamed == index) {
            words.push((need.name_offset(), need.file));
        }
    }
    for (at, name) in words {
        patch.write(image.bytes, at, format.bytes(shifted(name, by), 4));
    }
}
