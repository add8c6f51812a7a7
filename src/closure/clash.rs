//! Exported symbols that files of two wheels share.
//!
//! Python loads extension modules with `RTLD_LOCAL`, so two of them do not see each other's symbols. Three things make
//! them: a package that loads its library with `RTLD_GLOBAL`, a library that both need, and symbols that are unique in
//! the process (`STB_GNU_UNIQUE`). The first definition then counts for both, if the file of the second may be
//! preempted: default visibility, no version, no `DF_SYMBOLIC`. Unique symbols are looked up by their names alone, in
//! spite of versions and `DF_SYMBOLIC` (`do_lookup_unique` in glibc's `elf/dl-lookup.c`).

use std::collections::BTreeMap;

use super::installed::Installed;
use super::problem::Problem;
use super::rules;
use super::symbol_index::{Entry, SymbolIndex};
use super::symbol_name::namespace;
use super::wheel::ClosureWheel;
use crate::elf::{Binding, SymbolKind, Visibility};

/// Namespaces and names that two files may share, each with the reason.
const HARMLESS: [(&str, &str); 8] = [
    ("std", "the C++ library keeps its binary interface"),
    ("__gnu_cxx", "as `std`"),
    ("__cxxabiv1", "as `std`"),
    ("pybind11", "its types carry the version of its internals"),
    ("nanobind", "as `pybind11`"),
    ("C linker", "`_init`, `_end` and the like belong to each file"),
    ("C PyInit", "the entry points of modules of one name in two packages"),
    ("C __cuda", "CUDA's registration functions are in each file"),
];

/// Names that link editors define in each file.
const LINKER: [&str; 9] = [
    "_init",
    "_fini",
    "_edata",
    "_end",
    "__bss_start",
    "__bss_start__",
    "__end__",
    "_start",
    "main",
];

/// The least number of shared symbols of a namespace that is reported: a few inline functions of a common header are
/// the same in most versions.
const LEAST: usize = 16;

/// Shared symbols of two files.
#[derive(Debug, Default)]
struct Shared {
    count: usize,
    /// The first name in the order of the symbol table.
    example: String,
}

/// Adds the namespaces whose symbols two wheels share.
pub(super) fn add(
    wheels: &[ClosureWheel],
    installed: &Installed,
    index: &SymbolIndex,
    problems: &mut Vec<Problem>,
) {
    let mut shared: BTreeMap<(usize, usize, &str), Shared> = BTreeMap::new();
    for entries in index.shared() {
        let exported = entries.iter().filter_map(|entry| exported(installed, *entry));
        let mut exported = exported.peekable();
        let Some(&first) = exported.peek() else { continue };
        let group = group(first.name);
        if HARMLESS.iter().any(|(harmless, _)| *harmless == group) {
            continue;
        }
        let wheel = |exported: Exported<'_>| installed.objects[exported.object].wheel;
        for other in exported {
            if wheel(other) != wheel(first) && first.is_one_with(other) {
                let shared = shared.entry((first.object, other.object, group)).or_default();
                if shared.count == 0 {
                    shared.example = String::from_utf8_lossy(first.name).into_owned();
                }
                shared.count += 1;
            }
        }
    }
    for ((other, object, group), shared) in shared {
        if shared.count < LEAST {
            continue;
        }
        let (object, other) = (&installed.objects[object], &installed.objects[other]);
        let detail = format!(
            "{} symbols of `{group}` are exported by `{}` of `{}`, too, such as `{}`",
            shared.count, other.path, wheels[other.wheel].candidate.package, shared.example
        );
        let (rule, file) = (&rules::SYMBOL_CLASH, Some(object.member.as_str()));
        let name = format!("{group} of {}", wheels[other.wheel].candidate.package);
        problems.push(Problem::new(rule, object.wheel, file, name, detail));
    }
}

/// A definition that may count for another file.
#[derive(Debug, Clone, Copy)]
struct Exported<'a> {
    object: usize,
    name: &'a [u8],
    /// Whether another file's definition counts for this one's file where it comes first.
    is_preemptible: bool,
    /// Whether it is unique in the process.
    is_unique: bool,
}

impl Exported<'_> {
    /// Returns whether one of two definitions may count for the files of both.
    fn is_one_with(self, other: Self) -> bool {
        let is_pair =
            self.is_preemptible && other.is_preemptible || self.is_unique && other.is_unique;
        is_pair && self.name == other.name
    }
}

/// Returns a definition, if it may count for another file.
fn exported(installed: &Installed, entry: Entry) -> Option<Exported<'_>> {
    let object = installed.objects.get(entry.object as usize)?;
    let linkage = object.facts.linkage.as_deref()?;
    let definition = linkage.definition_at(entry.definition)?;
    let is_exported = !object.is_program()
        && definition.visibility == Visibility::Default
        && matches!(definition.kind, SymbolKind::Function | SymbolKind::Data);
    let exported = Exported {
        object: entry.object as usize,
        name: definition.name,
        is_preemptible: definition.version.is_none() && !linkage.flags().is_symbolic(),
        is_unique: definition.binding == Binding::Unique,
    };
    (is_exported && (exported.is_preemptible || exported.is_unique)).then_some(exported)
}

/// Returns the namespace of a name; `C` and a prefix for one that is not of C++.
fn group(name: &[u8]) -> &str {
    let Ok(text) = std::str::from_utf8(name) else { return "C" };
    match namespace(text) {
        Some(namespace) => namespace,
        None if LINKER.contains(&text) => "C linker",
        None if text.starts_with("PyInit") => "C PyInit",
        None if text.starts_with("__cuda") => "C __cuda",
        None if text.starts_with("_Z") => "C++ without namespace",
        None => "C",
    }
}
