//! Requirements of a distribution: other distributions (PEP 508) and versions of Python (PEP 440).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::marker::Marker;
use super::{DistributionName, MarkerEnvironment, Version, direct_url, specifier};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A requirement as its author wrote it, such as `numpy>=2 ; extra == "cuda"`.
///
/// Extras in its marker are normalised: METADATA names them in `Provides-Extra` too, and pip 23.2 and
/// 23.3 compare the two as written. Extras in `[…]` stay as they are: they belong to another distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    as_written: Box<str>,
    name: DistributionName,
    extras: BTreeSet<String>,
    doubtful: Vec<String>,
}

impl Requirement {
    /// Returns the name of the required distribution.
    #[must_use]
    pub fn name(&self) -> &DistributionName {
        &self.name
    }

    /// Returns the requirement restricted to an extra: with `extra == "…"` in its marker.
    #[must_use]
    pub fn with_extra(&self, extra: &DistributionName) -> Self {
        let (head, marker) = split_marker(&self.as_written);
        let extra = extra.normalized();
        // Only a blank ends a URL; a `;` may belong to it.
        let blank = if head.contains('@') { " " } else { "" };
        let head = head.trim_end();
        let as_written = match marker.map(str::trim) {
            None => format!("{head}{blank}; extra == '{extra}'"),
            Some(marker) if has_or(marker) => {
                format!("{head}{blank}; ({marker}) and extra == '{extra}'")
            }
            Some(marker) => format!("{head}{blank}; {marker} and extra == '{extra}'"),
        };
        let mut extras = self.extras.clone();
        extras.insert(extra);
        let (name, doubtful) = (self.name.clone(), self.doubtful.clone());
        Self { as_written: as_written.into(), name, extras, doubtful }
    }

    /// Iterates over comparisons of the marker that installers evaluate differently, such as
    /// `python_version in "3.8, 3.9"`.
    pub fn doubtful_comparisons(&self) -> impl Iterator<Item = &str> {
        self.doubtful.iter().map(String::as_str)
    }

    /// Returns the extras that are requested of the distribution, normalised: `cuda` of `jax[cuda]`.
    #[must_use]
    pub fn requested_extras(&self) -> BTreeSet<String> {
        let (head, _) = split_marker(&self.as_written);
        let rest = head.trim_start_matches(is_in_name);
        let list = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let extras = list.map_or("", |(extras, _)| extras).split(',').map(str::trim);
        extras
            .filter_map(|it| it.parse().ok())
            .map(|it: DistributionName| it.normalized())
            .collect()
    }

    /// Returns whether the requirement may count if the distribution that has it is installed with these extras,
    /// normalised: on some system, with some Python.
    #[must_use]
    pub fn may_apply(&self, extras: &BTreeSet<String>) -> bool {
        let marker = split_marker(&self.as_written).1.unwrap_or_default();
        has_or(marker) || marker.contains("!=") || self.extras.is_subset(extras)
    }

    /// Returns whether the requirement counts in an environment, if the distribution that has it is installed
    /// with these extras, normalised.
    #[must_use]
    pub fn applies(&self, environment: &MarkerEnvironment, extras: &BTreeSet<String>) -> bool {
        split_marker(&self.as_written).1.is_none_or(|marker| environment.holds(marker, extras))
    }

    /// Returns the versions of the distribution that it admits, as written: `>=2,<3`. Empty if it admits all
    /// of them, or names a URL.
    #[must_use]
    pub fn versions(&self) -> &str {
        let list = self.behind_extras();
        if list.starts_with('@') {
            return "";
        }
        list.strip_prefix('(').and_then(|list| list.strip_suffix(')')).unwrap_or(list).trim()
    }

    /// Returns the URL of a requirement such as `a @ https://…`.
    pub(super) fn url(&self) -> Option<&str> {
        self.behind_extras().strip_prefix('@').map(str::trim)
    }

    /// Returns what is behind the name and the extras, in front of the marker.
    fn behind_extras(&self) -> &str {
        let (head, _) = split_marker(&self.as_written);
        let rest = head.trim_start_matches(is_in_name).trim_start();
        let list = match rest.strip_prefix('[') {
            Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        list.trim()
    }

    /// Returns whether it admits a version of the distribution. Pre-releases count like other versions.
    #[must_use]
    pub fn admits(&self, version: &Version) -> bool {
        version.meets(self.versions())
    }

    /// Iterates over the extras in the marker, such as `extra == "cuda"`: extras of the distribution that
    /// *has* this requirement. Normalised (PEP 685) and sorted.
    pub fn marker_extras(&self) -> impl Iterator<Item = &str> {
        self.extras.iter().map(String::as_str)
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |problem| RequirementError { requirement: text.to_owned(), problem };
        let mut as_written = collapse_blanks(text);
        let name = validated_name(&as_written).map_err(error)?;
        let (head, marker) = split_marker(&as_written);
        check_versions(head).map_err(error)?;
        let mut parsed = Marker::default();
        if let Some(marker) = marker {
            let before = as_written.strip_suffix(marker).unwrap_or(head);
            parsed = Marker::parse(marker).map_err(error)?;
            as_written = format!("{before}{}", parsed.text);
        }
        let Marker { extras, doubtful, .. } = parsed;
        Ok(Self { as_written: as_written.into(), name, extras, doubtful })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.as_written)
    }
}

/// Returns whether a marker may have an `or`, which has a lower precedence than `and`.
fn has_or(marker: &str) -> bool {
    marker.split(|character: char| !character.is_alphanumeric()).any(|word| word == "or")
}

/// Replaces each run of blanks and line breaks outside quotes by one space.
fn collapse_blanks(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut quote = None;
    for character in text.trim().chars() {
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            _ => {}
        }
        if quote.is_some() || !character.is_whitespace() {
            result.push(character);
        } else if !result.ends_with(' ') {
            result.push(' ');
        }
    }
    result
}

/// Splits a requirement into the part before the marker, and the marker. A URL may contain a `;`: after a
/// URL, only a `;` that follows a blank starts a marker.
pub(super) fn split_marker(text: &str) -> (&str, Option<&str>) {
    let plain = text.split_once(';');
    let is_url = plain.map_or(text, |(head, _)| head).contains('@');
    let split = if is_url { text.split_once(" ;") } else { plain };
    split.map_or((text, None), |(head, marker)| (head, Some(marker)))
}

/// Checks what follows the name and the extras of a requirement without marker: a URL or specifiers.
fn check_versions(head: &str) -> Result<(), String> {
    let rest = head.trim_start_matches(is_in_name).trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').ok_or("expected `]` behind the extras")?.1,
        None => rest,
    };
    let rest = rest.trim();
    if let Some(url) = rest.strip_prefix('@') {
        return direct_url::check(url.trim_start());
    }
    let list = match rest.strip_prefix('(') {
        Some(list) => list.strip_suffix(')').ok_or("expected `)` behind the versions")?,
        None => rest,
    };
    specifier::check_list(list)
}

/// Returns whether a character can be in the name of a distribution.
fn is_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

/// Returns the distribution's name. Checks the extras, too: neither ends in punctuation (PEP 508).
fn validated_name(text: &str) -> Result<DistributionName, String> {
    if let Some(character) = text.chars().find(|character| character.is_control()) {
        return Err(format!("expected printable characters, found {character:?}"));
    }
    let rest = text.trim_start_matches(is_in_name);
    let name = text.strip_suffix(rest).unwrap_or(text);
    if let Some(rest) = rest.trim_start().strip_prefix('[') {
        let extras = rest.split_once(']').map_or(rest, |(extras, _)| extras);
        let extras = if extras.trim().is_empty() { None } else { Some(extras.split(',')) };
        for extra in extras.into_iter().flatten().map(str::trim) {
            extra.parse::<DistributionName>().map_err(|_| format!("`{extra}` is not an extra"))?;
        }
    }
    name.parse().map_err(|_| format!("expected a distribution's name in front, found `{name}`"))
}

/// A text that is not a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a requirement: {}", escape_truncated(requirement), escape_truncated(problem))]
pub struct RequirementError {
    /// The text.
    pub requirement: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Diagnose for RequirementError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("write it as PEP 508 has it, such as `numpy>=2.0`, or `jax[cuda12]==0.8; python_version >= \"3.12\"`".into())
    }
}

/// Versions of Python that a distribution runs on, as its author wrote them: `>=3.11,!=3.12.0`. All, if there
/// is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiresPython(Box<str>);

impl RequiresPython {
    /// Returns the specifiers as written, with single blanks.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether a release of this minor version of Python is admitted.
    #[must_use]
    pub fn admits(&self, major: u8, minor: u8) -> bool {
        let Ok(specifiers) = self.0.parse::<pep440_rs::VersionSpecifiers>() else { return true };
        let release = |patch: u64| pep440_rs::Version::new([major.into(), minor.into(), patch]);
        // No Python has had 99 patch releases.
        [0, 99].into_iter().any(|patch| specifiers.contains(&release(patch)))
    }
}

impl FromStr for RequiresPython {
    type Err = RequiresPythonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let specifiers = words.join(" ");
        // `packaging` ignores empty ones.
        let mut all = specifiers.split(',').map(str::trim).filter(|it| !it.is_empty());
        match all.try_for_each(specifier::check) {
            Ok(()) => Ok(Self(specifiers.into())),
            Err(problem) => Err(RequiresPythonError { specifiers: text.to_owned(), problem }),
        }
    }
}

impl fmt::Display for RequiresPython {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text that does not specify versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` does not specify versions of Python: {}",
    escape_truncated(specifiers),
    escape_truncated(problem)
)]
pub struct RequiresPythonError {
    /// The text.
    pub specifiers: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Diagnose for RequiresPythonError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("use a PEP 440 form, such as `>=3.11` or `>=3.11,<4`".into())
    }
}

#[cfg(test)]
#[path = "requirement_tests.rs"]
mod tests;
