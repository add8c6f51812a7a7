//! Downloads what the facts of the ELF files of a wheel on a server need, and no more.
//!
//! | member | what is downloaded |
//! |---|---|
//! | Python source, headers, data, by their names | nothing |
//! | of up to 64 KiB | all |
//! | larger, no ELF file | the first bytes |
//! | larger, with a chunk table | the chunks with headers, dynamic section, symbols and versions |
//! | larger, without one | all: its data can only be inflated from the start |

use std::ops::{ControlFlow, Range};

use super::member_paths::{may_be_elf, member_path};
use super::members::{Limits, MAGIC, SHORT_HEAD, SMALL};
use crate::context::Context;
use crate::deflate::Inflater;
use crate::elf::{ElfFacts, is_elf};
use crate::error::Error;
use crate::object_file::ObjectFacts;
use crate::opened_wheel::{Chunked, PartsError, PartsReader, RemoteArchive, Strictness};
use crate::slash_path::file_name;
use crate::zip::ChunkTable;

/// Most compressed bytes of a member that is downloaded at once. Its first bytes alone would be a request as well.
const SMALL_BYTES: u64 = 64 << 10;

/// Bytes of a larger member that are downloaded to see whether it is an ELF file: a local header, and the first bytes of
/// the DEFLATE stream.
const HEAD_BYTES: usize = 16 << 10;

/// Extensions of files that are no libraries and no programs. Those of torch alone are 12,000 files.
const NO_LIBRARIES: [&str; 60] = [
    "a", "bc", "bin", "c", "cc", "cfg", "cmake", "cpp", "css", "csv", "cu", "cubin", "cuh", "cxx",
    "dat", "db", "fatbin", "gif", "gz", "h", "hh", "hpp", "html", "hxx", "in", "inc", "ini", "inl",
    "ipp", "jinja", "jpg", "js", "json", "lib", "map", "md", "mo", "npy", "npz", "o", "pc", "png",
    "proto", "ptx", "pxd", "py", "pyc", "pyi", "pyx", "rst", "svg", "tcc", "td", "toml", "ttf",
    "txt", "xml", "yaml", "yml", "zip",
];

/// The members that were downloaded as a whole because they have no chunk table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WholeMembers {
    /// How many.
    pub(crate) count: usize,
    /// Their compressed length in bytes.
    pub(crate) bytes: u64,
}

/// Downloads what the facts of the ELF files need, as [`read_archive`](super::read_archive) then reads them if it trusts
/// chunk tables.
pub(crate) fn fetch_elf_parts(
    archive: &mut RemoteArchive,
    limits: Limits,
    context: &Context<'_>,
) -> Result<WholeMembers, Error> {
    let cancel = context.cancel;
    let is_candidate = |name: &str| {
        let path = member_path(name);
        may_be_elf(path.as_deref()) && path.is_some_and(|path| !has_other_extension(&path))
    };
    let members = archive.members().iter().enumerate();
    let candidates = members.filter(|(_, member)| is_candidate(&member.name));
    let (small, large): (Vec<usize>, Vec<usize>) = candidates
        .map(|(at, _)| at)
        .partition(|&at| archive.members()[at].compressed <= SMALL_BYTES);
    archive.fetch_members(&small, cancel)?;
    archive.fetch_heads(&large, HEAD_BYTES, cancel)?;
    let mut whole = Vec::new();
    for at in large {
        match kind(archive, at, context)? {
            Kind::Elf if by_table(archive, at, limits, context)? => {}
            Kind::Elf | Kind::Object => whole.push(at),
            Kind::Other => {}
        }
    }
    archive.fetch_members(&whole, cancel)?;
    let bytes = whole.iter().map(|&at| archive.members()[at].compressed).sum();
    Ok(WholeMembers { count: whole.len(), bytes })
}

fn has_other_extension(path: &str) -> bool {
    let name = file_name(path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| NO_LIBRARIES.contains(&&*extension))
}

/// What a member begins like.
enum Kind {
    Elf,
    /// A Mach-O or PE file.
    Object,
    Other,
}

fn kind(archive: &RemoteArchive, at: usize, context: &Context<'_>) -> Result<Kind, Error> {
    let bytes = archive.content()?;
    let data = archive.data(at, &bytes)?;
    let mut inflater = Inflater::new();
    let first = data.stream(&mut inflater, MAGIC, Strictness::Lenient, context.cancel, |piece| {
        ControlFlow::Break(if is_elf(piece) {
            Kind::Elf
        } else if ObjectFacts::may_be(piece) {
            Kind::Object
        } else {
            Kind::Other
        })
    });
    let first = first.map_err(|source| archive.on_member(at, source))?;
    Ok(first.unwrap_or(Kind::Other))
}

/// Downloads the chunks that the facts need. Returns false if the member has no table, or a wrong one.
fn by_table(
    archive: &mut RemoteArchive,
    at: usize,
    limits: Limits,
    context: &Context<'_>,
) -> Result<bool, Error> {
    let member = &archive.members()[at];
    let (len, table) = (member.uncompressed, member.chunks.clone());
    let Some(table) = table.filter(|_| len > SMALL) else { return Ok(false) };
    let mut reader = PartsReader::new(len, limits.tables());
    if reader.want(vec![0..SHORT_HEAD.min(len)], 0).is_err() {
        return Ok(false);
    }
    let mut fetch = |reader: &mut PartsReader| -> Result<(), Stop> {
        let parts: Vec<Range<u64>> =
            reader.wanted().flat_map(|range| compressed(&table, range)).collect();
        archive.fetch_parts(at, &parts, context.cancel)?;
        let bytes = archive.content()?;
        let chunked = Chunked::new(archive.data(at, &bytes)?).ok_or(Stop::NoChunk)?;
        reader.fetch_chunks(chunked, &mut Inflater::new()).ok_or(Stop::NoChunk)
    };
    let parsed = fetch(&mut reader).and_then(|()| {
        reader.parse(|parts| ElfFacts::read_parts(parts, limits.detail()), fetch).map(|_| ())
    });
    match parsed {
        // The same error comes again where the facts are read.
        Ok(()) | Err(Stop::Parts) => Ok(true),
        Err(Stop::NoChunk) => Ok(false),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why the parts of a member are not read to the end.
enum Stop {
    /// A chunk is invalid: the table is not true.
    NoChunk,
    /// The parts are not those of an ELF file, or too large.
    Parts,
    /// The server failed.
    Failed(Error),
}

impl From<PartsError> for Stop {
    fn from(_: PartsError) -> Self {
        Self::Parts
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Iterates over where the chunks are in the data that hold a range of the content.
fn compressed<'t>(
    table: &'t ChunkTable,
    range: &Range<u64>,
) -> impl Iterator<Item = Range<u64>> + use<'t> {
    table.holding(range).filter_map(|index| table.chunk(index)).map(|chunk| chunk.compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libraries_and_programs_are_candidates() {
        assert!(NO_LIBRARIES.is_sorted());
        for (path, expected) in [
            ("a/b.so", false),
            ("a/b.so.12", false),
            ("bin/a", false),
            ("a.b/c", false),
            ("a/b.h", true),
            ("a/b.TXT", true),
            ("a/b.so.json", true),
        ] {
            assert_eq!(has_other_extension(path), expected, "{path}");
        }
    }
}
