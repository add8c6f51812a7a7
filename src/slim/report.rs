//! What was taken out of a wheel, as text and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::plan::{ArchitectureSum, Plan, RecompressedSum, Sums};
use super::scanned::Scanned;
use crate::escape::escape_truncated;
use crate::size::rounded;

/// The report on one wheel. All lengths are in bytes.
#[derive(Debug, Serialize)]
pub(super) struct Slimmed {
    /// The path of the new wheel.
    pub(super) wheel: String,
    /// The path of the old wheel, as it was given.
    pub(super) source: String,
    /// Length of the old wheel.
    pub(super) bytes_before: u64,
    /// Length of the new wheel; `None` if it was not written.
    pub(super) bytes_after: Option<u64>,
    /// The device code that goes, by architecture.
    pub(super) removed: Vec<ArchitectureSum>,
    /// About how many bytes of the old wheel that is.
    pub(super) removed_in_wheel: u64,
    /// The libraries that change, in the wheel's order.
    pub(super) libraries: Vec<SlimmedLibrary>,
    /// What may be missed.
    pub(super) warnings: Vec<String>,
}

/// The report on one library.
#[derive(Debug, Serialize)]
pub(super) struct SlimmedLibrary {
    pub(super) path: String,
    pub(super) removed: Vec<ArchitectureSum>,
    pub(super) kept: Vec<ArchitectureSum>,
    /// About how many bytes of the old wheel the removed code takes.
    pub(super) removed_in_wheel: u64,
    /// The device code that gets smaller, if any does.
    pub(super) recompressed: Option<RecompressedSum>,
}

impl Slimmed {
    /// Returns the report on a wheel that is not written yet.
    pub(super) fn new(given: &Path, out: &Path, wheel: &Scanned, plan: &Plan) -> Self {
        let mut removed = Sums::default();
        plan.libraries.iter().for_each(|library| removed.extend(&library.removed));
        let libraries: Vec<SlimmedLibrary> = plan
            .libraries
            .iter()
            .map(|library| SlimmedLibrary {
                path: library.path.clone(),
                removed: library.removed.rows(),
                kept: library.kept.rows(),
                removed_in_wheel: library.bytes_in_wheel,
                recompressed: library.recompressed,
            })
            .collect();
        Self {
            wheel: out.to_string_lossy().into_owned(),
            source: given.to_string_lossy().into_owned(),
            bytes_before: wheel.archive.len(),
            bytes_after: None,
            removed: removed.rows(),
            removed_in_wheel: libraries.iter().map(|it| it.removed_in_wheel).sum(),
            libraries,
            warnings: Vec::new(),
        }
    }

    /// Returns about how many bytes shorter the new wheel is.
    fn less_in_wheel(&self) -> u64 {
        let sums = self.libraries.iter().filter_map(|library| library.recompressed);
        let less = sums.map(|sum| sum.bytes_in_wheel_before.saturating_sub(sum.bytes_after));
        self.removed_in_wheel + less.sum::<u64>()
    }

    /// Returns the report as text.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", escape_truncated(&self.wheel));
        for library in &self.libraries {
            let names = |sums: &[ArchitectureSum]| {
                let names: Vec<&str> = sums.iter().map(|sum| sum.name.as_str()).collect();
                if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
            };
            let path = escape_truncated(&library.path);
            let bytes: u64 = library.removed.iter().map(|sum| sum.bytes).sum();
            if !library.removed.is_empty() {
                let (removed, kept) = (names(&library.removed), names(&library.kept));
                let less = rounded(bytes);
                let _ = writeln!(text, "  {path}: {less} without {removed}; {kept} kept");
            }
            if let Some(sum) = &library.recompressed {
                let (before, after) = (rounded(sum.bytes_before), rounded(sum.bytes_after));
                let entries = sum.entries;
                let _ = writeln!(
                    text,
                    "  {path}: {entries} entries compressed with zstd, {before} before, {after} now"
                );
            }
        }
        let _ = match self.bytes_after {
            Some(after) => {
                writeln!(text, "  {} before, {} now", rounded(self.bytes_before), rounded(after))
            }
            None => writeln!(
                text,
                "  {} before, about {} less; nothing is written",
                rounded(self.bytes_before),
                rounded(self.less_in_wheel())
            ),
        };
        text
    }
}
