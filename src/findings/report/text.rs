//! The text report.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::groups::{Group, Message, groups, listed, split};
use super::{Arrangement, Attempt, Reported, TextStyle};
use crate::escape::{self, escape_text, escape_truncated};
use crate::findings::{Finding, Location, Severity, count};

/// Maximum number of locations that are listed for a rule. The other forms have more.
const MAX_LOCATIONS: usize = 12;

/// Renders the wheels that could be read; the errors of the others go to standard error.
pub(super) fn render<R: Reported>(attempts: &[Attempt<'_, R>], style: TextStyle) -> String {
    let results: Vec<&R> = attempts.iter().filter_map(|(_, result)| result.as_ref().ok()).collect();
    let is_shown = |result: &&&R| !style.quiet || shown(**result, style).next().is_some();
    let mut texts: Vec<String> =
        results.iter().filter(is_shown).map(|result| render_wheel(*result, style)).collect();
    if attempts.len() > 1 && !style.quiet {
        let summary = R::text_summary(&results, attempts.len() - results.len());
        texts.extend(summary.map(|summary| summary + "\n"));
    }
    texts.join("\n")
}

/// Returns the findings that are written.
fn shown<R: Reported>(result: &R, style: TextStyle) -> impl Iterator<Item = &Finding> {
    result.findings().iter().filter(move |finding| finding.severity >= style.level)
}

/// Renders one wheel.
pub(super) fn render_wheel<R: Reported>(result: &R, style: TextStyle) -> String {
    let mut text = String::new();
    result.write_text_head(&mut text, style);
    match R::ARRANGEMENT {
        Arrangement::ByRule => {
            for finding in shown(result, style) {
                write_rule::<R>(&mut text, finding, style);
            }
        }
        Arrangement::ByLocation => {
            let groups = groups(result.findings());
            // Groups in a row with one hint have it once, at their end.
            for run in groups.chunk_by(|one, other| one.first().advice() == other.first().advice())
            {
                text.push('\n');
                for group in run {
                    write_group::<R>(&mut text, group, style);
                }
                let fix = run.first().map_or("", |group| group.first().fix);
                let _ = writeln!(text, "  hint: {}", escape_text(fix));
            }
        }
    }
    if !style.quiet {
        write_rest(&mut text, result, style);
    }
    result.write_text_foot(&mut text, style);
    text
}

/// Counts the findings that are not written.
fn write_rest<R: Reported>(text: &mut String, result: &R, style: TextStyle) {
    let hidden = |severity: &Severity| *severity < style.level;
    let counts = [Severity::Warning, Severity::Info].into_iter().filter(hidden);
    let counts = counts.map(|severity| (severity, count(result.findings(), severity)));
    let counts: Vec<(Severity, usize)> = counts.filter(|(_, count)| *count > 0).collect();
    let Some((lowest, _)) = counts.last() else { return };
    let texts: Vec<String> =
        counts.iter().map(|(severity, count)| counted::<R>(*count, *severity)).collect();
    let level = R::severity_name(*lowest);
    let _ = writeln!(text, "not shown: {} (`--level {level}` shows all)", texts.join(", "));
}

/// Returns a number of findings, such as `2 warnings`.
pub(super) fn counted<R: Reported>(count: usize, severity: Severity) -> String {
    escape::counted(count as u64, R::severity_name(severity))
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

/// Writes the files that break a rule for one reason, without the hint.
fn write_group<R: Reported>(text: &mut String, group: &Group<'_>, style: TextStyle) {
    let finding = group.first();
    let severity = style.severity(finding.severity, R::severity_name(finding.severity));
    let _ = write!(text, "{severity}[{}]", finding.rule.id);
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
}
