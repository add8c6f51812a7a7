//! Checks which modules of `src` use each other, against the table of layers and for cycles between files of a
//! module.
//!
//! The test searches the text for paths that begin with `crate`, `super` or `self`, in a `use` or in code. It
//! resolves each path to a file of `src`. If the path names a re-exported item, it follows the `use`
//! declarations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regex::Regex;

use super::layer_table::LAYERS;
use super::{INNER_CYCLES, code, read, rust_files};

/// The segments of a path, such as `elf`, `read`.
type Path = Vec<String>;

/// For each module, such as `elf::read`, the modules with the same parent that it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The modules that each module may use, as in [`LAYERS`].
type Layers<'a> = [(&'a str, &'a [&'a str])];

/// Maximum length of a chain of re-exports.
const MAX_REEXPORTS: usize = 8;

/// Returns the uses between modules with the same parent. `files` are names and texts below `src`.
fn uses_of(files: &[(String, String)]) -> Uses {
    let sources: Vec<Source> =
        files.iter().flat_map(|(file, text)| Source::read(file, text)).collect();
    let mut modules = BTreeSet::new();
    let mut reexports = HashMap::new();
    for source in &sources {
        modules.extend((1..=source.module.len()).map(|length| source.module[..length].to_vec()));
        reexports.extend(source.declared());
    }
    let mut uses: Uses = modules
        .iter()
        .filter(|module| module.len() == 1)
        .map(|module| (module.join("::"), BTreeSet::new()))
        .collect();
    for source in &sources {
        for path in source.paths() {
            let Some((from, to)) = siblings(&source.module, path, &modules, &reexports) else {
                continue;
            };
            // A test may use all modules of its parent, because no module uses a test.
            if from.len() == 1 || !source.is_test() {
                uses.entry(from.join("::")).or_default().insert(to.join("::"));
            }
        }
    }
    uses
}

/// Returns the user and the used module, with the same parent, of a `path` in `module`.
fn siblings(
    module: &[String],
    mut path: Path,
    modules: &BTreeSet<Path>,
    reexports: &HashMap<Path, Path>,
) -> Option<(Path, Path)> {
    for _ in 0..MAX_REEXPORTS {
        let common = module.iter().zip(&path).take_while(|(a, b)| a == b).count();
        let used = path.get(..=common)?;
        if modules.contains(used) {
            return Some((module.get(..=common)?.to_vec(), used.to_vec()));
        }
        path = [reexports.get(used)?, &path[common + 1..]].concat();
    }
    None
}

/// A file of `src` without its tests, or the module `tests` at its end.
struct Source {
    module: Path,
    text: String,
}

impl Source {
    fn read(file: &str, text: &str) -> Vec<Self> {
        let name = file.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
        let mut module: Path = name.split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        let text = code(text);
        let Some((text, tests)) = text.split_once("\nmod tests {") else {
            return vec![Self { module, text }];
        };
        let tests_module = [&module[..], &["tests".to_owned()]].concat();
        vec![
            Self { module, text: text.to_owned() },
            Self { module: tests_module, text: tests.to_owned() },
        ]
    }

    fn is_test(&self) -> bool {
        self.module.last().is_some_and(|name| name == "tests" || name.ends_with("_tests"))
    }

    /// Returns the paths in the text as absolute paths, without `crate`.
    fn paths(&self) -> Vec<Path> {
        paths(&self.text).into_iter().filter_map(|path| self.absolute(&path)).collect()
    }

    /// Returns the items that `use` declarations bring into this module, and their origins.
    fn declared(&self) -> Vec<(Path, Path)> {
        let declaration = Regex::new(r"(?m)^(?:pub(?:\([^)]*\))? )?use ([^;]*);").unwrap();
        let paths = declaration.captures_iter(&self.text).flat_map(|found| paths(&found[1]));
        paths
            .filter_map(|path| {
                let item = [&self.module[..], &path[path.len() - 1..]].concat();
                Some((item, self.absolute(&path)?))
            })
            .collect()
    }

    fn absolute(&self, path: &[String]) -> Option<Path> {
        let (first, mut rest) = path.split_first()?;
        let mut module = match first.as_str() {
            "crate" => &[],
            "self" => &self.module[..],
            _ => self.module.split_last()?.1,
        };
        while let Some((first, after)) = rest.split_first()
            && first == "super"
        {
            module = module.split_last()?.1;
            rest = after;
        }
        Some([module, rest].concat())
    }
}

/// Returns all paths in a text that begin with `crate`, `super` or `self`. Expands braces.
fn paths(text: &str) -> Vec<Path> {
    let start = Regex::new(r"\b(crate|super|self)::").unwrap();
    let mut found = Vec::new();
    for begin in start.find_iter(text) {
        if !text[..begin.start()].ends_with("::") {
            take_tree(&text[begin.start()..], &mut Vec::new(), &mut found);
        }
    }
    found
}

/// Parses a path or a `use` tree and returns the rest of the text.
fn take_tree<'a>(text: &'a str, path: &mut Path, found: &mut Vec<Path>) -> &'a str {
    let text = text.trim_start();
    let length = text.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    if length > 0 {
        path.push(name.to_owned());
        let rest = if let Some(rest) = rest.strip_prefix("::") {
            take_tree(rest, path, found)
        } else {
            found.push(path.clone());
            rest
        };
        path.pop();
        return rest;
    }
    let Some(mut rest) = text.strip_prefix('{') else {
        // `*`, or the `<` of a generic argument.
        found.push(path.clone());
        return text.strip_prefix('*').unwrap_or(text);
    };
    while !rest.is_empty() && !rest.starts_with('}') {
        rest = take_tree(rest, path, found);
        // Skips ` as name`.
        rest = rest[rest.find([',', '}']).unwrap_or(rest.len())..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    rest.strip_prefix('}').unwrap_or(rest)
}

/// Returns a cycle, if there is one. The first module is repeated at the end.
fn cycle(uses: &Uses) -> Option<Vec<String>> {
    fn visit(
        module: &str,
        uses: &Uses,
        open: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> bool {
        if let Some(at) = open.iter().position(|it| it == module) {
            open.drain(..at);
            open.push(module.to_owned());
            return true;
        }
        if done.contains(module) {
            return false;
        }
        open.push(module.to_owned());
        if uses.get(module).into_iter().flatten().any(|used| visit(used, uses, open, done)) {
            return true;
        }
        open.pop();
        done.insert(module.to_owned());
        false
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|module| {
        let mut open = Vec::new();
        visit(module, uses, &mut open, &mut done).then_some(open)
    })
}

fn table(layers: &Layers<'_>) -> Uses {
    let owned = |&it: &&str| it.to_owned();
    layers
        .iter()
        .map(|(module, used)| ((*module).to_owned(), used.iter().map(owned).collect()))
        .collect()
}

/// Returns messages about uses that the table does not allow, and modules that it does not list.
fn not_allowed(uses: &Uses, layers: &Layers<'_>) -> Vec<String> {
    let table = table(layers);
    let mut wrong = Vec::new();
    for (module, used) in uses.iter().filter(|(module, _)| !module.contains("::")) {
        let Some(allowed) = table.get(module) else {
            wrong.push(format!("the module `{module}` has no layer in tests/tidy.rs"));
            continue;
        };
        wrong.extend(
            used.difference(allowed).map(|used| format!("`{module}` may not use `{used}`")),
        );
    }
    let absent = table.keys().filter(|module| !uses.contains_key(*module));
    wrong.extend(absent.map(|module| format!("there is no module `{module}`")));
    wrong
}

/// Removes uses. Returns messages about those that do not exist or are in no cycle.
fn remove(uses: &mut Uses, pairs: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (module, used) in pairs {
        if !uses.get_mut(*module).is_some_and(|all| all.remove(*used)) {
            wrong.push(format!("`{module}` does not use `{used}`: remove the pair"));
        }
    }
    for (module, used) in pairs {
        let mut with_pair = uses.clone();
        with_pair.entry((*module).to_owned()).or_default().insert((*used).to_owned());
        if wrong.is_empty() && cycle(uses).is_none() && cycle(&with_pair).is_none() {
            wrong.push(format!("`{module}` may use `{used}`, there is no cycle: remove the pair"));
        }
    }
    wrong
}

fn uses_in_src() -> Uses {
    let files: Vec<_> = rust_files("src/").into_iter().map(|file| (read(&file), file)).collect();
    uses_of(&files.into_iter().map(|(text, file)| (file, text)).collect::<Vec<_>>())
}

#[test]
fn modules_use_only_what_is_below_them() {
    let wrong = not_allowed(&uses_in_src(), LAYERS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_layers_has_no_cycle() {
    assert_eq!(cycle(&table(LAYERS)), None);
}

#[test]
fn files_of_a_module_do_not_use_each_other_in_a_cycle() {
    let mut uses = uses_in_src();
    let wrong = remove(&mut uses, INNER_CYCLES);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cycle(&uses), None);
}

/// Returns the uses in files of a test.
fn made_up(files: &[(&str, &str)]) -> Uses {
    let files: Vec<_> =
        files.iter().map(|&(file, text)| (format!("src/{file}"), text.to_owned())).collect();
    let mut uses = uses_of(&files);
    uses.retain(|_, used| !used.is_empty());
    uses
}

fn expected(uses: &[(&str, &[&str])]) -> Uses {
    table(uses)
}

#[test]
fn uses_are_found() {
    let text = "use crate::cli::{self, Verb};\nuse crate::{flagfile, pack::{run, Plan}, zip::Mode as M};\n\
                // use crate::commented;\n\
                fn f() { crate::error::bare() }\nmod tests {\nuse crate::elf::ElfFacts;\nuse super::*;\n}";
    let empty = ["cli", "flagfile", "pack", "zip", "error", "elf", "commented"]
        .map(|it| format!("{it}.rs"));
    let mut files: Vec<_> = empty.iter().map(|file| (file.as_str(), "")).collect();
    files.push(("main/deep/mod.rs", text));
    let all: &[&str] = &["cli", "elf", "error", "flagfile", "pack", "zip"];
    assert_eq!(made_up(&files), expected(&[("main", all)]));
}

#[test]
fn an_upward_import_is_found() {
    let layers: [(&str, &[&str]); 2] = [("low", &[]), ("high", &["low"])];
    let uses = |low, high| {
        uses_of(&[("src/low.rs".to_owned(), low), ("src/high/mod.rs".to_owned(), high)])
    };
    let (up, down) = ("use crate::high::H;".to_owned(), "use crate::low;".to_owned());
    assert_eq!(not_allowed(&uses(String::new(), down.clone()), &layers), [""; 0]);
    assert_eq!(not_allowed(&uses(up, down), &layers), ["`low` may not use `high`"]);
    let uses = uses_of(&[("src/other.rs".to_owned(), String::new())]);
    let wrong = [
        "the module `other` has no layer in tests/tidy.rs",
        "there is no module `high`",
        "there is no module `low`",
    ];
    assert_eq!(not_allowed(&uses, &layers), wrong);
}

#[test]
fn a_cycle_in_the_table_is_found() {
    let mut layers: Vec<(&str, &[&str])> =
        vec![("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])];
    assert_eq!(cycle(&table(&layers)), None);
    layers[3].1 = &["b"];
    let found = cycle(&table(&layers)).unwrap();
    assert_eq!(found, ["b", "d", "b"]);
}

#[test]
fn a_cycle_between_files_of_a_module_is_found() {
    let mut files = vec![
        ("elf/mod.rs", "mod read;\npub use self::read::{Machine, Reader};\nmod facts;\nmod deep;"),
        (
            "elf/read.rs",
            "use super::deep::inner::X;\nmod tests {\nuse super::super::facts::ElfFacts;\n}",
        ),
        ("elf/facts.rs", "fn f() -> super::Machine { crate::elf::read::machine() }"),
        ("elf/deep/mod.rs", "mod inner;"),
        ("elf/deep/inner.rs", "use super::super::ElfError;"),
    ];
    let acyclic = expected(&[("elf::facts", &["elf::read"]), ("elf::read", &["elf::deep"])]);
    assert_eq!(made_up(&files), acyclic);
    assert_eq!(cycle(&acyclic), None);
    files[4].1 = "use super::super::facts;";
    let mut uses = made_up(&files);
    let found = cycle(&uses).unwrap();
    assert_eq!(found, ["elf::deep", "elf::facts", "elf::read", "elf::deep"]);
    // An exception must exist and be part of a cycle.
    assert_eq!(remove(&mut uses, &[("elf::deep", "elf::facts")]), [""; 0]);
    assert_eq!(cycle(&uses), None);
    assert_eq!(remove(&mut uses, &[("elf::facts", "elf::read")]).len(), 1, "in no cycle");
    assert_eq!(remove(&mut uses, &[("elf::facts", "elf::read")]).len(), 1, "not there");
}
