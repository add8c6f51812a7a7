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

/// Formats a number of bytes in binary units, as all text does, because the limits of PyPI and of wheelworks are in
/// these: `999 B`, `1.2 KiB`, `191.5 MiB`. Rounded to the nearest tenth.
#[must_use]
pub fn rounded(bytes: u64) -> String {
    if bytes < 1 << 10 {
        return format!("{bytes} B");
    }
    let tenths = |unit: u64| (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
    let (mut name, mut unit) = UNITS[0];
    for next in &UNITS[1..3] {
        // 1,048,525 bytes are 1.0 MiB, not 1024.0 KiB.
        if tenths(unit) >= 10_240 {
            (name, unit) = *next;
        }
    }
    format!("{}.{} {name}", tenths(unit) / 10, tenths(unit) % 10)
}

/// Parses a size that is at least one byte. A number without a unit is in MiB.
///
/// # Errors
///
/// Fails for any other text.
pub fn in_mebibytes(text: &str) -> Result<ByteSize, MebibytesError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if is_number { format!("{text}MiB").parse() } else { text.parse() };
    parsed.ok().filter(|size: &ByteSize| size.bytes() > 0).ok_or(MebibytesError)
}

/// The error for a text that is not a size for [`in_mebibytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "expected a number of MiB, or a size with a unit such as `500MB` or `64GiB`, of at least 1 byte"
)]
pub struct MebibytesError;

impl Diagnose for MebibytesError {}

/// The error for a text that is not a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected a number of bytes, or one with a unit such as `500MB` or `64GiB`")]
pub struct ByteSizeError;

impl Diagnose for ByteSizeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_in_binary_units() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (1_075, "1.0 KiB"),
            (1_076, "1.1 KiB"),
            (1_048_524, "1023.9 KiB"),
            (1_048_525, "1.0 MiB"),
            (191_525_026, "182.7 MiB"),
            (1_073_690_000, "1.0 GiB"),
            (1 << 30, "1.0 GiB"),
            (u64::MAX, "17179869184.0 GiB"),
        ] {
            assert_eq!(rounded(bytes), expected);
        }
    }

    #[test]
    fn a_number_alone_may_be_in_mebibytes() {
        for (text, expected) in [
            ("1", Some(1 << 20)),
            ("100", Some(100 << 20)),
            ("100MiB", Some(100 << 20)),
            ("100 MB", Some(100_000_000)),
            ("1B", Some(1)),
            ("0", None),
            ("0B", None),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("17592186044416", None),
        ] {
            assert_eq!(in_mebibytes(text).ok(), expected.map(ByteSize), "{text}");
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
