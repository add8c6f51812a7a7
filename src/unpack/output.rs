//! The output directory, which appears only when it is complete.
//!
//! Files are written to a temporary directory beside the output, which is then renamed to it. The rename
//! replaces an empty directory, such as build systems make beforehand. It cannot replace a mount point,
//! nor a directory whose parent is not writable: then the temporary directory is inside the output, and
//! its entries are moved up.

use std::path::{Path, PathBuf};

use super::error::UnpackError;
use crate::error::{Error, FileError};
use crate::temporary::{self, Directory, folder_of};

/// The state of the output's path before anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputState {
    /// Nothing, or an empty directory.
    Free,
    /// An empty directory that cannot be renamed to.
    Fixed,
    /// A directory to be replaced.
    Taken,
}

/// Removes what a killed process left at the output's path, and returns the state of the path.
pub(super) fn check(out: &Path, replace: bool) -> Result<OutputState, Error> {
    temporary::sweep(folder_of(out));
    temporary::sweep(out);
    let metadata = match fs_err::symlink_metadata(out) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(OutputState::Free),
        Err(error) => return Err(FileError::on("read", out)(error).into()),
    };
    let is_link = metadata.is_symlink();
    if !fs_err::metadata(out).map_err(FileError::on("read", out))?.is_dir() {
        return Err(UnpackError::NoDirectory(out.to_owned()).into());
    }
    let is_empty = fs_err::read_dir(out).map_err(FileError::on("read", out))?.next().is_none();
    if is_empty {
        let is_fixed = is_link || is_mount_point(out);
        return Ok(if is_fixed { OutputState::Fixed } else { OutputState::Free });
    }
    if !replace {
        return Err(UnpackError::NotEmpty(out.to_owned()).into());
    }
    let real = fs_err::canonicalize(out).map_err(FileError::on("read", out))?;
    let here = fs_err::canonicalize(".").map_err(FileError::on("read", Path::new(".")))?;
    if is_link || here.starts_with(&real) {
        return Err(UnpackError::Needed(out.to_owned()).into());
    }
    Ok(OutputState::Taken)
}

#[cfg(unix)]
fn is_mount_point(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| fs_err::metadata(path).map(|metadata| metadata.dev()).ok();
    device(directory) != device(&directory.join(".."))
}

#[cfg(not(unix))]
fn is_mount_point(_: &Path) -> bool {
    false
}

/// An output that is being written. It is removed unless it is persisted.
pub(super) struct Output {
    temp: Directory,
    out: PathBuf,
    state: OutputState,
}

impl Output {
    /// Creates an empty temporary directory to write to.
    pub(super) fn create(out: &Path, state: OutputState) -> Result<Self, FileError> {
        let sibling = if state == OutputState::Fixed {
            None
        } else {
            Some(temporary::directory(folder_of(out)))
        };
        let (temp, state) = match sibling {
            Some(Ok(temp)) => (temp, state),
            Some(Err(error)) if state == OutputState::Taken || !out.is_dir() => {
                return Err(FileError::on("create", out)(error));
            }
            _ => (
                temporary::directory(out).map_err(FileError::on("create", out))?,
                OutputState::Fixed,
            ),
        };
        open_to_all(temp.path()).map_err(FileError::on("create", out))?;
        Ok(Self { temp, out: out.to_owned(), state })
    }

    /// Returns the directory to write to.
    pub(super) fn path(&self) -> &Path {
        self.temp.path()
    }

    /// Moves the written directory to the output's path.
    pub(super) fn persist(self) -> Result<(), FileError> {
        let Self { temp, out, state } = self;
        let renamed = match state {
            OutputState::Free => rename(temp, &out),
            OutputState::Taken => exchange(temp, &out),
            OutputState::Fixed => move_up(&temp, &out),
        };
        renamed.map_err(FileError::on("rename a directory to", &out))
    }
}

fn rename(temp: Directory, out: &Path) -> std::io::Result<()> {
    fs_err::rename(temp.path(), out)?;
    // After the rename there is nothing left to remove.
    let _ = temp.keep();
    Ok(())
}

/// Replaces the old output: moves it aside, and back if the rename fails.
fn exchange(temp: Directory, out: &Path) -> std::io::Result<()> {
    let aside = temporary::directory(folder_of(out))?;
    let old = aside.path().join("old");
    fs_err::rename(out, &old)?;
    rename(temp, out).inspect_err(|_| {
        // If this fails too, the first error is more useful.
        let _ = fs_err::rename(&old, out);
    })
    // Dropping `aside` removes the old output. A failure to do so is no error of the new one.
}

fn move_up(temp: &Directory, out: &Path) -> std::io::Result<()> {
    let mut moved = Vec::new();
    for entry in fs_err::read_dir(temp.path())? {
        let entry = entry?;
        let to = out.join(entry.file_name());
        if let Err(error) = fs_err::rename(entry.path(), &to) {
            for (from, to) in moved {
                let _ = fs_err::rename(to, from);
            }
            return Err(error);
        }
        moved.push((entry.path(), to));
    }
    Ok(())
}

/// Gives a directory the permissions 0755, for any umask of the process.
#[cfg(unix)]
pub(super) fn open_to_all(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(directory, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(super) fn open_to_all(_: &Path) -> std::io::Result<()> {
    Ok(())
}
