//! Glob patterns for paths in the wheel and for names of repositories.

use glob::{MatchOptions, Pattern};

use super::error::ArgumentsError;

/// `*` does not match `/`; `**` does.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// Globs. One without a `/` matches the name of a file or directory anywhere, one with a `/` its path.
#[derive(Debug)]
pub(super) struct Patterns(Vec<Pattern>);

impl Patterns {
    pub(super) fn new(option: &'static str, globs: &[String]) -> Result<Self, ArgumentsError> {
        globs.iter().map(|glob| parse(option, glob)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a pattern matches the path or one of its parent directories.
    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| {
            if !pattern.as_str().contains('/') {
                return path.split('/').any(|name| pattern.matches_with(name, OPTIONS));
            }
            let mut rest = Some(path);
            while let Some(path) = rest {
                if pattern.matches_with(path, OPTIONS) {
                    return true;
                }
                rest = path.rsplit_once('/').map(|(directory, _)| directory);
            }
            false
        })
    }
}

/// The included repositories: the last pattern that matches a name decides. Without a pattern, all are
/// included.
#[derive(Debug)]
pub(super) struct Repositories(Vec<(bool, Pattern)>);

impl Repositories {
    pub(super) fn new(patterns: &[String]) -> Result<Self, ArgumentsError> {
        let parsed = patterns.iter().map(|text| {
            let (is_included, glob) =
                text.strip_prefix('-').map_or((true, text.as_str()), |it| (false, it));
            Ok((is_included, parse("--external-repository", glob)?))
        });
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a repository is included, by its canonical or its apparent name in Bazel.
    pub(super) fn includes(&self, name: &str) -> bool {
        let names = [name, apparent(name)];
        let matches = |pattern: &Pattern| names.iter().any(|name| pattern.matches(name));
        let last = self.0.iter().rfind(|(_, pattern)| matches(pattern));
        last.map_or(self.0.is_empty(), |(is_included, _)| *is_included)
    }
}

/// Returns the apparent name in a canonical one: `MODULE+`, `MODULE+VERSION`, or
/// `MODULE++EXTENSION+NAME`. Bazel 7 has `~` in place of `+`.
fn apparent(canonical: &str) -> &str {
    let mut words = canonical.split(['~', '+']);
    let first = words.next().unwrap_or(canonical);
    match (words.next(), words.next_back()) {
        (_, None) => first,
        (_, Some(last)) => last,
    }
}

fn parse(option: &'static str, glob: &str) -> Result<Pattern, ArgumentsError> {
    let bad = |problem| ArgumentsError::Pattern { option, pattern: glob.to_owned(), problem };
    if glob.is_empty() {
        return Err(bad("it is empty"));
    }
    Pattern::new(glob).map_err(|error| bad(error.msg))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_names_anywhere_and_paths_from_the_root() {
        for (glob, path, expected) in [
            ("*.pyc", "a/b.pyc", true),
            ("*.pyc", "a/b.pyc.txt", false),
            ("tests", "a/tests/b.py", true),
            ("tests", "a/tests.py", false),
            ("a/tests", "a/tests/b.py", true),
            ("a/tests", "c/a/tests/b.py", false),
            ("a/*.py", "a/b.py", true),
            ("a/*.py", "a/b/c.py", false),
            ("a/**/c.py", "a/c.py", true),
            ("a/**/c.py", "a/b/b/c.py", true),
            ("**/c.py", "c.py", true),
            ("a/**", "a/b/c.py", true),
            ("a/**", "b/a", false),
            ("*", "a/b", true),
            (".*", "a/.hidden", true),
        ] {
            let patterns = Patterns::new("--exclude-member", &[glob.to_owned()]).unwrap();
            assert_eq!(patterns.matches(path), expected, "{glob} {path}");
        }
    }

    #[test]
    fn the_last_pattern_decides_about_a_repository() {
        for (patterns, name, expected) in [
            (&[][..], "numpy", true),
            (&["*"], "numpy", true),
            (&["*", "-numpy"], "numpy", false),
            (&["-numpy", "*"], "numpy", true),
            (&["pip_*"], "pip_numpy", true),
            (&["pip_*"], "numpy", false),
            (&["-*"], "numpy", false),
            (&["numpy"], "rules_python++pip+numpy", true),
            (&["numpy"], "rules_python~~pip~numpy", true),
            (&["numpy"], "numpy+", true),
            (&["numpy"], "numpy~1.2", true),
            (&["rules_*"], "rules_python++pip+numpy", true),
        ] {
            let patterns: Vec<String> = patterns.iter().map(|&it| it.to_owned()).collect();
            let repositories = Repositories::new(&patterns).unwrap();
            assert_eq!(repositories.includes(name), expected, "{patterns:?} {name}");
        }
    }
}
