//! JUnit XML, as test reports of CI systems and Bazel read it: a suite for each wheel, a test case for each rule.
//!
//! There is no standard; the elements are those of the schemas of Jenkins and of Ant, which agree in them.

use std::fmt::Write as _;

use super::{Attempt, Reported};
use crate::escape::{escape_markup, escape_text};
use crate::findings::{Finding, Location};

/// Maximum number of locations of one finding.
const MAX_LOCATIONS: usize = 100;

/// Renders all wheels. A rule with findings that fail the command is a failure, one with others passes and prints them,
/// and a wheel that could not be read is an error. A wheel without findings has one case, which passes.
pub(super) fn render<R: Reported>(attempts: &[Attempt<'_, R>]) -> String {
    let suites: Vec<Suite> = attempts.iter().map(suite::<R>).collect();
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        text,
        "<testsuites name=\"wheelworks {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        R::VERB,
        sum(|it| it.tests),
        sum(|it| it.failures),
        sum(|it| it.errors)
    );
    for Suite { name, tests, failures, errors, cases } in &suites {
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\">\n{cases}  \
             </testsuite>",
            escape(name)
        );
    }
    text + "</testsuites>\n"
}

/// The cases of one wheel.
#[derive(Debug)]
struct Suite {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    /// The elements of the cases.
    cases: String,
}

fn suite<R: Reported>((path, result): &Attempt<'_, R>) -> Suite {
    let mut cases = String::new();
    let result = match result {
        Ok(result) => result,
        Err(error) => {
            let name = path.to_string_lossy().into_owned();
            let message = error.message_with_hint();
            let child = format!("<error message=\"{}\"/>", escape(&message));
            add_case::<R>(&mut cases, &name, R::VERB, &child);
            return Suite { name, tests: 1, failures: 0, errors: 1, cases };
        }
    };
    let name = result.wheel().to_owned();
    let mut failures = 0;
    for finding in result.findings() {
        let (what, locations) = (escape(finding.rule.what), locations(finding));
        let is_failure = result.is_failure(finding.severity);
        failures += usize::from(is_failure);
        let child = if is_failure {
            let severity = R::severity_name(finding.severity);
            format!("<failure type=\"{severity}\" message=\"{what}\">{locations}</failure>")
        } else {
            format!("<system-out>{what}\n{locations}</system-out>")
        };
        add_case::<R>(&mut cases, &name, finding.rule.id, &child);
    }
    if cases.is_empty() {
        add_case::<R>(&mut cases, &name, R::VERB, "");
    }
    let tests = result.findings().len().max(1);
    Suite { name, tests, failures, errors: 0, cases }
}

fn add_case<R: Reported>(cases: &mut String, wheel: &str, name: &str, child: &str) {
    let (wheel, verb) = (escape(wheel), R::VERB);
    let _ = writeln!(
        cases,
        "    <testcase classname=\"{verb}.{wheel}\" name=\"{}\">{child}</testcase>",
        escape(name)
    );
}

/// Returns the locations of a finding, one a line, and what to do.
fn locations(finding: &Finding) -> String {
    let line = |Location { member, found }: &Location| {
        let parts = member.as_deref().into_iter().chain([found.as_str()]);
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        escape(&parts.join(": "))
    };
    let mut lines: Vec<String> = finding.locations.iter().take(MAX_LOCATIONS).map(line).collect();
    let more = finding.unlisted + finding.locations.len().saturating_sub(MAX_LOCATIONS);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.push(format!("hint: {}", escape(finding.fix)));
    lines.join("\n")
}

/// Escapes text for content and attributes.
fn escape(text: &str) -> String {
    escape_markup(&escape_text(text))
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(
            escape("a<b>&\"c\"\u{1b}\u{0}\u{ffff}é"),
            "a&lt;b&gt;&amp;&quot;c&quot;\\u{1b}\\u{0}\u{fffd}é"
        );
    }
}
