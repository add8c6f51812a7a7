//! `wheelworks editable`: a directory for `pip install -e` (PEP 660) with the files of a declared wheel.
//!
//! It holds copies. When the build system writes them again, the installation is up to date.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use fs_err::File;

use super::arguments::EditableArguments;
use super::declared_plan;
use super::output_directory::OutputDirectory;
use super::source_tree::{self, Purpose, Sink, WrittenTree};
use crate::context::{Context, Report};
use crate::error::{Error, FileError};
use crate::json;
use crate::wheel_writer::set_mode;
use crate::zip::Mode;

/// Writes the directory.
pub fn run(arguments: &EditableArguments, context: &Context<'_>) -> Result<Report, Error> {
    let out = context.resolve(&arguments.out);
    let metrics = context.metrics;
    let plan =
        metrics.during("plan", || declared_plan::plan(&arguments.declared, &out, None, context))?;
    let output = OutputDirectory::create(&out)?;
    let mut sink = DirectorySink { root: output.root(), directory: PathBuf::new() };
    let WrittenTree { files, warnings } = metrics.during("write", || {
        source_tree::write(&plan, Purpose::Editable, &mut sink, context.cancel)
    })?;
    context.cancel.check()?;
    output.persist()?;
    let mut stdout = String::new();
    if arguments.report.is_json() {
        stdout = json::versioned([
            ("directory".to_owned(), out.display().to_string().into()),
            ("files".to_owned(), files.into()),
        ])?;
    }
    Ok(Report { stdout, warnings, ..Report::default() })
}

/// Writes the files of a source tree to a directory.
struct DirectorySink<'a> {
    root: &'a Path,
    /// The directory that was created last. The next file is usually in it too.
    directory: PathBuf,
}

impl Sink for DirectorySink<'_> {
    fn file(&mut self, path: &str, bytes: &[u8], mode: Mode) -> Result<(), Error> {
        let path = self.root.join(path);
        let directory = path.parent().unwrap_or(self.root);
        if directory != self.directory {
            fs_err::create_dir_all(directory).map_err(FileError::on("create", directory))?;
            self.directory = directory.to_owned();
        }
        let on_write = || FileError::on("write", &path);
        let mut file = File::create(&path).map_err(on_write())?;
        file.write_all(bytes).map_err(on_write())?;
        Ok(set_mode(&file, mode).map_err(on_write())?)
    }
}
