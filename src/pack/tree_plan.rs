//! Plans an unpacked wheel: a directory with one dist-info directory, as `wheel pack` reads it.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::TreeError;
use super::leftovers;
use super::outputs;
use super::patterns::Patterns;
use super::plan::PackPlan;
use super::source_dist_info::{NamedWheel, SourceDistInfo, renamed};
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::opened_wheel::is_record_or_signature;
use crate::source::{Input, read_small};
use crate::wheel::MemberPath;
use crate::wheel_writer::{Member, WheelPlan};

/// Plans the wheel of `tree` in the directory `wheel_dir`, and creates this directory. Files that match `excluded`
/// are left out.
pub(super) fn plan(
    tree: &Path,
    wheel_dir: &Path,
    excluded: &[String],
    cancel: &CancelFlag,
) -> Result<PackPlan, Error> {
    let excluded = Patterns::new("--exclude", excluded)?;
    let found = SourceDistInfo::find(tree)?;
    let mut other_inputs = Vec::new();
    let NamedWheel { filename, new_wheel_file } = found.read(tree, None, |file| {
        let (input, bytes) = read_small(file)?;
        other_inputs.push(input);
        Ok(bytes)
    })?;
    let root = fs_err::canonicalize(tree).map_err(FileError::on("read", tree))?;
    if outputs::is_in(wheel_dir, &root) {
        return Err(TreeError::OutputInTree(wheel_dir.to_owned()).into());
    }
    let dist_info = filename.dist_info_dir();
    let names = found.new_names(&filename);
    let mut members = Vec::new();
    for (path, file) in files(tree, &root, &found, &excluded, cancel)? {
        let path = renamed(path, &names)
            .map_err(|source| TreeError::Name { file: file.clone(), source })?;
        if !is_record_or_signature(&path, &dist_info) {
            members.push(Member::from_input(path, Input::find(&file)?));
        }
    }
    let mut warnings = Vec::new();
    warnings.extend(leftovers::warning(members.iter().map(|it| &it.path), Some("--exclude")));
    if let Some(new) = new_wheel_file {
        new.replace(&dist_info, &mut members, &mut warnings)?;
    }
    let out = wheel_dir.join(filename.to_string());
    let wheel = WheelPlan::new(filename, out, members, other_inputs, cancel)?;
    let name = wheel.filename.clone();
    Ok(PackPlan { wheel, name, warnings, origin: None })
}

/// Returns the files of a tree, whose canonical path is `root`, and their paths in it.
fn files(
    tree: &Path,
    root: &Path,
    dist_info: &SourceDistInfo,
    excluded: &Patterns,
    cancel: &CancelFlag,
) -> Result<Vec<(MemberPath, PathBuf)>, Error> {
    let is_excluded = |path: &Path| {
        let relative = path.strip_prefix(tree).ok().and_then(Path::to_str);
        relative.is_some_and(|path| excluded.matches(path) && !dist_info.requires(path))
    };
    let mut files = Vec::new();
    let mut walk = WalkDir::new(tree).follow_links(true).min_depth(1).into_iter();
    while let Some(entry) = walk.next() {
        cancel.check()?;
        let entry = match entry {
            Ok(entry) if is_excluded(entry.path()) => {
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
                continue;
            }
            // Such as a link without a target.
            Err(error) if error.path().is_some_and(is_excluded) => continue,
            Ok(entry) => entry,
            Err(source) => return Err(TreeError::Walk { tree: tree.to_owned(), source }.into()),
        };
        if entry.path_is_symlink() {
            refuse_link_out(entry.path(), root)?;
        }
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(tree).unwrap_or(entry.path());
        let path = MemberPath::from_os_str(relative.as_os_str())
            .map_err(|source| TreeError::Name { file: entry.path().to_owned(), source })?;
        files.push((path, entry.into_path()));
    }
    Ok(files)
}

/// Refuses a symbolic link whose target is outside of the tree.
fn refuse_link_out(link: &Path, root: &Path) -> Result<(), Error> {
    let target = fs_err::canonicalize(link).map_err(FileError::on("follow", link))?;
    if target.starts_with(root) {
        return Ok(());
    }
    Err(TreeError::LinkOut { link: link.to_owned(), target }.into())
}
