//! The sizes of a wheel that a budget bounds, from the report of `inspect`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::error::BudgetError;
use super::file::{Measure, Part};
use crate::context::Context;
use crate::error::{Error, FileError};
use crate::{inspect, regular_file};

/// Maximum length of a saved report in bytes. That of torch takes 5 MB.
const MAX_REPORT: u64 = 256 << 20;

/// The sizes of one part in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) content: u64,
    pub(super) compressed: u64,
}

impl Sizes {
    fn add(&mut self, other: Self) {
        self.content = self.content.saturating_add(other.content);
        self.compressed = self.compressed.saturating_add(other.compressed);
    }

    pub(super) fn of(self, measure: Measure) -> u64 {
        match measure {
            Measure::Content => self.content,
            Measure::Compressed => self.compressed,
        }
    }
}

/// The sizes of a wheel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WheelSizes {
    /// The content of all files, and the length of the archive.
    pub(super) wheel: Sizes,
    /// By path, without the version in the names of the dist-info and data directories.
    pub(super) files: BTreeMap<String, Sizes>,
    /// By name, of all libraries together.
    pub(super) sections: BTreeMap<String, Sizes>,
    /// By name, of all files together.
    pub(super) architectures: BTreeMap<String, Sizes>,
}

impl WheelSizes {
    /// Inspects a wheel.
    pub(crate) fn of_wheel(path: &Path, context: &Context<'_>) -> Result<Self, Error> {
        let report = inspect::report_of(path, context)?;
        Self::of_report(&report).ok_or_else(|| Error::Internal("a report without sizes".to_owned()))
    }

    /// Reads a baseline: a wheel, or a saved report about one wheel.
    pub(crate) fn of_baseline(path: &Path, context: &Context<'_>) -> Result<Self, Error> {
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Self::of_wheel(path, context);
        }
        let problem = |problem: &str| BudgetError::Baseline {
            path: path.to_owned(),
            problem: problem.to_owned(),
        };
        let resolved = context.resolve(path);
        let unreadable = |error| FileError::on("read", &resolved)(error);
        let Some(file) = regular_file::open(&resolved).map_err(unreadable)? else {
            return Err(problem("expected a file, found something else").into());
        };
        let mut bytes = Vec::new();
        file.take(MAX_REPORT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_REPORT {
            return Err(problem("expected at most 256 MiB, found more").into());
        }
        let document: Value = serde_json::from_slice(&bytes)
            .map_err(|error| problem(&format!("expected JSON, found a fault: {error}")))?;
        let wheels = document.get("wheels").and_then(Value::as_array).map(Vec::as_slice);
        let Some([only]) = wheels else {
            return Err(problem("expected a report about one wheel, found something else").into());
        };
        let sizes = Self::of_report(only);
        sizes.ok_or_else(|| problem("expected the report of `inspect`, found another one").into())
    }

    /// Returns the sizes in the object of a wheel; `None` if a field is missing.
    fn of_report(report: &Value) -> Option<Self> {
        let list = |value: &Value, field: &str| value.get(field)?.as_array().cloned();
        let text = |value: &Value, field: &str| Some(value.get(field)?.as_str()?.to_owned());
        let sizes = |value: &Value, content: &str, compressed: &str| {
            let number = |field: &str| value.get(field)?.as_u64();
            Some(Sizes { content: number(content)?, compressed: number(compressed)? })
        };
        let content = report.get("total")?.get("content")?.as_u64()?;
        let wheel = Sizes { content, compressed: report.get("len")?.as_u64()? };
        let mut found = Self { wheel, ..Self::default() };
        for member in list(report, "members")? {
            let (path, sizes) = (text(&member, "path")?, sizes(&member, "content", "compressed")?);
            found.files.entry(inspect::unversioned(&path)).or_default().add(sizes);
        }
        for library in list(report, "libraries")? {
            for section in list(&library, "sections")? {
                let (name, sizes) =
                    (text(&section, "name")?, sizes(&section, "len", "compressed")?);
                found.sections.entry(name).or_default().add(sizes);
            }
        }
        for sums in list(report.get("device_code")?, "architectures")? {
            let (name, sizes) = (text(&sums, "name")?, sizes(&sums, "bytes", "bytes_in_wheel")?);
            found.architectures.entry(name).or_default().add(sizes);
        }
        Some(found)
    }

    /// Returns the sizes of all that a limit bounds together.
    pub(super) fn of_part(&self, part: &Part) -> Sizes {
        let mut sum = Sizes::default();
        match part {
            Part::Wheel => return self.wheel,
            Part::Section(name) => return self.sections.get(name).copied().unwrap_or_default(),
            Part::Files(pattern) => {
                let files = self.files.iter().filter(|(path, _)| Part::matches_path(pattern, path));
                files.for_each(|(_, sizes)| sum.add(*sizes));
            }
            Part::Architecture(name) => {
                let found = self.architectures.iter().filter(|(entry, _)| name.matches(entry));
                found.for_each(|(_, sizes)| sum.add(*sizes));
            }
        }
        sum
    }
}
