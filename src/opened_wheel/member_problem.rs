//! Problems of a member's name, type and mode. `unpack` refuses a member with one, and `check`
//! reports it.

use std::fmt;
use std::ops::ControlFlow;

use super::Archive;
use crate::wheel::{MAX_COMPONENT_BYTES, MAX_PATH_BYTES, MemberPath, MemberPathProblem};
use crate::zip::Entry;

/// The bits of a mode that hold a file's type, and their values (POSIX `sys/stat.h`, Linux's numbers).
const TYPE_MASK: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const DIRECTORY: u16 = 0o040_000;
const SYMLINK: u16 = 0o120_000;

/// The fields of a member in the central directory, from either of the two readers.
#[derive(Debug, Clone, Copy)]
pub struct MemberHeader<'a> {
    /// The name; a directory's ends in `/`.
    pub name: &'a str,
    /// Whether the name is UTF-8 in the archive.
    pub has_utf8_name: bool,
    /// Type and permissions as Unix has them (`st_mode`), 0 where the archive does not say.
    pub unix_mode: u16,
    /// Length of the content in bytes.
    pub uncompressed: u64,
}

/// A reason not to unpack a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberProblem {
    /// The name is not UTF-8.
    NameEncoding,
    /// The path is longer than [`MAX_PATH_BYTES`]: its length in bytes. No other problem is
    /// reported with it.
    LongPath(usize),
    /// The path is not that of a file in a wheel.
    Path(MemberPathProblem),
    /// A component is longer than [`MAX_COMPONENT_BYTES`]: its length in bytes.
    LongComponent(usize),
    /// A directory with content: its length in bytes.
    DirectoryContent(u64),
    /// Neither a file nor a directory, or a name and a mode that contradict each other.
    FileType(FileType),
}

/// The type of a member that is no plain file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// A directory whose name does not end in `/`.
    UnmarkedDirectory,
    /// A file whose name ends in `/`.
    MarkedFile,
    /// A symbolic link.
    Symlink,
    /// Another type: these bits of the mode.
    Other(u16),
}

impl FileType {
    /// Returns its name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnmarkedDirectory => "a directory without `/` at its name's end",
            Self::MarkedFile => "a file with `/` at its name's end",
            Self::Symlink => "a symbolic link",
            Self::Other(0o020_000 | 0o060_000) => "a device",
            Self::Other(0o010_000) => "a named pipe",
            Self::Other(0o140_000) => "a socket",
            Self::Other(_) => "neither",
        }
    }
}

impl fmt::Display for MemberProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameEncoding => formatter.write_str("a name that is not UTF-8"),
            Self::LongPath(len) => write!(formatter, "a path of {len} bytes"),
            Self::Path(problem) => write!(formatter, "{problem}"),
            Self::LongComponent(len) => write!(formatter, "a name of {len} bytes"),
            Self::DirectoryContent(len) => {
                write!(formatter, "a directory with {len} bytes of data")
            }
            Self::FileType(found) => formatter.write_str(found.name()),
        }
    }
}

impl<'a> MemberHeader<'a> {
    /// Returns the fields of a member of an archive.
    #[must_use]
    pub fn of(archive: &Archive, entry: &'a Entry) -> Self {
        Self {
            name: &entry.name,
            has_utf8_name: entry.has_utf8_name(archive.bytes()),
            unix_mode: entry.unix_mode,
            uncompressed: entry.uncompressed,
        }
    }

    /// Returns the path: the name without the `/` that marks a directory.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.name.strip_suffix('/').unwrap_or(self.name)
    }

    /// Returns whether the name marks a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Returns whether the mode is that of a symbolic link.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        self.unix_mode & TYPE_MASK == SYMLINK
    }

    /// Passes each problem to `report` until it breaks: the lenient reader stops at the first
    /// problem, the strict one reports all.
    pub fn each_problem<B>(
        &self,
        mut report: impl FnMut(MemberProblem) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        if !self.has_utf8_name {
            report(MemberProblem::NameEncoding)?;
        }
        self.each_path_problem(&mut report)?;
        if let Some(found) = self.file_type() {
            report(MemberProblem::FileType(found))?;
        }
        if self.is_directory() && self.uncompressed > 0 {
            report(MemberProblem::DirectoryContent(self.uncompressed))?;
        }
        ControlFlow::Continue(())
    }

    fn each_path_problem<B>(
        &self,
        report: &mut impl FnMut(MemberProblem) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let path = self.path();
        if path.len() > MAX_PATH_BYTES {
            return report(MemberProblem::LongPath(path.len()));
        }
        if let Err(error) = path.parse::<MemberPath>() {
            report(MemberProblem::Path(error.problem))?;
        }
        let long = path.split('/').map(str::len).filter(|len| *len > MAX_COMPONENT_BYTES);
        for len in long {
            report(MemberProblem::LongComponent(len))?;
        }
        ControlFlow::Continue(())
    }

    fn file_type(&self) -> Option<FileType> {
        match (self.unix_mode & TYPE_MASK, self.is_directory()) {
            (0, _) | (REGULAR, false) | (DIRECTORY, true) => None,
            (REGULAR, true) => Some(FileType::MarkedFile),
            (DIRECTORY, false) => Some(FileType::UnmarkedDirectory),
            (SYMLINK, _) => Some(FileType::Symlink),
            (other, _) => Some(FileType::Other(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(name: &str, unix_mode: u16, uncompressed: u64) -> Vec<MemberProblem> {
        let mut problems = Vec::new();
        let header = MemberHeader { name, has_utf8_name: true, unix_mode, uncompressed };
        let flow = header.each_problem(|problem| {
            problems.push(problem);
            ControlFlow::<()>::Continue(())
        });
        assert!(flow.is_continue());
        problems
    }

    #[test]
    fn sound_members_have_no_problem() {
        for (name, mode, len) in
            [("a/b", 0, 5), ("a/b", 0o100_755, 5), ("a/", 0, 0), ("a/", 0o040_755, 0)]
        {
            assert_eq!(problems(name, mode, len), [], "{name} {mode:o}");
        }
    }

    #[test]
    fn every_problem_is_reported() {
        let long = "n".repeat(256);
        assert_eq!(
            problems(&format!("{long}/../{long}/"), 0o120_777, 3),
            [
                MemberProblem::Path(MemberPathProblem::DotComponent { component: "..".into() }),
                MemberProblem::LongComponent(256),
                MemberProblem::LongComponent(256),
                MemberProblem::FileType(FileType::Symlink),
                MemberProblem::DirectoryContent(3),
            ]
        );
        assert_eq!(problems(&"a/".repeat(1025), 0, 0), [MemberProblem::LongPath(2049)]);
        for (name, mode, expected) in [
            ("a", 0o040_755, FileType::UnmarkedDirectory),
            ("a/", 0o100_644, FileType::MarkedFile),
            ("a", 0o010_644, FileType::Other(0o010_000)),
        ] {
            assert_eq!(problems(name, mode, 0), [MemberProblem::FileType(expected)]);
        }
    }
}
