//! Labels of wheel variants (the draft PEP 825): they tell wheels apart that differ by GPU or instruction set.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A label such as `sm_90`: lower-case letters, digits, `_` and `.`. The file `variant.json` of the wheel says what it
/// stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariantLabel(Box<str>);

impl VariantLabel {
    /// Returns the label as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VariantLabel {
    type Err = VariantLabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.')
        };
        if !text.is_empty() && text.bytes().all(is_allowed) {
            Ok(Self(text.into()))
        } else {
            Err(VariantLabelError { label: text.to_owned() })
        }
    }
}

impl fmt::Display for VariantLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Text that is not the label of a wheel variant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not the label of a wheel variant: expected lower-case ASCII letters, digits, `_` and `.`",
    escape_truncated(label)
)]
pub struct VariantLabelError {
    /// The text.
    pub label: String,
}

impl Diagnose for VariantLabelError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("a label is the last part of the name, such as `sm_90`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::VariantLabel;

    #[test]
    fn labels_of_the_draft_parse() {
        for (text, is_label) in [
            ("sm_90", true),
            ("x86_64_v3", true),
            ("cu12.8", true),
            ("0", true),
            ("", false),
            ("SM_90", false),
            ("sm-90", false),
            ("sm 90", false),
            ("ä", false),
        ] {
            assert_eq!(text.parse::<VariantLabel>().is_ok(), is_label, "{text}");
        }
    }
}
