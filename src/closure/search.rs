//! The entries of RPATH and RUNPATH as paths below the prefix.

/// An entry of RPATH or RUNPATH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SearchEntry {
    /// A directory below the prefix; the prefix itself is the empty path.
    Inner(String),
    /// An absolute path: a directory of the machine that built the file.
    Absolute(String),
    /// A path that leaves the prefix: what is there depends on where the environment is.
    Outside(String),
    /// A path that starts at the working directory, or one with `$LIB` or `$PLATFORM`.
    Unknown(String),
}

impl SearchEntry {
    /// Returns the path of a file in the directory, if that is below the prefix.
    pub(super) fn join(&self, name: &str) -> Option<String> {
        match self {
            Self::Inner(directory) if directory.is_empty() => Some(name.to_owned()),
            Self::Inner(directory) => Some(format!("{directory}/{name}")),
            _ => None,
        }
    }
}

/// Parses a list of directories. `origin` is the directory of the file below the prefix. `exists` is asked for directories
/// that `..` leaves again: where one is missing, the system finds nothing.
pub(super) fn entries(list: &str, origin: &str, exists: &dyn Fn(&str) -> bool) -> Vec<SearchEntry> {
    if list.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<SearchEntry> = Vec::new();
    for text in list.split(':') {
        let entry = entry(text, origin, exists);
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    found
}

/// Parses one directory, or the path of a file.
pub(super) fn entry(text: &str, origin: &str, exists: &dyn Fn(&str) -> bool) -> SearchEntry {
    let rest = ["$ORIGIN", "${ORIGIN}"].iter().find_map(|token| text.strip_prefix(token));
    match rest {
        Some(rest) if rest.contains('$') => SearchEntry::Unknown(text.to_owned()),
        Some(rest) => beside(rest, origin, exists)
            .map_or_else(|| SearchEntry::Outside(text.to_owned()), SearchEntry::Inner),
        None if text.starts_with('/') && !text.contains('$') => {
            SearchEntry::Absolute(text.to_owned())
        }
        None => SearchEntry::Unknown(text.to_owned()),
    }
}

/// Returns the path that `$ORIGIN` and `rest` name, without `.`, `..` and empty components; `None` if `..` leaves the
/// prefix. A path through a missing directory stays as it is, so that nothing is found there.
fn beside(rest: &str, origin: &str, exists: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut parts: Vec<&str> = origin.split('/').filter(|part| !part.is_empty()).collect();
    // The token is replaced as text: what follows need not begin with a slash.
    let (suffix, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let last = parts.pop().unwrap_or_default().to_owned() + suffix;
    if !last.is_empty() {
        parts.push(&last);
    }
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                let left = parts.join("/");
                if !exists(&left) {
                    return Some(format!("{left}/.."));
                }
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_relative_to_the_file() {
        let origin = "lib/python3.12/site-packages/a";
        let inner = |path: &str| SearchEntry::Inner(path.to_owned());
        for (list, expected) in [
            ("", vec![]),
            ("$ORIGIN", vec![inner(origin)]),
            ("${ORIGIN}/../b/lib", vec![inner("lib/python3.12/site-packages/b/lib")]),
            ("$ORIGIN/../../../..", vec![inner("")]),
            ("$ORIGIN/../../../../..", vec![SearchEntry::Outside("$ORIGIN/../../../../..".into())]),
            ("$ORIGIN.libs", vec![inner("lib/python3.12/site-packages/a.libs")]),
            ("/opt/x:$ORIGIN:/opt/x", vec![SearchEntry::Absolute("/opt/x".into()), inner(origin)]),
            ("$ORIGIN/../missing/../b", vec![inner("lib/python3.12/site-packages/missing/..")]),
            ("$ORIGIN/$LIB", vec![SearchEntry::Unknown("$ORIGIN/$LIB".into())]),
            (":x", vec![SearchEntry::Unknown(String::new()), SearchEntry::Unknown("x".into())]),
        ] {
            let exists = |path: &str| !path.contains("missing");
            assert_eq!(entries(list, origin, &exists), expected, "{list}");
        }
        assert_eq!(inner("").join("a").as_deref(), Some("a"));
        assert_eq!(inner("b").join("a").as_deref(), Some("b/a"));
        assert_eq!(SearchEntry::Absolute("/x".into()).join("a"), None);
    }
}
