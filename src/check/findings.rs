//! What was found, gathered by rule, and bounded: a hostile archive breaks one rule a million times.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::rules::{Rule, Severity};
use super::selection::Selection;

/// Most places that are listed of one rule; the rest is counted.
const MOST_PLACES: usize = 100;

/// Where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The member, or what is asked for and is no member.
    pub(super) member: Option<String>,
    /// What was found; empty if the rule says it all.
    pub(super) found: String,
}

/// A rule that is broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) rule: &'static Rule,
    /// At least one.
    pub(super) places: Vec<Place>,
    /// Places that are not listed.
    pub(super) more: usize,
}

/// The rules that a wheel breaks, of those that are selected.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    selection: &'a Selection,
    found: BTreeMap<&'static str, Finding>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(selection: &'a Selection) -> Self {
        Self { selection, found: BTreeMap::new() }
    }

    /// Whether any of these rules counts.
    pub(super) fn want(&self, rules: &[&'static Rule]) -> bool {
        rules.iter().any(|rule| self.selection.has(rule))
    }

    /// Adds what concerns the wheel as a whole.
    pub(super) fn add(&mut self, rule: &'static Rule, found: impl Into<String>) {
        self.push(rule, None, found.into());
    }

    /// Adds what concerns a member.
    pub(super) fn add_at(&mut self, rule: &'static Rule, member: &str, found: impl Into<String>) {
        self.push(rule, Some(member), found.into());
    }

    fn push(&mut self, rule: &'static Rule, member: Option<&str>, found: String) {
        if !self.selection.has(rule) {
            return;
        }
        let finding = self.found.entry(rule.id).or_insert_with(|| Finding {
            rule,
            places: Vec::new(),
            more: 0,
        });
        if finding.places.len() < MOST_PLACES {
            finding.places.push(Place { member: member.map(str::to_owned), found });
        } else {
            finding.more += 1;
        }
    }

    /// All of them, the worst first.
    pub(super) fn into_sorted(self) -> Vec<Finding> {
        let mut all: Vec<Finding> = self.found.into_values().collect();
        all.sort_by_key(|finding| (Reverse(finding.rule.severity), finding.rule.id));
        all
    }
}

/// How many rules of a severity are broken.
pub(super) fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.rule.severity == severity).count()
}
