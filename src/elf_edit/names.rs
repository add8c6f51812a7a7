//! Edits of the dynamic section: which entries a file has afterwards, and which names are new.

use super::image::{Entry, Image};
use super::tags::{
    DF_1_NODEFLIB, DT_DEBUG, DT_FLAGS_1, DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME,
};
use super::{Edits, SearchPathEdit, SearchPathKind};

/// An entry of the edited dynamic section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edited {
    /// An entry whose text, if it has one, stays.
    Same(Entry),
    /// An entry with a new text.
    Text(u64, Vec<u8>),
}

/// The texts of a file's string table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'a>(pub(super) &'a [u8]);

impl<'a> Texts<'a> {
    /// Returns the name at an offset, without its zero byte. `None` outside of the table.
    pub(super) fn get(self, offset: u64) -> Option<&'a [u8]> {
        let rest = self.0.get(usize::try_from(offset).ok()?..)?;
        rest.get(..rest.iter().position(|byte| *byte == 0)?)
    }
}

/// Returns the entries of the dynamic section after the edits, without `DT_NULL`.
pub(super) fn edited(image: &Image<'_>, texts: Texts<'_>, edits: &Edits) -> Vec<Edited> {
    let mut entries = Vec::with_capacity(image.dynamic.len());
    for entry in &image.dynamic {
        let text = texts.get(entry.value).unwrap_or_default();
        if entry.tag != DT_NEEDED {
            entries.push(Edited::Same(*entry));
        } else if let Some(new) = edits.replacement(text) {
            entries.push(Edited::Text(DT_NEEDED, new.to_vec()));
        } else if !edits.removes(text) {
            entries.push(Edited::Same(*entry));
        }
    }
    add_needed(&mut entries, texts, edits);
    if edits.no_default_libraries {
        set_flag(&mut entries, DF_1_NODEFLIB);
    }
    if edits.debug_entry && !entries.iter().any(|entry| tag(entry) == DT_DEBUG) {
        entries.push(Edited::Same(Entry { tag: DT_DEBUG, value: 0 }));
    }
    if let Some(soname) = &edits.soname {
        set(&mut entries, texts, &[DT_SONAME], DT_SONAME, soname.as_bytes());
    }
    match &edits.search_path {
        None => {}
        Some(SearchPathEdit::Remove) => {
            entries.retain(|entry| !matches!(tag(entry), DT_RPATH | DT_RUNPATH));
        }
        Some(SearchPathEdit::Set(kind, path)) => {
            set(&mut entries, texts, &[DT_RPATH, DT_RUNPATH], kind.tag(), path.as_bytes());
        }
        Some(SearchPathEdit::Convert(kind)) => {
            // A loader ignores `DT_RPATH` beside `DT_RUNPATH`.
            let last = |tag| image.tag(tag).and_then(|offset| texts.get(offset));
            if let Some(path) = last(DT_RUNPATH).or_else(|| last(DT_RPATH)) {
                set(&mut entries, texts, &[DT_RPATH, DT_RUNPATH], kind.tag(), path);
            }
        }
    }
    entries
}

/// Sets a flag of `DT_FLAGS_1`.
fn set_flag(entries: &mut Vec<Edited>, flag: u64) {
    let flags = entries.iter_mut().rev().find_map(|entry| match entry {
        Edited::Same(entry) if entry.tag == DT_FLAGS_1 => Some(&mut entry.value),
        _ => None,
    });
    match flags {
        Some(flags) => *flags |= flag,
        None => entries.push(Edited::Same(Entry { tag: DT_FLAGS_1, value: flag })),
    }
}

impl SearchPathKind {
    fn tag(self) -> u64 {
        match self {
            Self::Rpath => DT_RPATH,
            Self::Runpath => DT_RUNPATH,
        }
    }
}

fn tag(entry: &Edited) -> u64 {
    match entry {
        Edited::Same(entry) => entry.tag,
        Edited::Text(tag, _) => *tag,
    }
}

/// Inserts libraries that are not needed yet before the others: loaders search them first.
fn add_needed(entries: &mut Vec<Edited>, texts: Texts<'_>, edits: &Edits) {
    let first = entries.iter().position(|entry| tag(entry) == DT_NEEDED).unwrap_or_default();
    let is_needed = |entries: &[Edited], name: &str| {
        entries.iter().any(|entry| match entry {
            Edited::Same(Entry { tag: DT_NEEDED, value }) => {
                texts.get(*value) == Some(name.as_bytes())
            }
            Edited::Text(DT_NEEDED, text) => text == name.as_bytes(),
            _ => false,
        })
    };
    let mut at = first;
    for name in &edits.add_needed {
        if !is_needed(entries, name) {
            entries.insert(at, Edited::Text(DT_NEEDED, name.as_bytes().to_vec()));
            at += 1;
        }
    }
}

/// Leaves one entry of the tags `replaced`: the entry `tag` with this text. Nothing changes if it is already
/// so. A new entry is the last one, so that the others keep their places.
fn set(entries: &mut Vec<Edited>, texts: Texts<'_>, replaced: &[u64], new: u64, text: &[u8]) {
    let is_replaced = |entry: &Edited| replaced.contains(&tag(entry));
    let is_same = |entry: &Edited| match entry {
        Edited::Same(entry) => entry.tag == new && texts.get(entry.value) == Some(text),
        Edited::Text(..) => false,
    };
    let first = entries.iter().position(is_replaced);
    if first.and_then(|first| entries.get(first)).is_some_and(is_same)
        && entries.iter().filter(|entry| is_replaced(entry)).count() == 1
    {
        return;
    }
    let at = first.unwrap_or(entries.len());
    entries.retain(|entry| !is_replaced(entry));
    entries.insert(at, Edited::Text(new, text.to_vec()));
}
