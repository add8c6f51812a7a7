//! The text reports of `inspect` and `diff`.

use std::fmt::Write as _;

use super::difference::{Difference, FileChange, KindChange, Moved};
use super::inventory::{Inventory, Member, Problem, unversioned};
use super::libraries::Library;
use super::metadata::About;
use super::pair::Pair;
use super::text_table::{Table, change_of, render_omitted};
use super::{By, Inspected, advice, device_text};
use crate::color::Paint;
use crate::escape::escape_truncated;
use crate::size::rounded;

/// Maximum number of sections that are listed for a library.
const MAX_SECTIONS: usize = 4;

/// Maximum number of paths that are listed for a duplicate.
const MAX_PATHS: usize = 4;

/// Renders the report of `inspect`.
pub(super) fn render(inspected: &Inspected, by: By, limit: usize, paint: Paint) -> String {
    let inventory = &inspected.inventory;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {} compressed, {} files of {} content ({})",
        paint.bold(&escape_truncated(&inspected.wheel)),
        rounded(inventory.len),
        inventory.total.members,
        rounded(inventory.total.content),
        share(inventory.len, inventory.total.content)
    );
    match &inspected.metadata {
        Some(summary) => render_metadata(&mut text, summary, limit),
        None => text.push_str("  no dist-info directory\n"),
    }
    let chunked = inventory.chunked;
    let _ = match chunked.members {
        0 => writeln!(text, "  tables of chunks: none"),
        members => writeln!(
            text,
            "  tables of chunks: {members}, of files of {}",
            rounded(chunked.content)
        ),
    };
    advice::render(&mut text, inspected);

    render_kinds(&mut text, inventory);
    let mut members = Table::new(["largest files", "", "content", "compressed", "share"]);
    for member in inventory.members.iter().take(limit) {
        members.row([
            escape_truncated(&member.path),
            storage_of(member),
            rounded(member.content),
            rounded(member.compressed),
            share(member.compressed, inventory.len),
        ]);
    }
    members.render(&mut text);
    render_omitted(&mut text, inventory.members.len(), limit);
    render_libraries(&mut text, &inspected.libraries, limit);
    if !inspected.device_code.libraries.is_empty() {
        device_text::render(&mut text, &inspected.device_code, by, limit, paint);
    }
    if let Some(what_if) = &inspected.what_if {
        device_text::render_what_if(&mut text, what_if, inventory.len);
    }
    render_duplicates(&mut text, inspected, limit);
    inspected.audit.iter().for_each(|audit| audit.render(&mut text));
    render_problems(&mut text, &inventory.problems, limit, paint);
    text
}

fn render_kinds(text: &mut String, inventory: &Inventory) {
    let of_archive = |bytes| share(bytes, inventory.len);
    let mut kinds = Table::new(["kind", "files", "content", "compressed", "share"]);
    for it in &inventory.kinds {
        kinds.row([
            it.kind.name().to_owned(),
            it.sums.members.to_string(),
            rounded(it.sums.content),
            rounded(it.sums.compressed),
            of_archive(it.sums.compressed),
        ]);
    }
    let overhead = rounded(inventory.overhead);
    let of_overhead = of_archive(inventory.overhead);
    kinds.row(["headers, directory".into(), String::new(), String::new(), overhead, of_overhead]);
    kinds.render(text);
}

fn render_problems(text: &mut String, problems: &[Problem], limit: usize, paint: Paint) {
    if problems.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint.yellow("members that `unpack` refuses"));
    for Problem { path, problem } in problems.iter().take(limit) {
        let _ = writeln!(text, "  {}: {}", escape_truncated(path), escape_truncated(problem));
    }
    render_omitted(text, problems.len(), limit);
}

fn render_metadata(text: &mut String, summary: &About, limit: usize) {
    let mut line = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            let first = value.lines().next().unwrap_or_default();
            let _ = writeln!(text, "  {name}: {}", escape_truncated(first));
        }
    };
    line("Name", summary.name.as_ref());
    line("Version", summary.version.as_ref());
    line("Summary", summary.summary.as_ref());
    line("License", summary.license.as_ref());
    line("Requires-Python", summary.requires_python.as_ref());
    line("Generator", summary.generator.as_ref());
    for (name, values) in [("Requires-Dist", &summary.requires_dist), ("Tag", &summary.tags)] {
        for value in values.iter().take(limit) {
            let _ = writeln!(text, "  {name}: {}", escape_truncated(value));
        }
        render_omitted(text, values.len(), limit);
    }
}

fn render_libraries(text: &mut String, libraries: &[Library], limit: usize) {
    if libraries.is_empty() {
        return;
    }
    text.push_str("\nlibraries and programs\n");
    for library in libraries.iter().take(limit) {
        let (content, compressed) = (rounded(library.content), rounded(library.compressed));
        let path = escape_truncated(&library.path);
        let _ = writeln!(text, "  {path}: {content} ({compressed} compressed)");
        if let Some(problem) = &library.problem {
            let _ = writeln!(text, "    not readable: {}", escape_truncated(problem));
            continue;
        }
        let machine = library.machine.as_deref().unwrap_or("another machine");
        let stripped = if library.stripped { "stripped" } else { "not stripped" };
        let debug = match library.debug {
            0 => String::new(),
            debug => format!(", {} of debug information", rounded(debug)),
        };
        let _ = match library.format {
            "elf" => {
                let build_id = library.build_id.as_deref().unwrap_or("none");
                writeln!(text, "    {machine}, {stripped}{debug}, build ID {build_id}")
            }
            "pe" => writeln!(text, "    {machine}, PE"),
            _ => {
                let minimum = library.minimum_system.as_deref();
                let minimum = minimum.map_or_else(String::new, |it| format!(", from {it}"));
                writeln!(text, "    {machine}, Mach-O{minimum}")
            }
        };
        let sections: Vec<String> = library
            .sections
            .iter()
            .take(MAX_SECTIONS)
            .map(|section| {
                let (content, compressed) = (rounded(section.len), rounded(section.compressed));
                format!("{} {content} ({compressed} compressed)", escape_truncated(&section.name))
            })
            .collect();
        let _ = match sections.as_slice() {
            [] => writeln!(text, "    no sections"),
            sections => writeln!(text, "    {}", sections.join(", ")),
        };
    }
    render_omitted(text, libraries.len(), limit);
}

fn render_duplicates(text: &mut String, inspected: &Inspected, limit: usize) {
    let duplicates = &inspected.duplicates;
    if duplicates.is_empty() {
        return;
    }
    let wasted = duplicates.iter().map(|it| it.wasted).fold(0, u64::saturating_add);
    let _ = writeln!(
        text,
        "\nthe same content more than once: {} compressed too much",
        rounded(wasted)
    );
    for duplicate in duplicates.iter().take(limit) {
        let paths = &duplicate.paths;
        let _ = writeln!(text, "  {} times {} content", paths.len(), rounded(duplicate.content));
        for path in paths.iter().take(MAX_PATHS) {
            let _ = writeln!(text, "    {}", escape_truncated(path));
        }
        if paths.len() > MAX_PATHS {
            let _ = writeln!(text, "    and {} more", paths.len() - MAX_PATHS);
        }
    }
    render_omitted(text, duplicates.len(), limit);
}

/// Renders the report of `diff`.
pub(super) fn render_difference(difference: &Difference, limit: usize, paint: Paint) -> String {
    let (old, new) = (&difference.old, &difference.new);
    let mut text = String::new();
    for (sign, side) in [('-', old), ('+', new)] {
        let line = format!(
            "{sign} {}: {} compressed, {} files of {} content",
            escape_truncated(&side.wheel),
            rounded(side.len),
            side.total.members,
            rounded(side.total.content)
        );
        let _ = writeln!(text, "{}", of_side(sign, &line, paint));
    }
    let len = Pair { old: old.len, new: new.len };
    let _ = writeln!(
        text,
        "{} compressed; {} files the same, {} changed, {} added, {} removed, {} moved",
        change_of(len),
        difference.same,
        difference.changed.len(),
        difference.added.len(),
        difference.removed.len(),
        difference.moved.len()
    );
    for change in &difference.metadata {
        for (sign, value) in [('-', &change.old), ('+', &change.new)] {
            if let Some(value) = value {
                let line = format!("  {sign} {}: {}", change.field, escape_truncated(value));
                let _ = writeln!(text, "{}", of_side(sign, &line, paint));
            }
        }
    }
    render_kind_changes(&mut text, &difference.kinds);
    device_text::render_changes(&mut text, "device code", &difference.device_code);
    for file in difference.device_code_by_file.iter().flatten().take(limit) {
        device_text::render_changes(&mut text, &escape_truncated(&file.path), &file.architectures);
    }
    if let Some(kernels) = &difference.kernels {
        device_text::render_kernel_changes(&mut text, kernels, limit);
    }
    render_changes(&mut text, &difference.changed, limit);
    render_members(&mut text, "added", &difference.added, limit);
    render_members(&mut text, "removed", &difference.removed, limit);
    render_moved(&mut text, &difference.moved, limit);
    text
}

/// Colours a line about the old or the new wheel.
fn of_side(sign: char, line: &str, paint: Paint) -> String {
    if sign == '-' { paint.red(line) } else { paint.green(line) }
}

fn render_kind_changes(text: &mut String, kinds: &[KindChange]) {
    let mut table = Table::new(["kind", "files", "content", "compressed", "change"]);
    for it in kinds {
        let compressed = Pair { old: it.old.compressed, new: it.new.compressed };
        table.row([
            it.kind.name().to_owned(),
            it.new.members.to_string(),
            rounded(it.new.content),
            rounded(it.new.compressed),
            change_of(compressed),
        ]);
    }
    table.render(text);
}

fn render_members(text: &mut String, title: &str, members: &[Member], limit: usize) {
    if members.is_empty() {
        return;
    }
    let mut table = Table::new([title, "", "content", "compressed", ""]);
    for member in members.iter().take(limit) {
        table.row([
            escape_truncated(&member.path),
            storage_of(member),
            rounded(member.content),
            rounded(member.compressed),
            String::new(),
        ]);
    }
    table.render(text);
    render_omitted(text, members.len(), limit);
}

fn render_moved(text: &mut String, moved: &[Moved], limit: usize) {
    if moved.is_empty() {
        return;
    }
    text.push_str("\nmoved\n");
    for file in moved.iter().take(limit) {
        let (old, new) = (escape_truncated(&file.old), escape_truncated(&file.new));
        let _ = writeln!(text, "  {old} → {new}, {}", rounded(file.content));
    }
    render_omitted(text, moved.len(), limit);
}

fn render_changes(text: &mut String, changes: &[FileChange], limit: usize) {
    if changes.is_empty() {
        return;
    }
    text.push_str("\nchanged\n");
    for change in changes.iter().take(limit) {
        let _ = writeln!(
            text,
            "  {}: content {} → {}, compressed {} → {} ({})",
            path_of(change),
            rounded(change.content.old),
            rounded(change.content.new),
            rounded(change.compressed.old),
            rounded(change.compressed.new),
            change_of(change.compressed)
        );
        let sections: Vec<String> = change
            .sections
            .iter()
            .take(MAX_SECTIONS)
            .map(|section| {
                format!("{} {}", escape_truncated(&section.name), change_of(section.len))
            })
            .collect();
        if !sections.is_empty() {
            let _ = writeln!(text, "    content of sections: {}", sections.join(", "));
        }
    }
    render_omitted(text, changes.len(), limit);
}

/// Returns the path of a changed file: both, if the new one has another beside the version.
fn path_of(change: &FileChange) -> String {
    let new = escape_truncated(&change.path);
    if unversioned(&change.old_path) == unversioned(&change.path) {
        return new;
    }
    format!("{} → {new}", escape_truncated(&change.old_path))
}

/// Returns how the member is stored; empty for plain DEFLATE.
fn storage_of(member: &Member) -> String {
    match (member.deflated, member.chunks) {
        (false, _) => "stored".to_owned(),
        (true, 0) => String::new(),
        (true, chunks) => format!("{chunks} chunks"),
    }
}

/// Formats a share in percent with one rounded.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}
