//! Judges a repaired wheel before it gets its name.

use std::path::Path;

use super::error::RepairError;
use super::places;
use crate::check;
use crate::context::Context;
use crate::error::Error;
use crate::findings::report::Reported as _;
use crate::findings::{Finding, Severity};
use crate::judge::{Contents, Judge, MetadataOf, RequiredTag};
use crate::wheel_writer::UnpublishedWheel;

/// The wheel before the repair. Its errors are no reason to reject the repaired wheel.
pub(super) struct Before<'a> {
    /// What an audit needs of it.
    pub(super) contents: &'a Contents,
    /// Its METADATA.
    pub(super) metadata: MetadataOf<'a>,
    /// Its resolved path and its name; `None` if it was not written.
    pub(super) file: Option<(&'a Path, &'a str)>,
}

/// The rules that files break whose search path leads to their grafts in the archive only.
const UNREACHABLE: [&str; 2] = ["external-library", "lost-once-installed"];

/// Checks a wheel that is written, and has no name yet, by the rules of `check` that need no content: the writer
/// has verified that.
///
/// # Errors
/// If it breaks a rule that the old wheel does not break.
pub(super) fn check(
    wheel: &UnpublishedWheel,
    name: &str,
    old: &Before<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    match check::new_errors(old.file, (wheel.temporary_path(), name), context)? {
        None => Ok(()),
        Some(errors) => Err(RepairError::Rejected(errors).into()),
    }
}

/// Returns what an audit needs of a wheel that is written, and has no name yet.
pub(super) fn contents_of(wheel: &mut UnpublishedWheel) -> Result<Contents, Error> {
    let filename = wheel.plan().filename.clone();
    Ok(Contents::of_members(&filename, wheel.take_facts())?)
}

/// Audits the contents of a repaired wheel, with its METADATA. `required` are its new tags, and `old` the wheel before
/// the repair.
///
/// # Errors
/// If it does not meet the tags, or if it has an error that the old wheel does not have.
pub(super) fn audit(
    (contents, metadata): (&Contents, MetadataOf<'_>),
    required: &[RequiredTag],
    judge: &Judge,
    old: &Before<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let mut audited = judge.judge_for(required, contents, metadata, context)?;
    if !audited.fails() {
        return Ok(());
    }
    let before = judge.judge_for(&[], old.contents, old.metadata, context)?.findings;
    let member = |finding: &Finding| finding.locations.first().and_then(|it| it.member.clone());
    let data = contents.data_directory();
    let is_lost = |finding: &Finding| {
        let members = finding.locations.iter().map(|it| it.member.as_deref());
        let mut lost =
            members.map(|it| it.is_some_and(|path| places::is_lost(path, data.as_deref())));
        UNREACHABLE.contains(&finding.rule.id) && member(finding).is_some() && lost.all(|it| it)
    };
    audited.findings.retain(|finding| {
        let is_known =
            |it: &Finding| it.rule.id == finding.rule.id && member(it) == member(finding);
        finding.severity == Severity::Error && !before.iter().any(is_known) && !is_lost(finding)
    });
    if audited.findings.is_empty() {
        return Ok(());
    }
    Err(RepairError::Rejected(audited.to_text().trim_start().to_owned()).into())
}
