//! A wheel that is a directory, such as `pack --unpacked` writes, as a source of files.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::files::DeclaredFile;
use super::layout::{InstallLayout, InstalledPath};
use super::site_packages::SitePackages;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::opened_wheel::{
    ArchiveError, CheckedMember, DistInfoDirs, FoundFile, MAX_RECORD_BYTES, MemberKind, Mismatches,
    is_record_or_signature,
};
use crate::source::{Input, read_small};
use crate::wheel::{MemberPath, Record, WheelError};
use crate::zip::Mode;

/// One such wheel.
pub(super) struct UnpackedWheel {
    root: PathBuf,
    /// Its RECORD, if the written files are compared with it.
    record: Option<Record>,
    /// The files that RECORD lists: paths in the wheel, and indices among all files.
    recorded: Vec<(MemberPath, usize)>,
}

impl UnpackedWheel {
    /// Adds the files of a wheel to `files`, each with the path that an installer gives it. Links are followed:
    /// in a sandbox, every input is one.
    ///
    /// # Errors
    /// If the directory is no wheel, or its files are not those of RECORD.
    pub(super) fn open(
        root: &Path,
        site_packages: Option<&SitePackages>,
        check_record: bool,
        files: &mut Vec<DeclaredFile>,
        cancel: &CancelFlag,
    ) -> Result<Self, Error> {
        let members = find(root, cancel)?;
        let dist_info = DistInfoDirs::of_members(members.iter().map(|(path, _)| path.as_str()));
        let dist_info = dist_info
            .only()
            .map_err(|source| ArchiveError::DistInfo { archive: root.to_owned(), source })?;
        let checked: Vec<CheckedMember> = members
            .iter()
            .enumerate()
            .map(|(index, (path, _))| {
                let kind = MemberKind::File(Mode::Plain);
                CheckedMember { path: path.clone(), kind, index }
            })
            .collect();
        let layout = InstallLayout::new(&dist_info, &checked, site_packages);
        let record = read_record(root, &dist_info)?;
        let mut recorded = Vec::with_capacity(members.len());
        for (path, input) in members {
            if !is_record_or_signature(&path, &dist_info) {
                recorded.push((path.clone(), files.len()));
            }
            let is_record = path.strip_dir(&dist_info) == Some("RECORD");
            let replaced = (is_record && !layout.keeps_record())
                .then(|| layout.installed_record(&record, &path))
                .transpose()?;
            let (to, mode) = match layout.installed_path(&path, true)? {
                InstalledPath::Moved { to, script } => (to, script.then_some(Mode::Executable)),
                InstalledPath::Same | InstalledPath::Dropped => (path, None),
            };
            files.push(DeclaredFile { to, input, mode, replaced });
        }
        let wheel =
            Self { root: root.to_owned(), record: check_record.then_some(record), recorded };
        // Missing and surplus files are refused before anything is written.
        wheel.compare(files, |_| None)?;
        Ok(wheel)
    }

    /// Compares RECORD with the files; a file without a known digest by its length only.
    pub(super) fn compare(
        &self,
        files: &[DeclaredFile],
        digest: impl Fn(usize) -> Option<crate::wheel::Sha256Digest>,
    ) -> Result<(), ArchiveError> {
        let Some(record) = &self.record else { return Ok(()) };
        let found: Vec<FoundFile<'_>> = self
            .recorded
            .iter()
            .map(|(path, index)| {
                let size = files[*index].input.len();
                FoundFile { path, size, digest: digest(*index) }
            })
            .collect();
        match Mismatches::between(record, &found) {
            None => Ok(()),
            Some(mismatches) => {
                Err(ArchiveError::Record { archive: self.root.clone(), mismatches })
            }
        }
    }
}

/// Returns all files of a directory, sorted.
fn find(root: &Path, cancel: &CancelFlag) -> Result<Vec<(MemberPath, Input)>, Error> {
    let mut found = Vec::new();
    for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
        cancel.check()?;
        let entry = entry.map_err(|error| FileError::on("read", root)(error.into()))?;
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let path = MemberPath::from_os_str(relative.as_os_str())
            .map_err(|source| ArchiveError::Path { archive: root.to_owned(), source })?;
        found.push((path, Input::find(entry.path())?));
    }
    Ok(found)
}

/// Reads RECORD.
fn read_record(root: &Path, dist_info: &str) -> Result<Record, Error> {
    let member = format!("{dist_info}/RECORD");
    let archive = || root.to_owned();
    let path = root.join(&member);
    if !path.exists() {
        return Err(ArchiveError::NoMember { archive: archive(), member }.into());
    }
    let found = Input::find(&path)?.len();
    if found > MAX_RECORD_BYTES {
        let limit = MAX_RECORD_BYTES;
        return Err(ArchiveError::LongMetadata { archive: archive(), member, limit, found }.into());
    }
    let (_, bytes) = read_small(&path)?;
    let bad =
        |error| ArchiveError::Metadata { archive: archive(), source: WheelError::from(error) };
    Ok(Record::parse(&bytes).map_err(bad)?)
}
