//! `wheelworks editable`: a directory for `pip install -e` (PEP 660) with the files of a declared wheel.
//!
//! It holds copies. When the build system writes them again, the installation is up to date.

use std::path::{Path, PathBuf};

use super::arguments::EditableArguments;
use super::declared_plan;
use super::error::OutputError;
use super::source_tree::{self, Purpose, Sink, WrittenTree};
use crate::context::{Context, Report};
use crate::error::{Error, FileError};
use crate::json;
use crate::temporary;
use crate::zip::Mode;

/// Writes the directory.
pub fn run(arguments: &EditableArguments, context: &Context<'_>) -> Result<Report, Error> {
    let out = context.resolve(&arguments.out);
    let metrics = context.metrics;
    let plan =
        metrics.during("plan", || declared_plan::plan(&arguments.declared, &out, None, context))?;
    let is_there = out.exists();
    if is_there {
        let mut entries = fs_err::read_dir(&out).map_err(FileError::on("read", &out))?;
        if entries.next().is_some() {
            return Err(OutputError::NotEmpty(out).into());
        }
    }
    let temp = temp_dir(&out)?;
    let root = temp.path().join("tree");
    let mut sink = DirectorySink { root: root.clone(), directory: PathBuf::new() };
    let WrittenTree { files, warnings } = metrics.during("write", || {
        source_tree::write(&plan, Purpose::Editable, &mut sink, context.cancel)
    })?;
    context.cancel.check()?;
    if is_there {
        fs_err::remove_dir(&out).map_err(FileError::on("remove", &out))?;
    }
    fs_err::rename(&root, &out).map_err(FileError::on("rename a directory to", &out))?;
    let mut stdout = String::new();
    if arguments.report.is_json() {
        stdout = json::versioned([
            ("directory".to_owned(), out.display().to_string().into()),
            ("files".to_owned(), files.into()),
        ])?;
    }
    Ok(Report { stdout, warnings, ..Report::default() })
}

/// Makes a temporary directory beside the output. Dropping it removes it.
fn temp_dir(out: &Path) -> Result<temporary::Directory, FileError> {
    let folder = temporary::folder_of(out);
    fs_err::metadata(folder).map_err(FileError::on("create", out))?;
    temporary::sweep(folder);
    temporary::directory(folder).map_err(FileError::on("create", out))
}

/// Writes the files of a source tree to a directory.
struct DirectorySink {
    root: PathBuf,
    /// The directory that was created last. The next file is usually in it too.
    directory: PathBuf,
}

impl Sink for DirectorySink {
    fn file(&mut self, path: &str, bytes: &[u8], mode: Mode) -> Result<(), Error> {
        let path = self.root.join(path);
        let directory = path.parent().unwrap_or(&self.root);
        if directory != self.directory {
            fs_err::create_dir_all(directory).map_err(FileError::on("create", directory))?;
            self.directory = directory.to_owned();
        }
        fs_err::write(&path, bytes).map_err(FileError::on("write", &path))?;
        Ok(set_mode(&path, mode).map_err(FileError::on("write", &path))?)
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: Mode) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if mode == Mode::Executable { 0o755 } else { 0o644 };
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: Mode) -> std::io::Result<()> {
    Ok(())
}
