//! The files of an unpacked wheel.

use std::path::Path;

use super::error::JudgeError;
use super::member_paths::may_be_elf;
use super::members::{Limits, MemberFacts, add_of_bytes};
use crate::context::Context;
use crate::device_code::CodeSummary;
use crate::elf::{ElfFacts, is_elf};
use crate::error::{Error, FileError};
use crate::object_file::ObjectFacts;
use crate::opened_wheel::{code_of_file, may_hold_device_code};
use crate::source::Input;

/// Returns the paths of all files below a directory, sorted.
pub(super) fn files_below(root: &Path, context: &Context<'_>) -> Result<Vec<String>, Error> {
    let mut paths = Vec::new();
    for entry in walkdir::WalkDir::new(root).follow_links(true).sort_by_file_name() {
        context.cancel.check()?;
        let entry = entry.map_err(FileError::on_walk(root))?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            paths.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(paths)
}

/// Reads the facts of a file with this path in the wheel.
pub(super) fn facts_of_file(
    file: &Path,
    path: &str,
    limits: Limits,
) -> Result<MemberFacts, JudgeError> {
    if !may_be_elf(Some(path)) {
        return Ok(MemberFacts::default());
    }
    let input = Input::find(file)?;
    let content = input.open()?;
    let bytes = content.bytes();
    let is_elf_file = is_elf(bytes);
    let facts = is_elf_file.then(|| {
        let mut facts = ElfFacts::read(bytes, limits.detail())?;
        if limits.has_literals() {
            add_of_bytes(&mut facts, bytes);
        }
        Ok(facts)
    });
    let object = if is_elf_file { None } else { ObjectFacts::read(bytes) };
    let has_code = limits.has_device_code() && (is_elf_file || may_hold_device_code(path));
    let code = has_code.then(|| CodeSummary::of(&code_of_file(bytes)));
    let code = code.filter(|code| !code.is_empty());
    if !content.is_intact() {
        return Err(input.faulted().into());
    }
    if is_elf_file || has_code || object.is_some() {
        input.check_unchanged()?;
    }
    let elf = facts.transpose();
    let elf = elf.map_err(|source| JudgeError::Elf { path: file.to_owned(), source })?;
    Ok(MemberFacts { elf, object, code, index: None })
}
