//! The text report.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::groups::{Group, Message, groups, listed, split};
use super::{Arrangement, Attempt, Reported, TextStyle};
use crate::escape::{escape_text, escape_truncated};
use crate::findings::{Finding, Location};

/// Maximum number of locations that are listed for a rule. The other forms have more.
const MAX_LOCATIONS: usize = 12;

/// Renders the wheels that could be read; the errors of the others go to standard error.
pub(super) fn render<R: Reported>(attempts: &[Attempt<'_, R>], style: TextStyle) -> String {
    let results = attempts.iter().filter_map(|(_, result)| result.as_ref().ok());
    let texts: Vec<String> = results.map(|result| render_wheel(result, style)).collect();
    texts.join("\n")
}

/// Renders one wheel.
pub(super) fn render_wheel<R: Reported>(result: &R, style: TextStyle) -> String {
    let mut text = String::new();
    result.write_text_head(&mut text, style);
    match R::ARRANGEMENT {
        Arrangement::ByRule => {
            for finding in result.findings() {
                write_rule::<R>(&mut text, finding, style);
            }
        }
        Arrangement::ByLocation => {
            for group in groups(result.findings()) {
                write_group::<R>(&mut text, &group, style);
            }
        }
    }
    result.write_text_foot(&mut text, style);
    text
}

/// Writes a rule with the locations where it is broken.
fn write_rule<R: Reported>(text: &mut String, finding: &Finding, style: TextStyle) {
    let (rule, paint) = (finding.rule, style.paint);
    let number = rule.number().map_or_else(String::new, |number| format!(" {number}"));
    let mark = format!("{}[{}{number}]", R::severity_name(finding.severity), rule.id);
    let _ = writeln!(text, "{} {}", style.severity(finding.severity, &mark), rule.what);
    for Location { member, found } in finding.locations.iter().take(MAX_LOCATIONS) {
        let _ = match (member, found.as_str()) {
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
    let more = finding.unlisted + finding.locations.len().saturating_sub(MAX_LOCATIONS);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
    let _ = writeln!(text, "  why: {}\n  hint: {}", rule.why, finding.fix);
}

/// Writes the files that break a rule for one reason.
fn write_group<R: Reported>(text: &mut String, group: &Group<'_>, style: TextStyle) {
    let finding = group.first();
    let severity = style.severity(finding.severity, R::severity_name(finding.severity));
    let _ = write!(text, "\n{severity}[{}]", finding.rule.id);
    let messages = group.messages();
    let files = |message: &Message<'_>| {
        let names = message.members.iter().map(|member| escape_truncated(member));
        let painted: Vec<String> = names.map(|name| style.paint.bold(&name)).collect();
        listed(&painted)
    };
    if let [only] = messages.as_slice() {
        let separator = if only.members.is_empty() { "" } else { " " };
        let _ = writeln!(text, "{separator}{}\n  {}", files(only), escape_text(only.text));
    } else {
        let files_of_all = messages.iter().flat_map(|message| &message.members);
        let count = files_of_all.collect::<HashSet<_>>().len();
        let _ = writeln!(text, " {count} {}", if count == 1 { "file" } else { "files" });
        let (shown, more) = split(&messages);
        for message in shown {
            let _ = writeln!(text, "  {}: {}", files(message), escape_text(message.text));
        }
        if more > 0 {
            let _ = writeln!(text, "  and {more} more");
        }
    }
    for (version, symbols) in group.versions() {
        let symbols = escape_text(&symbols.join(", "));
        let _ = writeln!(text, "  {} for {symbols}", escape_text(version));
    }
    if let allowed @ [_, ..] = group.allowed_by().as_slice() {
        let _ = writeln!(text, "  allowed by: {}", allowed.join(", "));
    }
    let _ = writeln!(text, "  hint: {}", escape_text(finding.fix));
}
