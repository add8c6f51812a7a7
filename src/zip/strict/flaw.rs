//! What can be wrong with an archive's records.

/// What is wrong with an archive.
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
    /// The ZIP64 end records contradict the archive, or have what indexes refuse.
    Zip64End,
    /// Bytes where a record should be.
    Record,
    /// More members than anybody needs.
    TooManyMembers,
    /// No local header where the directory says that it is.
    NoLocalHeader,
    /// A member's data reaches beyond the place for it.
    Bounds,
    /// A local header that is not what the directory says.
    LocalDiffers,
    /// A local header of which the directory has no record.
    Hidden,
    /// Two members share bytes.
    Overlap,
    /// Two members of one name.
    Duplicate,
    /// CRC and sizes behind the data.
    DataDescriptor,
    /// An encrypted member.
    Encrypted,
    /// Neither stored nor deflated.
    Method,
    /// A comment on a member.
    MemberComment,
    /// An extra field that ends in the middle, or of a kind that may be there once only.
    Extra,
    /// A Unicode path that is not the header's name.
    UnicodePath,
    /// A ZIP64 extra field of another length than there can be.
    Zip64Extra,
    /// A name that is not UTF-8.
    NameEncoding,
    /// A name in UTF-8 without general purpose bit 11.
    NameFlag,
    /// A name with control characters.
    NameControl,
    /// A stored member of two lengths.
    StoredLength,
}

/// A flaw of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Its kind.
    pub kind: FlawKind,
    /// The member's name.
    pub member: Option<String>,
    /// What was found, in words.
    pub found: String,
}
