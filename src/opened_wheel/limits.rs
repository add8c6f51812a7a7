//! Limits on reading wheels. They are the same for every verb.

use crate::slash_path::file_name;

/// Maximum length of RECORD in bytes. One million rows with paths of 60 bytes take half of it.
pub const MAX_RECORD_BYTES: u64 = 256 << 20;

/// Maximum length in bytes of another file of the dist-info directory, such as METADATA. Header fields of three
/// bytes each take 30 times their length in memory.
pub const MAX_METADATA_BYTES: u64 = 8 << 20;

/// Uncompressed bytes up to which any compression ratio is accepted, as by `PyPI`.
pub const RATIO_FLOOR: u64 = 64 << 20;

/// Maximum ratio of uncompressed bytes to the archive's length that `PyPI` accepts.
pub const MAX_RATIO: u64 = 50;

/// The limits on unpacking that options set.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of uncompressed bytes in the members of all archives together.
    pub unpacked: u64,
    /// Maximum ratio of an archive's uncompressed bytes to its length; it applies above [`RATIO_FLOOR`].
    pub ratio: u64,
}

/// Maximum number of uncompressed bytes unless an option sets another one.
const MAX_UNPACKED: u64 = 64 << 30;

impl Default for Limits {
    /// Returns the limits of a verb without options for them.
    fn default() -> Self {
        Self { unpacked: MAX_UNPACKED, ratio: MAX_RATIO }
    }
}

/// Returns the maximum length in bytes of the file at this path of a dist-info directory.
#[must_use]
pub fn max_dist_info_file_bytes(path: &str) -> u64 {
    let name = file_name(path);
    if name == "RECORD" { MAX_RECORD_BYTES } else { MAX_METADATA_BYTES }
}

/// Returns whether an archive of `archive_len` bytes unpacks to more than `ratio` times that, and to
/// more than [`RATIO_FLOOR`] bytes.
#[must_use]
pub fn exceeds_ratio(unpacked: u64, archive_len: u64, ratio: u64) -> bool {
    unpacked > RATIO_FLOOR && unpacked / ratio > archive_len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_applies_above_64_mib() {
        assert!(!exceeds_ratio(RATIO_FLOOR, 1, MAX_RATIO));
        assert!(exceeds_ratio(RATIO_FLOOR + 1, 1, MAX_RATIO));
        assert!(!exceeds_ratio(100 << 20, 2 << 20, MAX_RATIO));
        assert!(exceeds_ratio((100 << 20) + 50, 2 << 20, MAX_RATIO));
    }

    #[test]
    fn record_may_be_longer_than_other_metadata() {
        assert_eq!(max_dist_info_file_bytes("a-1.dist-info/RECORD"), MAX_RECORD_BYTES);
        for path in ["a-1.dist-info/METADATA", "a-1.dist-info/RECORD.jws", "NO_RECORD"] {
            assert_eq!(max_dist_info_file_bytes(path), MAX_METADATA_BYTES, "{path}");
        }
    }
}
