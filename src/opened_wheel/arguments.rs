//! The options that limit unpacking.

use clap::Args;

use super::limits::{Limits, MAX_RATIO};
use crate::size::ByteSize;

/// Options of every verb that unpacks archives it did not write.
#[derive(Debug, Clone, Args)]
pub struct LimitArguments {
    /// Refuse archives with more uncompressed bytes than this together: bytes, or a number with
    /// `KiB`, `MiB`, `GiB` or `TiB`.
    #[arg(long, value_name = "SIZE", default_value = "64GiB")]
    pub max_unpacked: ByteSize,
    /// Refuse an archive with more than 64 MiB of uncompressed bytes and more than N times its own
    /// length. PyPI refuses wheels above 50.
    #[arg(long, value_name = "N", default_value_t = MAX_RATIO, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_ratio: u64,
}

impl LimitArguments {
    /// Returns the limits that these options set.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { unpacked: self.max_unpacked.bytes(), ratio: self.max_ratio }
    }
}
