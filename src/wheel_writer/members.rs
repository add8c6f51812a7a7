//! The members of a wheel before it is written: sorted, each path once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::archived_member::ArchivedMember;
use super::edited_member::EditBase;
use super::error::WheelWriterError;
use super::member::Member;
use super::member_source::MemberSource;
use crate::deflate::Inflater;
use crate::digest::sha256_of;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::opened_wheel::{Archive, is_record_or_signature};
use crate::source::{Change, Input};
use crate::wheel::{MemberPath, RecordRow};
use crate::zip::Timestamp;

/// All members but RECORD, in archive order.
#[derive(Debug)]
pub(crate) struct Members {
    ordered: Vec<Member>,
    /// Inputs that are no members but decided the name or the metadata, such as a requirements file.
    other_inputs: Vec<Input>,
    record_path: MemberPath,
    /// The timestamp of RECORD, if it is not the archive's.
    record_timestamp: Option<Timestamp>,
}

impl Members {
    /// Sorts members by path, those of the dist-info directory last, as the binary distribution format
    /// recommends. Members with the same path and content become one.
    ///
    /// `scratch` is a directory for temporary files: members of archives are inflated there to compare
    /// them.
    ///
    /// # Errors
    /// If a path is reserved, is a file and a directory, or has two members with different content.
    pub(crate) fn new(
        mut members: Vec<Member>,
        other_inputs: Vec<Input>,
        dist_info: &str,
        scratch: &Path,
        cancel: &CancelFlag,
    ) -> Result<Self, Error> {
        for member in &members {
            refuse_reserved(&member.path, dist_info)?;
        }
        let is_last = |member: &Member| member.path.strip_dir(dist_info).is_some();
        members.sort_by(|a, b| (is_last(a), &a.path).cmp(&(is_last(b), &b.path)));
        let sorted = merge_duplicates(members, scratch, cancel)?;
        refuse_files_as_directories(&sorted)?;
        let record_path = dist_info_member(dist_info, "RECORD")?;
        Ok(Self { ordered: sorted, other_inputs, record_path, record_timestamp: None })
    }

    /// Takes the members of another wheel, in this order.
    ///
    /// # Errors
    /// If a path is a file and a directory.
    pub(super) fn in_order(
        members: Vec<Member>,
        dist_info: &str,
        record_timestamp: Timestamp,
    ) -> Result<Self, Error> {
        refuse_files_as_directories(&members)?;
        let record_path = dist_info_member(dist_info, "RECORD")?;
        let record_timestamp = Some(record_timestamp);
        Ok(Self { ordered: members, other_inputs: Vec::new(), record_path, record_timestamp })
    }

    /// Returns the members in archive order, and the inputs that are no members.
    pub(crate) fn into_parts(self) -> (Vec<Member>, Vec<Input>) {
        (self.ordered, self.other_inputs)
    }

    /// Returns the members in archive order.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.ordered.iter()
    }

    /// Returns the path of RECORD.
    pub(super) fn record_path(&self) -> &MemberPath {
        &self.record_path
    }

    /// Returns RECORD with this content.
    pub(super) fn record(&self, bytes: Vec<u8>) -> Member {
        let mut member = Member::generated(self.record_path.clone(), bytes);
        member.timestamp = self.record_timestamp;
        member
    }

    /// Returns the length of all members together, in bytes.
    pub(crate) fn total_len(&self) -> u64 {
        self.ordered.iter().map(Member::len).sum()
    }

    /// Returns an error if an input has changed since it was found. `rows` are the members' rows
    /// of RECORD, in archive order. A file whose metadata changed is hashed again; then the change is
    /// [`Change::Possible`] while it was read.
    pub(crate) fn verify_unchanged(
        &self,
        rows: &[RecordRow],
        cancel: &CancelFlag,
    ) -> Result<Change, Error> {
        let mut change = Change::None;
        for (member, row) in self.ordered.iter().zip(rows) {
            cancel.check()?;
            let (input, digest) = match &member.source {
                MemberSource::File(input) => (input, Some(row.digest)),
                MemberSource::Edited(edited) => match &edited.base {
                    EditBase::File(input) => (input, edited.base_digest),
                    EditBase::Archived(_) => continue,
                },
                _ => continue,
            };
            if input.check_unchanged()? == Change::Possible {
                change = Change::Possible;
                if Some(sha256_of(&input.open()?, cancel)?) != digest {
                    return Err(input.changed().into());
                }
            }
        }
        for input in &self.other_inputs {
            input.check_unchanged()?;
        }
        self.verify_archives(cancel)?;
        Ok(change)
    }

    /// Returns an error if an archive has changed whose members are copied or edited. If only its timestamps
    /// changed, these members are verified again.
    fn verify_archives(&self, cancel: &CancelFlag) -> Result<(), Error> {
        let kept = self.ordered.iter().filter(|member| {
            matches!(member.source, MemberSource::Copied(_) | MemberSource::Edited(_))
        });
        let mut state: Option<(&Arc<Archive>, Change)> = None;
        for ArchivedMember { archive, index, .. } in kept.filter_map(|it| it.source.archived()) {
            let change = match state {
                Some((checked, change)) if Arc::ptr_eq(checked, archive) => change,
                _ => {
                    archive.check_intact()?;
                    archive.check_unchanged()?
                }
            };
            state = Some((archive, change));
            if change == Change::Possible {
                let entry = &archive.directory().entries()[*index];
                archive.read(entry, &mut Inflater::new(), cancel, |_| Ok(()))?;
            }
        }
        Ok(())
    }
}

/// Refuses RECORD, which the writer generates, its signatures, which the new RECORD would break, and other
/// dist-info directories, which would make two wheels of one.
fn refuse_reserved(path: &MemberPath, dist_info: &str) -> Result<(), WheelWriterError> {
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

/// Returns the path of a file in the dist-info directory.
pub(crate) fn dist_info_member(dist_info: &str, name: &str) -> Result<MemberPath, Error> {
    format!("{dist_info}/{name}")
        .parse()
        .map_err(|error| Error::Internal(format!("a generated path is invalid: {error}")))
}

/// Keeps one of several members with the same path and content.
fn merge_duplicates(
    sorted: Vec<Member>,
    scratch: &Path,
    cancel: &CancelFlag,
) -> Result<Vec<Member>, Error> {
    let mut merged: Vec<Member> = Vec::with_capacity(sorted.len());
    for member in sorted {
        match merged.last_mut() {
            Some(kept) if kept.path == member.path => {
                if !kept.has_content_of(&member, scratch, cancel)? {
                    return Err(WheelWriterError::Conflict {
                        path: member.path.as_str().to_owned(),
                        first: kept.source.description(),
                        second: member.source.description(),
                    }
                    .into());
                }
                kept.merge_mode(&member);
            }
            _ => merged.push(member),
        }
    }
    Ok(merged)
}

/// Refuses a path that is a file and, by another member, a directory.
fn refuse_files_as_directories(members: &[Member]) -> Result<(), WheelWriterError> {
    let files: HashMap<&str, &Member> =
        members.iter().map(|member| (member.path.as_str(), member)).collect();
    // The members of a directory are often next to each other: its parents are checked once.
    let mut checked = "";
    for member in members {
        let mut directory = member.path.as_str();
        while let Some((parent, _)) = directory.rsplit_once('/') {
            if parent == checked {
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
        checked = member.path.as_str().rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    Ok(())
}
