//! `--shrink-rpath`: removes the entries of a search path that lead to no needed library.

use std::path::Path;

use crate::context::Context;
use crate::elf::{Detail, ElfFacts};
use crate::source::Input;

/// Returns the entries of a search path that stay: those that are not absolute, such as `$ORIGIN`, and, of those that
/// begin with one of the allowed prefixes, if there are any, those with a needed library that no earlier one has.
pub(super) fn shrunk(
    path: &str,
    allowed_prefixes: Option<&str>,
    facts: &ElfFacts,
    context: &Context<'_>,
) -> String {
    let mut missing: Vec<&String> = facts.needed.iter().collect();
    let is_allowed = |entry: &str| {
        allowed_prefixes.is_none_or(|all| all.split(':').any(|prefix| entry.starts_with(prefix)))
    };
    let mut kept = Vec::new();
    for entry in path.split(':').filter(|_| !path.is_empty()) {
        if !entry.is_empty() && !entry.starts_with('/') {
            kept.push(entry);
        } else if is_allowed(entry) {
            let before = missing.len();
            missing.retain(|name| !has_library(&format!("{entry}/{name}"), facts, context));
            if missing.len() < before {
                kept.push(entry);
            }
        }
    }
    kept.join(":")
}

/// Returns whether a path is one of a library for the machine of a file.
fn has_library(path: &str, facts: &ElfFacts, context: &Context<'_>) -> bool {
    let Ok(file) = Input::find(&context.resolve(Path::new(path))).and_then(|it| it.open()) else {
        return false;
    };
    let library = ElfFacts::read(file.bytes(), Detail::Loading);
    library.is_ok_and(|it| it.platform.e_machine == facts.platform.e_machine)
}
