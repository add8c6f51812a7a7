//! Paths that are one path, everywhere or on some file systems: within the archive, and where an
//! installer puts the files.

use std::borrow::Cow;
use std::collections::HashSet;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::archive::Archive;
use super::dist_info::DistInfo;
use super::names::path_of;
use super::rules;
use crate::findings::{Findings, Rule};
use crate::wheel::LONGEST_PATH;
use crate::zip::RawMember;

/// Stands for `/` in folded paths: no character comes before it, so what is below a path comes directly
/// behind that path.
const SEPARATOR: char = '\0';

/// Where an installer puts files, each place apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tree {
    SitePackages,
    Scripts,
    Headers,
    Data,
}

/// A member's path in a tree.
#[derive(Debug)]
struct Place<'a> {
    tree: Tree,
    /// The path as file systems take it that look at neither case nor normalisation.
    folded: String,
    /// The member's name, without `/` at its end.
    name: &'a str,
    /// Where in it the path begins.
    start: usize,
    is_directory: bool,
    /// The member's place in the archive.
    index: usize,
}

impl<'a> Place<'a> {
    fn new(tree: Tree, member: &'a RawMember, start: usize, index: usize) -> Option<Self> {
        let name = member.name.strip_suffix('/').unwrap_or(&member.name);
        let path = name.get(start..).filter(|it| !it.is_empty() && !it.contains(SEPARATOR))?;
        let folded = normalized(path).to_lowercase().replace('/', "\0");
        Some(Self { tree, folded, name, start, is_directory: member.is_directory(), index })
    }

    fn path(&self) -> &'a str {
        &self.name[self.start..]
    }

    /// What is in front of the path.
    fn prefix(&self) -> &'a str {
        &self.name[..self.start]
    }
}

/// A path that two places have in common, each in its own spelling.
struct Shared<'a> {
    /// In the member that comes first in the archive.
    first: Side<'a>,
    second: Side<'a>,
}

#[derive(Clone, Copy)]
struct Side<'a> {
    /// The name of the member up to there.
    name: &'a str,
    /// Of that, what is in the tree.
    path: &'a str,
    is_file: bool,
}

/// Normalisation form C.
pub(super) fn normalized(name: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(name)
}

/// Tells of names in the archive that are one on some file systems. Those that are one everywhere are
/// told elsewhere.
pub(super) fn tell(archive: &Archive<'_>, findings: &mut Findings<'_>) {
    if !findings.want(&[&rules::NAME_CASE, &rules::NAME_UNICODE]) {
        return;
    }
    let places = places(archive, |_| Some((Tree::SitePackages, 0)));
    for_each_shared(places, |_, _| true, |shared| tell_alike(&shared, findings));
}

/// Tells of members that an installer puts in one place, everywhere or on some file systems, though
/// their names in the archive differ.
pub(super) fn tell_installed(
    archive: &Archive<'_>,
    dist_info: &DistInfo,
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
    let places = places(archive, |name| installed(name, &data));
    // In one directory of the archive they are looked at already.
    let is_apart = |one: &Place<'_>, other: &Place<'_>| one.prefix() != other.prefix();
    for_each_shared(places, is_apart, |shared| {
        let Shared { first, second } = &shared;
        if first.path != second.path {
            tell_alike(&shared, findings);
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

/// The tree that a member is installed into, and where in its name the path there begins; `None` for
/// what no installer has a place for.
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

fn places<'a>(
    archive: &'a Archive<'_>,
    place: impl Fn(&str) -> Option<(Tree, usize)>,
) -> Vec<Place<'a>> {
    let members = archive.members.iter().enumerate();
    members
        .filter(|(_, member)| path_of(member).len() <= LONGEST_PATH)
        .filter_map(|(index, member)| {
            let (tree, start) = place(&member.name)?;
            Place::new(tree, member, start, index)
        })
        .collect()
}

/// Calls `tell` with paths that are one and must not be: two files, a file and a directory, two
/// directories of other spelling. Of all that share a path, neighbours in the order of folded paths are
/// compared, which are enough to find out that there are two spellings.
fn for_each_shared<'a>(
    mut places: Vec<Place<'a>>,
    is_wanted: impl Fn(&Place<'a>, &Place<'a>) -> bool,
    mut tell: impl FnMut(Shared<'a>),
) {
    places.sort_unstable_by(|one, other| {
        let key = |it: &Place<'a>| (it.path(), it.index);
        (one.tree, &one.folded).cmp(&(other.tree, &other.folded)).then(key(one).cmp(&key(other)))
    });
    // Directories have many files, and are told once.
    let mut told = HashSet::new();
    for (one, other) in places.iter().zip(places.iter().skip(1)) {
        if one.tree != other.tree || !is_wanted(one, other) {
            continue;
        }
        let (first, second) = if one.index < other.index { (one, other) } else { (other, one) };
        let (directories, file) = shared(first, second);
        if let Some(shared) = directories {
            let (one, other) = (shared.first.name, shared.second.name);
            if told.insert((one.min(other), one.max(other))) {
                tell(shared);
            }
        }
        if let Some(shared) = file {
            tell(shared);
        }
    }
}

/// The topmost directories of two members that are one and spelt in two ways; and the path that both
/// have and that is a file in at least one.
fn shared<'a>(first: &Place<'a>, second: &Place<'a>) -> (Option<Shared<'a>>, Option<Shared<'a>>) {
    let mut directories = None;
    let folded = first.folded.split(SEPARATOR).zip(second.folded.split(SEPARATOR));
    let parts = first.path().split('/').zip(second.path().split('/'));
    let (mut first_end, mut second_end) = (first.start, second.start);
    for ((one, other), _) in parts.zip(folded).take_while(|(_, (one, other))| one == other) {
        (first_end, second_end) = (first_end + one.len(), second_end + other.len());
        let both = Shared { first: side(first, first_end), second: side(second, second_end) };
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

fn side<'a>(place: &Place<'a>, end: usize) -> Side<'a> {
    let is_file = end == place.name.len() && !place.is_directory;
    Side { name: &place.name[..end], path: &place.name[place.start..end], is_file }
}

/// Tells of two spellings of one path.
fn tell_alike(shared: &Shared<'_>, findings: &mut Findings<'_>) {
    let Shared { first, second } = shared;
    if first.path == second.path {
        return;
    }
    // Of a file and a directory the file is in the way.
    let (at, other) =
        if first.is_file && !second.is_file { (first, second) } else { (second, first) };
    let shown = |side: &Side<'_>| format!("{}{}", side.name, if side.is_file { "" } else { "/" });
    let (rule, other): (&'static Rule, _) = if normalized(first.path) == normalized(second.path) {
        (&rules::NAME_UNICODE, escaped(&shown(other)))
    } else {
        (&rules::NAME_CASE, shown(other))
    };
    findings.add_at(rule, &shown(at), format!("and `{other}`"));
}

/// A name that looks like another, made to look different.
fn escaped(name: &str) -> String {
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
            // Directories are told once, whatever is between their files.
            (&["a/x", "A/y", "a/z", "b", "A/w"], &["a A"]),
            // What is below a path comes directly behind it, also if other names begin like it.
            (&["sub!", "SUB", "sub.py", "sub/x", "sub-"], &["SUB sub"]),
            (&["sub/x", "SUB/y", "Sub"], &["sub Sub", "sub SUB"]),
            (&["a/", "A/x"], &["a A"]),
            (&["a/", "A"], &["a A"]),
            (&["gr\u{f6}\u{df}e/x", "GRO\u{308}\u{df}E/y"], &["gr\u{f6}\u{df}e GRO\u{308}\u{df}E"]),
        ];
        for (names, expected) in cases {
            let members: Vec<RawMember> = names.iter().map(member).collect();
            let places = (0..).zip(&members);
            let places =
                places.filter_map(|(index, it)| Place::new(Tree::Data, it, 0, index)).collect();
            let mut found = Vec::new();
            for_each_shared(
                places,
                |_, _| true,
                |shared| {
                    found.push(format!("{} {}", shared.first.name, shared.second.name));
                },
            );
            assert_eq!(found, *expected, "{names:?}");
        }
    }
}
