//! The report for people: a rule once, with the places where it is broken.

use std::fmt::Write as _;

use anstyle::AnsiColor;

use super::Checked;
use super::findings::{Finding, count};
use super::rules::Severity;
use crate::escape::escape_truncated;
use crate::report::Paint;

/// Most places that are listed of one rule; a person reads no more. The other forms have more.
const MOST_PLACES: usize = 12;

/// One wheel's report.
pub(super) fn render(checked: &Checked, paint: Paint) -> String {
    let mut text = String::new();
    let name = paint.bold(&escape_truncated(&checked.wheel));
    if checked.findings.is_empty() {
        let _ = writeln!(text, "{name}: {}", paint.mark(AnsiColor::Green, "ok"));
        return text;
    }
    let _ = writeln!(text, "{name}: {}", summary(&checked.findings));
    for finding in &checked.findings {
        render_finding(&mut text, finding, paint);
    }
    text
}

/// How many rules are broken, by severity.
fn summary(findings: &[Finding]) -> String {
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let count = count(findings, severity);
        let plural = if count == 1 || severity == Severity::Info { "" } else { "s" };
        (count > 0).then(|| format!("{count} {}{plural}", severity.name()))
    });
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn render_finding(text: &mut String, finding: &Finding, paint: Paint) {
    let rule = finding.rule;
    let color = match rule.severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::Cyan,
    };
    let number = rule.number().map_or_else(String::new, |number| format!(" {number}"));
    let mark = paint.mark(color, &format!("{}[{}{number}]", rule.severity.name(), rule.id));
    let _ = writeln!(text, "{mark} {}", rule.what);
    for place in finding.places.iter().take(MOST_PLACES) {
        let _ = match (&place.member, place.found.as_str()) {
            (Some(member), "") => writeln!(text, "  {}", paint.bold(&escape_truncated(member))),
            (Some(member), found) => {
                writeln!(
                    text,
                    "  {}: {}",
                    paint.bold(&escape_truncated(member)),
                    escape_truncated(found)
                )
            }
            (None, "") => Ok(()),
            (None, found) => writeln!(text, "  {}", escape_truncated(found)),
        };
    }
    let more = finding.more + finding.places.len().saturating_sub(MOST_PLACES);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
    let _ = writeln!(text, "  why: {}\n  hint: {}", rule.why, rule.fix);
}
