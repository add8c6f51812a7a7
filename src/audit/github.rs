//! Findings as annotations of a GitHub workflow ("Workflow commands", `::error …::message`).

use super::findings::Severity;
use super::{Audited, Judgement};
use crate::report::annotation;

/// One line a finding.
pub(super) fn render(audited: &Audited) -> String {
    let mut text = String::new();
    if let Judgement::Verdict(verdict) = &audited.judgement {
        let message = format!(
            "{} is consistent with the following platform tag: \"{}\".",
            audited.wheel,
            verdict.tag()
        );
        text += &annotation("notice", "audit", &message);
    }
    for finding in &audited.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = finding.elf.as_ref().map_or_else(String::new, |elf| format!("{elf}: "));
        let message =
            format!("{}: {place}{}\nhint: {}", audited.wheel, finding.message, finding.hint);
        text += &annotation(command, finding.rule, &message);
    }
    text
}
