//! The members of a wheel, from its central directory, with sums for each kind.

use serde::Serialize;

use crate::opened_wheel::{Archive, CheckedMember, MemberKind};
use crate::zip::{Method, Mode};

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
    /// Files of the dist-info directory.
    DistInfo,
    /// All other files.
    Data,
}

impl FileKind {
    pub(super) const ALL: [Self; 5] =
        [Self::NativeCode, Self::Python, Self::Headers, Self::DistInfo, Self::Data];

    /// Returns the kind of a file by its path and whether it is executable.
    fn of(path: &str, is_executable: bool) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_library = name.split('.').skip(1).any(|part| part == "so");
        if path.split('/').next().is_some_and(|top| top.ends_with(".dist-info")) {
            return Self::DistInfo;
        }
        match extension {
            "py" | "pyi" | "pyc" => Self::Python,
            "h" | "hh" | "hpp" | "hxx" | "cuh" | "inc" => Self::Headers,
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
            Self::DistInfo => "dist-info",
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

/// Sums over several members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Sums {
    pub(super) members: u64,
    pub(super) content: u64,
    pub(super) compressed: u64,
}

impl Sums {
    fn add(&mut self, member: &Member) {
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
}

impl Inventory {
    pub(super) fn of(archive: &Archive, checked: &[CheckedMember]) -> Self {
        let mut members: Vec<Member> = checked
            .iter()
            .filter_map(|member| {
                let MemberKind::File(mode) = member.kind else { return None };
                let entry = archive.directory().entries().get(member.index)?;
                let path = member.path.as_str().to_owned();
                Some(Member {
                    kind: FileKind::of(&path, mode == Mode::Executable),
                    path,
                    content: entry.uncompressed,
                    compressed: entry.data.len() as u64,
                    crc: entry.crc,
                    deflated: entry.method == Method::Deflated,
                    chunks: entry.chunks.as_ref().map_or(0, crate::zip::ChunkTable::len),
                    index: member.index,
                })
            })
            .collect();
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
        }
    }

    /// Returns the sums for a kind, zero if the wheel has none.
    pub(super) fn of_kind(&self, kind: FileKind) -> Sums {
        self.kinds.iter().find(|it| it.kind == kind).map_or_else(Sums::default, |it| it.sums)
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
            ("pkg/include/a.cuh", false, FileKind::Headers),
            ("pkg-1.0.dist-info/licenses/a.py", false, FileKind::DistInfo),
            ("pkg-1.0.data/scripts/run", false, FileKind::Data),
        ] {
            assert_eq!(FileKind::of(path, is_executable), expected, "{path}");
        }
    }
}
