//! Literal names of libraries that `__init__.py` files load: `ctypes.CDLL("libfoo.so.1")` and the like.
//!
//! The source is searched, not parsed: a call in a comment does not count, one in a docstring does.

use std::collections::HashSet;
use std::path::Path;

use crate::context::Context;
use crate::deflate::Inflater;
use crate::opened_wheel::Archive;
use crate::source::Input;

/// Maximum length in bytes of a file that is searched.
const MAX_SOURCE: u64 = 1 << 20;

/// The calls, as they end in front of the parenthesis, and whether they take a directory.
const CALLS: [(&str, bool); 4] =
    [("CDLL", false), ("PyDLL", false), ("LoadLibrary", false), ("add_dll_directory", true)];

/// Maximum number of calls of one file that are kept.
const MAX_CALLS: usize = 256;

/// A call with a literal name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Preload {
    /// The path of the Python file in the wheel.
    pub(super) member: String,
    pub(super) call: &'static str,
    pub(super) name: String,
    /// Whether the name is that of a directory.
    pub(super) is_directory: bool,
}

/// Returns the calls in the `__init__.py` files of an archive. A file that cannot be read has none: `check` reports it.
pub(super) fn archived_preloads(archive: &Archive, context: &Context<'_>) -> Vec<Preload> {
    let (mut found, mut source, mut inflater) = (Vec::new(), Vec::new(), Inflater::new());
    for entry in archive.directory().entries() {
        if !is_searched(&entry.name) || entry.uncompressed > MAX_SOURCE {
            continue;
        }
        source.clear();
        let read = archive.read(entry, &mut inflater, context.cancel, |piece| {
            source.extend_from_slice(piece);
            Ok(())
        });
        if read.is_ok() {
            found.extend(preloads(&entry.name, &source));
        }
    }
    found
}

/// Returns the calls in the `__init__.py` files of an unpacked wheel.
pub(super) fn unpacked_preloads(root: &Path, files: &HashSet<String>) -> Vec<Preload> {
    let mut members: Vec<&String> = files.iter().filter(|member| is_searched(member)).collect();
    members.sort_unstable();
    let read = |member: &&String| {
        let input = Input::find(&root.join(member)).ok().filter(|it| it.len() <= MAX_SOURCE)?;
        Some(preloads(member, &input.read().ok()?))
    };
    members.iter().filter_map(read).flatten().collect()
}

/// Returns whether calls of a file are looked for.
fn is_searched(member: &str) -> bool {
    member == "__init__.py" || member.ends_with("/__init__.py")
}

/// Returns the calls in the source of a file.
fn preloads(member: &str, source: &[u8]) -> Vec<Preload> {
    let mut found = Vec::new();
    if !CALLS.iter().any(|(call, _)| memchr::memmem::find(source, call.as_bytes()).is_some()) {
        return found;
    }
    let source = String::from_utf8_lossy(source);
    for line in source.lines() {
        let code = line.split('#').next().unwrap_or_default();
        for (call, is_directory) in CALLS {
            for (at, _) in code.match_indices(call) {
                let before = code[..at].chars().next_back();
                let is_word = before.is_some_and(|it| it.is_alphanumeric() || it == '_');
                let rest = code[at + call.len()..].trim_start();
                let argument = rest.strip_prefix('(').filter(|_| !is_word);
                if let Some(name) = argument.and_then(literal)
                    && found.len() < MAX_CALLS
                {
                    let (member, name) = (member.to_owned(), name.to_owned());
                    found.push(Preload { member, call, name, is_directory });
                }
            }
        }
    }
    found
}

/// Returns the content of the string literal that is the whole first argument.
fn literal(argument: &str) -> Option<&str> {
    let argument = argument.trim_start();
    let argument = argument.strip_prefix(['r', 'R']).unwrap_or(argument);
    let quote = argument.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (name, rest) = argument[1..].split_once(quote)?;
    let ends = rest.trim_start().starts_with([')', ',']);
    let is_plain = !name.is_empty() && !name.contains('\\');
    (ends && is_plain).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literal_names_are_found() {
        for (line, expected) in [
            ("ctypes.CDLL('liba.so.1')", Some("liba.so.1")),
            ("x = CDLL( r\"liba.so\", mode=RTLD_GLOBAL)", Some("liba.so")),
            ("    ctypes.cdll.LoadLibrary (\"liba.so\")", Some("liba.so")),
            ("os.add_dll_directory('bin')", Some("bin")),
            ("# ctypes.CDLL('liba.so.1')", None),
            ("ctypes.CDLL(path)", None),
            ("ctypes.CDLL('lib' + name)", None),
            ("ctypes.CDLL(f'lib{name}.so')", None),
            ("ctypes.CDLL('a\\\\b.dll')", None),
            ("MY_CDLL('liba.so')", None),
            ("CDLL('')", None),
            ("CDLL('liba.so'", None),
        ] {
            let found = preloads("a/__init__.py", line.as_bytes());
            assert_eq!(found.first().map(|it| it.name.as_str()), expected, "{line}");
        }
        assert_eq!(preloads("a", "CDLL('a.so');".repeat(1000).as_bytes()).len(), MAX_CALLS);
        assert!(is_searched("a/__init__.py") && !is_searched("a__init__.py"));
    }
}
