//! Warns of files that other tools leave in source trees, such as `.git` and `__pycache__`.

use std::collections::BTreeMap;

use crate::escape::escape_truncated;
use crate::wheel::MemberPath;

/// The names of such files and directories.
const NAMES: [&str; 16] = [
    ".DS_Store",
    ".bzr",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    "CVS",
    "Thumbs.db",
    "__MACOSX",
    "__pycache__",
    "desktop.ini",
];

/// The number of places that a warning names.
const NAMED: usize = 3;

/// Returns a warning if some of these members are leftovers. `option` leaves members out, if there is one.
pub(super) fn warning<'a>(
    members: impl IntoIterator<Item = &'a MemberPath>,
    option: Option<&str>,
) -> Option<String> {
    // The name, and the places that have it, each with its number of files.
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut example = None;
    for path in members {
        let mut place = String::new();
        for name in path.components() {
            place.push_str(name);
            if NAMES.contains(&name) {
                example.get_or_insert(name);
                *places.entry(place).or_default() += 1;
                break;
            }
            place.push('/');
        }
    }
    let example = example?;
    let mut named: Vec<String> = places
        .iter()
        .take(NAMED)
        .map(|(place, files)| {
            let files = if *files == 1 { String::new() } else { format!(" ({files} files)") };
            format!("`{}`{files}", escape_truncated(place))
        })
        .collect();
    if places.len() > NAMED {
        named.push(format!("{} more", places.len() - NAMED));
    }
    let hint = option.map_or_else(
        || "remove them, or name the other files one by one".to_owned(),
        |option| format!("leave them out with `{option}={example}`"),
    );
    let named = named.join(", ");
    Some(format!("the wheel has files that other tools leave behind: {named}\nhint: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_grouped_by_place() {
        let said = |paths: &[&str]| {
            let paths: Vec<MemberPath> = paths.iter().map(|path| path.parse().unwrap()).collect();
            warning(&paths, Some("--exclude")).unwrap_or_default()
        };
        assert_eq!(said(&["a/git", "a/x.git", "a/pycache/b", ".github/x"]), "");
        insta::assert_snapshot!(said(&["a/__pycache__/b.pyc"]), @r"
        the wheel has files that other tools leave behind: `a/__pycache__`
        hint: leave them out with `--exclude=__pycache__`
        ");
        insta::assert_snapshot!(
            said(&[".git/HEAD", ".git/objects/a", "a/.DS_Store", "a/b/.DS_Store", "c/.git", "d/CVS/x"]), @r"
        the wheel has files that other tools leave behind: `.git` (2 files), `a/.DS_Store`, `a/b/.DS_Store`, 2 more
        hint: leave them out with `--exclude=.git`
        "
        );
    }
}
