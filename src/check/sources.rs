//! The content that the user expects: `--toplevel`, `--src-dir`, `--package`.

use std::collections::BTreeSet;
use std::path::Path;

use glob::Pattern;

use super::arguments::CheckArguments;
use super::error::CheckError;
use super::rules;
use crate::context::Context;
use crate::error::{Error, FileError};
use crate::findings::Findings;

/// Names that are ignored in source trees by default, as in check-wheel-contents.
const OMIT: [&str; 6] = [".*", "CVS", "RCS", "*.pyc", "*.pyo", "*.egg-info"];

/// The content that the user expects.
#[derive(Debug, Default)]
pub(super) struct Expected {
    toplevel: Option<BTreeSet<String>>,
    /// Paths relative to site-packages.
    files: Option<BTreeSet<String>>,
}

impl Expected {
    /// Reads the arguments and walks the source trees.
    pub(super) fn new(arguments: &CheckArguments, context: &Context<'_>) -> Result<Self, Error> {
        let toplevel: BTreeSet<String> = arguments
            .toplevel
            .iter()
            .map(|name| name.trim_end_matches('/').to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        let patterns = match &arguments.package_omit {
            Some(patterns) => patterns.iter().map(String::as_str).map(pattern).collect(),
            None => OMIT.iter().copied().map(pattern).collect::<Result<Vec<_>, _>>(),
        }?;
        let mut files = BTreeSet::new();
        for path in &arguments.src_dir {
            let root = context.resolve(path);
            if !root.is_dir() {
                return Err(missing("--src-dir", path, &root).into());
            }
            walk(&root, "", &patterns, &mut files, context)?;
        }
        for path in &arguments.package {
            let root = context.resolve(path);
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if root.is_file() {
                files.insert(name);
            } else if root.is_dir() && !name.is_empty() {
                walk(&root, &format!("{name}/"), &patterns, &mut files, context)?;
            } else {
                return Err(missing("--package", path, &root).into());
            }
        }
        let has_sources = !arguments.src_dir.is_empty() || !arguments.package.is_empty();
        Ok(Self {
            toplevel: (!toplevel.is_empty()).then_some(toplevel),
            files: has_sources.then_some(files),
        })
    }

    /// Whether `--toplevel` has this name.
    pub(super) fn names(&self, top: &str) -> bool {
        self.toplevel.as_ref().is_some_and(|names| names.contains(top))
    }

    /// Whether any of the options is given.
    pub(super) fn is_known(&self) -> bool {
        self.toplevel.is_some() || self.files.is_some()
    }

    /// Compares the top-level names with the expected ones.
    pub(super) fn check_tops(&self, tops: &BTreeSet<&str>, findings: &mut Findings<'_>) {
        let Some(expected) = &self.toplevel else { return };
        for name in expected.iter().filter(|name| !tops.contains(name.as_str())) {
            findings.add(&rules::TOPLEVEL_MISSING, format!("`{name}`"));
        }
        let is_declared = |top: &str| expected.contains(top) || is_library_folder(top);
        for top in tops.iter().filter(|top| !is_declared(top)) {
            findings.add(&rules::TOPLEVEL_UNDECLARED, format!("`{top}`"));
        }
    }

    /// Compares the files, given by their paths in the archive and relative to site-packages.
    pub(super) fn check_sources<'a>(
        &self,
        library: impl Iterator<Item = (&'a str, &'a str)>,
        findings: &mut Findings<'_>,
    ) {
        let Some(expected) = &self.files else { return };
        let mut missing: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        for (path, installed) in library {
            if !missing.remove(installed) && !expected.contains(installed) {
                findings.add_at(&rules::SOURCE_EXTRA, path, "");
            }
        }
        for path in missing {
            findings.add_at(&rules::SOURCE_MISSING, path, "");
        }
    }
}

/// Whether a top-level directory has the name that `auditwheel`, `delocate` and `delvewheel` give to the
/// directory of the libraries that they add.
pub(super) fn is_library_folder(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, kind)| matches!(kind, "libs" | "dylibs"))
}

fn missing(option: &'static str, path: &Path, root: &Path) -> CheckError {
    let found = if root.exists() { "a file" } else { "nothing" };
    CheckError::Sources { option, path: path.to_owned(), found }
}

fn pattern(text: &str) -> Result<Pattern, CheckError> {
    Pattern::new(text).map_err(|error| CheckError::Pattern {
        pattern: text.to_owned(),
        problem: error.msg.to_owned(),
    })
}

/// Adds the files below a directory, without those whose name or directory is omitted.
fn walk(
    root: &Path,
    prefix: &str,
    omit: &[Pattern],
    files: &mut BTreeSet<String>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let is_omitted = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() > 0 && omit.iter().any(|pattern| pattern.matches(&name))
    };
    let walk = walkdir::WalkDir::new(root).follow_links(true);
    for entry in walk.into_iter().filter_entry(|entry| !is_omitted(entry)) {
        context.cancel.check()?;
        let entry = entry.map_err(FileError::on_walk(root))?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            let parts: Vec<_> =
                path.components().map(|it| it.as_os_str().to_string_lossy()).collect();
            files.insert(format!("{prefix}{}", parts.join("/")));
        }
    }
    Ok(())
}
