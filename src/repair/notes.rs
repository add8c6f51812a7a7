//! What a repair says on stderr: lines in the words of `auditwheel`, for which scripts search, and warnings.

use std::collections::{BTreeSet, HashSet};

use super::choice::Choice;
use super::edits::{FileEdit, Layout};
use super::grafts::{Graft, Grafts};
use super::tags::{NewName, NewWheelFile};
use crate::escape::{escape_path, escape_truncated};
use crate::judge::{Contents, Foreign, Mismatch};
use crate::policy::Policies;
use crate::size::ByteSize;
use crate::slash_path::file_name;

/// Returns a line for each file for another platform, which stays as it is. `auditwheel` names files without their
/// directories.
pub(super) fn ignored(foreign: &[Foreign]) -> Vec<String> {
    let line = |foreign: &Foreign| {
        let what = match foreign.mismatch {
            Mismatch::Machine => "architecture",
            Mismatch::Libc => "libc",
        };
        let file = escape_truncated(file_name(&foreign.path));
        format!("ignoring: {file} with {} {what}", foreign.name)
    };
    foreign.iter().map(line).collect()
}

/// Returns a line for each excluded library.
pub(super) fn excluded(names: &BTreeSet<String>) -> Vec<String> {
    names.iter().map(|name| format!("Excluding {}", escape_truncated(name))).collect()
}

/// Returns the line for a wheel that meets a more portable tag than the requested one.
pub(super) fn eligible(choice: &Choice, policies: &Policies) -> Option<String> {
    let better =
        policies.iter().nth(choice.grafted).filter(|_| choice.grafted > choice.requested)?;
    Some(format!(
        "Wheel is eligible for a higher priority tag. You requested {} but I have found this wheel is eligible for {}.",
        choice.name, better.name
    ))
}

/// Returns a line for each graft.
pub(super) fn grafts(grafts: &Grafts) -> Vec<String> {
    let line = |graft: &Graft| {
        let source = escape_path(&graft.library.location);
        let size = ByteSize::from(graft.input.len());
        format!("Grafting {source} as {} ({size})", escape_truncated(&graft.name))
    };
    grafts.list.iter().map(line).collect()
}

/// Returns a line for each file whose search path loses entries.
pub(super) fn dropped(edits: &[FileEdit]) -> Vec<String> {
    let edits = edits.iter().filter(|edit| !edit.search_path.dropped.is_empty());
    let line = |edit: &FileEdit| {
        format!(
            "Dropping {} from the search path of {}; `--keep-rpath` keeps entries",
            escape_truncated(&edit.search_path.dropped.join(":")),
            escape_truncated(&edit.path)
        )
    };
    edits.map(line).collect()
}

/// Returns the lines about tags.
pub(super) fn tags(name: &NewName, wheel_file: &NewWheelFile) -> Vec<String> {
    let mut lines = vec![format!("Previous filename tags: {}", name.old.join(", "))];
    lines.push(if name.new == name.old {
        "No filename tags change needed.".to_owned()
    } else {
        format!("New filename tags: {}", name.new.join(", "))
    });
    lines.push(format!("Previous WHEEL info tags: {}", wheel_file.old.join(", ")));
    lines.push(if wheel_file.text.is_none() {
        "No WHEEL info change needed.".to_owned()
    } else {
        format!("New WHEEL info tags: {}", wheel_file.new.join(", "))
    });
    if wheel_file.becomes_platlib {
        lines.push("Changed wheel type to Platlib".to_owned());
    }
    lines
}

/// Returns a warning for each file that does not find its grafts once it is installed.
pub(super) fn lost(edits: &[FileEdit]) -> Vec<String> {
    let lost = edits.iter().filter(|edit| edit.is_lost);
    let warning = |edit: &FileEdit| {
        format!(
            "`{}` does not find its grafts once it is installed: installers put it in different directories; move it \
             into the package, or link its libraries statically",
            escape_truncated(&edit.path)
        )
    };
    lost.map(warning).collect()
}

/// Returns a warning for each needed library that is removed.
pub(super) fn removals(edits: &[FileEdit]) -> Vec<String> {
    let removed =
        edits.iter().flat_map(|edit| edit.edits.remove_needed.iter().map(move |it| (edit, it)));
    removed.map(|(edit, soname)| removal(soname, &edit.path)).collect()
}

/// Returns a warning for each needed library that is removed from a graft.
pub(super) fn removals_of_grafts(grafts: &Grafts, layout: &Layout) -> Vec<String> {
    let removals = |graft: &Graft| {
        let paths = layout.graft_paths(graft);
        let removed = graft.removed.iter();
        let lines = removed.flat_map(|soname| paths.iter().map(|(_, path)| removal(soname, path)));
        lines.collect::<Vec<_>>()
    };
    grafts.list.iter().flat_map(removals).collect()
}

fn removal(soname: &str, path: &str) -> String {
    format!(
        "Removing {} dependency from {}. Linking with libpython is forbidden for manylinux/musllinux wheels.",
        escape_truncated(soname),
        escape_truncated(path)
    )
}

/// Returns warnings about grafts: those of which the wheel has another copy, and those that loaders refuse.
pub(super) fn about_grafts(
    grafts: &Grafts,
    contents: &Contents,
    clear_execstack: bool,
) -> Vec<String> {
    let own: HashSet<&str> = contents.libraries().collect();
    let mut warnings = Vec::new();
    for graft in &grafts.list {
        let source = escape_path(&graft.library.location);
        if let Some(soname) = graft.sonames.iter().find(|soname| own.contains(soname.as_str())) {
            warnings.push(format!(
                "`{}` is grafted from `{source}`, though the wheel has a library of that name: the search path of \
                 the file that needs it does not lead there",
                escape_truncated(soname)
            ));
        }
        if graft.library.facts.executable_stack && !clear_execstack {
            warnings.push(format!(
                "`{source}` asks for an executable stack, and glibc 2.41 and later refuse to dlopen it; \
                 `--clear-execstack` clears the request"
            ));
        }
    }
    warnings
}

/// Returns a warning for each tag that the wheel had and does not meet. It stays, as with `auditwheel`.
pub(super) fn broken_tags(name: &NewName, choice: &Choice, policies: &Policies) -> Vec<String> {
    let is_broken = |tag: &&String| {
        let at = policies.iter().position(|policy| policy.has_name(tag));
        !choice.tags.contains(tag) && at.is_some_and(|at| at > choice.overall)
    };
    let warning = |tag: &String| {
        format!(
            "the wheel keeps its tag `{tag}`, which it does not meet; `wheelworks retag` removes it"
        )
    };
    name.new.iter().filter(is_broken).map(warning).collect()
}
