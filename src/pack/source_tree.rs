//! Writes a source tree: the files of a declared wheel in a layout that pip can build a wheel from or
//! install editable. The tree contains its own build backend, which needs only Python.
//!
//! ```text
//! pyproject.toml
//! src/                 the files for site-packages
//! _wheel/dist-info/    the dist-info directory without RECORD
//! _wheel/data/         the data directory
//! _wheel/name          the wheel's file name
//! _wheel/wheelworks_backend.py
//! ```

use super::plan::PackPlan;
use crate::digest::sha256;
use crate::elf;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::temporary::folder_of;
use crate::wheel::RecordRow;
use crate::wheel_writer::{MemberBytes, Scratch, is_program};
use crate::zip::Mode;

/// The build backend (PEP 517, PEP 660).
const BACKEND: &str = include_str!("backend/wheelworks_backend.py");

/// The file that names the build backend (PEP 518).
const PYPROJECT: &str = "\
[build-system]
requires = []
build-backend = \"wheelworks_backend\"
backend-path = [\"_wheel\"]
";

/// The destination of a source tree's files.
pub(super) trait Sink {
    /// Writes the next file.
    fn file(&mut self, path: &str, bytes: &[u8], mode: Mode) -> Result<(), Error>;
}

/// The purpose of a source tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An editable installation.
    Editable,
    /// A source distribution: it has PKG-INFO, and licences at the paths of `License-File`.
    Distribution,
}

/// What was written.
pub(super) struct WrittenTree {
    /// The number of files.
    pub(super) files: u64,
    pub(super) warnings: Vec<String>,
}

/// Counts the files.
struct Counted<'a, S> {
    sink: &'a mut S,
    files: u64,
}

impl<S: Sink> Sink for Counted<'_, S> {
    fn file(&mut self, path: &str, bytes: &[u8], mode: Mode) -> Result<(), Error> {
        self.files += 1;
        self.sink.file(path, bytes, mode)
    }
}

/// Writes a source tree, then verifies that no input has changed.
pub(super) fn write(
    plan: &PackPlan,
    purpose: Purpose,
    sink: &mut impl Sink,
    cancel: &CancelFlag,
) -> Result<WrittenTree, Error> {
    let mut sink = Counted { sink, files: 0 };
    let wheel = &plan.wheel;
    let dist_info = wheel.filename.dist_info_dir();
    let data = wheel.filename.data_dir();
    let mut rows = Vec::new();
    let mut native = None;
    let scratch = Scratch { directory: folder_of(&wheel.out), cancel, pool: None };
    for member in wheel.members.iter() {
        cancel.check()?;
        let content = MemberBytes::open(&member.source, scratch)?;
        let bytes = content.bytes();
        let mode = member.mode(is_program(bytes));
        let path = member.path.as_str();
        if let Some(name) = member.path.strip_dir(&dist_info) {
            sink.file(&format!("_wheel/dist-info/{name}"), bytes, mode)?;
            if purpose == Purpose::Distribution {
                if name == "METADATA" {
                    sink.file("PKG-INFO", bytes, mode)?;
                } else if let Some(name) = name.strip_prefix("licenses/") {
                    sink.file(name, bytes, mode)?;
                }
            }
        } else if let Some(name) = member.path.strip_dir(&data) {
            sink.file(&format!("_wheel/data/{name}"), bytes, mode)?;
        } else {
            sink.file(&format!("src/{path}"), bytes, mode)?;
        }
        if elf::is_elf(bytes) {
            native.get_or_insert(path);
        }
        rows.push(RecordRow {
            path: member.path.clone(),
            digest: sha256(bytes),
            size: bytes.len() as u64,
        });
        content.check_intact()?;
    }
    let name = format!("{}\n", wheel.filename);
    sink.file("_wheel/name", name.as_bytes(), Mode::Plain)?;
    sink.file("_wheel/wheelworks_backend.py", BACKEND.as_bytes(), Mode::Plain)?;
    sink.file("pyproject.toml", PYPROJECT.as_bytes(), Mode::Plain)?;
    wheel.members.verify_unchanged(&rows, cancel)?;

    let mut warnings = plan.warnings.clone();
    if let (Some(path), Purpose::Distribution) = (native, purpose) {
        warnings.push(format!(
            "a source distribution with machine code: `{path}`\n\
             hint: what is installed from it runs on this machine's like only; `--exclude-member` leaves it out"
        ));
    }
    Ok(WrittenTree { files: sink.files, warnings })
}
