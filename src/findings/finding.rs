//! One finding: a rule that is broken, and where.

use super::rule::{Rule, Severity};

/// Where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// The member, or the path of a file that is expected and missing; `None` for the wheel itself.
    pub(crate) member: Option<String>,
    /// Details of the violation; empty if the rule's own text is enough.
    pub(crate) found: String,
}

/// The forbidden needs of an ELF file outside of the wheel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The library.
    pub(crate) library: Option<String>,
    /// Versions of its symbols, such as `GLIBC_2.34`.
    pub(crate) versions: Vec<String>,
    /// Its symbols; `NAME@VERSION` where they are needed for a version.
    pub(crate) symbols: Vec<String>,
    /// The platform tag that forbids them.
    pub(crate) forbidden_by: Option<String>,
    /// The strictest platform tag that allows it.
    pub(crate) allowed_by: Option<String>,
}

/// A rule that is broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    /// The rule's severity, unless the verb raised it for this wheel.
    pub(crate) severity: Severity,
    /// What to do: the rule's own text, unless the verb knows better for this wheel.
    pub(crate) fix: &'static str,
    /// At least one.
    pub(crate) locations: Vec<Location>,
    /// How many more locations there are that `locations` does not list.
    pub(crate) unlisted: usize,
    pub(crate) needs: Needs,
}

impl Finding {
    /// A finding with one location.
    pub(crate) fn new(rule: &'static Rule, member: Option<&str>, found: String) -> Self {
        let location = Location { member: member.map(str::to_owned), found };
        Self {
            rule,
            severity: rule.severity,
            fix: rule.fix,
            locations: vec![location],
            unlisted: 0,
            needs: Needs::default(),
        }
    }

    /// Returns the rule and what to do: findings with the same ones may share a hint.
    pub(crate) fn advice(&self) -> (&'static str, &'static str) {
        (self.rule.id, self.fix)
    }
}

/// Returns how many findings have this severity.
pub(crate) fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

/// Sorts findings with one location each: the worst first, then by member and rule.
pub(crate) fn sort_by_member(findings: &mut [Finding]) {
    let key = |it: &Finding| {
        let member = it.locations.first().and_then(|location| location.member.clone());
        (std::cmp::Reverse(it.severity), member, it.rule.id, it.needs.library.clone())
    };
    findings.sort_by_cached_key(key);
}
