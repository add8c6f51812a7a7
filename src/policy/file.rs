//! A file of policies that are not built in: what `--policy-file` names.
//!
//! `docs/policy-file.md` describes the format. A file is for every machine at once; what it says
//! about other C libraries than the wheel's does not count.

mod content;
mod custom;
mod entry;
mod item;
mod unique;

use std::io::Read as _;
use std::path::Path;

use toml::de::DeTable;

use self::custom::CustomPolicy;
use self::item::Document;
use super::error::PolicyError;
use super::platform_policy::Policy;
use super::table::tag;
use crate::platform::{Libc, Machine};

/// Longest file in bytes. One that replaces every policy is a tenth as long; without a bound, a
/// file of references to built-in policies could stand for gigabytes.
const LARGEST: u64 = 256 << 10;

/// Policies that a user adds, or puts in the place of built-in ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// No two have a name, an alias, or a priority for the same C library in common, nor does one
    /// with a built-in policy that it does not replace.
    policies: Vec<CustomPolicy>,
}

impl PolicyFile {
    /// Reads a policy file.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let unreadable = |source| PolicyError::Unreadable { path: path.to_owned(), source };
        // Before opening: that alone can wait forever on a pipe.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(PolicyError::NotAFile { path: path.to_owned() });
        }
        // Not fs_err: the error names the file already.
        let file = std::fs::OpenOptions::new().read(true).open(path).map_err(unreadable)?;
        let mut content = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut content).map_err(unreadable)?;
        let text = String::from_utf8(content).map_err(|error| {
            let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            let line = 1 + valid.filter(|byte| **byte == b'\n').count();
            let message = "it is not UTF-8".to_owned();
            PolicyError::Syntax { path: path.to_owned(), line, message }
        })?;
        Self::parse(path, &text)
    }

    /// Parses the text of a policy file. The path is for messages only.
    pub fn parse(path: &Path, text: &str) -> Result<Self, PolicyError> {
        if text.len() as u64 > LARGEST {
            return Err(PolicyError::TooLarge { path: path.to_owned(), limit: LARGEST });
        }
        let document = Document { path, text };
        let table = DeTable::parse(text).map_err(|error| document.syntax(&error))?;
        let items = item::policies(document, &table)?;
        let policies =
            items.iter().map(entry::policy).collect::<Result<Vec<CustomPolicy>, PolicyError>>()?;
        unique::check(&items, &policies)?;
        Ok(Self { policies })
    }

    /// Adds policies to the built-in ones of a C library and machine, and replaces those of the
    /// same name.
    pub(super) fn apply(&self, list: &mut Vec<Policy>, libc: Libc, machine: Machine) {
        let built_in = list.clone();
        for custom in self.policies.iter().filter(|custom| custom.libc == libc) {
            let name = tag(&custom.name, machine);
            list.retain(|policy| policy.name != name);
            list.extend(custom.for_machine(machine, &built_in));
        }
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "file_refusal_tests.rs"]
mod refusal_tests;
