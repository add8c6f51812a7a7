//! Second step of a request: expands argument files.
//!
//! `@FILE` and `--flagfile=FILE` are replaced by the file's lines, one argument per line, also
//! within such a file. Bazel expands `@FILE` before it sends a request; other runners do not, and
//! neither does a one-shot command. The arguments must be the same in all cases, so the rules are
//! Bazel's: lines end with LF or CRLF; an empty line is an empty argument; a line feed at the end
//! of the file adds no argument; `@@x` is the argument `@x`; paths are relative to the execution
//! root, not to the file.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::escape_path;
use crate::{double_encoding, regular_file};

/// Maximum nesting depth of files.
const MAX_DEPTH: usize = 32;

/// Maximum number of files. Without a limit, nested empty files could take unlimited time.
const MAX_FILES: usize = 10_000;

/// Maximum number of arguments. Without a limit, a file of empty lines would take 24 times its size
/// in memory.
const MAX_ARGUMENTS: usize = 10_000_000;

/// Maximum length of all files in bytes. The arguments of a wheel with 100,000 members take about
/// 20 MB.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// Why an argument file cannot be expanded.
#[derive(Debug, Error)]
pub enum FlagfileError {
    /// The file cannot be read.
    #[error("cannot read the argument file `{}`: {source}", escape_path(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A directory, a pipe or a device.
    #[error("cannot read the argument file `{}`: it is no regular file", escape_path(path))]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// A line that is not UTF-8.
    #[error("the argument file `{}` is not UTF-8 in line {line}", escape_path(path))]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A file that includes itself, directly or through others.
    #[error("the argument file `{}` includes itself: {chain}", escape_path(path))]
    Cycle {
        /// The file.
        path: PathBuf,
        /// The files, from the first to its second appearance.
        chain: String,
    },
    /// Files nested deeper than `MAX_DEPTH`.
    #[error(
        "the argument file `{}` is nested too deep: expected at most {MAX_DEPTH} nested files",
        escape_path(path)
    )]
    TooDeep {
        /// The file that is too deep.
        path: PathBuf,
    },
    /// More than `MAX_FILES`, `MAX_BYTES` or `MAX_ARGUMENTS`.
    #[error(
        "too many arguments at the argument file `{}`: expected at most {MAX_ARGUMENTS} of {MAX_BYTES} bytes in {MAX_FILES} files",
        escape_path(path)
    )]
    TooLarge {
        /// The file that exceeds a limit.
        path: PathBuf,
    },
}

impl Diagnose for FlagfileError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Unreadable { .. } => {
                "check the path; an argument that begins with `@` itself is written `@@`"
            }
            Self::NotAFile { .. } => {
                "write the arguments to a file; reading a pipe could wait forever"
            }
            Self::NotUtf8 { .. } => {
                "write the file as UTF-8; its paths and options must be UTF-8 too"
            }
            Self::Cycle { .. } => "an argument that begins with `@` itself is written `@@`",
            Self::TooDeep { .. } => "put the arguments into one file",
            Self::TooLarge { .. } => "pass a directory instead of its files",
        };
        Some(hint.into())
    }
}

/// Replaces each `@FILE` and `--flagfile=FILE` by the lines of the file. Relative paths are below `base_dir`.
pub fn expand(arguments: Vec<OsString>, base_dir: &Path) -> Result<Vec<OsString>, FlagfileError> {
    let mut expansion = Expansion {
        base_dir,
        expanded: Vec::with_capacity(arguments.len()),
        open: Vec::new(),
        files: 0,
        bytes: 0,
    };
    for argument in arguments {
        match parse(&argument) {
            Argument::Plain => expansion.expanded.push(argument),
            Argument::Escaped(literal) => expansion.expanded.push(literal.to_owned()),
            Argument::File(path) => expansion.include(path)?,
        }
    }
    Ok(double_encoding::undo(expansion.expanded))
}

/// A parsed argument.
enum Argument<'a> {
    /// An argument that names no file.
    Plain,
    /// `@@x`: the literal `@x`.
    Escaped(&'a OsStr),
    /// `@FILE` or `--flagfile=FILE`: the path.
    File(&'a Path),
}

fn parse(argument: &OsStr) -> Argument<'_> {
    // Fast path: most arguments are neither, and there can be 100,000 of them.
    if !matches!(argument.as_encoded_bytes().first(), Some(b'@' | b'-')) {
        return Argument::Plain;
    }
    match strip_prefix(argument, "@") {
        Some(rest) if rest.is_empty() => Argument::Plain,
        Some(rest) if rest.as_encoded_bytes().starts_with(b"@") => Argument::Escaped(rest),
        Some(rest) => Argument::File(Path::new(rest)),
        None => strip_prefix(argument, "--flagfile=")
            .map_or(Argument::Plain, |path| Argument::File(Path::new(path))),
    }
}

/// The state of an expansion.
struct Expansion<'a> {
    base_dir: &'a Path,
    expanded: Vec<OsString>,
    /// The files that include the current line, outermost first.
    open: Vec<PathBuf>,
    /// Number of files read so far.
    files: usize,
    /// Bytes read so far.
    bytes: u64,
}

impl Expansion<'_> {
    fn include(&mut self, path: &Path) -> Result<(), FlagfileError> {
        let path = self.base_dir.join(path);
        if self.open.contains(&path) {
            let chain: Vec<_> = self
                .open
                .iter()
                .chain([&path])
                .map(|file| format!("`{}`", escape_path(file)))
                .collect();
            return Err(FlagfileError::Cycle { path, chain: chain.join(" → ") });
        }
        if self.open.len() == MAX_DEPTH {
            return Err(FlagfileError::TooDeep { path });
        }
        let text = self.read(&path)?;
        self.open.push(path);
        for line in text.lines() {
            match parse(OsStr::new(line)) {
                Argument::Plain => self.expanded.push(line.into()),
                Argument::Escaped(literal) => self.expanded.push(literal.to_owned()),
                Argument::File(path) => self.include(path)?,
            }
            if self.expanded.len() > MAX_ARGUMENTS {
                return Err(FlagfileError::TooLarge { path: self.open.pop().unwrap_or_default() });
            }
        }
        self.open.pop();
        Ok(())
    }

    fn read(&mut self, path: &Path) -> Result<String, FlagfileError> {
        let unreadable = |source| FlagfileError::Unreadable { path: path.to_owned(), source };
        let Some(file) = regular_file::open(path).map_err(unreadable)? else {
            return Err(FlagfileError::NotAFile { path: path.to_owned() });
        };
        let left = MAX_BYTES - self.bytes;
        let mut content = Vec::new();
        file.take(left + 1).read_to_end(&mut content).map_err(unreadable)?;
        let length = content.len() as u64;
        self.files += 1;
        if length > left || self.files > MAX_FILES {
            return Err(FlagfileError::TooLarge { path: path.to_owned() });
        }
        self.bytes += length;
        String::from_utf8(content).map_err(|error| {
            let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            let line = 1 + valid.filter(|byte| **byte == b'\n').count();
            FlagfileError::NotUtf8 { path: path.to_owned(), line }
        })
    }
}

/// Removes a prefix; `OsStr` lacks this method.
#[cfg(unix)]
fn strip_prefix<'a>(argument: &'a OsStr, prefix: &str) -> Option<&'a OsStr> {
    use std::os::unix::ffi::OsStrExt;

    argument.as_bytes().strip_prefix(prefix.as_bytes()).map(OsStr::from_bytes)
}

#[cfg(not(unix))]
fn strip_prefix<'a>(argument: &'a OsStr, prefix: &str) -> Option<&'a OsStr> {
    argument.to_str()?.strip_prefix(prefix).map(OsStr::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the files, then expands `arguments` below their directory. Makes paths in messages relative.
    fn expand_with(files: &[(&str, &[u8])], arguments: &[&str]) -> Result<Vec<String>, String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = directory.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, content).unwrap();
        }
        let root = format!("{}/", directory.path().display());
        let arguments = arguments.iter().map(|it| it.replace("ROOT/", &root).into()).collect();
        match expand(arguments, directory.path()) {
            Ok(arguments) => {
                Ok(arguments.into_iter().map(|it| it.into_string().unwrap()).collect())
            }
            Err(error) => Err(error.message_with_hint().replace(&root, "")),
        }
    }

    #[test]
    fn files_are_replaced_by_their_lines() {
        let table: [(&[u8], &[&str], &[&str]); 14] = [
            (b"", &["a", "", "-", "--flagfile", "@"], &["a", "", "-", "--flagfile", "@"]),
            (b"", &["a", "@f", "b"], &["a", "b"]),
            (b"1\n2\n", &["a", "@f", "b"], &["a", "1", "2", "b"]),
            (b"1\r\n2", &["--flagfile=f"], &["1", "2"]),
            (b"1\n\n2\n", &["@f"], &["1", "", "2"]),
            (b"\n", &["@f"], &[""]),
            (b"1\n\n", &["@f"], &["1", ""]),
            (b"\r\n\r\n", &["@f"], &["", ""]),
            (b" a b \n'c'\n", &["@f"], &[" a b ", "'c'"]),
            (b"@@x\n@@@y\n@\n", &["@f", "@@f"], &["@x", "@@y", "@", "@f"]),
            (b"@@f", &["@f"], &["@f"]),
            (b"x\n@d/g\ny\n", &["@f"], &["x", "in d", "of d/h", "y"]),
            (b"--flagfile=d/h\n", &["@f", "@f"], &["of d/h", "of d/h"]),
            (b"1", &["@ROOT/f", "--flagfile=ROOT/f"], &["1", "1"]),
        ];
        for (content, arguments, expected) in table {
            let files: [(&str, &[u8]); 3] =
                [("f", content), ("d/g", b"in d\n@d/h"), ("d/h", b"of d/h")];
            assert_eq!(expand_with(&files, arguments).unwrap(), expected, "{arguments:?}");
        }
    }

    #[test]
    fn messages_name_the_file_and_a_hint() {
        insta::assert_snapshot!(expand_with(&[], &["@missing"]).unwrap_err(), @r#"
        cannot read the argument file `missing`: No such file or directory (os error 2)
        hint: check the path; an argument that begins with `@` itself is written `@@`
        "#);
        insta::assert_snapshot!(expand_with(&[("d/x", b"")], &["@d"]).unwrap_err(), @r#"
        cannot read the argument file `d`: it is no regular file
        hint: write the arguments to a file; reading a pipe could wait forever
        "#);
        let bytes: [(&str, &[u8]); 1] = [("f", b"1\n2\n\xff\n")];
        insta::assert_snapshot!(expand_with(&bytes, &["@f"]).unwrap_err(), @r#"
        the argument file `f` is not UTF-8 in line 3
        hint: write the file as UTF-8; its paths and options must be UTF-8 too
        "#);
        let cycle: [(&str, &[u8]); 2] = [("f", b"@g"), ("g", b"x\n--flagfile=f")];
        insta::assert_snapshot!(expand_with(&cycle, &["@f"]).unwrap_err(), @r#"
        the argument file `f` includes itself: `f` → `g` → `f`
        hint: an argument that begins with `@` itself is written `@@`
        "#);
        let lines = format!("{}\n", "\n".repeat(MAX_ARGUMENTS));
        let large: [(&str, &[u8]); 1] = [("f", lines.as_bytes())];
        insta::assert_snapshot!(expand_with(&large, &["@f"]).unwrap_err(), @r#"
        too many arguments at the argument file `f`: expected at most 10000000 of 1073741824 bytes in 10000 files
        hint: pass a directory instead of its files
        "#);
    }

    #[test]
    fn paths_in_messages_are_escaped() {
        let missing = expand_with(&[], &["@a\n\u{1b}[31m"]).unwrap_err();
        assert!(
            missing.starts_with("cannot read the argument file `a\\n\\u{1b}[31m`: "),
            "{missing}"
        );
        let cycle = expand_with(&[("f\u{202e}", "@f\u{202e}".as_bytes())], &["@f\u{202e}"]);
        insta::assert_snapshot!(cycle.unwrap_err(), @r"
        the argument file `f\u{202e}` includes itself: `f\u{202e}` → `f\u{202e}`
        hint: an argument that begins with `@` itself is written `@@`
        ");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| {
            let files: Vec<_> =
                (1..=depth).map(|n| (n.to_string(), format!("@{}", n + 1))).collect();
            let end = ((depth + 1).to_string(), "end".to_owned());
            let files: Vec<_> = files.iter().chain([&end]).collect();
            let files: Vec<_> =
                files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
            expand_with(&files, &["@1"])
        };
        assert_eq!(nested(MAX_DEPTH - 1).unwrap(), ["end"]);
        insta::assert_snapshot!(nested(MAX_DEPTH).unwrap_err(), @r#"
        the argument file `33` is nested too deep: expected at most 32 nested files
        hint: put the arguments into one file
        "#);
        // A cycle through different paths to the same file.
        let error = expand_with(&[("f", b"@./f")], &["@f"]).unwrap_err();
        assert!(error.contains("itself") || error.contains("too deep"), "{error}");
    }

    #[test]
    fn the_number_of_files_is_bounded() {
        let many = "@empty\n".repeat(MAX_FILES);
        let files: [(&str, &[u8]); 2] = [("f", many.as_bytes()), ("empty", b"")];
        assert!(expand_with(&files, &["@f"]).unwrap_err().contains("too many"));
    }

    #[cfg(unix)]
    #[test]
    fn file_names_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;

        let directory = tempfile::tempdir().unwrap();
        fs_err::write(directory.path().join(OsStr::from_bytes(b"\xff")), "1").unwrap();
        let argument = OsStr::from_bytes(b"@\xff").to_owned();
        assert_eq!(expand(vec![argument], directory.path()).unwrap(), ["1"]);
        assert!(expand(vec!["@/dev/null".into()], directory.path()).is_err());
    }

    /// A linear expansion takes less than a second. A quadratic one takes hours, so the test would not end.
    #[test]
    fn many_lines_are_expanded_in_linear_time() {
        const LINES: usize = 1_000_000;
        let lines: Vec<_> = (0..LINES).map(|n| format!("--member=a/{n}=b/{n}")).collect();
        let lines = lines.join("\n");
        let expanded = expand_with(&[("f", lines.as_bytes())], &["@f"]).unwrap();
        assert_eq!(expanded.len(), LINES);
        assert_eq!(expanded.last().unwrap(), "--member=a/999999=b/999999");
    }
}
