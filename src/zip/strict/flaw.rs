//! Flaws of an archive's records.

/// The kind of a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlawKind {
    /// Bytes in front of the first member.
    Prefix,
    /// Bytes behind the end record and its comment.
    Trailing,
    /// The end record has a comment, which is allowed.
    Comment,
    /// The end record contradicts the archive.
    End,
    /// The ZIP64 end records contradict the archive, or are in a form that indexes refuse.
    Zip64End,
    /// Other bytes where a record is expected.
    Record,
    /// More members than the reader accepts.
    TooManyMembers,
    /// No local header at the offset in the directory.
    NoLocalHeader,
    /// A member's data extends beyond the start of the directory.
    Bounds,
    /// A local header that differs from the directory.
    LocalDiffers,
    /// A local header without a record in the directory.
    Hidden,
    /// Two members share bytes.
    Overlap,
    /// Two members with the same name.
    Duplicate,
    /// A data descriptor: CRC-32 and sizes behind the data.
    DataDescriptor,
    /// An encrypted member.
    Encrypted,
    /// Neither stored nor deflated.
    Method,
    /// A comment on a member.
    MemberComment,
    /// A truncated extra field, or a second one of a kind that may occur once.
    Extra,
    /// A Unicode path that differs from the header's name.
    UnicodePath,
    /// A ZIP64 extra field with an invalid length.
    Zip64Extra,
    /// A name that is not UTF-8.
    NameEncoding,
    /// A name in UTF-8 without general purpose bit 11.
    NameFlag,
    /// A name with control characters.
    NameControl,
    /// A stored member with different compressed and uncompressed sizes.
    StoredLength,
}

/// A flaw of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Its kind.
    pub kind: FlawKind,
    /// The member's name.
    pub member: Option<String>,
    /// The description for a message.
    pub found: String,
}
