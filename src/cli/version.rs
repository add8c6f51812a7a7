//! What `--version` and `-vV` print.

use std::ffi::OsString;

use crate::deflate;

/// The version of the package.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that the binary was built from, and its date, such as `0123…cdef 2026-11-30`. Empty in a debug build, and
/// where the build script did not find the commit.
const COMMIT: &str = env!("BUILD_COMMIT");

/// Number of characters of the commit's hash in `--version`.
const SHORT_HASH: usize = 9;

/// Returns the line of `--version`: name, version, and the commit if it is known.
pub(super) fn line() -> String {
    line_of(COMMIT)
}

fn line_of(commit: &str) -> String {
    let (hash, date) = commit.split_once(' ').unwrap_or((commit, ""));
    let (hash, dirty) = hash.strip_suffix("-dirty").map_or((hash, ""), |hash| (hash, "-dirty"));
    let short = hash.get(..SHORT_HASH).unwrap_or(hash);
    match (short, date) {
        ("", _) => format!("wheelworks {VERSION}\n"),
        (_, "") => format!("wheelworks {VERSION} ({short}{dirty})\n"),
        _ => format!("wheelworks {VERSION} ({short}{dirty} {date})\n"),
    }
}

/// Returns what `-vV` prints: the line of `--version`, then a key and its value on each line.
pub(super) fn details() -> String {
    let commit = if COMMIT.is_empty() { "unknown" } else { COMMIT };
    let target = env!("BUILD_TARGET");
    let features = env!("BUILD_TARGET_FEATURES").replace(',', " ");
    let libdeflate = deflate::LIBDEFLATE;
    format!(
        "{}commit: {commit}\ntarget: {target}\nfeatures: {features}\nlibdeflate: {libdeflate}\n",
        line()
    )
}

/// Returns whether arguments that ask for the version ask for the details: `-vV`, `-Vv`, or `--verbose --version`.
pub(super) fn asks_for_details(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| {
        let text = argument.to_string_lossy();
        let is_short = text.starts_with('-') && !text.starts_with("--");
        text == "--verbose" || is_short && text.contains('v')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_short() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        for (commit, expected) in [
            (String::new(), String::new()),
            (hash.to_owned(), " (012345678)".to_owned()),
            (format!("{hash} 2026-11-30"), " (012345678 2026-11-30)".to_owned()),
            (format!("{hash}-dirty 2026-11-30"), " (012345678-dirty 2026-11-30)".to_owned()),
        ] {
            assert_eq!(line_of(&commit), format!("wheelworks {VERSION}{expected}\n"));
        }
    }
}
