//! The timestamp of every member: `--timestamp`, else `SOURCE_DATE_EPOCH`.

use super::error::ArgumentsError;
use crate::context::Context;

/// Returns the timestamp in seconds since 1970, if one is given.
///
/// # Errors
/// If `SOURCE_DATE_EPOCH` is no whole number.
pub(super) fn timestamp_seconds(
    given: Option<i64>,
    context: &Context<'_>,
) -> Result<Option<i64>, ArgumentsError> {
    let (None, Some(text)) = (given, &context.environment.source_date_epoch) else {
        return Ok(given);
    };
    text.to_str()
        .and_then(|text| text.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| ArgumentsError::SourceDateEpoch(text.to_string_lossy().into_owned()))
}
