//! Parses `DEST=SRC`, the value of options that name a file and its path in the wheel.

use std::ffi::OsStr;

use super::error::ArgumentsError;
use crate::declared_file::split_destination;

/// The value of an option that names a file and its path in the wheel.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DestSrc<'a> {
    /// The path in the wheel, unescaped.
    pub(super) destination: String,
    /// The file, as given.
    pub(super) source: &'a str,
}

impl<'a> DestSrc<'a> {
    /// Parses the value of `option`.
    pub(super) fn parse(option: &'static str, text: &'a OsStr) -> Result<Self, ArgumentsError> {
        let text = utf8(option, text)?;
        let (destination, source) =
            split_destination(text).ok_or_else(|| bad(option, text, "DEST=SRC"))?;
        if source.is_empty() {
            return Err(ArgumentsError::NoSource { option, text: text.to_owned() });
        }
        Ok(Self { destination, source })
    }
}

/// Returns the value of an option as text.
pub(super) fn utf8<'a>(option: &'static str, text: &'a OsStr) -> Result<&'a str, ArgumentsError> {
    text.to_str().ok_or_else(|| bad(option, &text.to_string_lossy(), "UTF-8"))
}

fn bad(option: &'static str, text: &str, expected: &'static str) -> ArgumentsError {
    ArgumentsError::MemberForm { option, text: text.to_owned(), expected }
}
