//! `DEST=SRC`: how options name a file and its place in the wheel.

use std::ffi::OsStr;

use super::error::PackError;
use crate::declared::split;

/// A place and a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub(super) destination: String,
    pub(super) source: &'a str,
}

/// Reads the value of an option.
pub(super) fn pair<'a>(option: &'static str, text: &'a OsStr) -> Result<Pair<'a>, PackError> {
    let text = utf8(option, text)?;
    let (destination, source) = split(text).ok_or_else(|| bad(option, text, "DEST=SRC"))?;
    if source.is_empty() {
        return Err(PackError::NoSource { option, text: text.to_owned() });
    }
    Ok(Pair { destination, source })
}

/// The value of an option as text.
pub(super) fn utf8<'a>(option: &'static str, text: &'a OsStr) -> Result<&'a str, PackError> {
    text.to_str().ok_or_else(|| bad(option, &text.to_string_lossy(), "UTF-8"))
}

pub(super) fn bad(option: &'static str, text: &str, expected: &'static str) -> PackError {
    PackError::MemberForm { option, text: text.to_owned(), expected }
}
