//! The part of the text report of `inspect` about device code.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::By;
use super::code_changes::CodeChange;
use super::device_code::{ArchitectureSums, EqualEntries, Kernel, WheelCode};
use super::kernel_changes::KernelChange;
use super::text_table::{Table, change_of, render_omitted};
use super::what_if::WhatIf;
use crate::color::Paint;
use crate::device_code::{Architecture, Coverage};
use crate::escape::escape_truncated;
use crate::size::rounded;

/// Maximum number of places that are listed for equal entries.
const MAX_COPIES: usize = 4;

/// Renders the part about device code.
pub(super) fn render(text: &mut String, code: &WheelCode, by: By, limit: usize, paint: Paint) {
    render_architectures(text, "device code", &code.architectures);
    let total = |of: fn(&ArchitectureSums) -> u64| {
        code.architectures.iter().map(of).fold(0, u64::saturating_add)
    };
    let _ = writeln!(
        text,
        "  {} in {}; {} in the wheel; {} uncompressed",
        rounded(total(|it| it.bytes)),
        match code.libraries.len() {
            1 => "1 file".to_owned(),
            many => format!("{many} files"),
        },
        rounded(total(|it| it.bytes_in_wheel)),
        rounded(total(|it| it.bytes_uncompressed))
    );
    render_gpus(text, code);
    if by == By::File {
        for library in code.libraries.iter().take(limit) {
            let containers = match library.containers {
                1 => "1 container".to_owned(),
                many => format!("{many} containers"),
            };
            let title = format!("{} ({containers})", escape_truncated(&library.path));
            render_architectures(text, &title, &library.architectures);
        }
        render_omitted(text, code.libraries.len(), limit);
    }
    if let Some(kernels) = &code.kernels {
        render_kernels(text, kernels, limit);
    }
    if let Some(unread) = code.cubins_without_kernels.filter(|&unread| unread > 0) {
        let _ = writeln!(text, "  kernels of {unread} cubins could not be read");
    }
    render_duplicates(text, &code.duplicates, limit);
    render_problems(text, code, limit, paint);
}

fn render_architectures(text: &mut String, title: &str, architectures: &[ArchitectureSums]) {
    let mut rows: Vec<&ArchitectureSums> = architectures.iter().collect();
    rows.sort_by(|one, other| order(one.kind, &one.architecture, other.kind, &other.architecture));
    let mut table = Table::new([title, "entries", "in files", "in the wheel", "uncompressed"]);
    for it in rows {
        table.row([
            title_of(&it.name, it.kind),
            it.entries.to_string(),
            rounded(it.bytes),
            rounded(it.bytes_in_wheel),
            rounded(it.bytes_uncompressed),
        ]);
    }
    table.render(text);
}

/// Orders rows: machine code before PTX, by architecture.
fn order(kind: &str, one: &Architecture, other_kind: &str, other: &Architecture) -> Ordering {
    (kind == "ptx", one).cmp(&(other_kind == "ptx", other)).then_with(|| kind.cmp(other_kind))
}

/// Returns the name of an architecture with its kind, where the name does not say it.
fn title_of(name: &str, kind: &str) -> String {
    escape_truncated(&match kind {
        "cubin" | "hip" => name.to_owned(),
        "ptx" => format!("{name} (PTX)"),
        "lto" => format!("{name} (LTO IR)"),
        kind => format!("{name} ({kind})"),
    })
}

/// Renders the part of `diff` about device code.
pub(super) fn render_changes(text: &mut String, title: &str, changes: &[CodeChange]) {
    if changes.is_empty() {
        return;
    }
    let mut rows: Vec<&CodeChange> = changes.iter().collect();
    rows.sort_by(|one, other| order(one.kind, &one.architecture, other.kind, &other.architecture));
    let mut table = Table::new([title, "entries", "in files", "in the wheel", ""]);
    for it in rows {
        table.row([
            title_of(&it.name, it.kind),
            it.entries.new.to_string(),
            rounded(it.bytes.new),
            rounded(it.bytes_in_wheel.new),
            change_of(it.bytes_in_wheel),
        ]);
    }
    table.render(text);
}

/// Renders the part of `diff` about kernels.
pub(super) fn render_kernel_changes(text: &mut String, changes: &[KernelChange], limit: usize) {
    let count = |is: fn(&KernelChange) -> bool| changes.iter().filter(|it| is(it)).count();
    let _ = writeln!(
        text,
        "\nkernels: {} added, {} removed, {} grown, {} shrunk",
        count(|it| it.cubins.old == 0),
        count(|it| it.cubins.new == 0),
        count(|it| it.cubins.old > 0 && it.bytes.new > it.bytes.old),
        count(|it| it.cubins.new > 0 && it.bytes.new < it.bytes.old)
    );
    if changes.is_empty() {
        return;
    }
    let mut table = Table::new(["changed kernels, uncompressed", "cubins", "was", "is", "change"]);
    for it in changes.iter().take(limit) {
        table.row([
            escape_truncated(&it.name),
            it.cubins.new.to_string(),
            rounded(it.bytes.old),
            rounded(it.bytes.new),
            change_of(it.bytes),
        ]);
    }
    table.render(text);
    render_omitted(text, changes.len(), limit);
}

/// Renders what the wheel would take without some architectures. `len` is its length in bytes.
pub(super) fn render_what_if(text: &mut String, what_if: &WhatIf, len: u64) {
    let mut names: Vec<String> =
        what_if.dropped.iter().map(|sums| escape_truncated(&sums.name)).collect();
    names.dedup();
    let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let _ = writeln!(text, "\nwithout {names}");
    let _ = writeln!(
        text,
        "  {} less device code in the libraries; about {} less in the wheel, which would take {} (estimated)",
        rounded(what_if.bytes),
        rounded(what_if.bytes_in_wheel),
        rounded(len.saturating_sub(what_if.bytes_in_wheel))
    );
}

fn render_gpus(text: &mut String, code: &WheelCode) {
    for (coverage, words) in [
        (Coverage::Native, "runs on GPUs of compute capability"),
        (Coverage::Family, "by code for an earlier GPU of the family on"),
        (Coverage::Jit, "by PTX, which the driver compiles, on"),
        (Coverage::None, "not on"),
    ] {
        let gpus = code.gpus.iter().filter(|gpu| gpu.coverage == coverage);
        let gpus: Vec<&str> = gpus.map(|gpu| gpu.capability.as_str()).collect();
        if !gpus.is_empty() {
            let _ = writeln!(text, "  {words} {}", gpus.join(", "));
        }
    }
}

fn render_kernels(text: &mut String, kernels: &[Kernel], limit: usize) {
    let mut table =
        Table::new(["largest kernels, uncompressed", "", "cubins", "architectures", "code"]);
    for kernel in kernels.iter().take(limit) {
        table.row([
            escape_truncated(&kernel.name),
            String::new(),
            kernel.cubins.to_string(),
            kernel.architectures.len().to_string(),
            rounded(kernel.bytes),
        ]);
    }
    table.render(text);
    render_omitted(text, kernels.len(), limit);
}

fn render_duplicates(text: &mut String, duplicates: &[EqualEntries], limit: usize) {
    if duplicates.is_empty() {
        return;
    }
    let wasted = duplicates.iter().map(|it| it.wasted).fold(0, u64::saturating_add);
    let _ = writeln!(
        text,
        "\nthe same device code more than once: {} in files too much",
        rounded(wasted)
    );
    for it in duplicates.iter().take(limit) {
        let times = it.copies.len();
        let name = escape_truncated(&it.name);
        let _ = writeln!(text, "  {times} times {} for {name}", rounded(it.bytes));
        for copy in it.copies.iter().take(MAX_COPIES) {
            let _ = writeln!(text, "    {} at byte {}", escape_truncated(&copy.path), copy.offset);
        }
        if times > MAX_COPIES {
            let _ = writeln!(text, "    and {} more", times - MAX_COPIES);
        }
    }
    render_omitted(text, duplicates.len(), limit);
}

fn render_problems(text: &mut String, code: &WheelCode, limit: usize, paint: Paint) {
    let problems = code.libraries.iter().flat_map(|library| {
        library.problems.iter().map(|problem| (library.path.as_str(), problem.as_str()))
    });
    let problems: Vec<(&str, &str)> = problems.collect();
    if problems.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint.yellow("damaged device code"));
    for (path, problem) in problems.iter().take(limit) {
        let _ = writeln!(text, "  {}: {}", escape_truncated(path), escape_truncated(problem));
    }
    render_omitted(text, problems.len(), limit);
}
