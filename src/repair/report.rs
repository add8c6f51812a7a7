//! What a repair has done, for `--report json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::edits::FileEdit;
use super::grafts::Graft;
use crate::escape::hexadecimal;

/// The report on one wheel.
#[derive(Debug, Serialize)]
pub(super) struct Repaired {
    /// The path of the wheel, as it was given.
    pub(super) wheel: String,
    /// The path of the repaired wheel.
    pub(super) output: String,
    /// Whether the wheel was written.
    pub(super) written: bool,
    /// The tag that was asked for, or chosen; `None` for a wheel without machine code.
    pub(super) policy: Option<String>,
    /// The platform tags in the new file name.
    pub(super) tags: Vec<String>,
    /// The grafted libraries.
    pub(super) grafts: Vec<GraftReport>,
    /// The edited files.
    pub(super) edited: Vec<EditReport>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
}

/// One grafted library.
#[derive(Debug, Serialize)]
pub(super) struct GraftReport {
    /// The library that was copied.
    pub(super) source: String,
    /// The package URL of the distribution package that owns it.
    pub(super) package: Option<String>,
    /// Its path in the wheel.
    pub(super) path: String,
    /// The length of the source in bytes.
    pub(super) size: u64,
    /// The SHA-256 of the source.
    pub(super) sha256: String,
    /// The names by which it was needed.
    pub(super) sonames: Vec<String>,
    /// The needed libraries with new names.
    pub(super) replaced: BTreeMap<String, String>,
    /// The needed libraries that were removed.
    pub(super) removed: Vec<String>,
}

/// One edited file of the wheel.
#[derive(Debug, Serialize)]
pub(super) struct EditReport {
    /// Its path in the archive.
    pub(super) path: String,
    /// Its new path, if it moved.
    pub(super) moved_to: Option<String>,
    /// The needed libraries with new names.
    pub(super) replaced: BTreeMap<String, String>,
    /// The needed libraries that were removed.
    pub(super) removed: Vec<String>,
    /// The new search path.
    pub(super) rpath: Vec<String>,
    /// The entries that were dropped from the search path.
    pub(super) dropped: Vec<String>,
}

impl Repaired {
    /// Returns the report on a wheel without changes.
    pub(super) fn unchanged(given: &Path, out: &Path) -> Self {
        Self {
            wheel: given.to_string_lossy().into_owned(),
            output: out.to_string_lossy().into_owned(),
            written: false,
            policy: None,
            tags: vec!["any".to_owned()],
            grafts: Vec::new(),
            edited: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl GraftReport {
    pub(super) fn new(graft: &Graft, path: String, package: Option<String>) -> Self {
        Self {
            package,
            source: graft.library.location.to_string_lossy().into_owned(),
            path,
            size: graft.input.len(),
            sha256: hexadecimal(&graft.digest.0),
            sonames: graft.sonames.iter().cloned().collect(),
            replaced: graft.replaced.clone(),
            removed: graft.removed.iter().cloned().collect(),
        }
    }
}

impl EditReport {
    pub(super) fn new(edit: &FileEdit) -> Self {
        Self {
            path: edit.path.clone(),
            moved_to: edit.moved.as_ref().map(|moved| moved.archived.clone()),
            replaced: edit.edits.replace_needed.iter().cloned().collect(),
            removed: edit.edits.remove_needed.clone(),
            rpath: edit.search_path.entries.clone(),
            dropped: edit.search_path.dropped.clone(),
        }
    }
}
