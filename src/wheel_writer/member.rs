//! The members of a wheel before it is written: sorted, each path once.

use std::collections::HashMap;
use std::path::Path;

use super::content::{ArchivedMember, MemberContent};
use super::error::WheelWriterError;
use super::tasks::Scratch;
use crate::declared::mode_of;
use crate::digest::sha256_of;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::opened_wheel::is_record_or_signature;
use crate::source::{Change, Input};
use crate::wheel::{MemberPath, RecordRow};
use crate::zip::Mode;

/// Bytes compared between two looks at the cancel flag.
const COMPARE_STEP: usize = 1 << 20;

/// One file of a wheel.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) path: MemberPath,
    mode: MemberMode,
    pub(crate) content: MemberContent,
}

/// What decides whether a member is executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberMode {
    /// The file's permissions.
    Known(Mode),
    /// The file's first bytes.
    ByContent,
}

impl Member {
    /// A member that holds a file, executable if the file is.
    pub(crate) fn from_input(path: MemberPath, input: Input) -> Self {
        let mode = if input.is_executable() { Mode::Executable } else { Mode::Plain };
        Self { path, mode: MemberMode::Known(mode), content: MemberContent::File(input) }
    }

    /// A member that holds a file, executable if its content is a program.
    pub(crate) fn from_program_or_data(path: MemberPath, input: Input) -> Self {
        Self { path, mode: MemberMode::ByContent, content: MemberContent::File(input) }
    }

    /// A member of another archive.
    pub(crate) fn archived(path: MemberPath, mode: Mode, content: ArchivedMember) -> Self {
        Self { path, mode: MemberMode::Known(mode), content: MemberContent::Archived(content) }
    }

    /// A member that we made.
    pub(crate) fn generated(path: MemberPath, bytes: impl Into<Vec<u8>>) -> Self {
        let mode = MemberMode::Known(Mode::Plain);
        Self { path, mode, content: MemberContent::Generated(bytes.into()) }
    }

    /// The permissions of a member whose content is a program's, or is not.
    pub(crate) fn mode(&self, is_program: bool) -> Mode {
        match self.mode {
            MemberMode::Known(mode) => mode,
            MemberMode::ByContent if is_program => Mode::Executable,
            MemberMode::ByContent => Mode::Plain,
        }
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.content.len()
    }

    fn same_content(
        &self,
        other: &Self,
        scratch: &Path,
        cancel: &CancelFlag,
    ) -> Result<bool, Error> {
        if self.len() != other.len() {
            return Ok(false);
        }
        if let (MemberContent::File(mine), MemberContent::File(theirs)) =
            (&self.content, &other.content)
            && mine.is_same_file(theirs)
        {
            return Ok(true);
        }
        let scratch = Scratch { directory: scratch, cancel, pool: None };
        let mine = self.content.open(scratch)?;
        let theirs = other.content.open(scratch)?;
        for (mine, theirs) in
            mine.bytes().chunks(COMPARE_STEP).zip(theirs.bytes().chunks(COMPARE_STEP))
        {
            cancel.check()?;
            if mine != theirs {
                return Ok(false);
            }
        }
        // Where a file was cut short it reads as zeros, and so might the other one.
        mine.check_intact()?;
        theirs.check_intact()?;
        Ok(true)
    }
}

/// Whether content is a script or an ELF program.
pub(crate) fn is_program(content: &[u8]) -> bool {
    mode_of(content) == Mode::Executable
}

/// All members but RECORD, in the order in which they are written.
#[derive(Debug)]
pub(crate) struct Members {
    sorted: Vec<Member>,
    /// Files that decided what the wheel is called or says, besides the members.
    consulted: Vec<Input>,
    record_path: MemberPath,
}

impl Members {
    /// Sorts members by path, those of the dist-info directory last, as the binary distribution
    /// format recommends. Of members with one path and one content, one stays;
    /// `scratch` is a directory for what must be unpacked to be compared.
    pub(crate) fn new(
        mut members: Vec<Member>,
        consulted: Vec<Input>,
        dist_info: &str,
        scratch: &Path,
        cancel: &CancelFlag,
    ) -> Result<Self, Error> {
        for member in &members {
            refuse_what_is_ours(&member.path, dist_info)?;
        }
        let is_last = |member: &Member| member.path.strip_dir(dist_info).is_some();
        members.sort_by(|a, b| (is_last(a), &a.path).cmp(&(is_last(b), &b.path)));
        let sorted = merge_duplicates(members, scratch, cancel)?;
        refuse_files_as_directories(&sorted)?;
        Ok(Self { sorted, consulted, record_path: dist_info_member(dist_info, "RECORD")? })
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.sorted.iter()
    }

    pub(crate) fn record_path(&self) -> &MemberPath {
        &self.record_path
    }

    /// Length of all members together, in bytes.
    pub(crate) fn total_len(&self) -> u64 {
        self.sorted.iter().map(Member::len).sum()
    }

    /// An error unless each input is still what it was when it was first looked at. `rows` are
    /// those of the members, in their order, as they were written.
    pub(crate) fn verify_unchanged(
        &self,
        rows: &[RecordRow],
        cancel: &CancelFlag,
    ) -> Result<(), Error> {
        for (member, row) in self.sorted.iter().zip(rows) {
            cancel.check()?;
            let MemberContent::File(input) = &member.content else { continue };
            if input.check_unchanged()? == Change::Possible
                && sha256_of(&input.open()?, cancel)? != row.digest
            {
                return Err(input.changed().into());
            }
        }
        for input in &self.consulted {
            input.check_unchanged()?;
        }
        Ok(())
    }
}

/// Refuses members that only `pack` may write, or that would make two wheels of one. Signatures of
/// RECORD would not hold for the one that is written anew.
fn refuse_what_is_ours(path: &MemberPath, dist_info: &str) -> Result<(), WheelWriterError> {
    if is_record_or_signature(path, dist_info) {
        return Err(WheelWriterError::Reserved(path.as_str().to_owned()));
    }
    let top = path.components().next().unwrap_or_default();
    if top.ends_with(".dist-info") && top != dist_info {
        return Err(WheelWriterError::ForeignDistInfo {
            member: path.as_str().to_owned(),
            expected: dist_info.to_owned(),
        });
    }
    Ok(())
}

/// The path of a file in the dist-info directory.
pub(crate) fn dist_info_member(dist_info: &str, name: &str) -> Result<MemberPath, Error> {
    format!("{dist_info}/{name}")
        .parse()
        .map_err(|error| Error::Internal(format!("a name of our own making: {error}")))
}

fn merge_duplicates(
    sorted: Vec<Member>,
    scratch: &Path,
    cancel: &CancelFlag,
) -> Result<Vec<Member>, Error> {
    let mut merged: Vec<Member> = Vec::with_capacity(sorted.len());
    for member in sorted {
        match merged.last_mut() {
            Some(kept) if kept.path == member.path => {
                if !kept.same_content(&member, scratch, cancel)? {
                    return Err(WheelWriterError::Conflict {
                        path: member.path.as_str().to_owned(),
                        first: kept.content.origin(),
                        second: member.content.origin(),
                    }
                    .into());
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

fn refuse_files_as_directories(members: &[Member]) -> Result<(), WheelWriterError> {
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
                return Err(WheelWriterError::FileAsDirectory {
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
