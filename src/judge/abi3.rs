//! Findings about wheels for CPython's stable ABI (`abi3`, PEP 384, and `abi3t`, PEP 803): symbols that it does not
//! have, or not in the version that the wheel is tagged for.
//!
//! Every ELF file counts that needs a symbol of Python, apart from modules that one version of CPython imports. A
//! symbol that a file of the wheel defines itself is none of Python's. The stable ABI of free-threaded builds has the
//! same symbols. Free-threaded builds before 3.15 have none, but import modules that are called `.abi3.so`.

use std::collections::HashSet;

use super::contents::Contents;
use super::rules;
use super::stable_abi::{PythonAbi, StableAbi};
use super::trees::{Elf, Elves};
use crate::findings::{Finding, Rule, Severity};
use crate::python_api::{is_api_name, stable_since};
use crate::wheel::ExtensionSuffix;

/// Returns the findings about the files of a wheel.
pub(super) fn findings(contents: &Contents, elves: &Elves) -> Vec<Finding> {
    let abi = match contents.python_abi {
        PythonAbi::Stable(abi) => abi,
        PythonAbi::FreeThreaded => return elves.counted.iter().filter_map(free_threaded).collect(),
        PythonAbi::Other => return Vec::new(),
    };
    let own: HashSet<&str> = contents
        .elves()
        .flat_map(|(_, facts)| &facts.python_definitions)
        .map(String::as_str)
        .collect();
    let mut found = Vec::new();
    for elf in elves.counted.iter().filter(|elf| !is_for_one_version(elf)) {
        let mut symbols: Vec<&str> =
            elf.facts.python_references.iter().map(String::as_str).collect();
        symbols.retain(|symbol| is_api_name(symbol) && !own.contains(symbol));
        symbols.sort_unstable();
        symbols.dedup();
        let (stable, others): (Vec<&str>, Vec<&str>) =
            symbols.into_iter().partition(|symbol| stable_since(symbol).is_some());
        let is_later = |symbol: &&str| stable_since(symbol).is_some_and(|since| since > abi.minor);
        let later: Vec<&str> = stable.into_iter().filter(is_later).collect();
        found.extend(finding(&rules::ABI3_SYMBOL, elf, &others, abi));
        found.extend(finding(&rules::ABI3_VERSION, elf, &later, abi));
    }
    found
}

/// Returns the finding about a module for the stable ABI in a wheel for a free-threaded build.
fn free_threaded(elf: &Elf) -> Option<Finding> {
    let is_for_abi3 = elf.location.file_name().ends_with(".abi3.so");
    let message = "it is for the stable ABI, which this free-threaded Python does not have; importing it crashes";
    is_for_abi3
        .then(|| Finding::new(&rules::ABI3_FREE_THREADED, Some(&elf.path), message.to_owned()))
}

/// Returns whether a file is a module that one version of CPython imports.
fn is_for_one_version(elf: &Elf) -> bool {
    let suffix = ExtensionSuffix::of(elf.location.file_name());
    suffix.is_some_and(|suffix| suffix.version().is_some())
}

/// Returns the finding about symbols of a file; `None` if there are none.
fn finding(rule: &'static Rule, elf: &Elf, symbols: &[&str], abi: StableAbi) -> Option<Finding> {
    if symbols.is_empty() {
        return None;
    }
    let minor = abi.minor;
    let names: Vec<String> = symbols
        .iter()
        .map(|symbol| match stable_since(symbol) {
            Some(since) => format!("`{symbol}` (3.{since})"),
            None => format!("`{symbol}`"),
        })
        .collect();
    let names = names.join(", ");
    let lacking =
        symbols.iter().find_map(|symbol| abi.lacking(symbol).map(|version| (*symbol, version)));
    let end = lacking.map_or_else(String::new, |(symbol, version)| {
        format!("; CPython 3.{version} has no `{symbol}`, so the import fails there")
    });
    let message = if *rule == rules::ABI3_VERSION {
        format!("it needs {names}, which the stable ABI of 3.{minor} does not have yet{end}")
    } else {
        format!("it needs {names}, which the stable ABI does not have{end}")
    };
    let mut finding = Finding::new(rule, Some(&elf.path), message);
    finding.needs.symbols = symbols.iter().map(|symbol| (*symbol).to_owned()).collect();
    if lacking.is_some() {
        finding.severity = Severity::Error;
    }
    Some(finding)
}
