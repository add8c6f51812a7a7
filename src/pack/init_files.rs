//! Creates missing `__init__.py` files: a build system may create its own in the runfiles and not list them.

use std::collections::{BTreeSet, HashSet};

use super::patterns::Patterns;
use crate::error::Error;
use crate::wheel::{MemberPath, WheelError};
use crate::wheel_writer::Member;

/// Extensions of files that Python imports.
const IMPORTED: [&str; 3] = ["py", "pyd", "so"];

/// Returns an empty `__init__.py` for each directory that matches, has Python code in or below it, and has no
/// `__init__.py`.
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
        // `__init__.cpython-312-x86_64-linux-gnu.so` counts too.
        if stem.split('.').next() == Some("__init__") {
            initialized.insert(directory);
        }
        let mut rest = Some(directory);
        while let Some(directory) = rest.filter(|directory| packages.insert(*directory)) {
            rest = directory.rsplit_once('/').map(|(parent, _)| parent);
        }
    }
    let missing = packages.into_iter().filter(|directory| {
        !initialized.contains(directory) && is_package(directory) && patterns.matches(directory)
    });
    missing
        .map(|directory| {
            let path: MemberPath =
                format!("{directory}/__init__.py").parse().map_err(WheelError::from)?;
            Ok(Member::generated(path, ""))
        })
        .collect()
}

/// Whether each component is a name that `import` accepts.
fn is_package(directory: &str) -> bool {
    directory.split('/').all(|name| {
        name.chars().all(|character| character.is_alphanumeric() || character == '_')
            && !name.starts_with(|first: char| first.is_numeric())
    })
}
