//! Paths that collide, on all file systems or on some: within the archive, and after installation.

use std::collections::HashSet;

use super::archive::Archive;
use super::dist_info::WheelDirectories;
use super::names::{normalized, path_of};
use super::rules;
use crate::findings::{Findings, Rule};
use crate::wheel::MAX_PATH_BYTES;
use crate::zip::RawMember;

/// Replaces `/` in folded paths. It sorts before every other character, so the paths below a directory
/// directly follow it.
const SEPARATOR: char = '\0';

/// A directory tree that an installer fills. Paths in different trees do not collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tree {
    SitePackages,
    Scripts,
    Headers,
    Data,
}

/// A member's path in a tree.
#[derive(Debug)]
struct InstallPath<'a> {
    tree: Tree,
    /// The path on file systems that ignore case and normalisation.
    folded: String,
    /// The member's name, without `/` at its end.
    name: &'a str,
    /// The offset in the name at which the path begins.
    start: usize,
    is_directory: bool,
    /// The member's index in the archive.
    index: usize,
}

impl<'a> InstallPath<'a> {
    fn new(tree: Tree, member: &'a RawMember, start: usize, index: usize) -> Option<Self> {
        let name = member.name.strip_suffix('/').unwrap_or(&member.name);
        let path = name.get(start..).filter(|it| !it.is_empty() && !it.contains(SEPARATOR))?;
        let folded = normalized(path).to_lowercase().replace('/', "\0");
        Some(Self { tree, folded, name, start, is_directory: member.is_directory(), index })
    }

    fn path(&self) -> &'a str {
        &self.name[self.start..]
    }

    /// The part of the name before the path.
    fn prefix(&self) -> &'a str {
        &self.name[..self.start]
    }
}

/// A path that two members share, each in its own spelling.
struct Collision<'a> {
    /// The side of the member that comes first in the archive.
    first: Side<'a>,
    second: Side<'a>,
}

#[derive(Clone, Copy)]
struct Side<'a> {
    /// The member's name up to the end of the shared path.
    name: &'a str,
    /// The part of it that is in the tree.
    path: &'a str,
    is_file: bool,
}

/// Finds names in the archive that collide on some file systems. The archive's reader reports names that
/// are equal.
pub(super) fn check_archive(archive: &Archive<'_>, findings: &mut Findings<'_>) {
    if !findings.want(&[&rules::NAME_CASE, &rules::NAME_UNICODE]) {
        return;
    }
    let paths = install_paths(archive, |_| Some((Tree::SitePackages, 0)));
    for_each_collision(paths, |_, _| true, |shared| add_alike(&shared, findings));
}

/// Finds members with different names that an installer writes to one path, on all file systems or on
/// some.
pub(super) fn check_installed(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    findings: &mut Findings<'_>,
) {
    let wanted = [
        &rules::NAME_CASE,
        &rules::NAME_UNICODE,
        &rules::NAME_FILE_AND_DIRECTORY,
        &rules::NAME_INSTALLED_TWICE,
    ];
    let data = format!("{}/", dist_info.data_dir());
    let has_data = archive.members.iter().any(|member| member.name.starts_with(&data));
    if !has_data || !findings.want(&wanted) {
        return;
    }
    let paths = install_paths(archive, |name| installed(name, &data));
    // Members of one directory of the archive are compared by `check_archive`.
    let is_apart = |one: &InstallPath<'_>, other: &InstallPath<'_>| one.prefix() != other.prefix();
    for_each_collision(paths, is_apart, |shared| {
        let Collision { first, second } = &shared;
        if first.path != second.path {
            add_alike(&shared, findings);
        } else if first.is_file && second.is_file {
            let found = format!("and `{}`", first.name);
            findings.add_at(&rules::NAME_INSTALLED_TWICE, second.name, found);
        } else {
            let (file, directory) = if first.is_file { (first, second) } else { (second, first) };
            let found = format!("and the directory `{}/`", directory.name);
            findings.add_at(&rules::NAME_FILE_AND_DIRECTORY, file.name, found);
        }
    });
}

/// Returns the tree that a member is installed into, and the offset in its name at which the path there
/// begins; `None` if no installer installs it.
fn installed(name: &str, data: &str) -> Option<(Tree, usize)> {
    let Some(rest) = name.strip_prefix(data) else { return Some((Tree::SitePackages, 0)) };
    let (scheme, _) = rest.split_once('/')?;
    let tree = match scheme {
        "purelib" | "platlib" => Tree::SitePackages,
        "scripts" => Tree::Scripts,
        "headers" => Tree::Headers,
        "data" => Tree::Data,
        _ => return None,
    };
    Some((tree, data.len() + scheme.len() + 1))
}

fn install_paths<'a>(
    archive: &'a Archive<'_>,
    tree_of: impl Fn(&str) -> Option<(Tree, usize)>,
) -> Vec<InstallPath<'a>> {
    let members = archive.members.iter().enumerate();
    members
        .filter(|(_, member)| path_of(member).len() <= MAX_PATH_BYTES)
        .filter_map(|(index, member)| {
            let (tree, start) = tree_of(&member.name)?;
            InstallPath::new(tree, member, start, index)
        })
        .collect()
}

/// Calls `report` for each collision: two files, a file and a directory, or two spellings of a directory.
/// Only neighbours in the order of folded paths are compared; that finds every path with two spellings.
fn for_each_collision<'a>(
    mut paths: Vec<InstallPath<'a>>,
    is_wanted: impl Fn(&InstallPath<'a>, &InstallPath<'a>) -> bool,
    mut report: impl FnMut(Collision<'a>),
) {
    paths.sort_unstable_by(|one, other| {
        let key = |it: &InstallPath<'a>| (it.path(), it.index);
        (one.tree, &one.folded).cmp(&(other.tree, &other.folded)).then(key(one).cmp(&key(other)))
    });
    // A directory has many files and is reported once.
    let mut reported = HashSet::new();
    for (one, other) in paths.iter().zip(paths.iter().skip(1)) {
        if one.tree != other.tree || !is_wanted(one, other) {
            continue;
        }
        let (first, second) = if one.index < other.index { (one, other) } else { (other, one) };
        let (directories, file) = shared(first, second);
        if let Some(shared) = directories {
            let (one, other) = (shared.first.name, shared.second.name);
            if reported.insert((one.min(other), one.max(other))) {
                report(shared);
            }
        }
        if let Some(shared) = file {
            report(shared);
        }
    }
}

/// Returns the topmost directories of two members that collide in two spellings, and the path that both
/// members have and that is a file in at least one.
fn shared<'a>(
    first: &InstallPath<'a>,
    second: &InstallPath<'a>,
) -> (Option<Collision<'a>>, Option<Collision<'a>>) {
    let mut directories = None;
    let folded = first.folded.split(SEPARATOR).zip(second.folded.split(SEPARATOR));
    let parts = first.path().split('/').zip(second.path().split('/'));
    let (mut first_end, mut second_end) = (first.start, second.start);
    for ((one, other), _) in parts.zip(folded).take_while(|(_, (one, other))| one == other) {
        (first_end, second_end) = (first_end + one.len(), second_end + other.len());
        let both = Collision { first: side(first, first_end), second: side(second, second_end) };
        if both.first.is_file || both.second.is_file {
            return (directories, Some(both));
        }
        if directories.is_none() && both.first.path != both.second.path {
            directories = Some(both);
        }
        (first_end, second_end) = (first_end + 1, second_end + 1);
    }
    (directories, None)
}

fn side<'a>(path: &InstallPath<'a>, end: usize) -> Side<'a> {
    let is_file = end == path.name.len() && !path.is_directory;
    Side { name: &path.name[..end], path: &path.name[path.start..end], is_file }
}

/// Adds a finding for two spellings of the same path.
fn add_alike(shared: &Collision<'_>, findings: &mut Findings<'_>) {
    let Collision { first, second } = shared;
    if first.path == second.path {
        return;
    }
    // Of a file and a directory, the file is the one to rename.
    let (at, other) =
        if first.is_file && !second.is_file { (first, second) } else { (second, first) };
    let name = |side: &Side<'_>| format!("{}{}", side.name, if side.is_file { "" } else { "/" });
    let (rule, other): (&'static Rule, _) = if normalized(first.path) == normalized(second.path) {
        (&rules::NAME_UNICODE, escape_non_ascii(&name(other)))
    } else {
        (&rules::NAME_CASE, name(other))
    };
    findings.add_at(rule, &name(at), format!("and `{other}`"));
}

/// Escapes all characters outside ASCII, so that two names that look the same look different.
fn escape_non_ascii(name: &str) -> String {
    let escape = |character: char| {
        if character.is_ascii() {
            character.to_string()
        } else {
            character.escape_unicode().to_string()
        }
    };
    name.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::ChunkClaim;

    #[test]
    fn installers_put_files_into_four_trees() {
        let at =
            |name: &'static str| installed(name, "a-1.data/").map(|(tree, at)| (tree, &name[at..]));
        for (name, expected) in [
            ("pkg/x", Some((Tree::SitePackages, "pkg/x"))),
            ("a-1.data/purelib/pkg/x", Some((Tree::SitePackages, "pkg/x"))),
            ("a-1.data/platlib/pkg/x", Some((Tree::SitePackages, "pkg/x"))),
            ("a-1.data/scripts/x", Some((Tree::Scripts, "x"))),
            ("a-1.data/headers/x.h", Some((Tree::Headers, "x.h"))),
            ("a-1.data/data/share/x", Some((Tree::Data, "share/x"))),
            ("b-1.data/purelib/x", Some((Tree::SitePackages, "b-1.data/purelib/x"))),
            ("a-1.data/x", None),
            ("a-1.data/other/x", None),
        ] {
            assert_eq!(at(name), expected, "{name}");
        }
    }

    fn member(name: &&str) -> RawMember {
        RawMember {
            name: (*name).into(),
            method: 0,
            flags: 0,
            crc: 0,
            compressed: 0,
            uncompressed: 0,
            system: 3,
            mode: 0,
            offset: 0,
            data: None,
            chunks: ChunkClaim::None,
        }
    }

    #[test]
    fn paths_that_are_one_are_found_among_others() {
        let cases: [(&[&str], &[&str]); 9] = [
            (&["a/b", "c/d", "a/c"], &[]),
            (&["a/b", "A/b"], &["a A", "a/b A/b"]),
            (&["a/b/x", "c", "A/B/y"], &["a A"]),
            // A directory is reported once, even if other paths are between its files.
            (&["a/x", "A/y", "a/z", "b", "A/w"], &["a A"]),
            // Paths below a directory directly follow it, even if other names begin like it.
            (&["sub!", "SUB", "sub.py", "sub/x", "sub-"], &["SUB sub"]),
            (&["sub/x", "SUB/y", "Sub"], &["sub Sub", "sub SUB"]),
            (&["a/", "A/x"], &["a A"]),
            (&["a/", "A"], &["a A"]),
            (&["gr\u{f6}\u{df}e/x", "GRO\u{308}\u{df}E/y"], &["gr\u{f6}\u{df}e GRO\u{308}\u{df}E"]),
        ];
        for (names, expected) in cases {
            let members: Vec<RawMember> = names.iter().map(member).collect();
            let paths = (0..).zip(&members);
            let paths = paths
                .filter_map(|(index, it)| InstallPath::new(Tree::Data, it, 0, index))
                .collect();
            let mut found = Vec::new();
            for_each_collision(
                paths,
                |_, _| true,
                |shared| {
                    found.push(format!("{} {}", shared.first.name, shared.second.name));
                },
            );
            assert_eq!(found, *expected, "{names:?}");
        }
    }
}
