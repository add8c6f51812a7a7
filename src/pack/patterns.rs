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
        self.0.iter().any(|pattern| matches(pattern, path))
    }

    /// Returns the patterns that match none of the paths.
    pub(super) fn unused<'a>(
        &self,
        paths: impl Iterator<Item = &'a str> + Clone,
    ) -> impl Iterator<Item = &str> {
        let is_unused = move |pattern: &&Pattern| !paths.clone().any(|path| matches(pattern, path));
        self.0.iter().filter(is_unused).map(Pattern::as_str)
    }
}

/// Whether a pattern matches the path or one of its parent directories.
fn matches(pattern: &Pattern, path: &str) -> bool {
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
}

/// The included repositories: the last pattern that matches a name decides. Without a pattern, all are
/// included. The Bazel rules have the same in `bazel/private/selection.bzl`.
#[derive(Debug)]
pub(super) struct Repositories(Vec<(bool, Pattern)>);

impl Repositories {
    pub(super) fn new(patterns: &[String]) -> Result<Self, ArgumentsError> {
        let parsed = patterns.iter().map(|text| {
            let (is_included, glob) =
                text.strip_prefix('-').map_or((true, text.as_str()), |it| (false, it));
            let of_name = |it: char| it.is_ascii_alphanumeric() || "_-.+~*".contains(it);
            if glob.chars().all(of_name) {
                return Ok((is_included, parse("--external-repository", glob)?));
            }
            Err(ArgumentsError::Pattern {
                option: "--external-repository",
                pattern: glob.to_owned(),
                problem: "it has characters that no name of a repository has",
            })
        });
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a file of a repository is included. The repository is named by its canonical or its apparent name
    /// in Bazel. A file of an installed distribution is included only if the pattern that decides is not `*`.
    pub(super) fn includes(&self, name: &str, path: &str) -> bool {
        let names = [name, apparent(name)];
        let matches = |pattern: &Pattern| names.iter().any(|name| pattern.matches(name));
        let last = self.0.iter().rfind(|(_, pattern)| matches(pattern));
        let is_named = last.is_some_and(|(_, pattern)| pattern.as_str() != "*");
        last.map_or(self.0.is_empty(), |(is_included, _)| *is_included)
            && (is_named || !is_installed(path))
    }
}

/// Whether a path in a repository is below `site-packages/`: the file belongs to another distribution.
fn is_installed(path: &str) -> bool {
    path.starts_with("site-packages/") || path.contains("/site-packages/")
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
    fn patterns_that_match_no_path_are_found() {
        let globs = ["*_test.py", "testdata", "a/**"].map(str::to_owned);
        let patterns = Patterns::new("--exclude-member", &globs).unwrap();
        let paths = ["a/b.py", "c/testdata/d.txt"];
        assert_eq!(patterns.unused(paths.into_iter()).collect::<Vec<_>>(), ["*_test.py"]);
    }

    #[test]
    fn the_last_pattern_decides_about_a_repository() {
        let installed = "site-packages/numpy/a.py";
        let nested = "lib/python3.12/site-packages/numpy/a.py";
        for (patterns, name, path, expected) in [
            (&[][..], "numpy", "a.py", true),
            (&["*"], "numpy", "a.py", true),
            (&["*", "-numpy"], "numpy", "a.py", false),
            (&["-numpy", "*"], "numpy", "a.py", true),
            (&["pip_*"], "pip_numpy", "a.py", true),
            (&["pip_*"], "numpy", "a.py", false),
            (&["-*"], "numpy", "a.py", false),
            (&["numpy"], "rules_python++pip+numpy", "a.py", true),
            (&["numpy"], "rules_python~~pip~numpy", "a.py", true),
            (&["numpy"], "numpy+", "a.py", true),
            (&["numpy"], "numpy~1.2", "a.py", true),
            (&["rules_*"], "rules_python++pip+numpy", "a.py", true),
            (&[], "numpy", installed, false),
            (&["*"], "numpy", installed, false),
            (&["*"], "numpy", nested, false),
            (&["*"], "numpy", "my-site-packages/a.py", true),
            (&["*", "-torch"], "numpy", installed, false),
            (&["*", "numpy"], "numpy", installed, true),
            (&["numpy", "*"], "numpy", installed, false),
            (&["pip_*"], "pip_numpy", installed, true),
            (&["numpy"], "rules_python++pip+numpy", installed, true),
        ] {
            let patterns: Vec<String> = patterns.iter().map(|&it| it.to_owned()).collect();
            let repositories = Repositories::new(&patterns).unwrap();
            assert_eq!(repositories.includes(name, path), expected, "{patterns:?} {name} {path}");
        }
    }

    #[test]
    fn a_pattern_that_no_repository_can_match_is_refused() {
        for pattern in ["", "-", "@xla", "xla//", "@xla//", "x?", "x[a]", "-@xla", "größe"] {
            assert!(Repositories::new(&[pattern.to_owned()]).is_err(), "{pattern}");
        }
    }
}
