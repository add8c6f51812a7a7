//! The policy file of `--policy-file`: policies that add to the built-in ones or replace some.
//!
//! `docs/policy-file.md` describes the format. One file covers all machines and C libraries. A
//! wheel is judged by the policies for its machine and C library.

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
use crate::regular_file;

/// Maximum file size in bytes. A file that replaces every policy takes a tenth of it. Without a limit, a
/// file of references to built-in policies could expand to gigabytes.
const MAX_BYTES: u64 = 256 << 10;

/// Policies that add to the built-in ones or replace some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// Names and aliases are unique. So are the priorities of one C library. Both hold together with
    /// the built-in policies that the file does not replace.
    policies: Vec<CustomPolicy>,
}

impl PolicyFile {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not a regular file, is larger than 256 KiB, or [`Self::parse`] fails.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let unreadable = |source| PolicyError::Unreadable { path: path.to_owned(), source };
        let Some(file) = regular_file::open(path).map_err(unreadable)? else {
            return Err(PolicyError::NotAFile { path: path.to_owned() });
        };
        let mut content = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut content).map_err(unreadable)?;
        let text = String::from_utf8(content).map_err(|error| {
            let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            let line = 1 + valid.filter(|byte| **byte == b'\n').count();
            let message = "it is not UTF-8".to_owned();
            PolicyError::Syntax { path: path.to_owned(), line, message }
        })?;
        Self::parse(path, &text)
    }

    /// Parses the text of a policy file. Only error messages use `path`.
    ///
    /// # Errors
    ///
    /// The text is not TOML, a key is missing, unknown or has a wrong value, or two policies share a
    /// name or priority.
    pub fn parse(path: &Path, text: &str) -> Result<Self, PolicyError> {
        if text.len() as u64 > MAX_BYTES {
            return Err(PolicyError::TooLarge { path: path.to_owned(), limit: MAX_BYTES });
        }
        let document = Document { path, text };
        let table = DeTable::parse(text).map_err(|error| document.syntax(&error))?;
        let items = item::policies(document, &table)?;
        let policies = items
            .iter()
            .map(entry::parse_policy)
            .collect::<Result<Vec<CustomPolicy>, PolicyError>>()?;
        unique::check_unique(&items, &policies)?;
        Ok(Self { policies })
    }

    /// Returns whether a policy has this name or alias, with or without a machine.
    #[must_use]
    pub fn has_name(&self, text: &str) -> bool {
        let is_text = |name: &str| {
            name == text || Machine::ALL.iter().any(|machine| tag(name, *machine) == text)
        };
        self.policies.iter().flat_map(CustomPolicy::names).any(is_text)
    }

    /// Adds the file's policies for a C library and machine to the built-in ones in `list`. A policy
    /// replaces the built-in one of the same name.
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
