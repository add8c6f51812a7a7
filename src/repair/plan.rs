//! Plans a repaired wheel: the members that are copied, edited, moved or new.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::edits::{FileEdit, Layout};
use super::error::RepairError;
use super::grafts::{Graft, Grafts};
use super::scripts;
use crate::context::Context;
use crate::error::Error;
use crate::judge::Contents;
use crate::opened_wheel::{
    Archive, ArchiveError, CheckedMember, MemberKind, is_record_or_signature,
};
use crate::wheel::{MemberPath, RecordRow};
use crate::wheel_writer::{
    ArchivedMember, CopiedMember, EditedMember, Member, Verification, dist_info_member,
};
use crate::zip::Mode;

/// The parts that decide the members of a repaired wheel.
pub(super) struct Parts<'a> {
    /// The archive of the wheel.
    pub(super) archive: &'a Arc<Archive>,
    /// Its members.
    pub(super) members: Vec<CheckedMember>,
    /// Its dist-info directory.
    pub(super) dist_info: &'a str,
    /// Where files go.
    pub(super) layout: &'a Layout,
    /// The edits of its files.
    pub(super) edits: &'a [FileEdit],
    /// The grafts.
    pub(super) grafts: &'a Grafts,
    /// The new WHEEL.
    pub(super) wheel_file: Option<String>,
    /// The old RECORD.
    pub(super) record: &'a HashMap<MemberPath, RecordRow>,
    /// What is verified of members that are copied; `None` if all members are compressed anew.
    pub(super) verification: Option<Verification>,
    /// The contents of the old wheel.
    pub(super) contents: &'a Contents,
}

impl Parts<'_> {
    /// Returns the members of the repaired wheel.
    pub(super) fn members(&self, context: &Context<'_>) -> Result<Vec<Member>, Error> {
        let edits: HashMap<&str, &FileEdit> =
            self.edits.iter().map(|edit| (edit.path.as_str(), edit)).collect();
        let wheel_path = dist_info_member(self.dist_info, "WHEEL")?;
        let mut members = Vec::with_capacity(self.members.len() + self.grafts.list.len());
        for CheckedMember { path, kind, index } in &self.members {
            context.cancel.check()?;
            let MemberKind::File(mode) = *kind else { continue };
            if is_record_or_signature(path, self.dist_info) {
                continue;
            }
            if let Some(text) = self.wheel_file.as_ref().filter(|_| *path == wheel_path) {
                members.push(Member::generated(path.clone(), text.clone()));
                continue;
            }
            let archive = Arc::clone(self.archive);
            let source = ArchivedMember { archive, path: path.clone(), index: *index };
            match edits.get(path.as_str()) {
                Some(edit) => add_edited(edit, mode, source, &mut members)?,
                None => members.push(self.kept(path, mode, source)?),
            }
        }
        let known: HashSet<&str> = self.members.iter().map(|it| it.path.as_str()).collect();
        for graft in &self.grafts.list {
            let path = self.layout.graft(&graft.name);
            // A repaired wheel may have the same graft already.
            if !known.contains(path.as_str()) {
                members.push(self.grafted(graft, path.parse().map_err(RepairError::from)?));
            }
        }
        Ok(members)
    }

    /// Returns a member that stays as it is.
    fn kept(
        &self,
        path: &MemberPath,
        mode: Mode,
        source: ArchivedMember,
    ) -> Result<Member, ArchiveError> {
        let Some(verification) = self.verification else {
            return Ok(Member::archived(path.clone(), mode, source));
        };
        let facts = self.contents.elf(path.as_str()).cloned();
        let copied = CopiedMember::new(source, self.record.get(path), verification, facts)?;
        Ok(Member::copied(path.clone(), mode, copied))
    }

    fn grafted(&self, graft: &Graft, path: MemberPath) -> Member {
        let mode = if graft.input.is_executable() { Mode::Executable } else { Mode::Plain };
        let edits = self.layout.graft_edits(graft);
        let source = EditedMember::of_file(graft.input.clone(), Some(graft.digest), edits);
        Member::edited(path, mode, source)
    }
}

/// Adds an edited file and, if it moves, the script in its old place.
fn add_edited(
    edit: &FileEdit,
    mode: Mode,
    source: ArchivedMember,
    members: &mut Vec<Member>,
) -> Result<(), RepairError> {
    let source = EditedMember::of_archived(source, edit.edits.clone());
    let old: MemberPath = edit.path.parse()?;
    let Some(moved) = &edit.moved else {
        members.push(Member::edited(old, mode, source));
        return Ok(());
    };
    members.push(Member::generated(old, scripts::shim(&moved.installed)).with_mode(mode));
    // Installers make scripts executable, and nothing else.
    members.push(Member::edited(moved.archived.parse()?, Mode::Executable, source));
    Ok(())
}
