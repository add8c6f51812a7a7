//! Judges a repaired wheel before it gets its name.

use super::error::RepairError;
use super::wheel::Wheel;
use crate::check;
use crate::context::Context;
use crate::error::Error;
use crate::escape::escape_truncated;
use crate::findings::report::Reported as _;
use crate::findings::{Finding, Severity};
use crate::judge::{Contents, Judge, RequiredTag};
use crate::wheel_writer::UnpublishedWheel;

/// Checks a wheel that is written, and has no name yet, by the rules of `check` that need no content: the writer
/// has verified that.
///
/// # Errors
/// If it breaks a rule that the old wheel does not break.
pub(super) fn check(
    wheel: &UnpublishedWheel,
    name: &str,
    old: &Wheel<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let mut errors = check::structural_errors(wheel.temporary_path(), name, context)?;
    if errors.is_empty() {
        return Ok(());
    }
    let before = check::structural_errors(old.file, &old.name, context)?;
    errors.retain(|error| !before.iter().any(|it| it.rule.id == error.rule.id));
    if errors.is_empty() {
        return Ok(());
    }
    let lines = errors.iter().flat_map(|error| {
        error.locations.iter().map(|location| {
            let member = location.member.as_deref().unwrap_or(name);
            format!("{}: {}: {}", escape_truncated(member), error.rule.id, location.found)
        })
    });
    Err(RepairError::Rejected(lines.collect::<Vec<_>>().join("\n")).into())
}

/// Audits a wheel that is written, and has no name yet. `required` are its new tags, and `old` the wheel before the
/// repair.
///
/// # Errors
/// If it does not meet the tags, or if it has an error that the old wheel does not have.
pub(super) fn audit(
    wheel: &mut UnpublishedWheel,
    required: &[RequiredTag],
    judge: &Judge,
    old: &Wheel<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let filename = wheel.plan().filename.clone();
    let contents = Contents::of_members(&filename, wheel.take_facts())?;
    let mut audited = judge.judge_for(required, &contents, wheel.temporary_path(), context)?;
    if !audited.fails() {
        return Ok(());
    }
    let before = judge.judge_for(&[], old.contents, old.file, context)?.findings;
    let member = |finding: &Finding| finding.locations.first().and_then(|it| it.member.clone());
    audited.findings.retain(|finding| {
        let is_known =
            |it: &Finding| it.rule.id == finding.rule.id && member(it) == member(finding);
        finding.severity == Severity::Error && !before.iter().any(is_known)
    });
    if audited.findings.is_empty() {
        return Ok(());
    }
    Err(RepairError::Rejected(audited.to_text().trim_start().to_owned()).into())
}
