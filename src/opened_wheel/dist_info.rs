//! The search for a wheel's dist-info directory.

use std::borrow::Cow;
use std::collections::BTreeSet;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// The top-level directories of a wheel whose names end in `.dist-info`, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistInfoDirs(Vec<String>);

impl DistInfoDirs {
    /// Finds them among the names of an archive's members, where a directory ends in `/`.
    pub fn of_members<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::among(names.into_iter().filter_map(|name| Some(name.split_once('/')?.0)))
    }

    /// Finds them among the names of top-level directories.
    pub fn among<'a>(directories: impl IntoIterator<Item = &'a str>) -> Self {
        let found: BTreeSet<&str> =
            directories.into_iter().filter(|name| name.ends_with(".dist-info")).collect();
        Self(found.into_iter().map(str::to_owned).collect())
    }

    /// Returns all of them.
    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.0
    }

    /// Returns the only directory.
    ///
    /// # Errors
    ///
    /// If there is none, or more than one.
    pub fn only(mut self) -> Result<String, NotOneDistInfo> {
        match (self.0.pop(), self.0.is_empty()) {
            (Some(only), true) => Ok(only),
            (last, _) => {
                self.0.extend(last);
                Err(NotOneDistInfo { found: self.0 })
            }
        }
    }
}

/// A wheel whose dist-info directory is missing or not the only one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "expected one directory named `NAME-VERSION.dist-info`, found {}",
    if found.is_empty() { "none".to_owned() } else { escape_truncated(&found.join(", ")) }
)]
pub struct NotOneDistInfo {
    /// The directories found, sorted.
    pub found: Vec<String>,
}

impl Diagnose for NotOneDistInfo {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("a wheel has the metadata of one distribution; is this a wheel?".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_top_level_directories_count() {
        let names = ["a/b-1.dist-info/x", "c-1.dist-info", "d-1.dist-info/RECORD", "e/"];
        assert_eq!(DistInfoDirs::of_members(names).only().unwrap(), "d-1.dist-info");
        assert_eq!(DistInfoDirs::of_members(["d-1.dist-info/"]).all(), ["d-1.dist-info"]);
    }

    #[test]
    fn none_and_several_are_errors() {
        let error = DistInfoDirs::of_members(["a.py"]).only().unwrap_err();
        assert_eq!(error, NotOneDistInfo { found: Vec::new() });
        let names = ["b-1.dist-info/WHEEL", "a-1.dist-info/WHEEL", "b-1.dist-info/RECORD"];
        let error = DistInfoDirs::of_members(names).only().unwrap_err();
        assert_eq!(error.found, ["a-1.dist-info", "b-1.dist-info"]);
        assert_eq!(
            error.to_string(),
            "expected one directory named `NAME-VERSION.dist-info`, found a-1.dist-info, b-1.dist-info"
        );
    }
}
