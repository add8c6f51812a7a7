//! Whether a file is a software bill of materials: it parses as its form and has the fields that the form demands.
//!
//! | form | source |
//! |---|---|
//! | CycloneDX as JSON and XML | schemas 1.0 to 1.7 (ECMA-424) |
//! | SPDX 2 as JSON and tag-value text | SPDX 2.3, 6.1 to 6.9, 7.1 to 7.7 |
//! | SPDX 3 as JSON | SPDX 3.0.1, JSON-LD serialization |
//! | SPDX 2 as YAML and RDF, SWID | recognised by their names of fields; PEP 770 allows any form |

mod json;
mod tag_value;
mod xml;

use std::borrow::Cow;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// The form of a software bill of materials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SbomForm {
    /// CycloneDX as JSON.
    CycloneDxJson,
    /// CycloneDX as XML.
    CycloneDxXml,
    /// SPDX 2 as JSON.
    SpdxJson,
    /// SPDX 2 as tag-value text.
    SpdxTagValue,
    /// SPDX 2 as YAML.
    SpdxYaml,
    /// SPDX 2 as RDF in XML.
    SpdxRdf,
    /// SPDX 3 as JSON-LD.
    Spdx3,
    /// An ISO/IEC 19770-2 tag.
    Swid,
}

impl SbomForm {
    fn name(self) -> &'static str {
        match self {
            Self::CycloneDxJson => "CycloneDX as JSON",
            Self::CycloneDxXml => "CycloneDX as XML",
            Self::SpdxJson => "SPDX 2 as JSON",
            Self::SpdxTagValue => "SPDX 2 as tag-value text",
            Self::SpdxYaml => "SPDX 2 as YAML",
            Self::SpdxRdf => "SPDX 2 as RDF",
            Self::Spdx3 => "SPDX 3",
            Self::Swid => "SWID",
        }
    }
}

/// Why a file is no software bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SbomError {
    /// The file is in no known form.
    #[error("expected CycloneDX or SPDX, found neither")]
    Unknown,
    /// The file looks like one form, but cannot be parsed.
    #[error("expected {}, found what is not: {}", .form, escape_truncated(.problem))]
    Syntax {
        /// The name of the syntax.
        form: &'static str,
        /// What the parser says.
        problem: String,
    },
    /// A field that the form demands is missing or has a wrong value.
    #[error("expected {expected} in {}", form.name())]
    Field {
        /// The form.
        form: SbomForm,
        /// The missing field, and its value.
        expected: String,
    },
}

impl Diagnose for SbomError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("write it with a tool such as cyclonedx-py, or move it elsewhere".into())
    }
}

/// Returns the form of a software bill of materials.
///
/// # Errors
///
/// Says why the bytes are none.
pub fn sbom_form(bytes: &[u8]) -> Result<SbomForm, SbomError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SbomError::Unknown)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match text.trim_start().chars().next() {
        Some('{' | '[') => json::form(text),
        Some('<') => xml::form(text),
        _ => tag_value::form(text),
    }
}

/// Returns the error for a missing field.
fn missing(form: SbomForm, expected: impl Into<String>) -> SbomError {
    SbomError::Field { form, expected: expected.into() }
}

#[cfg(test)]
mod tests;
