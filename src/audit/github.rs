//! Findings as annotations of a GitHub workflow ("Workflow commands", `::error …::message`).

use std::fmt::Write as _;

use super::findings::Severity;
use super::{Audited, Judgement};

/// One line a finding.
pub(super) fn render(audited: &Audited) -> String {
    let mut text = String::new();
    if let Judgement::Verdict(verdict) = &audited.judgement {
        let message = format!(
            "{} is consistent with the following platform tag: \"{}\".",
            audited.wheel,
            verdict.tag()
        );
        let _ = writeln!(text, "::notice title=audit::{}", data(&message));
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
        let _ = writeln!(text, "::{command} title={}::{}", property(finding.rule), data(&message));
    }
    text
}

/// A message, with what ends a command escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, in which more characters are special.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
