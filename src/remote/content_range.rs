//! The header `Content-Range` (RFC 9110, 14.4).

use std::ops::Range;

/// The range of a response, and the length of the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) range: Range<u64>,
    pub(super) len: u64,
}

impl ContentRange {
    /// Parses `bytes FIRST-LAST/LENGTH`; `None` for all else, such as an unknown length.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (range, len) = rest.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last, len) = (number(first)?, number(last)?, number(len)?);
        let is_valid = unit.eq_ignore_ascii_case("bytes") && first <= last && last < len;
        is_valid.then_some(Self { range: first..last + 1, len })
    }
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lie_in_the_file() {
        let some = |range, len| Some(ContentRange { range, len });
        for (text, expected) in [
            ("bytes 0-9/10", some(0..10, 10)),
            ("Bytes 5-5/10 ", some(5..6, 10)),
            ("bytes 5-4/10", None),
            ("bytes 0-10/10", None),
            ("bytes 0-9/*", None),
            ("bytes */10", None),
            ("bytes +1-2/10", None),
            ("items 0-9/10", None),
            ("bytes 0-18446744073709551615/18446744073709551616", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), expected, "{text}");
        }
    }
}
