//! `__init__.py` files that a build system leaves out, because it creates them itself where it runs.

use std::collections::{BTreeSet, HashSet};

use super::patterns::Patterns;
use crate::error::Error;
use crate::wheel::{MemberPath, WheelError};
use crate::wheel_writer::Member;

/// Endings of files that Python imports.
const IMPORTED: [&str; 3] = ["py", "pyd", "so"];

/// An empty `__init__.py` for each directory that matches, leads to Python code, and has none.
pub(super) fn init_files(members: &[Member], patterns: &Patterns) -> Result<Vec<Member>, Error> {
    if patterns.is_empty() {
        return Ok(Vec::new());
    }
    let mut packages = BTreeSet::new();
    let mut initialized = HashSet::new();
    for path in members.iter().map(|member| member.path.as_str()) {
        let Some((directory, name)) = path.rsplit_once('/') else { continue };
        let Some((stem, extension)) = name.rsplit_once('.') else { continue };
        if !IMPORTED.contains(&extension) {
            continue;
        }
        // Also `__init__.cpython-312-x86_64-linux-gnu.so`.
        if stem.split('.').next() == Some("__init__") {
            initialized.insert(directory);
        }
        let mut rest = Some(directory);
        while let Some(directory) = rest.filter(|directory| packages.insert(*directory)) {
            rest = directory.rsplit_once('/').map(|(parent, _)| parent);
        }
    }
    let missing = packages.into_iter().filter(|directory| {
        !initialized.contains(directory) && is_package(directory) && patterns.cover(directory)
    });
    missing
        .map(|directory| {
            let path: MemberPath =
                format!("{directory}/__init__.py").parse().map_err(WheelError::from)?;
            Ok(Member::generated(path, ""))
        })
        .collect()
}

/// Whether each part is a name that `import` takes.
fn is_package(directory: &str) -> bool {
    directory.split('/').all(|name| {
        name.chars().all(|character| character.is_alphanumeric() || character == '_')
            && !name.starts_with(|first: char| first.is_numeric())
    })
}
