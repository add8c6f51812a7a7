//! Formats values as JSON documents.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::Error;

/// The version of the schema of all documents. Fields may be added to a version.
const VERSION: u32 = 1;

/// Formats the document about one or several wheels: an object with `version` and `wheels`.
///
/// # Errors
///
/// As [`to_text`].
pub(crate) fn document(wheels: Vec<impl Serialize>) -> Result<String, Error> {
    versioned([("wheels".to_owned(), to_value(wheels)?)])
}

/// Formats an object with `version` and these fields.
///
/// # Errors
///
/// As [`to_text`].
pub(crate) fn versioned(
    fields: impl IntoIterator<Item = (String, Value)>,
) -> Result<String, Error> {
    to_text(&with_version(fields))
}

/// Returns an object with `version` and these fields.
pub(crate) fn with_version(fields: impl IntoIterator<Item = (String, Value)>) -> Value {
    let version = ("version".to_owned(), VERSION.into());
    std::iter::once(version).chain(fields).collect()
}

/// Returns the object of a wheel that could not be read. `path` is as it was given.
pub(crate) fn unreadable(path: &Path, message: &str) -> Value {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    json!({"wheel": name, "path": path.to_string_lossy(), "error": message})
}

/// Returns the fields of a value that is an object in JSON.
///
/// # Errors
///
/// As [`to_value`].
pub(crate) fn fields(value: impl Serialize) -> Result<Map<String, Value>, Error> {
    match to_value(value)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::Internal("a value is no object in JSON".to_owned())),
    }
}

/// Returns a value as JSON.
///
/// # Errors
///
/// [`Error::Internal`] if the value cannot be JSON, such as a map whose keys are not strings.
pub(crate) fn to_value(value: impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| not_json(&error))
}

/// Formats a value as indented JSON that ends with a line feed.
///
/// # Errors
///
/// As [`to_value`].
pub(crate) fn to_text(value: &impl Serialize) -> Result<String, Error> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(not_json(&error)),
    }
}

/// Formats a value as JSON on one line.
///
/// # Errors
///
/// As [`to_value`].
pub(crate) fn to_line(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> Error {
    Error::Internal(format!("a value has no form in JSON: {error}"))
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
