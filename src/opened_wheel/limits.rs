//! Limits on what is read from a wheel. They are the same for every verb.

/// Longest RECORD in bytes. One million rows with paths of 60 bytes take half of it.
pub const LONGEST_RECORD: u64 = 256 << 20;

/// Longest other file of the dist-info directory in bytes, such as METADATA. Header fields of three
/// bytes each take 30 times their length in memory.
pub const LONGEST_METADATA: u64 = 8 << 20;

/// Uncompressed bytes up to which no compression ratio is too high, as `PyPI` has it.
pub const RATIO_FLOOR: u64 = 64 << 20;

/// Highest ratio of uncompressed bytes to the archive's length that `PyPI` accepts.
pub const MAX_RATIO: u64 = 50;

/// The limits on unpacking that options set.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Uncompressed bytes in all members of all archives.
    pub unpacked: u64,
    /// Highest ratio of an archive's uncompressed bytes to its length; it counts above [`RATIO_FLOOR`].
    pub ratio: u64,
}

/// Returns the longest file, in bytes, that is read at this path of a dist-info directory.
#[must_use]
pub fn longest_dist_info_file(path: &str) -> u64 {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    if name == "RECORD" { LONGEST_RECORD } else { LONGEST_METADATA }
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
    fn a_ratio_counts_above_64_mib() {
        assert!(!exceeds_ratio(RATIO_FLOOR, 1, MAX_RATIO));
        assert!(exceeds_ratio(RATIO_FLOOR + 1, 1, MAX_RATIO));
        assert!(!exceeds_ratio(100 << 20, 2 << 20, MAX_RATIO));
        assert!(exceeds_ratio((100 << 20) + 50, 2 << 20, MAX_RATIO));
    }

    #[test]
    fn record_may_be_longer_than_other_metadata() {
        assert_eq!(longest_dist_info_file("a-1.dist-info/RECORD"), LONGEST_RECORD);
        for path in ["a-1.dist-info/METADATA", "a-1.dist-info/RECORD.jws", "NO_RECORD"] {
            assert_eq!(longest_dist_info_file(path), LONGEST_METADATA, "{path}");
        }
    }
}
