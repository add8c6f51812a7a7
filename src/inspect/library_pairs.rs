//! Pairs the libraries that one wheel has under other names than the other: `libx.so.1.31.1` and
//! `libx.so.1.32.0`, or `libx-1f2e3d4c.so` with the hash that auditwheel and delvewheel add.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Inspected;
use super::inventory::{FileKind, Member, unversioned};
use crate::slash_path;

/// What two versions of a library share, the strongest evidence first.
const EVIDENCE: [fn(&Candidate<'_>) -> Option<String>; 4] = [
    |it| it.build_id.map(str::to_owned),
    |it| Some(format!("{}/{}", it.directory(), stem(it.file_name()))),
    |it| it.soname.map(|soname| stem(soname).to_owned()),
    |it| Some(stem(it.file_name()).to_owned()),
];

/// A library that only one wheel has.
#[derive(Debug, Clone, Copy)]
struct Candidate<'a> {
    member: &'a Member,
    build_id: Option<&'a str>,
    soname: Option<&'a str>,
}

impl Candidate<'_> {
    fn directory(&self) -> String {
        let path = unversioned(&self.member.path);
        path.rsplit_once('/').map_or_else(String::new, |(directory, _)| directory.to_owned())
    }

    fn file_name(&self) -> &str {
        slash_path::file_name(&self.member.path)
    }
}

/// Removes the libraries from both lists that are two versions of one, and returns them as pairs. A name or
/// identifier that several libraries of a wheel share pairs none of them.
pub(super) fn take<'a>(
    removed: &mut Vec<&'a Member>,
    added: &mut Vec<&'a Member>,
    old: &'a Inspected,
    new: &'a Inspected,
) -> Vec<(&'a Member, &'a Member)> {
    let mut pairs = Vec::new();
    for evidence in EVIDENCE {
        let before = unique(removed, old, evidence);
        let after = unique(added, new, evidence);
        let both = before.into_iter().filter_map(|(key, then)| Some((then, *after.get(&key)?)));
        let both: Vec<(&Member, &Member)> = both.collect();
        let paired: HashSet<&str> =
            both.iter().flat_map(|(then, now)| [then.path.as_str(), now.path.as_str()]).collect();
        // A path is in one of the lists only.
        removed.retain(|member| !paired.contains(member.path.as_str()));
        added.retain(|member| !paired.contains(member.path.as_str()));
        pairs.extend(both);
    }
    pairs
}

/// Returns a map from the evidence of each library to the library. Libraries with the same evidence are left out.
fn unique<'a>(
    members: &[&'a Member],
    inspected: &'a Inspected,
    evidence: fn(&Candidate<'_>) -> Option<String>,
) -> BTreeMap<String, &'a Member> {
    let libraries: HashMap<&str, _> =
        inspected.libraries.iter().map(|library| (library.path.as_str(), library)).collect();
    let mut found: BTreeMap<String, Option<&'a Member>> = BTreeMap::new();
    for &member in members.iter().filter(|member| member.kind == FileKind::NativeCode) {
        let library = libraries.get(member.path.as_str());
        let candidate = Candidate {
            member,
            build_id: library.and_then(|it| it.build_id.as_deref()),
            soname: library.and_then(|it| it.soname.as_deref()),
        };
        if let Some(key) = evidence(&candidate) {
            found.entry(key).and_modify(|it| *it = None).or_insert(Some(member));
        }
    }
    found.into_iter().filter_map(|(key, member)| Some((key, member?))).collect()
}

/// Returns the part of a library's name that its versions share: without suffixes, and without a hash of at least
/// eight hexadecimal digits.
fn stem(name: &str) -> &str {
    let stem = name.split('.').next().unwrap_or(name);
    match stem.rsplit_once('-') {
        Some((stem, hash))
            if hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            stem
        }
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn versions_and_hashes_are_no_part_of_a_stem() {
        for (name, expected) in [
            ("libonnxruntime.so.1.31.1", "libonnxruntime"),
            ("libgfortran-040039e1.so.5.0.0", "libgfortran"),
            ("_C.cpython-312-x86_64-linux-gnu.so", "_C"),
            ("libomp.5.dylib", "libomp"),
            ("msvcp140-23ebcc0b37c8e3d074511f362feac48b.dll", "msvcp140"),
            ("libfoo-bar.so", "libfoo-bar"),
            ("libx-12.so", "libx-12"),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }
}
