//! An output that is a directory, which appears only when it is complete.

use std::path::{Path, PathBuf};

use super::error::OutputError;
use crate::error::{Error, FileError};
use crate::temporary;
use crate::wheel_writer::open_to_all;

/// A directory that is being written. Dropping it removes it.
pub(super) struct OutputDirectory {
    out: PathBuf,
    /// Whether the output exists. Then it is empty, such as build systems make beforehand.
    is_there: bool,
    root: PathBuf,
    _temp: temporary::Directory,
}

impl OutputDirectory {
    /// Creates an empty temporary directory beside the output.
    ///
    /// # Errors
    /// If the output exists and is not an empty directory, or its parent does not exist.
    pub(super) fn create(out: &Path) -> Result<Self, Error> {
        let is_there = out.exists();
        if is_there {
            let mut entries = fs_err::read_dir(out).map_err(FileError::on("read", out))?;
            if entries.next().is_some() {
                return Err(OutputError::NotEmpty(out.to_owned()).into());
            }
        }
        let folder = temporary::folder_of(out);
        let on_create = || FileError::on("create", out);
        fs_err::metadata(folder).map_err(on_create())?;
        temporary::sweep(folder);
        let temp = temporary::directory(folder).map_err(on_create())?;
        // The temporary directory itself is its owner's alone.
        let root = temp.path().join("tree");
        fs_err::create_dir(&root).and_then(|()| open_to_all(&root)).map_err(on_create())?;
        Ok(Self { out: out.to_owned(), is_there, root, _temp: temp })
    }

    /// Returns the directory to write to.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Renames the directory to the output.
    pub(super) fn persist(self) -> Result<(), FileError> {
        let Self { out, is_there, root, _temp } = self;
        if is_there {
            fs_err::remove_dir(&out).map_err(FileError::on("remove", &out))?;
        }
        fs_err::rename(&root, &out).map_err(FileError::on("rename a directory to", &out))
    }
}
