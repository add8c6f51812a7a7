//! JSON documents as text.

use serde::Serialize;

use crate::error::Error;

/// Formats a value as indented JSON with a line feed at its end.
pub(crate) fn to_text(value: &impl Serialize) -> Result<String, Error> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => Ok(text + "\n"),
        // Text does not fail to take bytes: the value has keys that are no strings, or the like.
        Err(error) => Err(Error::Internal(format!("a value has no form in JSON: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::to_text;
    use crate::error::ExitCode;

    #[test]
    fn a_value_without_a_form_in_json_is_an_error() {
        assert_eq!(to_text(&[1]).unwrap(), "[\n  1\n]\n");
        let error = to_text(&BTreeMap::from([([1, 2], 3)])).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Internal);
    }
}
