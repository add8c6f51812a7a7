//! `--debug-dir`: the files with the debug information that `--strip` removes.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use fs_err::File;
use tempfile::NamedTempFile;

use super::error::RepairError;
use crate::created_directories::CreatedDirectories;
use crate::elf_edit::{self, DebugLink, Edits};
use crate::error::{Error, FileError};
use crate::escape::escape_truncated;
use crate::temporary;

/// Files that get their names together with the wheel.
#[derive(Default)]
pub(super) struct DebugFiles {
    directory: PathBuf,
    files: Vec<(NamedTempFile<File>, PathBuf)>,
    /// Dropped after the temporary files in them.
    created: Vec<CreatedDirectories>,
}

impl DebugFiles {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, ..Self::default() }
    }

    /// Writes what `edits` strip from a file, if there is any, and adds the link to `edits`. `name` is the file's
    /// path in the wheel.
    pub(super) fn add(
        &mut self,
        name: &str,
        build_id: Option<&[u8]>,
        bytes: &[u8],
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let unreadable = |source| RepairError::Debug { file: escape_truncated(name), source };
        let Some(debug) = elf_edit::debug_file(bytes, edits).map_err(unreadable)? else {
            return Ok(());
        };
        let path = self.directory.join(relative_path(name, build_id));
        let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        edits.debug_link = Some(DebugLink::new(file_name, &debug));
        if self.files.iter().any(|(_, known)| *known == path) {
            return Ok(());
        }
        let folder = temporary::folder_of(&path);
        self.created.push(CreatedDirectories::create(folder)?);
        let mut temp = temporary::beside(&path)?;
        temp.write_all(&debug).map_err(FileError::on("write", &path))?;
        self.files.push((temp, path));
        Ok(())
    }

    /// Gives the files their names.
    pub(super) fn publish(self) -> Result<(), FileError> {
        for (temp, path) in self.files {
            temp.persist(&path)
                .map_err(|error| FileError::on("rename a file to", &path)(error.error))?;
        }
        Ok(())
    }
}

/// Returns where debuggers look for the debug information of a file: by its build ID (GDB manual, "Debugging
/// Information in Separate Files"), else by the path.
fn relative_path(name: &str, build_id: Option<&[u8]>) -> PathBuf {
    match build_id.and_then(<[u8]>::split_first) {
        Some((first, rest)) if !rest.is_empty() => {
            let rest: Vec<String> = rest.iter().map(|byte| format!("{byte:02x}")).collect();
            Path::new(".build-id").join(format!("{first:02x}")).join(rest.concat() + ".debug")
        }
        _ => PathBuf::from(format!("{name}.debug")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (build_id, expected) in [
            (Some(&[0xab, 0x0c, 0xde][..]), ".build-id/ab/0cde.debug"),
            (Some(&[0xab]), "pkg/a.so.debug"),
            (None, "pkg/a.so.debug"),
        ] {
            assert_eq!(relative_path("pkg/a.so", build_id), Path::new(expected));
        }
    }
}
