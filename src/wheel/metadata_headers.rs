//! Name and version from an existing METADATA.

use std::borrow::Cow;

use super::{DistributionName, DistributionNameError, Headers, Version, VersionError};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// Name and version from a METADATA that another tool wrote (core metadata, PEP 566 and later).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataHeaders {
    /// Field `Name`.
    pub name: DistributionName,
    /// Field `Version`.
    pub version: Version,
}

impl MetadataHeaders {
    /// Parses METADATA.
    ///
    /// # Errors
    ///
    /// A field is missing or has a wrong value.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataHeadersError> {
        let headers = Headers::parse(bytes);
        let field = |field| headers.get(field).ok_or(MetadataHeadersError::Missing { field });
        Ok(Self { name: field("Name")?.parse()?, version: field("Version")?.parse()? })
    }
}

/// A METADATA without valid name and version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataHeadersError {
    /// A field is missing.
    #[error("METADATA has no field `{}`", escape_truncated(field))]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// Bad name.
    #[error("in METADATA: {0}")]
    Name(#[from] DistributionNameError),
    /// Bad version.
    #[error("in METADATA: {0}")]
    Version(#[from] VersionError),
}

impl Diagnose for MetadataHeadersError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Missing { .. } => {
                "fields come first, one a line, in front of the first blank line"
            }
            Self::Name(source) => return source.hint(),
            Self::Version(source) => return source.hint(),
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_are_read() {
        let headers = MetadataHeaders::parse(
            b"Metadata-Version: 2.1\r\nname: My.Pkg\r\nVersion: 1.0RC1\r\n\r\nVersion: 2",
        )
        .unwrap();
        assert_eq!(headers.name.as_str(), "My.Pkg");
        assert_eq!(headers.version.to_string(), "1.0rc1");
    }

    #[test]
    fn messages() {
        let message =
            |text: &str| MetadataHeaders::parse(text.as_bytes()).unwrap_err().message_with_hint();
        insta::assert_snapshot!(message("Name: a\n\nVersion: 1"), @r"
        METADATA has no field `Version`
        hint: fields come first, one a line, in front of the first blank line
        ");
        insta::assert_snapshot!(message("Name: a b\nVersion: 1"), @r"
        in METADATA: `a b` is not a distribution name: expected ASCII letters, digits, `-`, `_` and `.`, found ' '
        hint: begin and end with a letter or digit, as in `my-package`
        ");
        insta::assert_snapshot!(message("Name: a\nVersion: x"), @r"
        in METADATA: `x` is not a version: expected version to start with a number, but no leading ASCII digits were found
        hint: use a PEP 440 form, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`
        ");
    }
}
