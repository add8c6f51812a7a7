//! One entry of a container: code of one kind for one architecture.

use std::ops::Range;

use super::architecture::Architecture;
use super::kind::Kind;

/// How a payload is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// One LZ4 block, without a frame.
    Lz4,
    /// A zstd frame.
    Zstd,
    /// A zlib stream; HIP only.
    Zlib,
    /// Encrypted, or in a way that is not known.
    Unknown,
}

impl Compression {
    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
            Self::Zlib => "zlib",
            Self::Unknown => "unknown",
        }
    }
}

/// One entry. Offsets are those in the file; all lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// What it runs on.
    pub architecture: Architecture,
    /// How its payload is compressed.
    pub compression: Compression,
    /// Offset of its header.
    pub offset: u64,
    /// Length of its header; 0 if it has none.
    pub header_len: u64,
    /// Offset of its payload. In a compressed HIP bundle, where no entry has bytes of its own, that of the
    /// compressed data.
    pub payload_offset: u64,
    /// Bytes of its payload in the file, without padding. In a compressed HIP bundle its share, in proportion
    /// to the uncompressed lengths.
    pub compressed_len: u64,
    /// Bytes of its payload in the file, with padding.
    pub padded_len: u64,
    /// Bytes of its code, as the entry states them. Uncompressed PTX states none; its padding of up to 7
    /// zero bytes counts.
    pub uncompressed_len: u64,
    /// Its name, if it has one: the path of the source file.
    pub name: Option<Box<str>>,
}

impl Entry {
    /// Returns the number of bytes that it takes in the file: header, payload and padding.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.header_len.saturating_add(self.padded_len)
    }

    /// Returns whether it takes no bytes in the file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the byte range of its payload in the file, without padding.
    #[must_use]
    pub fn payload(&self) -> Range<u64> {
        self.payload_offset..self.payload_offset.saturating_add(self.compressed_len)
    }

    /// Returns the name of its architecture, as compilers write it for its kind.
    #[must_use]
    pub fn architecture_name(&self) -> String {
        self.architecture.name(self.kind)
    }
}
