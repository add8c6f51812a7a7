//! Findings as annotations of a GitHub workflow ("Workflow commands", `::error …::message`).

use crate::error::Error;
use crate::escape::{escape_text, escape_truncated};
use crate::judge::{Audited, Judgement, Severity};
use crate::report::annotation;

/// One line a finding; of a wheel that could not be audited the reason.
pub(super) fn render(result: &Result<Audited, Error>) -> String {
    match result {
        Ok(audited) => of_wheel(audited),
        Err(error) => annotation("error", "audit", &error.message_with_hint()),
    }
}

fn of_wheel(audited: &Audited) -> String {
    let mut text = String::new();
    let wheel = escape_truncated(&audited.wheel);
    match &audited.judgement {
        Judgement::Verdict(verdict) => {
            let tag = verdict.tag();
            let message =
                format!("{wheel} is consistent with the following platform tag: \"{tag}\".");
            text += &annotation("notice", "audit", &message);
        }
        Judgement::NoElf(problem) => text += &annotation("error", "audit", problem),
        Judgement::Pure | Judgement::OtherPlatform => {}
    }
    for finding in &audited.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = finding
            .elf
            .as_ref()
            .map_or_else(String::new, |elf| format!("{}: ", escape_truncated(elf)));
        let message =
            format!("{wheel}: {place}{}\nhint: {}", escape_text(&finding.message), finding.hint);
        text += &annotation(command, finding.rule, &message);
    }
    text
}
