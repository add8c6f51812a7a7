//! Annotations of a GitHub workflow ("Workflow commands"): `::error title=…::message`.

use super::groups::{Group, Message, groups, listed, split};
use super::{Arrangement, Attempt, Reported};
use crate::escape::{escape_text, escape_truncated};
use crate::findings::{Finding, Severity};

/// How many locations one annotation names.
const MAX_LOCATIONS: usize = 10;

/// Renders an annotation for each finding, and for each wheel that could not be read.
pub(super) fn render<R: Reported>(attempts: &[Attempt<'_, R>]) -> String {
    let of_wheel = |(_, result): &Attempt<'_, R>| match result {
        Ok(result) => render_wheel(result),
        Err(error) => annotation(Severity::Error, R::VERB, &error.message_with_hint()),
    };
    attempts.iter().map(of_wheel).collect()
}

fn render_wheel<R: Reported>(result: &R) -> String {
    let wheel = escape_truncated(result.wheel());
    let statement = result.statement().map(|it| annotation(it.severity, R::VERB, &it.text));
    let annotated =
        |finding: &Finding, message: &str| annotation(finding.severity, finding.rule.id, message);
    let findings: String = match R::ARRANGEMENT {
        Arrangement::ByRule => {
            let findings = result.findings().iter();
            findings.map(|finding| annotated(finding, &rule_message(&wheel, finding))).collect()
        }
        Arrangement::ByLocation => {
            let groups = groups(result.findings());
            let groups = groups.iter();
            groups.map(|group| annotated(group.first(), &group_message(&wheel, group))).collect()
        }
    };
    statement.into_iter().chain([findings]).collect()
}

/// The rule, and the locations where it is broken.
fn rule_message(wheel: &str, finding: &Finding) -> String {
    let mut lines = vec![format!("{wheel}: {}", finding.rule.what)];
    for location in finding.locations.iter().take(MAX_LOCATIONS) {
        let parts = location.member.as_deref().into_iter().chain([location.found.as_str()]);
        let parts: Vec<String> =
            parts.filter(|part| !part.is_empty()).map(escape_truncated).collect();
        if !parts.is_empty() {
            lines.push(parts.join(": "));
        }
    }
    let more = finding.unlisted + finding.locations.len().saturating_sub(MAX_LOCATIONS);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.push(format!("hint: {}", finding.fix));
    lines.join("\n")
}

/// The files that break a rule for one reason.
fn group_message(wheel: &str, group: &Group<'_>) -> String {
    let messages = group.messages();
    let (shown, more) = split(&messages);
    let line = |message: &Message<'_>| {
        let names: Vec<String> = message.members.iter().map(|it| escape_truncated(it)).collect();
        let separator = if names.is_empty() { "" } else { ": " };
        format!("{wheel}: {}{separator}{}", listed(&names), escape_text(message.text))
    };
    let mut lines: Vec<String> = shown.iter().map(line).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.push(format!("hint: {}", group.first().fix));
    lines.join("\n")
}

/// Formats one annotation.
fn annotation(severity: Severity, title: &str, message: &str) -> String {
    let command = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    format!("::{command} title={}::{}\n", escape_property(title), escape_message(message))
}

/// Escapes a message: its line feeds stay line feeds; other control characters become visible.
fn escape_message(text: &str) -> String {
    let lines = text.split('\n').map(|line| escape_text(line).replace('%', "%25"));
    lines.collect::<Vec<_>>().join("%0A")
}

/// Escapes a property's value, in which `:` and `,` are special too.
fn escape_property(text: &str) -> String {
    escape_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{Severity, annotation};

    #[test]
    fn annotations_are_lines_of_plain_text() {
        assert_eq!(
            annotation(Severity::Error, "a:b,c", "100 %\r\u{1b}[31m\u{9b}\u{202e}\nhint: é"),
            "::error title=a%3Ab%2Cc::100 %25\\r\\u{1b}[31m\\u{9b}\\u{202e}%0Ahint: é\n"
        );
    }
}
