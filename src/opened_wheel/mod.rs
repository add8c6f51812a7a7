//! Opened wheels: the layer above the two readers of ZIP directories that every verb uses.
//!
//! `unpack`, `repack`, `inspect` and `audit` refuse an archive at its first problem ([`Archive`]).
//! `check` reports every problem and reads on ([`StrictArchive`]). Both use the same limits, the
//! same list of problems, and the same code for content.
//!
//! | file | content |
//! |---|---|
//! | `archive` | an archive whose directory can be trusted, mapped and watched for changes |
//! | `strict` | an archive whose every flaw is reported |
//! | `limits` | maximum lengths of RECORD and METADATA, maximum ratio |
//! | `dist_info` | the search for the dist-info directory |
//! | `member_problem` | problems of a member's name, type and mode |
//! | `checked` | the members of a trusted archive, each without a problem |
//! | `content` | a member's content, streamed, its length and CRC-32 verified |
//! | `chunked` | a member with a chunk table, inflated by all threads, by one, or in part |
//! | `indexed` | a member that was inflated before, inflated by all threads |
//! | `library` | the sections and the device code of a library, in one pass |
//! | `library_pass` | that pass: what it reads, and what it skips |
//! | `outlines` | the tables of an object file while it streams by |
//! | `parts` | the tables of a library, without the bytes between them |
//! | `remote` | a wheel on a server, of which some members are downloaded |
//! | `recorded` | compares RECORD with the files |
//! | `arguments` | the options that limit unpacking |
//! | `error` | why an archive is refused |

mod archive;
mod arguments;
mod checked;
mod chunked;
mod compressed_offsets;
mod content;
mod dist_info;
mod error;
mod indexed;
mod library;
mod library_pass;
mod limits;
mod member_problem;
mod outlines;
mod parts;
mod recorded;
mod remote;
mod strict;

use std::io;

pub use self::archive::Archive;
pub use self::arguments::LimitArguments;
pub use self::checked::{CheckedMember, MemberKind, UnpackedTotal};
pub use self::chunked::{Chunked, Ended, OrderedSink};
pub use self::compressed_offsets::CompressedOffsets;
pub use self::content::{ContentError, MemberData, Strictness};
pub use self::dist_info::{DistInfoDirs, NotOneDistInfo};
pub use self::error::ArchiveError;
pub use self::library::{code_of_file, may_hold_device_code, read_library};
pub use self::library_pass::{LibraryParts, LibraryPass};
pub use self::limits::{
    Limits, MAX_METADATA_BYTES, MAX_RATIO, MAX_RECORD_BYTES, RATIO_FLOOR, exceeds_ratio,
    max_dist_info_file_bytes,
};
pub use self::member_problem::{FileType, MemberHeader, MemberProblem};
pub use self::parts::{PartsError, PartsReader};
pub use self::recorded::{FoundFile, Mismatch, Mismatches};
pub use self::remote::{RemoteArchive, renamed};
pub use self::strict::StrictArchive;
use crate::wheel::MemberPath;

/// Returns whether a member is RECORD or a signature of it: files without a hash in RECORD.
#[must_use]
pub fn is_record_or_signature(path: &MemberPath, dist_info: &str) -> bool {
    matches!(path.strip_dir(dist_info), Some("RECORD" | "RECORD.jws" | "RECORD.p7s"))
}

/// Writes at an offset of a file. Other threads may write elsewhere at the same time.
#[cfg(unix)]
pub fn write_at(
    file: &impl std::os::unix::fs::FileExt,
    bytes: &[u8],
    offset: u64,
) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

#[cfg(not(unix))]
pub fn write_at<F>(_: &F, _: &[u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
