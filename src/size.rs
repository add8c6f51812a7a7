//! Parses and formats sizes in bytes with units, such as `500MB` and `64GiB`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::error::Diagnose;

/// Units and their sizes in bytes. `B` is last, because it is a suffix of all others.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// Returns the number of bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl From<u64> for ByteSize {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl FromStr for ByteSize {
    type Err = ByteSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)));
        let (number, unit) = unit.unwrap_or((text, 1));
        let number: Option<u64> = number.trim_end().parse().ok();
        let bytes = number.and_then(|number| number.checked_mul(unit));
        bytes.map(Self).ok_or(ByteSizeError)
    }
}

impl fmt::Display for ByteSize {
    /// Uses the largest binary unit that divides the size, such as `64 GiB`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |unit: u64| self.0 > 0 && self.0.is_multiple_of(unit);
        match UNITS[..4].iter().rev().find(|(_, unit)| fits(*unit)) {
            Some((name, unit)) => write!(formatter, "{} {name}", self.0 / unit),
            None => write!(formatter, "{} bytes", self.0),
        }
    }
}

/// Formats a number of bytes in decimal units, as for disks and networks: `999 B`, `1.2 kB`, `191.5
/// MB`. Rounded to the nearest tenth.
#[must_use]
pub fn decimal(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let tenths = |unit: u64| (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
    let (mut name, mut unit) = ("kB", 1_000);
    for next in ["MB", "GB"] {
        // 999,950 bytes are 1.0 MB, not 1000.0 kB.
        if tenths(unit) >= 10_000 {
            (name, unit) = (next, unit * 1_000);
        }
    }
    format!("{}.{} {name}", tenths(unit) / 10, tenths(unit) % 10)
}

/// The error for a text that is not a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected a number of bytes, or one with a unit such as `500MB` or `64GiB`")]
pub struct ByteSizeError;

impl Diagnose for ByteSizeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_formatted_in_decimal_units() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (1_049, "1.0 kB"),
            (1_050, "1.1 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (191_525_026, "191.5 MB"),
            (191_550_000, "191.6 MB"),
            (999_950_000, "1.0 GB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(decimal(bytes), expected);
        }
    }

    #[test]
    fn sizes_parse() {
        for (text, expected) in [
            ("0", Some(0)),
            ("17", Some(17)),
            ("17B", Some(17)),
            ("3kB", Some(3000)),
            ("3KiB", Some(3072)),
            ("64 GiB", Some(64 << 30)),
            ("16777216TiB", None),
            ("18446744073709551616", None),
            ("1.5GB", None),
            ("-1", None),
            ("GB", None),
            ("", None),
            ("5 parsecs", None),
        ] {
            assert_eq!(text.parse().ok(), expected.map(ByteSize), "{text}");
        }
    }

    #[test]
    fn sizes_are_formatted_in_the_largest_whole_unit() {
        let cases = [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (2048, "2 KiB"),
            (3 << 30, "3 GiB"),
            (1 << 42, "4 TiB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(ByteSize(bytes).to_string(), expected);
        }
    }
}
