//! Directories that a command creates for its output.

use std::path::{Path, PathBuf};

use crate::error::FileError;

/// The directory of `-w` and its parents, as far as they were created. Drop removes those that are empty: a
/// command that fails leaves nothing.
#[must_use]
pub(crate) struct CreatedDirectories(Vec<PathBuf>);

impl CreatedDirectories {
    /// Creates a directory, with its parents.
    pub(crate) fn create(directory: &Path) -> Result<Self, FileError> {
        let is_missing = |it: &&Path| *it != Path::new("") && !it.exists();
        let missing = directory.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        let created = Self(missing);
        fs_err::create_dir_all(directory).map_err(FileError::on("create", directory))?;
        Ok(created)
    }
}

impl Drop for CreatedDirectories {
    fn drop(&mut self) {
        // The innermost one comes first. A directory with a wheel is not removed.
        let _ = self.0.iter().try_for_each(std::fs::remove_dir);
    }
}
