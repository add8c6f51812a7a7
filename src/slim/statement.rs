//! The file of the dist-info directory that says what was taken out. `docs/slim.md` describes it.

use serde_json::{Value, json};

use super::error::SlimError;
use super::plan::Plan;
use super::selection::Selection;
use crate::error::Error;
use crate::json;

/// The name of the file.
pub(super) const NAME: &str = "wheelworks-slim.json";

/// The version of its form.
const VERSION: u64 = 1;

/// Returns the file. `old` is that of the old wheel, with the steps before this one.
///
/// # Errors
/// If the old file has another form.
pub(super) fn text(
    old: Option<&[u8]>,
    selection: &Selection,
    plan: &Plan,
    other_form: impl Fn() -> SlimError,
) -> Result<String, Error> {
    let mut steps = match old {
        None => Vec::new(),
        Some(bytes) => steps_of(bytes).ok_or_else(other_form)?,
    };
    let libraries: Vec<Value> = plan
        .libraries
        .iter()
        .map(|library| {
            Ok(json!({"path": library.path, "removed": json::to_value(library.removed.rows())?}))
        })
        .collect::<Result<_, Error>>()?;
    let (option, names) = selection.described();
    steps.push(json!({option: names, "libraries": libraries}));
    json::to_text(&json!({"version": VERSION, "steps": steps}))
}

fn steps_of(bytes: &[u8]) -> Option<Vec<Value>> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    (document.get("version")?.as_u64()? == VERSION).then_some(())?;
    document.get("steps")?.as_array().cloned()
}
