//! The ZIP archive: its format, writing it, reading it. No policy, no compression.
//!
//! Why this writer exists: indexes refuse data descriptors, so a member's CRC-32 and sizes must be
//! in its local header. Members are compressed elsewhere, on many threads. No published writer
//! accepts a deflated stream in chunks and fills in the header afterwards.
//!
//! The format is PKWARE's APPNOTE.TXT; section numbers in comments are those of version 6.3.10.

mod chunk_table;
mod directory;
mod extra;
mod format;
mod read;
mod sink;
mod strict;
mod timestamp;
mod write;

pub use self::chunk_table::{ChunkClaim, ChunkRanges, ChunkTable};
pub use self::directory::partial::{PartialMember, directory_range, partial_members};
pub use self::directory::{Directory, DirectoryError, Entry};
pub use self::format::{FieldTooLong, Method, Mode};
pub use self::read::{ReadError, read_back};
pub use self::sink::{SharedBytes, Sink};
pub use self::strict::{Flaw, FlawKind, RawArchive, RawMember};
pub use self::timestamp::Timestamp;
pub use self::write::{ArchiveWriter, OpenMember, Sizes};
