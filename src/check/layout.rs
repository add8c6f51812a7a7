//! What lands where: the rules of check-wheel-contents, by which files are judged as they will stand
//! in site-packages.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::Archive;
use super::content::Content;
use super::dist_info::DistInfo;
use super::identifier::is_identifier;
use super::rules;
use super::sources::Expected;
use crate::findings::Findings;

/// Names at the top that many projects have.
const COMMON: [&str; 19] = [
    ".eggs", ".nox", ".tox", ".venv", "app", "build", "cli", "data", "dist", "doc", "docs",
    "example", "examples", "lib", "scripts", "src", "test", "tests", "venv",
];

/// Files up to this length do not count as duplicates: empty ones, and those with a line that says
/// nothing.
const TRIVIAL: u64 = 26;

/// A file that is installed into a library directory.
struct LibraryFile<'a> {
    /// Its path in the archive.
    path: &'a str,
    /// Its path in site-packages.
    place: &'a str,
}

impl<'a> LibraryFile<'a> {
    fn top(&self) -> &'a str {
        self.place.split_once('/').map_or(self.place, |(top, _)| top)
    }

    fn is_at_top(&self) -> bool {
        !self.place.contains('/')
    }

    /// Whether site-packages takes it as a list of paths.
    fn is_pth(&self) -> bool {
        self.is_at_top() && self.place.strip_suffix(".pth").is_some_and(|stem| !stem.is_empty())
    }
}

/// Tells what check-wheel-contents would.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &DistInfo,
    contents: &[Option<Content>],
    expected: &Expected,
    findings: &mut Findings<'_>,
) {
    let data = format!("{}/", dist_info.data_dir());
    let own = dist_info.path("").unwrap_or_default();
    let library: Vec<LibraryFile<'_>> = archive
        .files()
        .filter_map(|file| {
            let path = file.name.as_ref();
            let place = match path.strip_prefix(&data) {
                Some(rest) => {
                    rest.strip_prefix("purelib/").or_else(|| rest.strip_prefix("platlib/"))?
                }
                None if !own.is_empty() && path.starts_with(&own) => return None,
                None => path,
            };
            Some(LibraryFile { path, place })
        })
        .collect();
    for file in archive.files().filter(|it| it.name.ends_with(".pyc") || it.name.ends_with(".pyo"))
    {
        findings.add_at(&rules::BYTECODE, &file.name, "");
    }
    tell_empty(archive, &own, &library, findings);
    tell_duplicates(archive, contents, findings);
    tell_files(&library, findings);
    tell_tops(&library, expected, findings);
    expected.tell_sources(library.iter().map(|file| (file.path, file.place)), findings);
}

fn tell_empty(
    archive: &Archive<'_>,
    own: &str,
    library: &[LibraryFile<'_>],
    findings: &mut Findings<'_>,
) {
    if archive.files().all(|file| !own.is_empty() && file.name.starts_with(own)) {
        findings.add(&rules::WHEEL_EMPTY, "");
    }
    if library.is_empty() {
        findings.add(&rules::LIBRARY_EMPTY, "");
    }
}

fn tell_duplicates(
    archive: &Archive<'_>,
    contents: &[Option<Content>],
    findings: &mut Findings<'_>,
) {
    let mut by_digest: BTreeMap<[u8; 32], &str> = BTreeMap::new();
    for (member, content) in archive.members.iter().zip(contents) {
        let Some(content) = content.as_ref().filter(|_| member.uncompressed > TRIVIAL) else {
            continue;
        };
        let first = *by_digest.entry(content.sha256).or_insert(&member.name);
        if first != member.name.as_ref() {
            findings.add_at(&rules::DUPLICATE_FILES, &member.name, format!("as `{first}`"));
        }
    }
}

fn tell_files(library: &[LibraryFile<'_>], findings: &mut Findings<'_>) {
    for file in library {
        let module = module_stem(file.place);
        if file.is_at_top() && module.is_none() && !file.is_pth() {
            findings.add_at(&rules::TOPLEVEL_FILE, file.path, "");
        }
        if module.is_some_and(|stem| !stem.split('/').all(is_identifier)) {
            findings.add_at(&rules::MODULE_PATH, file.path, "");
        }
        if file.place == "__init__.py" {
            findings.add_at(&rules::TOPLEVEL_INIT, file.path, "");
        }
    }
}

/// A module's path without its suffix, if the path is a module's.
fn module_stem(place: &str) -> Option<&str> {
    let (directory, name) = place.rsplit_once('/').map_or(("", place), |(head, name)| (head, name));
    let cut = if let Some(stem) = name.strip_suffix(".py") {
        stem.len()
    } else {
        let stem = name.strip_suffix(".pyd").or_else(|| name.strip_suffix(".so"))?;
        // The tag of an interpreter can stand in between: `core.cpython-312-x86_64-linux-gnu.so`.
        let is_tag_character = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        stem.rsplit_once('.')
            .filter(|(stem, tag)| {
                !stem.is_empty() && !tag.is_empty() && tag.chars().all(is_tag_character)
            })
            .map_or(stem.len(), |(stem, _)| stem.len())
    };
    let start = if directory.is_empty() { 0 } else { directory.len() + 1 };
    (cut > 0).then(|| &place[..start + cut])
}

/// Whether a directory holds type stubs of a package.
fn is_stubs(name: &str) -> bool {
    name.strip_suffix("-stubs").is_some_and(is_identifier)
}

fn tell_tops(library: &[LibraryFile<'_>], expected: &Expected, findings: &mut Findings<'_>) {
    let tops: BTreeSet<&str> =
        library.iter().filter(|file| !file.is_pth()).map(LibraryFile::top).collect();
    for top in &tops {
        if COMMON.contains(top) && !expected.names(top) {
            findings.add(&rules::TOPLEVEL_COMMON, format!("`{top}`"));
        }
    }
    let public: Vec<String> =
        tops.iter().filter(|top| !top.starts_with('_')).map(|top| format!("`{top}`")).collect();
    if public.len() > 1 && !expected.is_known() {
        findings.add(&rules::TOPLEVEL_SEVERAL, public.join(", "));
    }
    let with_modules: BTreeSet<&str> = library
        .iter()
        .filter(|file| file.is_at_top() || module_stem(file.place).is_some())
        .map(LibraryFile::top)
        .collect();
    for top in tops.difference(&with_modules).filter(|top| !is_stubs(top)) {
        findings.add(&rules::TOPLEVEL_NO_MODULES, format!("`{top}`"));
    }
    expected.tell_tops(&tops, findings);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_their_suffixes() {
        for (place, stem) in [
            ("a.py", Some("a")),
            ("pkg/core.cpython-312-x86_64-linux-gnu.so", Some("pkg/core")),
            ("pkg/core.abi3.so", Some("pkg/core")),
            ("pkg/lib.so.1", None),
            ("pkg/core.pyd", Some("pkg/core")),
            ("pkg/a.b.py", Some("pkg/a.b")),
            ("pkg/.py", None),
            ("pkg/data.txt", None),
            ("py", None),
        ] {
            assert_eq!(module_stem(place), stem, "{place}");
        }
        assert!(is_stubs("pkg-stubs") && !is_stubs("-stubs") && !is_stubs("pkg"));
    }
}
