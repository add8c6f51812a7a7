//! The versions that a file needs of other libraries (`DT_VERNEED`): they name the library once more.

use super::error::EditError;
use super::image::Image;
use super::names::Texts;
use super::tags::{DT_SYMTAB, DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM, DT_VERSYM};
use super::{Edits, count};

/// The index of symbols without a version (`VER_NDX_GLOBAL`).
const UNVERSIONED: u64 = 1;

/// The index without the flag of hidden symbols (`VERSYM_HIDDEN`).
const INDEX: u64 = 0x7fff;

/// One needed library with its versions.
#[derive(Debug)]
pub(super) struct Need {
    /// Offset of the record in the file.
    offset: u64,
    /// Offset of the library's name in the string table.
    pub(super) file: u64,
    pub(super) versions: Vec<NeededVersion>,
}

/// A version that is needed of a library.
#[derive(Debug)]
pub(super) struct NeededVersion {
    /// Offset in the file of the word that refers to the name.
    pub(super) name_at: u64,
    /// Offset of the name in the string table.
    pub(super) name: u64,
    index: u64,
}

impl Need {
    /// Returns the offset in the file of the word that refers to the library's name.
    pub(super) fn name_offset(&self) -> u64 {
        self.offset + 4
    }
}

/// The edited version needs.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// The needs that stay.
    pub(super) kept: Vec<Need>,
    /// The new names of some of them, by their index.
    pub(super) renamed: Vec<(usize, Vec<u8>)>,
    /// Words to write: offset in the file, value, length in bytes.
    pub(super) words: Vec<(u64, u64, usize)>,
    /// How far the start of the table moves, in bytes. `None` if no need is removed.
    pub(super) moved: Option<u64>,
}

impl Needs {
    /// Returns whether the file needs no versions any more.
    pub(super) fn is_gone(&self) -> bool {
        self.moved.is_some() && self.kept.is_empty()
    }
}

/// Returns the version needs after the edits.
pub(super) fn edited(
    image: &Image<'_>,
    texts: Texts<'_>,
    edits: &Edits,
) -> Result<Needs, EditError> {
    let all = read(image)?;
    let name = |need: &Need| texts.get(need.file).unwrap_or_default();
    let first = all.first().map_or(0, |need| need.offset);
    let (removed, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| edits.removes(name(it)));
    let mut needs = Needs { kept, ..Needs::default() };
    for (index, need) in needs.kept.iter().enumerate() {
        if let Some(new) = edits.replacement(name(need)) {
            needs.renamed.push((index, new.to_vec()));
        }
    }
    if !edits.unversioned_symbols.is_empty() {
        unversion(image, texts, &edits.unversioned_symbols, &mut needs.words)?;
    }
    if removed.is_empty() {
        return Ok(needs);
    }
    needs.moved = Some(needs.kept.first().map_or(0, |need| need.offset - first));
    for (index, need) in needs.kept.iter().enumerate() {
        let next = needs.kept.get(index + 1).map_or(0, |next| next.offset - need.offset);
        needs.words.push((need.offset + 12, next, 4));
    }
    let indexes: Vec<u64> = removed.iter().flat_map(|it| &it.versions).map(|it| it.index).collect();
    remove_versions(image, &indexes, &mut needs.words)?;
    Ok(needs)
}

/// Makes the symbols that have one of these names unversioned.
fn unversion(
    image: &Image<'_>,
    texts: Texts<'_>,
    names: &[String],
    words: &mut Vec<(u64, u64, usize)>,
) -> Result<(), EditError> {
    let (Some(table), Some((offset, count))) =
        (image.tag(DT_SYMTAB).and_then(|it| image.offset_of(it)), versions_of_symbols(image)?)
    else {
        return Ok(());
    };
    for symbol in 0..count {
        let name = image.number(table.0.saturating_add(symbol * image.format.symbol_len()), 4);
        let name = name.and_then(|name| texts.get(name)).unwrap_or_default();
        if names.iter().any(|it| it.as_bytes() == name) {
            words.push((offset + 2 * symbol, UNVERSIONED, 2));
        }
    }
    Ok(())
}

/// Returns the offset of the table of symbol versions and the number of symbols; `None` if the file has no such table.
fn versions_of_symbols(image: &Image<'_>) -> Result<Option<(u64, u64)>, EditError> {
    let Some((offset, room)) = image.tag(DT_VERSYM).and_then(|it| image.offset_of(it)) else {
        return Ok(None);
    };
    let count = count::symbols(image).filter(|count| count.saturating_mul(2) <= room);
    let found = "no section headers and no hash table that tell it";
    let malformed = || EditError::malformed(offset, "the number of symbols", found);
    Ok(Some((offset, count.ok_or_else(malformed)?)))
}

/// Makes the symbols that have one of these versions unversioned.
fn remove_versions(
    image: &Image<'_>,
    indexes: &[u64],
    words: &mut Vec<(u64, u64, usize)>,
) -> Result<(), EditError> {
    let Some((offset, count)) = versions_of_symbols(image)? else { return Ok(()) };
    for at in (0..count).map(|symbol| offset + 2 * symbol) {
        if image.number(at, 2).is_some_and(|version| indexes.contains(&(version & INDEX))) {
            words.push((at, UNVERSIONED, 2));
        }
    }
    Ok(())
}

/// Reads the table.
fn read(image: &Image<'_>) -> Result<Vec<Need>, EditError> {
    let (Some(address), Some(count)) = (image.tag(DT_VERNEED), image.tag(DT_VERNEEDNUM)) else {
        return Ok(Vec::new());
    };
    let Some((start, room)) = image.offset_of(address) else {
        let found = format!("address {address:#x}");
        return Err(EditError::malformed(0, "version needs inside a segment", found));
    };
    let mut needs = Vec::new();
    let mut offset = start;
    let mut budget = room / 16;
    for _ in 0..count {
        let malformed = || EditError::malformed(offset, "version needs", "a damaged table");
        let field = |at: u64, len| image.number(offset + at, len).ok_or_else(malformed);
        let (versions, file, first, next) =
            (field(2, 2)?, field(4, 4)?, field(8, 4)?, field(12, 4)?);
        budget = budget.checked_sub(versions + 1).ok_or_else(malformed)?;
        let mut need = Need { offset, file, versions: Vec::new() };
        let mut version = offset + first;
        for _ in 0..versions {
            let field = |at: u64, len| image.number(version + at, len).ok_or_else(malformed);
            let (name, index) = (field(8, 4)?, field(6, 2)? & INDEX);
            need.versions.push(NeededVersion { name_at: version + 8, name, index });
            version += field(12, 4)?;
        }
        needs.push(need);
        if next == 0 {
            break;
        }
        offset += next;
    }
    Ok(needs)
}

/// Returns the references to names of versions that the file defines: offsets in the file of words, and the offsets
/// in the string table that they hold. `None` if the table is damaged.
pub(super) fn defined_names(image: &Image<'_>) -> Option<Vec<(u64, u64)>> {
    let (Some(address), Some(count)) = (image.tag(DT_VERDEF), image.tag(DT_VERDEFNUM)) else {
        return Some(Vec::new());
    };
    let (mut offset, room) = image.offset_of(address)?;
    let mut budget = room / 8;
    let mut names = Vec::new();
    for _ in 0..count {
        let (versions, first) = (image.number(offset + 6, 2)?, image.number(offset + 12, 4)?);
        budget = budget.checked_sub(versions + 2)?;
        let mut name = offset + first;
        for _ in 0..versions {
            names.push((name, image.number(name, 4)?));
            name += image.number(name + 4, 4)?;
        }
        match image.number(offset + 16, 4)? {
            0 => break,
            next => offset += next,
        }
    }
    Some(names)
}
