//! Plans an unpacked wheel: a directory with one dist-info directory, as `wheel pack` reads it.

use std::path::Path;

use walkdir::WalkDir;

use super::error::TreeError;
use super::plan::PackPlan;
use super::source_dist_info::{SourceDistInfo, renamed};
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::opened_wheel::is_record_or_signature;
use crate::source::{Input, read_small};
use crate::wheel::MemberPath;
use crate::wheel_writer::{Member, WheelPlan};

/// Plans the wheel of `tree` in the directory `wheel_dir`.
pub(super) fn plan(tree: &Path, wheel_dir: &Path, cancel: &CancelFlag) -> Result<PackPlan, Error> {
    let found = SourceDistInfo::find(tree)?;
    let mut other_inputs = Vec::new();
    let filename = found.read(tree, |file| {
        let (input, bytes) = read_small(file)?;
        other_inputs.push(input);
        Ok(bytes)
    })?;
    let dist_info = filename.dist_info_dir();
    let names = found.new_names(&filename);
    let root = fs_err::canonicalize(tree).map_err(FileError::on("read", tree))?;
    if fs_err::canonicalize(wheel_dir).is_ok_and(|wheel_dir| wheel_dir.starts_with(&root)) {
        return Err(TreeError::OutputInTree(wheel_dir.to_owned()).into());
    }
    let mut members = Vec::new();
    for entry in WalkDir::new(tree).follow_links(true).min_depth(1) {
        cancel.check()?;
        let entry = entry.map_err(|source| TreeError::Walk { tree: tree.to_owned(), source })?;
        if entry.path_is_symlink() {
            refuse_link_out(entry.path(), &root)?;
        }
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(tree).unwrap_or(entry.path());
        let path = MemberPath::from_os_str(relative.as_os_str())
            .and_then(|path| renamed(path, &names))
            .map_err(|source| TreeError::Name { file: entry.path().to_owned(), source })?;
        if !is_record_or_signature(&path, &dist_info) {
            let input = Input::find(entry.path())?;
            members.push(Member::from_input(path, input));
        }
    }
    let out = wheel_dir.join(filename.to_string());
    let wheel = WheelPlan::new(filename, out, members, other_inputs, cancel)?;
    Ok(PackPlan { wheel, warnings: Vec::new(), origin: None })
}

/// Refuses a symbolic link whose target is outside of the tree.
fn refuse_link_out(link: &Path, root: &Path) -> Result<(), Error> {
    let target = fs_err::canonicalize(link).map_err(FileError::on("follow", link))?;
    if target.starts_with(root) {
        return Ok(());
    }
    Err(TreeError::LinkOut { link: link.to_owned(), target }.into())
}
