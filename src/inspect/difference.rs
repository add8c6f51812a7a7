//! The differences between two wheels. Files with the same length and CRC-32 are taken as equal.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::code_changes::{CodeChange, FileCodeChange, code_changes, file_code_changes};
use super::field_changes::{FieldChange, field_changes};
use super::inventory::{FileKind, Member, Sums, unversioned};
use super::kernel_changes::{KernelChange, kernel_changes};
use super::libraries::{Library, Section};
use super::pair::Pair;
use super::{By, Inspected, library_pairs};

/// The differences between two wheels.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    pub(super) old: Side,
    pub(super) new: Side,
    /// The sums of each kind that at least one of them has.
    pub(super) kinds: Vec<KindChange>,
    /// Device code of each architecture that at least one of them has.
    pub(super) device_code: Vec<CodeChange>,
    /// Files whose device code differs; only if it is listed by file or kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_code_by_file: Option<Vec<FileCodeChange>>,
    /// Kernels that differ, the largest change first; only if they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kernels: Option<Vec<KernelChange>>,
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

/// A file with different content.
#[derive(Debug, Serialize)]
pub(super) struct FileChange {
    /// The path in the new wheel.
    pub(super) path: String,
    /// The path in the old one.
    pub(super) old_path: String,
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
    pub(super) fn between(old: &Inspected, new: &Inspected, by: By) -> Self {
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
        for (then, now) in library_pairs::take(&mut removed, &mut added, old, new) {
            changed.push(change(then, now, old, new));
        }
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
            device_code: code_changes(
                &old.device_code.architectures,
                &new.device_code.architectures,
            ),
            device_code_by_file: (by != By::Wheel)
                .then(|| file_code_changes(&old.device_code, &new.device_code)),
            kernels: kernel_changes(&old.device_code, &new.device_code),
            metadata: field_changes(old.metadata.as_ref(), new.metadata.as_ref()),
            changed,
            added: largest_first(added),
            removed: largest_first(removed),
            moved,
            same,
            old: side(old),
            new: side(new),
        }
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

/// Returns the members by their paths without the version.
fn by_path(inspected: &Inspected) -> BTreeMap<String, &Member> {
    inspected.inventory.members.iter().map(|it| (unversioned(&it.path), it)).collect()
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
        old_path: then.path.clone(),
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
    let mut found: HashSet<&str> = HashSet::new();
    added.retain(|now| {
        let Some(then) = unpaired.get_mut(&content(now)).and_then(Vec::pop) else { return true };
        found.insert(&then.path);
        let (old, new) = (then.path.clone(), now.path.clone());
        moved.push(Moved { old, new, content: now.content });
        false
    });
    removed.retain(|member| !found.contains(member.path.as_str()));
    moved.sort_by(|one, other| {
        other.content.cmp(&one.content).then_with(|| one.old.cmp(&other.old))
    });
    moved
}
