//! Findings as annotations of a GitHub workflow: one for each rule that is broken.

use super::Checked;
use super::rules::Severity;
use crate::error::Error;
use crate::escape::escape_truncated;
use crate::report::annotation;

/// Most places that one annotation names.
const MOST_PLACES: usize = 10;

/// One annotation a rule; of a wheel that could not be read the reason.
pub(super) fn render(result: &Result<Checked, Error>) -> String {
    match result {
        Ok(checked) => of_wheel(checked),
        Err(error) => annotation("error", "check", &error.message_with_hint()),
    }
}

fn of_wheel(checked: &Checked) -> String {
    let annotations = checked.findings.iter().map(|finding| {
        let rule = finding.rule;
        let command = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut lines = vec![format!("{}: {}", escape_truncated(&checked.wheel), rule.what)];
        for place in finding.places.iter().take(MOST_PLACES) {
            let parts = place.member.as_deref().into_iter().chain([place.found.as_str()]);
            let parts: Vec<String> =
                parts.filter(|part| !part.is_empty()).map(escape_truncated).collect();
            if !parts.is_empty() {
                lines.push(parts.join(": "));
            }
        }
        let more = finding.more + finding.places.len().saturating_sub(MOST_PLACES);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines.push(format!("hint: {}", rule.fix));
        annotation(command, rule.id, &lines.join("\n"))
    });
    annotations.collect()
}
