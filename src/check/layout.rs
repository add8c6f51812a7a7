//! The rules of check-wheel-contents, about the paths at which files are installed.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::Archive;
use super::content::ContentSummary;
use super::dist_info::WheelDirectories;
use super::identifier::is_identifier;
use super::rules;
use super::sources::{Expected, is_library_folder};
use crate::findings::Findings;
use crate::slash_path::file_name;

/// Top-level names that many projects use.
const COMMON: [&str; 19] = [
    ".eggs", ".nox", ".tox", ".venv", "app", "build", "cli", "data", "dist", "doc", "docs",
    "example", "examples", "lib", "scripts", "src", "test", "tests", "venv",
];

/// Longest content in bytes that does not count as a duplicate: empty files, and files with a trivial line.
const TRIVIAL: u64 = 26;

/// A file that is installed into a library directory.
struct LibraryFile<'a> {
    /// The path in the archive.
    path: &'a str,
    /// The path relative to site-packages.
    installed: &'a str,
}

impl<'a> LibraryFile<'a> {
    fn top(&self) -> &'a str {
        self.installed.split_once('/').map_or(self.installed, |(top, _)| top)
    }

    fn is_at_top(&self) -> bool {
        !self.installed.contains('/')
    }

    /// Whether Python reads it as a list of paths (`.pth`).
    fn is_pth(&self) -> bool {
        self.is_at_top() && self.installed.strip_suffix(".pth").is_some_and(|stem| !stem.is_empty())
    }
}

/// Checks the rules of check-wheel-contents.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    contents: &[Option<ContentSummary>],
    expected: &Expected,
    findings: &mut Findings<'_>,
) {
    let own = dist_info.path("").unwrap_or_default();
    let library: Vec<LibraryFile<'_>> = archive
        .files()
        .filter_map(|file| {
            let path = file.name.as_ref();
            Some(LibraryFile { path, installed: dist_info.installed(path)? })
        })
        .collect();
    for file in archive.files().filter(|it| it.name.ends_with(".pyc") || it.name.ends_with(".pyo"))
    {
        findings.add_at(&rules::BYTECODE, &file.name, "");
    }
    check_empty(archive, &own, &library, findings);
    check_duplicates(archive, contents, findings);
    check_files(&library, findings);
    check_tops(&library, expected, findings);
    expected.check_sources(library.iter().map(|file| (file.path, file.installed)), findings);
}

fn check_empty(
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

fn check_duplicates(
    archive: &Archive<'_>,
    contents: &[Option<ContentSummary>],
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

fn check_files(library: &[LibraryFile<'_>], findings: &mut Findings<'_>) {
    for file in library {
        let module = module_stem(file.installed);
        if file.is_at_top() && module.is_none() && !file.is_pth() {
            findings.add_at(&rules::TOPLEVEL_FILE, file.path, "");
        }
        if module.is_some_and(|stem| !stem.split('/').all(is_identifier)) {
            findings.add_at(&rules::MODULE_PATH, file.path, "");
        }
        if is_bazel_file(file.installed) {
            findings.add_at(&rules::BAZEL_FILE, file.path, "");
        }
        if file.installed == "__init__.py" {
            findings.add_at(&rules::TOPLEVEL_INIT, file.path, "");
        }
    }
}

/// Whether Bazel reads a file of this name where the wheel is unpacked in a workspace.
fn is_bazel_file(path: &str) -> bool {
    let name = file_name(path);
    let stem = name.strip_suffix(".bazel").unwrap_or(name);
    matches!(stem, "BUILD" | "WORKSPACE")
        || matches!(name, "MODULE.bazel" | "REPO.bazel" | "WORKSPACE.bzlmod")
        || name.rsplit_once('.').is_some_and(|(_, extension)| extension == "bzl")
}

/// Returns the path of a module without its suffix; `None` for other files.
pub(super) fn module_stem(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/').map_or(("", path), |(head, name)| (head, name));
    let cut = if let Some(stem) = name.strip_suffix(".py") {
        stem.len()
    } else {
        let stem = name.strip_suffix(".pyd").or_else(|| name.strip_suffix(".so"))?;
        // An interpreter tag may precede the suffix: `core.cpython-312-x86_64-linux-gnu.so`.
        let is_tag_character = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        stem.rsplit_once('.')
            .filter(|(stem, tag)| {
                !stem.is_empty() && !tag.is_empty() && tag.chars().all(is_tag_character)
            })
            .map_or(stem.len(), |(stem, _)| stem.len())
    };
    let start = if directory.is_empty() { 0 } else { directory.len() + 1 };
    (cut > 0).then(|| &path[..start + cut])
}

/// Whether a directory has the name of a package of type stubs.
fn is_stubs(name: &str) -> bool {
    name.strip_suffix("-stubs").is_some_and(is_identifier)
}

fn check_tops(library: &[LibraryFile<'_>], expected: &Expected, findings: &mut Findings<'_>) {
    let tops: BTreeSet<&str> =
        library.iter().filter(|file| !file.is_pth()).map(LibraryFile::top).collect();
    for top in &tops {
        if COMMON.contains(top) && !expected.names(top) {
            findings.add(&rules::TOPLEVEL_COMMON, format!("`{top}`"));
        }
        if top.starts_with("_solib_") {
            findings.add(&rules::BAZEL_LINKS, format!("`{top}`"));
        }
    }
    let is_public = |top: &str| !top.starts_with('_') && !is_library_folder(top);
    let public: Vec<String> =
        tops.iter().filter(|top| is_public(top)).map(|top| format!("`{top}`")).collect();
    if public.len() > 1 && !expected.is_known() {
        findings.add(&rules::TOPLEVEL_SEVERAL, public.join(", "));
    }
    let with_modules: BTreeSet<&str> = library
        .iter()
        .filter(|file| file.is_at_top() || module_stem(file.installed).is_some())
        .map(LibraryFile::top)
        .collect();
    let is_known = |top: &&&str| is_stubs(top) || is_library_folder(top);
    for top in tops.difference(&with_modules).filter(|top| !is_known(top)) {
        findings.add(&rules::TOPLEVEL_NO_MODULES, format!("`{top}`"));
    }
    expected.check_tops(&tops, findings);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_their_suffixes() {
        for (path, stem) in [
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
            assert_eq!(module_stem(path), stem, "{path}");
        }
        assert!(is_stubs("pkg-stubs") && !is_stubs("-stubs") && !is_stubs("pkg"));
    }
}
