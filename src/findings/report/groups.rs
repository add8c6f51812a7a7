//! Findings with one cause in several files, grouped for people.

use std::collections::{BTreeMap, HashMap};

use crate::findings::{Finding, Location};

/// How many files or messages are listed; the rest is counted.
const MAX_LISTED: usize = 3;

/// How many symbols are listed for each version.
const MAX_SYMBOLS: usize = 4;

/// Findings of one rule, library and platform tag. What to do is the same for all.
#[derive(Debug)]
pub(super) struct Group<'a> {
    findings: Vec<&'a Finding>,
}

/// A message, and the files that it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) text: &'a str,
    pub(super) members: Vec<&'a str>,
}

/// Groups findings. A group is where its first finding was.
pub(super) fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut index = BTreeMap::new();
    for finding in findings {
        let needs = &finding.needs;
        let cause =
            (finding.severity, finding.rule.id, finding.fix, &needs.library, &needs.forbidden_by);
        let at = *index.entry(cause).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.findings.push(finding),
            None => groups.push(Group { findings: vec![finding] }),
        }
    }
    groups
}

impl<'a> Group<'a> {
    /// Returns the first finding.
    pub(super) fn first(&self) -> &'a Finding {
        self.findings[0]
    }

    /// Returns the messages with their files, in the order of the findings.
    pub(super) fn messages(&self) -> Vec<Message<'a>> {
        let mut messages: Vec<Message<'a>> = Vec::new();
        let mut index = HashMap::new();
        for Location { member, found } in self.findings.iter().flat_map(|it| &it.locations) {
            let at = *index.entry(found.as_str()).or_insert(messages.len());
            if at == messages.len() {
                messages.push(Message { text: found, members: Vec::new() });
            }
            messages[at].members.extend(member.as_deref());
        }
        messages
    }

    /// Returns the versions that the files need, each with some of their symbols of it.
    pub(super) fn versions(&self) -> Vec<(&'a str, Vec<&'a str>)> {
        let mut versions: Vec<(&str, Vec<&str>)> = Vec::new();
        for finding in &self.findings {
            for version in &finding.needs.versions {
                if !versions.iter().any(|(known, _)| known == version) {
                    versions.push((version, Vec::new()));
                }
            }
            for symbol in &finding.needs.symbols {
                let Some((name, of)) = symbol.rsplit_once('@') else { continue };
                let known = versions.iter_mut().find(|(version, _)| *version == of);
                if let Some((_, names)) = known
                    && names.len() < MAX_SYMBOLS
                    && !names.contains(&name)
                {
                    names.push(name);
                }
            }
        }
        versions
    }

    /// Returns the strictest platform tags that allow what the files need.
    pub(super) fn allowed_by(&self) -> Vec<&'a str> {
        let mut tags: Vec<&str> =
            self.findings.iter().filter_map(|it| it.needs.allowed_by.as_deref()).collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }
}

/// Lists the first of some texts, and counts the others: `a, b, c and 67 more`.
pub(super) fn listed(texts: &[String]) -> String {
    let shown = texts.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(MAX_LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Splits messages into those that are listed, and the number of files of the others.
pub(super) fn split<'m, 'a>(messages: &'m [Message<'a>]) -> (&'m [Message<'a>], usize) {
    let (listed, rest) = messages.split_at(messages.len().min(MAX_LISTED));
    (listed, rest.iter().map(|message| message.members.len()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    super::super::super::rule::rules! {
        LIBRARY = "external-library" Error "" "" "" "";
        VERSION = "symbol-version" Error "" "" "" "";
    }

    /// A finding about a file that needs versions of a library, which a tag forbids.
    fn finding(member: &str, library: &str, tag: &str, versions: &[&str]) -> Finding {
        let rule = if versions.is_empty() { &LIBRARY } else { &VERSION };
        let found = format!("it needs {} of {library}", versions.join(", "));
        let mut finding = Finding::new(rule, Some(member), found);
        finding.needs.library = Some(library.to_owned());
        finding.needs.forbidden_by = Some(tag.to_owned());
        finding.needs.versions = versions.iter().map(|&it| it.to_owned()).collect();
        finding.needs.symbols = versions.iter().map(|it| format!("f{member}@{it}")).collect();
        finding
    }

    #[test]
    fn a_group_has_one_rule_library_and_tag() {
        assert_eq!(ALL.len(), 2);
        let mut findings: Vec<Finding> =
            (0..70).map(|number| finding(&format!("{number}.so"), "liba.so", "t", &[])).collect();
        findings.push(finding("x.so", "liba.so", "other", &[]));
        findings.push(finding("x.so", "libb.so", "t", &[]));
        findings.push(finding("x.so", "libb.so", "t", &["B_1"]));
        let groups = groups(&findings);
        let sizes: Vec<usize> = groups.iter().map(|group| group.findings.len()).collect();
        assert_eq!(sizes, [70, 1, 1, 1]);
        let messages = groups[0].messages();
        assert_eq!(messages.len(), 1);
        let members: Vec<String> = messages[0].members.iter().map(|&it| it.to_owned()).collect();
        assert_eq!(listed(&members), "0.so, 1.so, 2.so and 67 more");
    }

    #[test]
    fn different_messages_of_a_group_are_listed() {
        let versions: [&[&str]; 6] =
            [&["A_1"], &["A_1", "A_2"], &["A_1"], &["A_3"], &["A_4"], &["A_4"]];
        let findings: Vec<Finding> = (0..6)
            .zip(versions)
            .map(|(number, versions)| finding(&number.to_string(), "liba.so", "t", versions))
            .collect();
        let groups = groups(&findings);
        let [group] = groups.as_slice() else { panic!("{groups:?}") };
        let messages = group.messages();
        let (shown, more) = split(&messages);
        let shown: Vec<_> = shown.iter().map(|it| (it.text, it.members.join(" "))).collect();
        assert_eq!(
            shown,
            [
                ("it needs A_1 of liba.so", "0 2".to_owned()),
                ("it needs A_1, A_2 of liba.so", "1".to_owned()),
                ("it needs A_3 of liba.so", "3".to_owned()),
            ]
        );
        assert_eq!(more, 2);
        let versions = group.versions();
        assert_eq!(versions[0], ("A_1", vec!["f0", "f1", "f2"]));
        assert_eq!(versions.len(), 4);
    }
}
