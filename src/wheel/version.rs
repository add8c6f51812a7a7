//! Versions (PEP 440), written in the normalised form for METADATA and file names.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A version such as `0.8.0rc1` or `2.15+cu128`.
///
/// `Display` writes the normalised form. It has no `-`, so it is valid in file names, with the `+` of a
/// local version. Versions that differ only in trailing zeros are equal (PEP 440), although their file
/// names differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pep440_rs::Version);

impl Version {
    /// Returns whether the version has a local part, such as `+cu128`, which public indexes refuse.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.is_local()
    }

    /// Returns whether it is a pre-release or a development release, which installers leave out unless they
    /// are asked for it or find no other.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.0.any_prerelease()
    }

    /// Returns whether specifiers, such as `>=2.0,<3`, admit it. Wrong ones admit every version.
    pub(super) fn meets(&self, specifiers: &str) -> bool {
        let specifiers = specifiers.trim().trim_end_matches(',');
        specifiers.parse::<pep440_rs::VersionSpecifiers>().map_or(true, |it| it.contains(&self.0))
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        pep440_rs::Version::from_str(text)
            .map(Self)
            .map_err(|error| VersionError { version: text.to_owned(), problem: error.to_string() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A text that is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a version: {}", escape_truncated(version), escape_truncated(problem))]
pub struct VersionError {
    /// The text.
    pub version: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Diagnose for VersionError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(
            "use a PEP 440 form, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`"
                .into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_normalized() {
        for (written, normalized) in [
            ("1.2.3", "1.2.3"),
            ("v1.02", "1.2"),
            ("1.0-ALPHA_2", "1.0a2"),
            ("1.0-1", "1.0.post1"),
            ("2!1.0.dev03", "2!1.0.dev3"),
            ("0.8.0.dev20261122+Self-Built_x", "0.8.0.dev20261122+self.built.x"),
        ] {
            let version: Version = written.parse().unwrap();
            assert_eq!(version.to_string(), normalized);
            assert_eq!(version, normalized.parse().unwrap());
            assert_eq!(version.is_local(), normalized.contains('+'));
        }
    }

    #[test]
    fn wrong_versions_are_refused() {
        for text in [
            "",
            "latest",
            "1.0.*",
            "1..2",
            "1.0/../x",
            "1.0+",
            "1.0 beta x",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn message() {
        insta::assert_snapshot!("1.0-snapshot".parse::<Version>().unwrap_err().message_with_hint(), @r"
        `1.0-snapshot` is not a version: after parsing `1.0`, found `-snapshot`, which is not part of a valid version
        hint: use a PEP 440 form, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`
        ");
    }
}
