//! Plans a repaired wheel: the members that are copied, edited, moved or new.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::debug_files::DebugFiles;
use super::edits::{FileEdit, Layout};
use super::error::RepairError;
use super::grafts::{Graft, Grafts};
use super::places::GraftDirectory;
use super::scripts;
use crate::context::Context;
use crate::elf_edit::Edits;
use crate::error::Error;
use crate::judge::Contents;
use crate::opened_wheel::{
    Archive, ArchiveError, CheckedMember, MemberKind, is_record_or_signature,
};
use crate::wheel::{MemberPath, RecordRow};
use crate::wheel_writer::{
    ArchivedMember, CopiedMember, EditedMember, Member, MemberBytes, MemberSource, Scratch,
    Verification, dist_info_member,
};
use crate::zip::Mode;

/// The parts that decide the members of a repaired wheel.
pub(super) struct Parts<'a> {
    /// The archive of the wheel.
    pub(super) archive: &'a Arc<Archive>,
    /// Its members.
    pub(super) members: &'a [CheckedMember],
    /// Its dist-info directory.
    pub(super) dist_info: &'a str,
    /// Where files go.
    pub(super) layout: &'a Layout,
    /// The edits of its files.
    pub(super) edits: &'a [FileEdit],
    /// The grafts.
    pub(super) grafts: &'a Grafts,
    /// The new WHEEL.
    pub(super) wheel_file: Option<Vec<u8>>,
    /// The old RECORD.
    pub(super) record: &'a HashMap<MemberPath, RecordRow>,
    /// What is verified of members that are copied; `None` if all members are compressed anew.
    pub(super) verification: Option<Verification>,
    /// The contents of the old wheel.
    pub(super) contents: &'a Contents,
    /// Where members are inflated whose debug information is written.
    pub(super) scratch: &'a Path,
}

impl Parts<'_> {
    /// Returns the members of the repaired wheel.
    pub(super) fn members(
        &self,
        debug: &mut Option<DebugFiles>,
        context: &Context<'_>,
    ) -> Result<Vec<Member>, Error> {
        let edits: HashMap<&str, &FileEdit> =
            self.edits.iter().map(|edit| (edit.path.as_str(), edit)).collect();
        let wheel_path = dist_info_member(self.dist_info, "WHEEL")?;
        let mut members = Vec::with_capacity(self.members.len() + self.grafts.list.len());
        for CheckedMember { path, kind, index } in self.members {
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
                Some(edit) => {
                    let (edits, source) = self.with_debug_link(edit, source, debug, context)?;
                    let index = self.contents.stream_index(path.as_str()).cloned();
                    let source = EditedMember::of_archived(source, index, edits);
                    add_edited(edit, mode, source, &mut members)?;
                }
                None => members.push(self.kept(path, mode, source)?),
            }
        }
        let known: HashSet<&str> = self.members.iter().map(|it| it.path.as_str()).collect();
        for graft in &self.grafts.list {
            for (directory, path) in self.layout.graft_paths(graft) {
                // A repaired wheel may have the same graft already.
                if !known.contains(path.as_str()) {
                    let path: MemberPath = path.parse().map_err(RepairError::from)?;
                    members.push(self.grafted(graft, directory, path, debug)?);
                }
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

    /// Returns the edits of a file, with the link to its debug information.
    fn with_debug_link(
        &self,
        edit: &FileEdit,
        source: ArchivedMember,
        debug: &mut Option<DebugFiles>,
        context: &Context<'_>,
    ) -> Result<(Edits, ArchivedMember), Error> {
        let mut edits = edit.edits.clone();
        let Some(debug) = debug else { return Ok((edits, source)) };
        let (cancel, pool) = (context.cancel, Some(context.pool));
        let scratch = Scratch { directory: self.scratch, cancel, pool };
        let (archive, path, index) = (Arc::clone(self.archive), source.path.clone(), source.index);
        let member = MemberSource::Archived(source);
        let bytes = MemberBytes::open(&member, scratch)?;
        debug.add(&edit.path, edit.build_id.as_deref(), bytes.bytes(), &mut edits)?;
        bytes.check_intact()?;
        Ok((edits, ArchivedMember { archive, path, index }))
    }

    fn grafted(
        &self,
        graft: &Graft,
        directory: GraftDirectory,
        path: MemberPath,
        debug: &mut Option<DebugFiles>,
    ) -> Result<Member, Error> {
        let mode = if graft.input.is_executable() { Mode::Executable } else { Mode::Plain };
        let mut edits = self.layout.graft_edits(graft, directory);
        if let Some(debug) = debug {
            let content = graft.input.open()?;
            let build_id = graft.library.facts.build_id.as_deref();
            debug.add(path.as_str(), build_id, content.bytes(), &mut edits)?;
        }
        let source = EditedMember::of_file(graft.input.clone(), Some(graft.digest), edits);
        Ok(Member::edited(path, mode, source))
    }
}

/// Adds an edited file and, if it moves, the script in its old place.
fn add_edited(
    edit: &FileEdit,
    mode: Mode,
    source: EditedMember,
    members: &mut Vec<Member>,
) -> Result<(), RepairError> {
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
