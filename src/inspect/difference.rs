//! The differences between two wheels. Files with the same length and CRC-32 are taken as equal.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Inspected;
use super::inventory::{FileKind, Member, Sums};
use super::libraries::{Library, Section};
use super::metadata::About;

/// The differences between two wheels.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    pub(super) old: Side,
    pub(super) new: Side,
    /// The sums of each kind that at least one of them has.
    pub(super) kinds: Vec<KindChange>,
    /// Fields of METADATA and WHEEL that differ.
    pub(super) metadata: Vec<FieldChange>,
    /// Files with the same path and different content, the largest change first.
    pub(super) changed: Vec<FileChange>,
    /// Files that only the new one has, the largest first.
    pub(super) added: Vec<Member>,
    /// Files that only the old one has, the largest first.
    pub(super) removed: Vec<Member>,
    /// Files with equal content and a different path.
    pub(super) moved: Vec<Moved>,
    /// The number of equal files.
    pub(super) same: u64,
}

/// One of the two wheels.
#[derive(Debug, Serialize)]
pub(super) struct Side {
    pub(super) wheel: String,
    pub(super) len: u64,
    pub(super) total: Sums,
}

/// Sums of a kind, before and after.
#[derive(Debug, Serialize)]
pub(super) struct KindChange {
    pub(super) kind: FileKind,
    pub(super) old: Sums,
    pub(super) new: Sums,
}

/// A field, before and after. A repeatable field has one entry for each value that only one wheel
/// has.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct FieldChange {
    pub(super) field: &'static str,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// Lengths in bytes, before and after.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Pair {
    pub(super) old: u64,
    pub(super) new: u64,
}

/// A file with different content.
#[derive(Debug, Serialize)]
pub(super) struct FileChange {
    pub(super) path: String,
    pub(super) content: Pair,
    pub(super) compressed: Pair,
    /// Sections with different lengths, the largest change first.
    pub(super) sections: Vec<SectionChange>,
}

/// A section with different lengths.
#[derive(Debug, Serialize)]
pub(super) struct SectionChange {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) len: Pair,
}

/// A file with equal content and a different path.
#[derive(Debug, Serialize)]
pub(super) struct Moved {
    pub(super) old: String,
    pub(super) new: String,
    pub(super) content: u64,
}

impl Difference {
    pub(super) fn between(old: &Inspected, new: &Inspected) -> Self {
        let mut before: BTreeMap<String, &Member> = by_path(old);
        let (mut changed, mut added, mut same) = (Vec::new(), Vec::new(), 0);
        for (path, now) in by_path(new) {
            match before.remove(&path) {
                None => added.push(now),
                Some(then) if content(then) == content(now) => same += 1,
                Some(then) => changed.push(change(then, now, old, new)),
            }
        }
        let mut removed: Vec<&Member> = before.into_values().collect();
        let moved = moves(&mut removed, &mut added);
        changed.sort_by_key(|it| {
            let sizes = (it.compressed.distance(), it.compressed.new);
            (std::cmp::Reverse(sizes), it.path.clone())
        });
        let largest_first = |members: Vec<&Member>| {
            let mut members: Vec<Member> = members.into_iter().cloned().collect();
            members.sort_by(|one, other| {
                other.compressed.cmp(&one.compressed).then_with(|| one.path.cmp(&other.path))
            });
            members
        };
        Self {
            kinds: kinds(old, new),
            metadata: fields(old.metadata.as_ref(), new.metadata.as_ref()),
            changed,
            added: largest_first(added),
            removed: largest_first(removed),
            moved,
            same,
            old: side(old),
            new: side(new),
        }
    }

    /// Keeps the first `limit` entries of each list.
    pub(super) fn truncate(&mut self, limit: usize) {
        self.changed.truncate(limit);
        self.added.truncate(limit);
        self.removed.truncate(limit);
        self.moved.truncate(limit);
        self.changed.iter_mut().for_each(|change| change.sections.truncate(limit));
    }
}

impl Pair {
    fn distance(self) -> u64 {
        self.old.abs_diff(self.new)
    }
}

fn side(inspected: &Inspected) -> Side {
    let inventory = &inspected.inventory;
    Side { wheel: inspected.wheel.clone(), len: inventory.len, total: inventory.total }
}

fn kinds(old: &Inspected, new: &Inspected) -> Vec<KindChange> {
    let change = |kind| KindChange {
        kind,
        old: old.inventory.of_kind(kind),
        new: new.inventory.of_kind(kind),
    };
    let all = FileKind::ALL.into_iter().map(change);
    all.filter(|change| change.old.members + change.new.members > 0).collect()
}

/// Returns the members by their paths without the version, which is in the names of the dist-info
/// and data directories.
fn by_path(inspected: &Inspected) -> BTreeMap<String, &Member> {
    let path = |path: &str| match path.split_once('/') {
        Some((top, rest)) => match top.rsplit_once('.') {
            Some((_, kind @ ("dist-info" | "data"))) => format!("*.{kind}/{rest}"),
            _ => path.to_owned(),
        },
        None => path.to_owned(),
    };
    inspected.inventory.members.iter().map(|member| (path(&member.path), member)).collect()
}

fn content(member: &Member) -> (u64, u32) {
    (member.content, member.crc)
}

fn change(then: &Member, now: &Member, old: &Inspected, new: &Inspected) -> FileChange {
    let library = |inspected: &'_ Inspected, path: &str| -> Vec<Section> {
        let mut libraries = inspected.libraries.iter();
        let found: Option<&Library> = libraries.find(|library| library.path == path);
        found.map_or_else(Vec::new, |library| library.sections.clone())
    };
    FileChange {
        path: now.path.clone(),
        content: Pair { old: then.content, new: now.content },
        compressed: Pair { old: then.compressed, new: now.compressed },
        sections: sections(&library(old, &then.path), &library(new, &now.path)),
    }
}

/// Returns the sections with different lengths. Lengths of sections with the same name are added
/// up.
fn sections(old: &[Section], new: &[Section]) -> Vec<SectionChange> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let mut lens: BTreeMap<&str, Pair> = BTreeMap::new();
    for section in old {
        let len = lens.entry(&section.name).or_insert(Pair { old: 0, new: 0 });
        len.old = len.old.saturating_add(section.len);
    }
    for section in new {
        let len = lens.entry(&section.name).or_insert(Pair { old: 0, new: 0 });
        len.new = len.new.saturating_add(section.len);
    }
    let mut changes: Vec<SectionChange> = lens
        .into_iter()
        .filter(|(_, len)| len.old != len.new)
        .map(|(name, len)| SectionChange { name: name.to_owned(), len })
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.len.distance()));
    changes
}

/// Removes equal files from both lists and returns them as moved.
fn moves(removed: &mut Vec<&Member>, added: &mut Vec<&Member>) -> Vec<Moved> {
    let mut unpaired: BTreeMap<(u64, u32), Vec<&Member>> = BTreeMap::new();
    for member in removed.iter().rev().filter(|member| member.content > 0) {
        unpaired.entry(content(member)).or_default().push(member);
    }
    let mut moved = Vec::new();
    added.retain(|now| {
        let Some(then) = unpaired.get_mut(&content(now)).and_then(Vec::pop) else { return true };
        removed.retain(|member| member.path != then.path);
        let (old, new) = (then.path.clone(), now.path.clone());
        moved.push(Moved { old, new, content: now.content });
        false
    });
    moved.sort_by(|one, other| {
        other.content.cmp(&one.content).then_with(|| one.old.cmp(&other.old))
    });
    moved
}

/// A field that occurs once, and a repeatable one.
type Single = fn(&About) -> &Option<String>;
type Several = fn(&About) -> &Vec<String>;

/// Returns the fields of METADATA and WHEEL that differ.
fn fields(old: Option<&About>, new: Option<&About>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let single: [(&'static str, Single); 6] = [
        ("Name", |it| &it.name),
        ("Version", |it| &it.version),
        ("Summary", |it| &it.summary),
        ("License", |it| &it.license),
        ("Requires-Python", |it| &it.requires_python),
        ("Generator", |it| &it.generator),
    ];
    for (field, value) in single {
        let (old, new) =
            (old.and_then(|it| value(it).clone()), new.and_then(|it| value(it).clone()));
        if old != new {
            changes.push(FieldChange { field, old, new });
        }
    }
    let several: [(&'static str, Several); 2] =
        [("Requires-Dist", |it| &it.requires_dist), ("Tag", |it| &it.tags)];
    for (field, values) in several {
        let (old, new) =
            (old.map_or(&[][..], |it| values(it)), new.map_or(&[][..], |it| values(it)));
        let only_in = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|it| !those.contains(it)).cloned().collect()
        };
        changes.extend(only_in(old, new).into_iter().map(|it| FieldChange {
            field,
            old: Some(it),
            new: None,
        }));
        changes.extend(only_in(new, old).into_iter().map(|it| FieldChange {
            field,
            old: None,
            new: Some(it),
        }));
    }
    changes
}
