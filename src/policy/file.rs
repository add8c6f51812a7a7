//! A file of policies that are not built in: what `--policy-file` names.
//!
//! `docs/policy-file.md` describes the format. A file is for every machine at once; what it says
//! about other C libraries than the wheel's does not count.

mod content;
mod entry;
mod item;
mod unique;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use toml::de::DeTable;

use self::item::Document;
use super::Policy;
use super::error::PolicyError;
use super::table::{self, soname, tag};
use crate::platform::{Libc, Machine};

/// Longest file in bytes. One that replaces every policy is a tenth as long; without a bound, a
/// file of references to built-in policies could stand for gigabytes.
pub(super) const LARGEST: u64 = 256 << 10;

/// Policies that a user adds, or puts in the place of built-in ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// No two have a name, an alias, or a priority for the same C library in common, nor does one
    /// with a built-in policy that it does not replace.
    policies: Vec<CustomPolicy>,
}

/// One policy of a file, for all machines. Names are without their machine.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CustomPolicy {
    libc: Libc,
    name: String,
    aliases: Vec<String>,
    priority: u32,
    /// A built-in policy. Without one, the policy is for the machines of `symbol_versions`.
    based_on: Option<&'static str>,
    allow_libraries: BTreeSet<String>,
    forbid_libraries: BTreeSet<String>,
    /// All that is allowed, by machine and prefix, in place of what the base has there.
    symbol_versions: BTreeMap<Machine, BTreeMap<String, BTreeSet<String>>>,
    /// By library, besides those of the base.
    forbid_symbols: BTreeMap<String, BTreeSet<String>>,
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
            return Err(PolicyError::TooLarge { path: path.to_owned() });
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

impl CustomPolicy {
    fn for_machine(&self, machine: Machine, built_in: &[Policy]) -> Option<Policy> {
        let mut policy = match self.based_on {
            Some(base) => {
                let base = tag(base, machine);
                built_in.iter().find(|policy| policy.name == base)?.clone()
            }
            None if self.symbol_versions.contains_key(&machine) => table::linux(machine),
            None => return None,
        };
        policy.name = tag(&self.name, machine);
        policy.aliases = self.aliases.iter().map(|alias| tag(alias, machine)).collect();
        policy.priority = self.priority;
        let soname = |name: &String| soname(name, self.libc, machine);
        policy.whitelist.extend(self.allow_libraries.iter().map(soname));
        for library in self.forbid_libraries.iter().map(soname) {
            policy.whitelist.remove(&library);
            policy.blacklist.remove(&library);
        }
        policy
            .symbol_versions
            .extend(self.symbol_versions.get(&machine).cloned().unwrap_or_default());
        for (library, symbols) in &self.forbid_symbols {
            policy.blacklist.entry(soname(library)).or_default().extend(symbols.iter().cloned());
        }
        Some(policy)
    }

    /// The name and the aliases.
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "file_refusal_tests.rs"]
mod refusal_tests;
