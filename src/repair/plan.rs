//! Plans a repaired wheel: the members that are copied, edited, moved or new.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::debug_files::DebugFiles;
use super::edits::FileEdit;
use super::error::RepairError;
use super::grafts::Graft;
use super::places::GraftDirectory;
use super::scripts;
use super::wheel::{NewWheel, OpenedArchive, Wheel};
use crate::elf_edit::Edits;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::judge::Contents;
use crate::opened_wheel::{CheckedMember, MemberKind, is_record_or_signature};
use crate::wheel::{MemberPath, RecordRow};
use crate::wheel_writer::{
    ArchivedMember, CopiedMember, EditedMember, Member, MemberBytes, Scratch, Verification,
    dist_info_member,
};
use crate::zip::Mode;

/// Returns the members of an archive: those that stay as they are with their compressed bytes. `verification` is what is
/// verified of these; `None` if all members are compressed anew.
pub(super) fn of_archive(
    wheel: &Wheel<'_>,
    opened: &OpenedArchive<'_>,
    new: &NewWheel,
    rows: &HashMap<MemberPath, RecordRow>,
    verification: Option<Verification>,
    cancel: &CancelFlag,
) -> Result<Vec<Member>, Error> {
    let edited: HashSet<&str> = new.edits.iter().map(|edit| edit.path.as_str()).collect();
    let mut members = Vec::with_capacity(opened.members.len());
    for CheckedMember { path, kind, index } in &opened.members {
        cancel.check()?;
        let MemberKind::File(mode) = *kind else { continue };
        if is_record_or_signature(path, &wheel.dist_info) {
            continue;
        }
        let archive = Arc::clone(&opened.archive);
        let source = ArchivedMember { archive, path: path.clone(), index: *index };
        members.push(match verification.filter(|_| !edited.contains(path.as_str())) {
            None => Member::archived(path.clone(), mode, source),
            Some(verification) => {
                let facts = wheel.contents.elf(path.as_str()).cloned();
                let copied = CopiedMember::new(source, rows.get(path), verification, facts)?;
                Member::copied(path.clone(), mode, copied)
            }
        });
    }
    Ok(members)
}

/// How the members of a wheel become those of the repaired one.
pub(super) struct Parts<'a> {
    /// Its dist-info directory.
    pub(super) dist_info: &'a str,
    /// What an audit needs of it.
    pub(super) contents: &'a Contents,
    /// What it becomes.
    pub(super) new: &'a NewWheel,
    /// Where and how members are opened whose debug information is written.
    pub(super) scratch: Scratch<'a>,
    /// Whether compressed data of edited members is kept.
    pub(super) keeps_compressed: bool,
}

impl Parts<'_> {
    /// Returns the members of the repaired wheel.
    pub(super) fn repaired(
        &self,
        members: Vec<Member>,
        debug: &mut Option<DebugFiles>,
    ) -> Result<Vec<Member>, Error> {
        let NewWheel { edits, grafts, layout, wheel_file, .. } = self.new;
        let edits: HashMap<&str, &FileEdit> =
            edits.iter().map(|edit| (edit.path.as_str(), edit)).collect();
        let wheel_path = dist_info_member(self.dist_info, "WHEEL")?;
        let known: HashSet<MemberPath> = members.iter().map(|it| it.path.clone()).collect();
        let mut repaired = Vec::with_capacity(members.len() + grafts.list.len());
        for member in members {
            self.scratch.cancel.check()?;
            if let Some(text) = wheel_file.text.as_ref().filter(|_| member.path == wheel_path) {
                repaired.push(Member::generated(wheel_path.clone(), text.clone()));
                continue;
            }
            match edits.get(member.path.as_str()) {
                Some(edit) => self.add_edited(edit, member, debug, &mut repaired)?,
                None => repaired.push(member),
            }
        }
        for graft in &grafts.list {
            for (directory, path) in layout.graft_paths(graft) {
                let path: MemberPath = path.parse().map_err(RepairError::from)?;
                // A repaired wheel may have the same graft already.
                if !known.contains(&path) {
                    repaired.push(self.grafted(graft, directory, path, debug)?);
                }
            }
        }
        Ok(repaired)
    }

    /// Adds an edited file and, if it moves, the script in its old place.
    fn add_edited(
        &self,
        edit: &FileEdit,
        member: Member,
        debug: &mut Option<DebugFiles>,
        members: &mut Vec<Member>,
    ) -> Result<(), Error> {
        let edits = self.with_debug_link(edit, &member, debug)?;
        let shim = edit.moved.as_ref().map(|it| member.replaced_by(scripts::shim(&it.installed)));
        let member = if self.keeps_compressed {
            member.with_edits(edits, self.contents.stream_index(&edit.path).cloned())?
        } else {
            member.with_edits_anew(edits)?
        };
        let Some(moved) = &edit.moved else {
            members.push(member);
            return Ok(());
        };
        members.extend(shim);
        let path: MemberPath = moved.archived.parse().map_err(RepairError::from)?;
        // Installers make scripts executable, and nothing else.
        members.push(member.with_path(path).with_mode(Mode::Executable));
        Ok(())
    }

    /// Returns the edits of a file, with the link to its debug information.
    fn with_debug_link(
        &self,
        edit: &FileEdit,
        member: &Member,
        debug: &mut Option<DebugFiles>,
    ) -> Result<Edits, Error> {
        let mut edits = edit.edits.clone();
        if let Some(debug) = debug {
            let bytes = MemberBytes::open(&member.source, self.scratch)?;
            debug.add(&edit.path, edit.build_id.as_deref(), bytes.bytes(), &mut edits)?;
            bytes.check_intact()?;
        }
        Ok(edits)
    }

    fn grafted(
        &self,
        graft: &Graft,
        directory: GraftDirectory,
        path: MemberPath,
        debug: &mut Option<DebugFiles>,
    ) -> Result<Member, Error> {
        let mode = if graft.input.is_executable() { Mode::Executable } else { Mode::Plain };
        let mut edits = self.new.layout.graft_edits(graft, directory);
        if let Some(debug) = debug {
            let content = graft.input.open()?;
            let build_id = graft.library.facts.build_id.as_deref();
            debug.add(path.as_str(), build_id, content.bytes(), &mut edits)?;
        }
        let source = EditedMember::of_file(graft.input.clone(), Some(graft.digest), edits);
        Ok(Member::edited(path, mode, source))
    }
}
