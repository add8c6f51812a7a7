//! Formats values as JSON documents.

use serde::Serialize;

use crate::error::Error;

/// Formats a value as indented JSON that ends with a line feed.
///
/// # Errors
///
/// [`Error::Internal`] if the value cannot be JSON, such as a map whose keys are not strings.
pub(crate) fn to_text(value: &impl Serialize) -> Result<String, Error> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(Error::Internal(format!("a value has no form in JSON: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::to_text;
    use crate::error::ExitCode;

    #[test]
    fn a_value_that_json_cannot_express_is_an_error() {
        assert_eq!(to_text(&[1]).unwrap(), "[\n  1\n]\n");
        let error = to_text(&BTreeMap::from([([1, 2], 3)])).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Internal);
    }
}
