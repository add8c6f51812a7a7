//! Edits of sections that no loader reads: which of them are removed or added.

use std::collections::BTreeSet;
use std::ops::Range;

use super::format::{HeaderField, Section};
use super::image::{Image, Sections};
use super::section_names::SectionNames;
use super::tags::{
    ET_DYN, ET_EXEC, SHF_ALLOC, SHF_INFO_LINK, SHT_GROUP, SHT_NOBITS, SHT_NOTE, SHT_NULL, SHT_REL,
    SHT_RELA, SHT_STRTAB, SHT_SYMTAB, SHT_SYMTAB_SHNDX,
};
use super::{Edits, Strip};

/// The starts of names of sections with debug information, as `strip` of binutils has them.
const DEBUG_NAMES: [&[u8]; 6] =
    [b".debug", b".zdebug", b".gnu.debuglto_.debug_", b".gnu.linkonce.wi.", b".line", b".stab"];

/// The name of the section that names the file with the debug information.
pub(super) const DEBUG_LINK: &[u8] = b".gnu_debuglink";

/// An edit of sections that no loader reads.
#[derive(Debug)]
pub(super) struct Unloaded<'a> {
    /// Whether each section of the file is removed.
    pub(super) removed: Vec<bool>,
    /// The content of the new `.gnu_debuglink`.
    pub(super) debug_link: Option<Vec<u8>>,
    pub(super) names: SectionNames<'a>,
}

impl<'a> Unloaded<'a> {
    /// Returns the edit that `edits` request. `None` if the sections stay: they are as requested, or they cannot
    /// be edited without harm.
    pub(super) fn plan(image: &Image<'a>, edits: &Edits) -> Option<Self> {
        if edits.strip.is_none() && edits.debug_link.is_none() {
            return None;
        }
        let kind = image.header(HeaderField::TYPE).ok()?;
        let sections = image.sections.as_ref()?;
        let contents = sections.headers.iter().filter(|it| it.kind != SHT_NOBITS);
        let is_whole =
            is_bounded(image, sections) && contents.map(content_end).all(|end| end <= image.len());
        if !matches!(kind, ET_EXEC | ET_DYN) || !is_whole || is_debug_file(sections) {
            return None;
        }
        let names = SectionNames::read(image, sections)?;
        let mut removed = vec![false; sections.headers.len()];
        if let Some(strip) = edits.strip
            && !has_appendix(image)
        {
            removed = stripped(sections, &names, strip);
        }
        let mut debug_link = edits.debug_link.as_ref().map(|link| link.content(image.format));
        let links = sections.headers.iter().zip(&mut removed);
        if let Some(new) = &debug_link
            && let Some((old, removed)) =
                links.into_iter().find(|(it, _)| names.get(it) == DEBUG_LINK)
        {
            *removed = image.slice(&content(old)) != Some(new.as_slice());
            debug_link = debug_link.filter(|_| *removed);
        }
        let names_at = usize::try_from(names.section()).unwrap_or(usize::MAX);
        // Names of symbols in the same table would be lost.
        let is_shared = |(it, removed): (&Section, &bool)| it.link == names.section() && !removed;
        if removed.first() == Some(&true)
            || removed.get(names_at) == Some(&true)
            || sections.headers.iter().zip(&removed).skip(1).any(is_shared)
        {
            return None;
        }
        let is_same = debug_link.is_none() && !removed.contains(&true);
        (!is_same).then_some(Self { removed, debug_link, names })
    }
}

/// Returns whether a file has debug information only (`objcopy --only-keep-debug`): what is
/// mapped has no bytes, apart from notes.
fn is_debug_file(sections: &Sections) -> bool {
    let loaded = || sections.headers.iter().filter(|it| it.flags & SHF_ALLOC != 0 && it.len > 0);
    let has_no_bytes = |it: &Section| matches!(it.kind, SHT_NOBITS | SHT_NOTE);
    loaded().all(has_no_bytes) && loaded().any(|it| it.kind == SHT_NOBITS)
}

/// Returns the byte range of a section's content in the file.
pub(super) fn content(header: &Section) -> Range<u64> {
    header.offset..content_end(header)
}

fn content_end(header: &Section) -> u64 {
    header.offset.saturating_add(header.len)
}

/// Returns whether the sections that are not mapped fit in a file as long as this one. Those of a hostile file
/// can overlap.
pub(super) fn is_bounded(image: &Image<'_>, sections: &Sections) -> bool {
    let is_moved = |it: &&Section| it.flags & SHF_ALLOC == 0 && it.kind != SHT_NOBITS;
    let mut lens = sections.headers.iter().filter(is_moved).map(|it| it.len);
    let sum = lens.try_fold(0, |sum: u64, len| sum.checked_add(len));
    sum.is_some_and(|sum| sum <= image.len())
}

/// Returns whether bytes follow everything that the headers describe, such as an archive that a program opens.
pub(super) fn has_appendix(image: &Image<'_>) -> bool {
    let table = |start: u64, count: usize, len: u64| start.saturating_add(count as u64 * len);
    let format = image.format;
    let mut end = format.header_len();
    end = end.max(table(image.segments_offset, image.segments.len(), format.segment_len()));
    end = image.segments.iter().map(|it| it.file_end()).fold(end, u64::max);
    if let Some(Sections { offset, headers }) = &image.sections {
        end = end.max(table(*offset, headers.len(), format.section_len()));
        let contents = headers.iter().filter(|it| it.kind != SHT_NOBITS);
        end = contents.map(content_end).fold(end, u64::max);
    }
    let rest = image.slice(&(end.min(image.len())..image.len())).unwrap_or_default();
    rest.iter().any(|byte| *byte != 0)
}

/// Returns the end of the file's bytes that must stay when the unloaded sections are placed anew. Those in
/// an earlier area, which begins at `area`, are written anew.
pub(super) fn loaded_end(image: &Image<'_>, area: Option<u64>) -> u64 {
    if has_appendix(image) {
        return image.len();
    }
    let is_outside = |start: u64| area.is_none_or(|area| start < area);
    let ranges = loaded_ranges(image).filter(|it| is_outside(it.start) && it.start < it.end);
    ranges.map(|it| it.end).max().unwrap_or_default().min(image.len())
}

/// Returns the byte ranges of what is mapped, and of the headers that locate it.
pub(super) fn loaded_ranges(image: &Image<'_>) -> impl Iterator<Item = Range<u64>> {
    let format = image.format;
    let table_end = image.segments_offset + image.segments.len() as u64 * format.segment_len();
    let segments = image.segments.iter().map(|it| it.offset..it.file_end());
    let sections = image.sections.iter().flat_map(|it| &it.headers);
    let loaded = sections.filter(|it| it.kind != SHT_NOBITS && it.flags & SHF_ALLOC != 0);
    let headers = [image.segments_offset..table_end, 0..format.header_len()];
    segments.chain(loaded.map(content)).chain(headers)
}

/// Returns which sections are removed: symbols, debug information, and what refers to them only.
fn stripped(sections: &Sections, names: &SectionNames<'_>, strip: Strip) -> Vec<bool> {
    let headers = &sections.headers;
    let is_loaded = |header: &Section| header.flags & SHF_ALLOC != 0 || header.kind == SHT_NULL;
    let is_debug = |header: &Section| {
        let name = names.get(header);
        DEBUG_NAMES.iter().any(|start| name.starts_with(start)) || name == b".gdb_index"
    };
    let is_symbols = |kind: u64| strip == Strip::All && kind == SHT_SYMTAB;
    let is_first = |it: &Section| !is_loaded(it) && (is_symbols(it.kind) || is_debug(it));
    let mut removed: Vec<bool> = headers.iter().map(is_first).collect();
    let first: BTreeSet<u64> =
        (0_u64..).zip(&removed).filter(|(_, removed)| **removed).map(|(index, _)| index).collect();
    for (header, removed) in headers.iter().zip(&mut removed) {
        let refers = match header.kind {
            SHT_REL | SHT_RELA => first.contains(&header.link) || first.contains(&header.info),
            SHT_SYMTAB_SHNDX | SHT_GROUP => first.contains(&header.link),
            _ => header.flags & SHF_INFO_LINK != 0 && first.contains(&header.info),
        };
        *removed |= refers && !is_loaded(header);
    }
    let links = |is_removed: bool| -> BTreeSet<u64> {
        let pairs = headers.iter().zip(&removed).filter(|(_, removed)| **removed == is_removed);
        pairs.map(|(header, _)| header.link).collect()
    };
    let (of_removed, of_kept) = (links(true), links(false));
    for ((index, header), removed) in (0_u64..).zip(headers).zip(&mut removed) {
        let is_free = of_removed.contains(&index) && !of_kept.contains(&index);
        let is_strings = header.kind == SHT_STRTAB && index != names.section();
        *removed |= is_free && is_strings && !is_loaded(header);
    }
    removed
}
