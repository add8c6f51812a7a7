//! The plan of an output: each path once, with all sources for it.

use std::collections::HashMap;

use super::error::UnpackError;
use super::sources::{SourceId, Sources};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::opened_wheel::MemberKind;
use crate::wheel::{Directories, MemberPath, is_windows_device};
use crate::zip::Mode;

/// Maximum number of files and directories in one output. Each takes an inode and memory.
const MAX_FILES: usize = 1_000_000;

/// Paths that are accepted although other systems cannot hold them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed {
    pub(super) case_conflicts: bool,
    pub(super) device_names: bool,
}

/// The output.
pub(super) struct Plan {
    /// All directories, parents first.
    pub(super) directories: Directories,
    /// The files, by path.
    pub(super) files: Vec<PlannedFile>,
}

/// One file.
pub(super) struct PlannedFile {
    pub(super) path: MemberPath,
    /// `None` if the content decides.
    pub(super) mode: Option<Mode>,
    /// The source that is written.
    pub(super) source: SourceId,
    /// Other sources of this path, which must have the same content.
    pub(super) others: Vec<SourceId>,
}

impl Plan {
    /// Plans the output of some sources.
    pub(super) fn new(
        sources: &Sources,
        allowed: Allowed,
        cancel: &CancelFlag,
    ) -> Result<Self, Error> {
        let mut files: Vec<PlannedFile> = Vec::new();
        let mut directories = Directories::default();
        for (source, path, kind) in sources.iter() {
            let mode = match kind {
                Some(MemberKind::Directory) => {
                    directories.add(path.as_str()).map_err(UnpackError::from)?;
                    continue;
                }
                Some(MemberKind::File(mode)) => Some(mode),
                None => None,
            };
            directories.add_parents(path.as_str()).map_err(UnpackError::from)?;
            if directories.len() + files.len() >= MAX_FILES {
                return Err(UnpackError::TooMany { limit: MAX_FILES }.into());
            }
            files.push(PlannedFile { path: path.clone(), mode, source, others: Vec::new() });
        }
        cancel.check()?;
        // Stable, so that the source that is named first is written.
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let files = merged(files, sources)?;
        for file in &files {
            if directories.contains(file.path.as_str()) {
                return Err(UnpackError::FileAsDirectory {
                    file: file.path.as_str().to_owned(),
                    origin: sources.describe(file.source),
                }
                .into());
            }
        }
        if !allowed.case_conflicts {
            refuse_case_conflicts(&files, &directories, sources)?;
        }
        if !allowed.device_names {
            refuse_devices(&files, &directories, sources)?;
        }
        Ok(Self { directories, files })
    }
}

/// Merges files with the same path. Returns an error if their lengths or CRCs differ.
fn merged(sorted: Vec<PlannedFile>, sources: &Sources) -> Result<Vec<PlannedFile>, UnpackError> {
    let mut merged: Vec<PlannedFile> = Vec::with_capacity(sorted.len());
    for file in sorted {
        match merged.last_mut().filter(|kept| kept.path == file.path) {
            Some(kept) => {
                if !sources.may_be_same(kept.source, file.source) {
                    return Err(conflict(kept, file.source, sources));
                }
                kept.others.push(file.source);
                if file.mode == Some(Mode::Executable) {
                    kept.mode = file.mode;
                }
            }
            None => merged.push(file),
        }
    }
    Ok(merged)
}

/// Returns the error for two sources with the same path.
pub(super) fn conflict(file: &PlannedFile, other: SourceId, sources: &Sources) -> UnpackError {
    UnpackError::Conflict {
        path: file.path.as_str().to_owned(),
        first: sources.describe(file.source),
        second: sources.describe(other),
    }
}

/// Refuses names that are devices on Windows.
fn refuse_devices(
    files: &[PlannedFile],
    directories: &Directories,
    sources: &Sources,
) -> Result<(), UnpackError> {
    let has_device = |path: &str| path.split('/').any(is_windows_device);
    let refused = |path: &str, origin| UnpackError::Device { path: path.to_owned(), origin };
    if let Some(file) = files.iter().find(|file| has_device(file.path.as_str())) {
        return Err(refused(file.path.as_str(), sources.describe(file.source)));
    }
    match directories.iter().find(|directory| has_device(directory)) {
        Some(directory) => Err(refused(directory, "a directory".to_owned())),
        None => Ok(()),
    }
}

fn refuse_case_conflicts(
    files: &[PlannedFile],
    directories: &Directories,
    sources: &Sources,
) -> Result<(), UnpackError> {
    let mut folded: HashMap<String, &PlannedFile> = HashMap::with_capacity(files.len());
    for file in files {
        if let Some(first) = folded.insert(file.path.as_str().to_lowercase(), file) {
            return Err(UnpackError::Case {
                first: first.path.as_str().to_owned(),
                first_from: sources.describe(first.source),
                second: file.path.as_str().to_owned(),
                second_from: sources.describe(file.source),
            });
        }
    }
    // Two such directories become one, without loss.
    for directory in directories {
        if let Some(file) = folded.get(&directory.to_lowercase()) {
            return Err(UnpackError::Case {
                first: file.path.as_str().to_owned(),
                first_from: sources.describe(file.source),
                second: directory.clone(),
                second_from: "a directory".to_owned(),
            });
        }
    }
    Ok(())
}
