//! The timestamp of every member: an option's, else that of `SOURCE_DATE_EPOCH`.

use std::borrow::Cow;

use thiserror::Error;

use crate::context::Context;
use crate::error::Diagnose;

/// An invalid `SOURCE_DATE_EPOCH`.
#[derive(Debug, Error)]
#[error("`SOURCE_DATE_EPOCH={0}`: expected whole seconds since 1970")]
pub(crate) struct SourceDateEpochError(String);

impl Diagnose for SourceDateEpochError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("unset it, or give `--timestamp`".into())
    }
}

/// Returns the timestamp in seconds since 1970, if one is given.
///
/// # Errors
/// If `SOURCE_DATE_EPOCH` is no whole number.
pub(crate) fn timestamp_seconds(
    given: Option<i64>,
    context: &Context<'_>,
) -> Result<Option<i64>, SourceDateEpochError> {
    let (None, Some(text)) = (given, &context.environment.source_date_epoch) else {
        return Ok(given);
    };
    text.to_str()
        .and_then(|text| text.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| SourceDateEpochError(text.to_string_lossy().into_owned()))
}
