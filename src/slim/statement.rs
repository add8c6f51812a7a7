//! The file of the dist-info directory that says what was taken out and what got smaller. `docs/slim.md` describes it.

use serde_json::{Value, json};

use super::arguments::Recompression;
use super::error::SlimError;
use super::plan::Plan;
use super::selection::Selection;
use crate::error::Error;
use crate::json;

/// The name of the file.
pub(super) const NAME: &str = "wheelworks-slim.json";

/// The version of its form.
const VERSION: u64 = 1;

/// One time that a wheel is slimmed.
pub(super) struct Step<'a> {
    pub(super) selection: &'a Selection,
    pub(super) recompress: Option<Recompression>,
    pub(super) plan: &'a Plan,
}

impl Step<'_> {
    /// Returns the file with this step. `old` is the file of the old wheel, with the steps before this one.
    ///
    /// # Errors
    /// If the old file has another form.
    pub(super) fn added_to(
        &self,
        old: Option<&[u8]>,
        other_form: impl Fn() -> SlimError,
    ) -> Result<String, Error> {
        let mut steps = match old {
            None => Vec::new(),
            Some(bytes) => steps_of(bytes).ok_or_else(other_form)?,
        };
        steps.push(self.to_json()?);
        json::to_text(&json!({"version": VERSION, "steps": steps}))
    }

    fn to_json(&self) -> Result<Value, Error> {
        let mut libraries = Vec::new();
        for library in &self.plan.libraries {
            let mut row = json!({"path": library.path});
            row["removed"] = json::to_value(library.removed.rows())?;
            if let Some(sum) = library.recompressed {
                let (before, after) = (sum.bytes_before, sum.bytes_after);
                let entries = sum.entries;
                row["recompressed"] =
                    json!({"entries": entries, "bytes_before": before, "bytes_after": after});
            }
            libraries.push(row);
        }
        let (option, names) = self.selection.described();
        let mut step = json!({option: names, "libraries": libraries});
        if let Some(gpu) = self.selection.gpu() {
            step["gpu"] = gpu.name().into();
        }
        if let Some(Recompression::Zstd) = self.recompress {
            step["recompress"] = "zstd".into();
        }
        Ok(step)
    }
}

fn steps_of(bytes: &[u8]) -> Option<Vec<Value>> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    (document.get("version")?.as_u64()? == VERSION).then_some(())?;
    document.get("steps")?.as_array().cloned()
}
