//! What may be missed once entries are gone.

use std::collections::{BTreeMap, BTreeSet};

use super::gpu::Gpus;
use super::scanned::Library;
use super::selection::Kept;
use crate::device_code::{Container, Entry, Kind};
use crate::escape::escape_truncated;

/// Maximum number of names in one message.
const MAX_NAMES: usize = 5;

/// Returns what may be missed of a library, one sentence each.
pub(super) fn of(library: &Library, kept: &Kept, gpus: &Gpus) -> Vec<String> {
    let path = escape_truncated(&library.path);
    let mut hazards = Vec::new();
    let code = &library.code;
    let run = |container: &&Container| container.entries.iter().any(|entry| gpus.run(entry));
    let (emptied, others): (Vec<_>, Vec<_>) =
        kept.containers(code).partition(|(container, kept)| is_emptied(container, kept));
    let emptied: Vec<&Container> = emptied.into_iter().map(|it| it.0).filter(run).collect();
    if !emptied.is_empty() {
        let names =
            emptied.iter().flat_map(|it| &it.entries).map(Entry::architecture_name).collect();
        let count = counted(emptied.len(), "container");
        hazards.push(format!("`{path}`: {count} with code for {} alone", listed(&names)));
    }
    let lost: BTreeSet<String> =
        others.into_iter().flat_map(|(it, kept)| lost_modules(it, kept, gpus)).collect();
    if !lost.is_empty() {
        let count = counted(lost.len(), "module");
        hazards.push(format!("`{path}`: {count} without any code left: {}", listed(&lost)));
    }
    let unknown: BTreeMap<u16, usize> =
        code.entries().fold(BTreeMap::new(), |mut counts, entry| {
            if let Kind::Other(kind) = entry.kind {
                *counts.entry(kind).or_default() += 1;
            }
            counts
        });
    for (kind, count) in unknown {
        let entries = if count == 1 { "entry" } else { "entries" };
        hazards.push(format!("`{path}`: {count} {entries} of the unknown kind {kind}"));
    }
    hazards.extend(code.problems.iter().map(|problem| format!("`{path}`: {problem}")));
    hazards
}

/// Returns whether a container with entries has none left.
fn is_emptied(container: &Container, kept: &[bool]) -> bool {
    !container.entries.is_empty() && !kept.contains(&true)
}

/// Returns the modules of a container that lose all of their code, as far as entries name their modules and the GPUs
/// run that code.
fn lost_modules(container: &Container, kept: &[bool], gpus: &Gpus) -> Vec<String> {
    let mut modules: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for (entry, is_kept) in container.entries.iter().zip(kept) {
        if let Some(name) = entry.name.as_deref() {
            let (has_code, is_run) = modules.entry(name).or_default();
            *has_code |= is_kept;
            *is_run |= gpus.run(entry);
        }
    }
    let lost = modules.into_iter().filter(|(_, (has_code, is_run))| !has_code && *is_run);
    lost.map(|(name, _)| name.to_owned()).collect()
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn listed(names: &BTreeSet<String>) -> String {
    let more = names.len().saturating_sub(MAX_NAMES);
    let names: Vec<String> =
        names.iter().take(MAX_NAMES).map(|name| escape_truncated(name)).collect();
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}
