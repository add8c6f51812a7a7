//! The members of a wheel, from its central directory, with sums for each kind.

use std::collections::HashSet;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::opened_wheel::{Archive, MemberHeader};
use crate::slash_path::file_name;
use crate::zip::{Entry, Method};

/// The execute bits of owner, group and others.
const EXECUTABLE: u16 = 0o111;

/// Extensions of source code in other languages than Python.
const SOURCE: [&str; 16] = [
    "c", "cc", "cl", "cpp", "cxx", "f", "f90", "go", "m", "metal", "mm", "pxd", "pxi", "pyx", "rs",
    "s",
];

/// Kinds of members, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FileKind {
    /// Libraries and programs.
    NativeCode,
    /// Python source and type stubs.
    Python,
    /// C and C++ headers.
    Headers,
    /// CUDA source, headers included.
    Cuda,
    /// Source code of other languages, such as C++.
    Source,
    /// Files of the dist-info directory.
    DistInfo,
    /// Symbolic links; their content is the target.
    Link,
    /// All other files.
    Data,
}

impl FileKind {
    pub(super) const ALL: [Self; 8] = [
        Self::NativeCode,
        Self::Python,
        Self::Headers,
        Self::Cuda,
        Self::Source,
        Self::DistInfo,
        Self::Link,
        Self::Data,
    ];

    /// Returns the kind of a file by its path and whether it is executable.
    fn of(path: &str, is_executable: bool) -> Self {
        let name = file_name(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_library = name.split('.').skip(1).any(|part| part == "so");
        if path.split('/').next().is_some_and(|top| top.ends_with(".dist-info")) {
            return Self::DistInfo;
        }
        match extension {
            "py" | "pyi" | "pyc" => Self::Python,
            "h" | "hh" | "hpp" | "hxx" | "inc" => Self::Headers,
            "cu" | "cuh" => Self::Cuda,
            _ if SOURCE.contains(&extension) => Self::Source,
            "dylib" | "dll" | "pyd" | "a" | "lib" | "exe" => Self::NativeCode,
            "" if is_executable => Self::NativeCode,
            _ if is_library => Self::NativeCode,
            _ => Self::Data,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NativeCode => "native code",
            Self::Python => "Python",
            Self::Headers => "headers",
            Self::Cuda => "CUDA source",
            Self::Source => "source code",
            Self::DistInfo => "dist-info",
            Self::Link => "symbolic links",
            Self::Data => "data",
        }
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Member {
    pub(super) path: String,
    pub(super) kind: FileKind,
    /// Length of its content in bytes.
    pub(super) content: u64,
    /// Bytes that it takes in the archive, without headers.
    pub(super) compressed: u64,
    /// CRC-32 of its content.
    pub(super) crc: u32,
    /// Whether it is deflated; else it is stored.
    pub(super) deflated: bool,
    /// The number of chunks in its chunk table; 0 without one.
    pub(super) chunks: usize,
    /// Its index in the archive's directory.
    #[serde(skip)]
    pub(super) index: usize,
}

/// A member that `unpack` refuses, or that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    pub(super) path: String,
    /// What is wrong with it.
    pub(super) problem: String,
}

/// Sums over several members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Sums {
    pub(super) members: u64,
    pub(super) content: u64,
    pub(super) compressed: u64,
}

impl Sums {
    pub(super) fn add(&mut self, member: &Member) {
        self.members += 1;
        self.content = self.content.saturating_add(member.content);
        self.compressed = self.compressed.saturating_add(member.compressed);
    }

    fn of<'a>(members: impl Iterator<Item = &'a Member>) -> Self {
        let mut sums = Self::default();
        members.for_each(|member| sums.add(member));
        sums
    }
}

/// The sums for one kind.
#[derive(Debug, Clone, Serialize)]
pub(super) struct OfKind {
    pub(super) kind: FileKind,
    #[serde(flatten)]
    pub(super) sums: Sums,
}

/// The inventory of a wheel.
#[derive(Debug, Serialize)]
pub(super) struct Inventory {
    /// The archive's length in bytes.
    pub(super) len: u64,
    /// All members.
    pub(super) total: Sums,
    /// Bytes of the archive that are not data of a member: headers, the directory, chunk tables.
    pub(super) overhead: u64,
    /// The members that have a chunk table.
    pub(super) chunked: Sums,
    /// The kinds that occur.
    pub(super) kinds: Vec<OfKind>,
    /// The files, the largest in the archive first.
    pub(super) members: Vec<Member>,
    /// Members with a problem, in the archive's order.
    pub(super) problems: Vec<Problem>,
}

impl Inventory {
    /// Returns the inventory of any archive. What is wrong with a member is one of the problems.
    pub(super) fn of(archive: &Archive) -> Self {
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        let mut members = Vec::new();
        for (index, entry) in archive.directory().entries().iter().enumerate() {
            let header = MemberHeader::of(archive, entry);
            let mut add = |problem| {
                problems.push(Problem { path: entry.name.clone(), problem });
            };
            let _ = header.each_problem(|problem| {
                add(problem.to_string());
                ControlFlow::<()>::Continue(())
            });
            if !seen.insert(header.path()) {
                add("a path that an earlier member has, too".to_owned());
            }
            if !header.is_directory() {
                members.push(member(&header, entry, index));
            }
        }
        members.sort_by(|one, other| {
            other.compressed.cmp(&one.compressed).then_with(|| one.path.cmp(&other.path))
        });
        let total = Sums::of(members.iter());
        let kinds = FileKind::ALL.into_iter().filter_map(|kind| {
            let sums = Sums::of(members.iter().filter(|member| member.kind == kind));
            (sums.members > 0).then_some(OfKind { kind, sums })
        });
        Self {
            len: archive.len(),
            total,
            overhead: archive.len().saturating_sub(total.compressed),
            chunked: Sums::of(members.iter().filter(|member| member.chunks > 0)),
            kinds: kinds.collect(),
            members,
            problems,
        }
    }

    /// Returns the sums for a kind, zero if the wheel has none.
    pub(super) fn of_kind(&self, kind: FileKind) -> Sums {
        self.kinds.iter().find(|it| it.kind == kind).map_or_else(Sums::default, |it| it.sums)
    }
}

fn member(header: &MemberHeader<'_>, entry: &Entry, index: usize) -> Member {
    let kind = if header.is_symlink() {
        FileKind::Link
    } else {
        FileKind::of(&entry.name, entry.unix_mode & EXECUTABLE != 0)
    };
    Member {
        path: entry.name.clone(),
        kind,
        content: entry.uncompressed,
        compressed: entry.data.len() as u64,
        crc: entry.crc,
        deflated: entry.method == Method::Deflated,
        chunks: entry.chunks.as_ref().map_or(0, crate::zip::ChunkTable::len),
        index,
    }
}

/// Returns a path without the version, which is in the names of the dist-info and data directories.
pub(crate) fn unversioned(path: &str) -> String {
    match path.split_once('/') {
        Some((top, rest)) => match top.rsplit_once('.') {
            Some((_, kind @ ("dist-info" | "data"))) => format!("*.{kind}/{rest}"),
            _ => path.to_owned(),
        },
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_from_names() {
        for (path, is_executable, expected) in [
            ("pkg/lib.so", false, FileKind::NativeCode),
            ("pkg/libcudnn.so.9.2", true, FileKind::NativeCode),
            ("pkg/also.sometimes.txt", true, FileKind::Data),
            ("pkg/bin/ptxas", true, FileKind::NativeCode),
            ("pkg/LICENSE", false, FileKind::Data),
            ("pkg/tool.sh", true, FileKind::Data),
            ("pkg/a.cpython-312-darwin.so", false, FileKind::NativeCode),
            ("pkg/b.pyd", false, FileKind::NativeCode),
            ("pkg/__init__.pyi", false, FileKind::Python),
            ("pkg/include/a.cuh", false, FileKind::Cuda),
            ("pkg/kernels/a.cu", false, FileKind::Cuda),
            ("pkg/_a.pyx", false, FileKind::Source),
            ("pkg/cu", false, FileKind::Data),
            ("pkg-1.0.dist-info/licenses/a.py", false, FileKind::DistInfo),
            ("pkg-1.0.data/scripts/run", false, FileKind::Data),
        ] {
            assert_eq!(FileKind::of(path, is_executable), expected, "{path}");
        }
    }
}
