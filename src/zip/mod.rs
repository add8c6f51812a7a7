//! The ZIP archive: its format, writing it, reading it. No policy, no compression.
//!
//! Why a writer of our own: indexes refuse data descriptors, so a member's CRC and sizes must stand
//! in its local header, and members are compressed elsewhere, on many threads. No published writer
//! takes an already deflated stream piece by piece and fills in the header afterwards.
//!
//! The format is PKWARE's APPNOTE.TXT; section numbers in comments are those of version 6.3.10.

mod chunk_table;
mod directory;
mod extra;
mod format;
mod read;
mod strict;
mod timestamp;
mod write;

pub use self::chunk_table::{ChunkClaim, ChunkPlace, ChunkTable};
pub use self::directory::{Directory, DirectoryError, Entry};
pub use self::format::{FieldTooLong, Method, Mode};
pub use self::read::{ReadError, read_back};
pub use self::strict::{Flaw, FlawKind, RawArchive, RawMember};
pub use self::timestamp::Timestamp;
pub use self::write::{ArchiveWriter, OpenMember, Sink, Sizes};
