//! `wheelworks lddtree`: the libraries that ELF files need, and where they are.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::arguments::LddtreeArguments;
use crate::context::{Context, Report};
use crate::elf::{ElfFacts, FileLocation, IsaLevel, Platform, Tree};
use crate::error::Error;
use crate::escape::escape_text;
use crate::json;
use crate::judge::{Judge, LibraryTree};
use crate::report_arguments::{DataForm, deliver};
use crate::wheel_paths::{self, UnpackedWheels};

/// Prints the trees of ELF files and of those in wheels.
pub fn run(arguments: &LddtreeArguments, context: &Context<'_>) -> Result<Report, Error> {
    let judge = Judge::new(arguments.lookup.config(context)?);
    let mut trees = Vec::new();
    for path in &wheel_paths::expand(&arguments.files, UnpackedWheels::Accepted, context)? {
        context.cancel.check()?;
        let resolved = context.resolve(path);
        if resolved.is_dir() || path.extension().is_some_and(|extension| extension == "whl") {
            trees.extend(judge.trees(path, arguments.layout, context)?);
        } else {
            trees.push(judge.tree_of_file(&resolved)?);
        }
    }
    let stdout = if arguments.form == DataForm::Json {
        let values: Vec<Value> = trees.iter().map(value_with_member).collect();
        json::versioned([("files".to_owned(), values.into())])?
    } else if arguments.json {
        let values: Vec<Value> = trees.iter().map(value).collect();
        match values.as_slice() {
            [only] => json::to_text(only)?,
            several => json::to_text(&several)?,
        }
    } else {
        let texts: Vec<String> = trees.iter().map(|it| text(&it.tree)).collect();
        texts.join("\n")
    };
    let report = Report { stdout, warnings: judge.warnings(), ..Report::default() };
    deliver(report, arguments.output.as_deref(), context)
}

/// Returns a tree in the form of `auditwheel lddtree`, and the file's path in the archive.
fn value_with_member(tree: &LibraryTree) -> Value {
    let mut value = value(tree);
    value["member"] = tree.member.as_deref().map_or(Value::Null, Value::from);
    value
}

/// Returns a tree in the form of `auditwheel lddtree`.
fn value(LibraryTree { libc, tree, .. }: &LibraryTree) -> Value {
    let libraries: Map<String, Value> = tree
        .libraries
        .iter()
        .map(|library| {
            // The interpreter is not read. It runs the file, so it is for the same platform.
            let is_interpreter = library.path.is_some() && library.facts.is_none();
            let facts = library.facts.as_ref().or(is_interpreter.then_some(&tree.facts));
            let platform = facts.map(|facts| platform(&facts.platform, facts));
            let value = json!({
                "soname": library.soname,
                "path": library.path.as_ref().map(FileLocation::to_string),
                "realpath": library.real.as_ref().map(FileLocation::to_string),
                "platform": platform,
                "needed": library.needed,
            });
            (library.soname.clone(), value)
        })
        .collect();
    let locations = |locations: &[FileLocation]| -> Vec<String> {
        locations.iter().map(FileLocation::to_string).collect()
    };
    json!({
        "interpreter": tree.facts.interpreter,
        "libc": libc.as_ref().map(ToString::to_string),
        "path": tree.location.to_string(),
        "realpath": tree.location.to_string(),
        "platform": platform(&tree.facts.platform, &tree.facts),
        "needed": tree.needed,
        "rpath": locations(&tree.rpath),
        "runpath": locations(&tree.runpath),
        "libraries": libraries,
    })
}

fn platform(platform: &Platform, facts: &ElfFacts) -> Value {
    let isa = facts.isa_needed.map(|level| match level {
        IsaLevel::V2 => "x86_64_v2",
        IsaLevel::V3 => "x86_64_v3",
        IsaLevel::V4 => "x86_64_v4",
        IsaLevel::Unknown => "unknown",
    });
    json!({
        "os_abi": platform.os_abi,
        "class": if platform.class == crate::elf::Class::Elf64 { 64 } else { 32 },
        "little_endian": platform.little_endian,
        "e_machine": platform.e_machine,
        "architecture": platform.machine.map(|machine| machine.to_string()),
        "isa": isa,
    })
}

/// Returns a tree as indented text. The libraries of a library are shown below its first occurrence.
fn text(tree: &Tree) -> String {
    let mut text = String::new();
    let interpreter = tree.facts.interpreter.as_deref();
    let suffix = interpreter.map_or_else(String::new, |path| format!(" (interpreter {path})"));
    let _ = writeln!(text, "{}", escape_text(&format!("{}{suffix}", tree.location)));
    let mut shown: HashSet<&str> = HashSet::new();
    // Each entry: depth and soname.
    let mut pending: Vec<(usize, &String)> = tree.needed.iter().rev().map(|it| (1, it)).collect();
    while let Some((depth, soname)) = pending.pop() {
        let library = tree.library(soname);
        let location = library.and_then(|library| library.real.as_ref());
        let location = location.map_or_else(|| "not found".to_owned(), FileLocation::to_string);
        let line = escape_text(&format!("{soname} => {location}"));
        let _ = writeln!(text, "{}{line}", "  ".repeat(depth.min(MAX_INDENT)));
        if shown.insert(soname) {
            let needed = library.map_or(&[][..], |library| &library.needed);
            pending.extend(needed.iter().rev().map(|it| (depth + 1, it)));
        }
    }
    text
}

/// Maximum depth of indentation, for chains of thousands of libraries.
const MAX_INDENT: usize = 40;
