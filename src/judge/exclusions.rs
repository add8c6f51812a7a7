//! `--exclude`: libraries that an audit leaves out, by patterns of their names and paths.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::escape_truncated;
use crate::lock::lock;

/// Patterns of excluded libraries. As in `auditwheel`, a pattern must match a whole name in `DT_NEEDED`,
/// or the whole path that it resolved to.
#[derive(Debug, Default)]
pub(crate) struct Exclusions {
    /// The option that lists the patterns.
    option: &'static str,
    patterns: Vec<Exclusion>,
    /// The names and paths that matched.
    excluded: Mutex<BTreeSet<String>>,
}

/// One pattern, and what it met so far.
#[derive(Debug)]
struct Exclusion {
    pattern: glob::Pattern,
    has_matched: AtomicBool,
    /// The first name in alphabetical order that the pattern would match without the version.
    versioned: Mutex<Option<String>>,
}

impl Exclusions {
    /// Parses the patterns of an option.
    pub(crate) fn parse(option: &'static str, patterns: &[String]) -> Result<Self, PatternError> {
        let parse = |pattern: &String| {
            let pattern = glob::Pattern::new(pattern).map_err(|error| PatternError {
                option,
                pattern: pattern.clone(),
                problem: error.msg,
            })?;
            let (has_matched, versioned) = (AtomicBool::new(false), Mutex::new(None));
            Ok(Exclusion { pattern, has_matched, versioned })
        };
        let patterns = patterns.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { option, patterns, excluded: Mutex::default() })
    }

    /// Returns whether a pattern matches a library's name or path.
    pub(crate) fn matches(&self, name: &str) -> bool {
        // Each pattern is tried, so that none is reported as useless because of another one.
        let is_excluded =
            self.patterns.iter().filter(|exclusion| exclusion.matches(name)).count() > 0;
        if is_excluded {
            lock(&self.excluded).insert(name.to_owned());
        }
        is_excluded
    }

    /// Removes and returns the names and paths that matched so far, sorted.
    pub(super) fn take_excluded(&self) -> BTreeSet<String> {
        std::mem::take(&mut *lock(&self.excluded))
    }

    /// Returns a warning for each pattern that has not matched.
    pub(crate) fn unused(&self) -> impl Iterator<Item = String> {
        let unused = self.patterns.iter().filter(|it| !it.has_matched.load(Ordering::Relaxed));
        unused.map(|exclusion| {
            let pattern = escape_truncated(exclusion.pattern.as_str());
            let versioned = exclusion.versioned.lock().unwrap_or_else(PoisonError::into_inner);
            let would = versioned.as_ref().map_or_else(String::new, |name| {
                format!("; `{pattern}.*` would match `{}`", escape_truncated(name))
            });
            format!("{} `{pattern}` matches no needed library{would}", self.option)
        })
    }
}

impl Exclusion {
    fn matches(&self, name: &str) -> bool {
        let is_match = self.pattern.matches(name);
        if is_match {
            self.has_matched.store(true, Ordering::Relaxed);
        } else if let Some(at) = name.find(".so.")
            && self.pattern.matches(&name[..at + ".so".len()])
        {
            let mut versioned = self.versioned.lock().unwrap_or_else(PoisonError::into_inner);
            if versioned.as_deref().is_none_or(|known| name < known) {
                *versioned = Some(name.to_owned());
            }
        }
        is_match
    }
}

/// An invalid pattern.
#[derive(Debug, Error)]
#[error("{option} `{}`: {problem}", escape_truncated(pattern))]
pub(crate) struct PatternError {
    option: &'static str,
    pattern: String,
    problem: &'static str,
}

impl Diagnose for PatternError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("`*`, `?` and `[…]` are wildcards".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of Python's `fnmatch`, which `auditwheel` 6.8.2 uses.
    #[test]
    fn a_pattern_matches_whole_names() {
        for (pattern, name, is_match) in [
            ("libcuda.so.1", "libcuda.so.1", true),
            ("libcudart.so", "libcudart.so.12", false),
            ("libcudart.so*", "libcudart.so.12", true),
            ("libcudart.so.*", "libcudart.so.12", true),
            ("lib[cd]uda.so.?", "libcuda.so.1", true),
            ("lib[!c]uda.so.1", "libcuda.so.1", false),
            ("LIBCUDA.so.1", "libcuda.so.1", false),
            ("/opt/*", "/opt/rocm/lib/libamdhip64.so.7", true),
            ("rocm/*", "/opt/rocm/lib/libamdhip64.so.7", false),
        ] {
            let exclusions = Exclusions::parse("--exclude", &[pattern.to_owned()]).unwrap();
            assert_eq!(exclusions.matches(name), is_match, "{pattern} {name}");
            assert_eq!(exclusions.unused().count(), usize::from(!is_match), "{pattern} {name}");
            assert_eq!(exclusions.take_excluded().contains(name), is_match, "{pattern} {name}");
            assert!(exclusions.take_excluded().is_empty());
        }
    }

    #[test]
    fn useless_patterns_are_reported() {
        let patterns = ["libb.so", "liba*", "*", "libx.so"].map(str::to_owned);
        let exclusions = Exclusions::parse("--exclude", &patterns).unwrap();
        for name in ["libb.so.2", "liba.so.1", "libb.so.1"] {
            assert!(exclusions.matches(name));
        }
        assert_eq!(
            exclusions.unused().collect::<Vec<_>>(),
            [
                "--exclude `libb.so` matches no needed library; `libb.so.*` would match `libb.so.1`",
                "--exclude `libx.so` matches no needed library",
            ]
        );
    }
}
