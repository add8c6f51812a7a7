//! The text report.

use std::fmt::Write as _;

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
    for finding in result.findings() {
        match R::ARRANGEMENT {
            Arrangement::ByRule => write_rule::<R>(&mut text, finding, style),
            Arrangement::ByLocation => write_location::<R>(&mut text, finding, style),
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

/// Writes a location with the rule that is broken there.
fn write_location<R: Reported>(text: &mut String, finding: &Finding, style: TextStyle) {
    let severity = style.severity(finding.severity, R::severity_name(finding.severity));
    for Location { member, found } in &finding.locations {
        let _ = write!(text, "\n{severity}[{}]", finding.rule.id);
        if let Some(member) = member {
            let _ = write!(text, " {}", style.paint.bold(&escape_truncated(member)));
        }
        let _ = writeln!(text, "\n  {}", escape_text(found));
    }
    let needs = &finding.needs;
    for version in &needs.versions {
        let of_version = |symbol: &String| {
            let (name, own) = symbol.rsplit_once('@')?;
            (own == version).then(|| name.to_owned())
        };
        let symbols: Vec<String> = needs.symbols.iter().filter_map(of_version).collect();
        let _ =
            writeln!(text, "  {} for {}", escape_text(version), escape_text(&symbols.join(", ")));
    }
    if let Some(policy) = &needs.allowed_by {
        let _ = writeln!(text, "  allowed by: {policy}");
    }
    let _ = writeln!(text, "  hint: {}", escape_text(finding.fix));
}
