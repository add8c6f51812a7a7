//! `wheelworks lddtree`: who needs whom, and where it is found.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::arguments::LddtreeArguments;
use crate::context::{Context, Report};
use crate::elf::{Facts, FileLocation, IsaLevel, Platform, Tree};
use crate::error::Error;
use crate::escape::escape_text;
use crate::json;
use crate::judge::Judge;
use crate::platform::Libc;

/// Prints the trees of ELF files and of those in wheels.
pub fn run(arguments: &LddtreeArguments, context: &Context<'_>) -> Result<Report, Error> {
    let judge = Judge::new(arguments.look.config(context)?);
    let mut trees = Vec::new();
    for path in &arguments.files {
        context.cancel.check()?;
        let resolved = context.resolve(path);
        if resolved.is_dir() || path.extension().is_some_and(|extension| extension == "whl") {
            trees.extend(judge.trees(path, context)?);
        } else {
            trees.push(judge.tree_of_file(&resolved)?);
        }
    }
    let stdout = if arguments.json {
        let values: Vec<Value> = trees.iter().map(|(libc, tree)| value(*libc, tree)).collect();
        match values.as_slice() {
            [only] => json::to_text(only)?,
            several => json::to_text(&several)?,
        }
    } else {
        let texts: Vec<String> = trees.iter().map(|(_, tree)| text(tree)).collect();
        texts.join("\n")
    };
    Ok(Report { stdout, ..Report::default() })
}

/// A tree as `auditwheel lddtree` prints it.
fn value(libc: Option<Libc>, tree: &Tree) -> Value {
    let libraries: Map<String, Value> = tree
        .libraries
        .iter()
        .map(|library| {
            let platform = library.facts.as_ref().map(|facts| platform(&facts.platform, facts));
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
    let places = |places: &[FileLocation]| -> Vec<String> {
        places.iter().map(FileLocation::to_string).collect()
    };
    json!({
        "interpreter": tree.facts.interpreter,
        "libc": libc.map(|libc| libc.to_string()),
        "path": tree.place.to_string(),
        "realpath": tree.place.to_string(),
        "platform": platform(&tree.facts.platform, &tree.facts),
        "needed": tree.needed,
        "rpath": places(&tree.rpath),
        "runpath": places(&tree.runpath),
        "libraries": libraries,
    })
}

fn platform(platform: &Platform, facts: &Facts) -> Value {
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

/// A tree with indentation. What a library needs is shown where it comes up first.
fn text(tree: &Tree) -> String {
    let mut text = String::new();
    let interpreter = tree.facts.interpreter.as_deref();
    let suffix = interpreter.map_or_else(String::new, |path| format!(" (interpreter {path})"));
    let _ = writeln!(text, "{}", escape_text(&format!("{}{suffix}", tree.place)));
    let mut shown: HashSet<&str> = HashSet::new();
    // Each entry: the indentation, and the name.
    let mut pending: Vec<(usize, &String)> = tree.needed.iter().rev().map(|it| (1, it)).collect();
    while let Some((depth, soname)) = pending.pop() {
        let library = tree.library(soname);
        let place = library.and_then(|library| library.real.as_ref());
        let place = place.map_or_else(|| "not found".to_owned(), FileLocation::to_string);
        let line = escape_text(&format!("{soname} => {place}"));
        let _ = writeln!(text, "{}{line}", "  ".repeat(depth.min(MAX_INDENT)));
        if shown.insert(soname) {
            let needed = library.map_or(&[][..], |library| &library.needed);
            pending.extend(needed.iter().rev().map(|it| (depth + 1, it)));
        }
    }
    text
}

/// Deepest indentation: a chain of thousands stays readable.
const MAX_INDENT: usize = 40;
