//! A bounded collection of findings by rule: a hostile archive can break one rule a million times.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::finding::{Finding, Location};
use super::rule::Rule;
use super::selection::Selection;

/// How many locations of one rule are kept; further ones are counted.
const MAX_LOCATIONS: usize = 100;

/// The selected rules that a wheel breaks.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    selection: &'a Selection,
    by_rule: BTreeMap<&'static str, Finding>,
}

impl<'a> Findings<'a> {
    /// An empty collection that takes findings of selected rules only.
    pub(crate) fn new(selection: &'a Selection) -> Self {
        Self { selection, by_rule: BTreeMap::new() }
    }

    /// Whether any of these rules is selected.
    pub(crate) fn want(&self, rules: &[&'static Rule]) -> bool {
        rules.iter().any(|rule| self.selection.has(rule))
    }

    /// Adds a finding about the wheel as a whole.
    pub(crate) fn add(&mut self, rule: &'static Rule, found: impl Into<String>) {
        self.push(rule, None, found.into());
    }

    /// Adds a finding about a member.
    pub(crate) fn add_at(&mut self, rule: &'static Rule, member: &str, found: impl Into<String>) {
        self.push(rule, Some(member), found.into());
    }

    fn push(&mut self, rule: &'static Rule, member: Option<&str>, found: String) {
        if !self.selection.has(rule) {
            return;
        }
        let Some(finding) = self.by_rule.get_mut(rule.id) else {
            self.by_rule.insert(rule.id, Finding::new(rule, member, found));
            return;
        };
        if finding.locations.len() < MAX_LOCATIONS {
            finding.locations.push(Location { member: member.map(str::to_owned), found });
        } else {
            finding.unlisted += 1;
        }
    }

    /// Returns the findings, the worst first, then by rule.
    pub(crate) fn into_sorted(self) -> Vec<Finding> {
        let mut all: Vec<Finding> = self.by_rule.into_values().collect();
        all.sort_by_key(|finding| (Reverse(finding.severity), finding.rule.id));
        all
    }
}
