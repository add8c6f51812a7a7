//! The members of a wheel before it is written: sorted, each path once.

use std::collections::HashMap;

use super::error::PackError;
use crate::cancel::CancelFlag;
use crate::elf;
use crate::error::Error;
use crate::source::{Input, SourceError};
use crate::wheel::MemberPath;
use crate::zip::Mode;

/// One file of a wheel.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) path: MemberPath,
    mode: MemberMode,
    pub(super) content: MemberContent,
}

/// What decides whether a member is executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberMode {
    /// The file's permissions.
    Known(Mode),
    /// The file's first bytes. Bazel's permissions say nothing: what it builds is always
    /// executable, and on a remote machine every input is.
    ByContent,
}

/// Where a member's bytes come from.
#[derive(Debug)]
pub(super) enum MemberContent {
    /// Made by us.
    Generated(Vec<u8>),
    /// A file.
    File(Input),
}

impl Member {
    /// A member that holds a file, executable if the file is.
    pub(super) fn from_input(path: MemberPath, input: Input) -> Self {
        let mode = if input.is_executable() { Mode::Executable } else { Mode::Plain };
        Self { path, mode: MemberMode::Known(mode), content: MemberContent::File(input) }
    }

    /// A member that holds a file, executable if its content is a program.
    pub(super) fn from_program_or_data(path: MemberPath, input: Input) -> Self {
        Self { path, mode: MemberMode::ByContent, content: MemberContent::File(input) }
    }

    /// A member that we made.
    pub(super) fn generated(path: MemberPath, bytes: impl Into<Vec<u8>>) -> Self {
        let mode = MemberMode::Known(Mode::Plain);
        Self { path, mode, content: MemberContent::Generated(bytes.into()) }
    }

    /// The permissions of a member with this content.
    pub(super) fn mode(&self, content: &[u8]) -> Mode {
        match self.mode {
            MemberMode::Known(mode) => mode,
            MemberMode::ByContent if content.starts_with(b"#!") => Mode::Executable,
            MemberMode::ByContent if elf::is_program(content) => Mode::Executable,
            MemberMode::ByContent => Mode::Plain,
        }
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> u64 {
        match &self.content {
            MemberContent::Generated(bytes) => bytes.len() as u64,
            MemberContent::File(input) => input.len(),
        }
    }

    fn origin(&self) -> String {
        match &self.content {
            MemberContent::Generated(_) => "one that `pack` writes".to_owned(),
            MemberContent::File(input) => format!("`{}`", input.path().display()),
        }
    }

    fn same_content(&self, other: &Self) -> Result<bool, SourceError> {
        if self.len() != other.len() {
            return Ok(false);
        }
        self.with_bytes(|mine| other.with_bytes(|theirs| mine == theirs))?
    }

    fn with_bytes<T>(&self, look: impl FnOnce(&[u8]) -> T) -> Result<T, SourceError> {
        match &self.content {
            MemberContent::Generated(bytes) => Ok(look(bytes)),
            MemberContent::File(input) => Ok(look(input.open()?.bytes())),
        }
    }
}

/// All members but RECORD, in the order in which they are written.
#[derive(Debug)]
pub(super) struct Members {
    members: Vec<Member>,
    record_path: MemberPath,
}

impl Members {
    /// Sorts members by path, those of the dist-info directory last, as the binary distribution
    /// format recommends. Of members with one path and one content, one stays.
    pub(super) fn new(mut members: Vec<Member>, dist_info: &str) -> Result<Self, Error> {
        let record_path = dist_info_member(dist_info, "RECORD")?;
        if members.iter().any(|member| member.path == record_path) {
            return Err(PackError::Reserved(record_path.as_str().to_owned()).into());
        }
        let is_last = |member: &Member| member.path.strip_dir(dist_info).is_some();
        members.sort_by(|a, b| (is_last(a), &a.path).cmp(&(is_last(b), &b.path)));
        let members = merge_duplicates(members)?;
        refuse_files_as_directories(&members)?;
        Ok(Self { members, record_path })
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.members.iter()
    }

    pub(super) fn record_path(&self) -> &MemberPath {
        &self.record_path
    }

    /// Length of all members together, in bytes.
    pub(super) fn total_len(&self) -> u64 {
        self.members.iter().map(Member::len).sum()
    }

    /// An error unless each input is still what it was when it was first looked at.
    pub(super) fn verify_unchanged(&self, cancel: &CancelFlag) -> Result<(), Error> {
        for member in &self.members {
            cancel.check()?;
            if let MemberContent::File(input) = &member.content {
                input.verify_unchanged().map_err(PackError::from)?;
            }
        }
        Ok(())
    }
}

/// The path of a file in the dist-info directory.
pub(super) fn dist_info_member(dist_info: &str, name: &str) -> Result<MemberPath, Error> {
    format!("{dist_info}/{name}")
        .parse()
        .map_err(|error| Error::Internal(format!("a name of our own making: {error}")))
}

fn merge_duplicates(sorted: Vec<Member>) -> Result<Vec<Member>, PackError> {
    let mut merged: Vec<Member> = Vec::with_capacity(sorted.len());
    for member in sorted {
        match merged.last_mut() {
            Some(kept) if kept.path == member.path => {
                if !kept.same_content(&member)? {
                    return Err(PackError::Conflict {
                        path: member.path.as_str().to_owned(),
                        first: kept.origin(),
                        second: member.origin(),
                    });
                }
                if member.mode == MemberMode::Known(Mode::Executable) {
                    kept.mode = member.mode;
                }
            }
            _ => merged.push(member),
        }
    }
    Ok(merged)
}

fn refuse_files_as_directories(members: &[Member]) -> Result<(), PackError> {
    let files: HashMap<&str, &Member> =
        members.iter().map(|member| (member.path.as_str(), member)).collect();
    // Members of one directory stand together, so most directories were looked at just before.
    let mut looked_at = "";
    for member in members {
        let mut directory = member.path.as_str();
        while let Some((parent, _)) = directory.rsplit_once('/') {
            if parent == looked_at {
                break;
            }
            if let Some(file) = files.get(parent) {
                return Err(PackError::FileAsDirectory {
                    file: file.path.as_str().to_owned(),
                    member: member.path.as_str().to_owned(),
                });
            }
            directory = parent;
        }
        looked_at = member.path.as_str().rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    Ok(())
}
