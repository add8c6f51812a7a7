//! String literals that look like sonames: what a file may open with `dlopen`.
//!
//! These are hints. A name may be in a message or in a list that is never used, and a name that is put together at
//! run time is not found.

use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;

use super::Linkage;

/// Maximum length of a name in bytes.
const MAX_NAME: usize = 255;

/// Bytes of the file's earlier pieces that are kept: a name, the byte in front of it and the one behind it.
const CARRY: usize = MAX_NAME + 2;

/// Maximum number of places that are kept. Real libraries have fewer than 100.
const MAX_PLACES: usize = 4096;

/// Finds names of the form `lib*.so` or `lib*.so.1.2` between two zero bytes, or behind a byte that is no text, in
/// the bytes of one file. It takes at most 2 MiB of memory.
///
/// A name is found only if all bytes around it are fed. To read the literals of a library, feed all of it or its
/// [`Linkage::literals`].
#[derive(Debug, Default)]
pub struct SonameLiterals {
    /// The last bytes, up to `end`.
    carry: Vec<u8>,
    /// The offset behind the last byte.
    end: u64,
    /// Names by offset.
    places: BTreeMap<u64, String>,
}

impl SonameLiterals {
    /// Searches a piece of the file at an offset. Pieces come in the order of the file.
    pub fn feed(&mut self, offset: u64, piece: &[u8]) {
        if offset != self.end {
            self.carry.clear();
        }
        self.end = offset.saturating_add(piece.len() as u64);
        // Names at the seam of two pieces.
        let seam = piece.len().min(CARRY);
        let carried = self.carry.len();
        if carried > 0 {
            let mut joined = std::mem::take(&mut self.carry);
            joined.extend_from_slice(&piece[..seam]);
            self.search(offset.saturating_sub(carried as u64), &joined);
            self.carry = joined;
        }
        self.search(offset, piece);
        if piece.len() >= CARRY {
            self.carry = piece[piece.len() - CARRY..].to_vec();
        } else if carried == 0 {
            self.carry = piece.to_vec();
        } else {
            let excess = self.carry.len().saturating_sub(CARRY);
            self.carry.drain(..excess);
        }
    }

    fn search(&mut self, offset: u64, bytes: &[u8]) {
        for at in memmem::find_iter(bytes, b".so") {
            if self.places.len() >= MAX_PLACES {
                return;
            }
            if let Some(range) = name_around(bytes, at)
                && let Ok(name) = std::str::from_utf8(&bytes[range.clone()])
            {
                self.places.insert(offset + range.start as u64, name.to_owned());
            }
        }
    }

    /// Returns the names among the string literals of the file, sorted, each once.
    #[must_use]
    pub fn into_names(self, linkage: &Linkage) -> Vec<String> {
        let ranges = linkage.literals();
        let is_literal = |at: u64| {
            let next = ranges.partition_point(|range| range.start <= at);
            ranges[..next].last().is_some_and(|range| at < range.end)
        };
        let found = self.places.into_iter().filter(|(at, _)| is_literal(*at));
        let mut names: Vec<String> = found.map(|(_, name)| name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Returns the range of the name with `.so` at `at`.
fn name_around(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
    let earliest = at.saturating_sub(MAX_NAME);
    let stem = bytes[earliest..at].iter().rev().take_while(|byte| is_part(byte)).count();
    let start = at - stem;
    // A byte that could be a part of a message or of a path makes it no name of its own.
    let before = *bytes.get(start.checked_sub(1)?)?;
    let is_text = before.is_ascii_graphic() || before == b' ' || before >= 0x80;
    if is_text || !bytes[start..at].starts_with(b"lib") {
        return None;
    }
    let behind = &bytes[at + 3..];
    let version = behind
        .iter()
        .take(MAX_NAME)
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
        .count();
    let ends = behind.get(version) == Some(&0);
    let is_version = behind[..version].is_empty()
        || behind[..version]
            .strip_prefix(b".")
            .is_some_and(|rest| rest.split(|byte| *byte == b'.').all(|part| !part.is_empty()));
    let name = start..at + 3 + version;
    (ends && is_version && name.len() <= MAX_NAME).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pieces: &[&[u8]]) -> Vec<String> {
        let mut literals = SonameLiterals::default();
        let mut offset = 0;
        for piece in pieces {
            literals.feed(offset, piece);
            offset += piece.len() as u64;
        }
        let whole = 0..offset;
        literals.into_names(&Linkage { literals: vec![whole], ..Linkage::default() })
    }

    #[test]
    fn names_stand_alone_and_end_with_a_version() {
        for (text, expected) in [
            (&b"\0libcuda.so.1\0"[..], Some("libcuda.so.1")),
            (b"\0libcuda.so\0", Some("libcuda.so")),
            (b"\x01libstdc++.so.6\0", Some("libstdc++.so.6")),
            (b"\0libnvinfer_plugin.so.10.3.0\0", Some("libnvinfer_plugin.so.10.3.0")),
            (b"libcuda.so.1\0", None),
            (b"\0libcuda.so.1", None),
            (b"\0libcuda.so.\0", None),
            (b"\0libcuda.so1\0", None),
            (b"\0libcuda.so.1 \0", None),
            (b"\0libcuda.so..1\0", None),
            (b"\0open libcuda.so.1\0", None),
            (b"\0/usr/lib/libcuda.so.1\0", None),
            (b"\0foo.so\0", None),
            (b"\0lib%s.so\0", None),
        ] {
            let found = names(&[text]);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn pieces_of_any_length_have_the_names_of_the_whole() {
        let mut text = b"\0libcuda.so.1\0\0".to_vec();
        text.extend(vec![b'x'; 600]);
        text.extend(b"\0libnvrtc.so.12\0not libother.so\0");
        let expected = ["libcuda.so.1", "libnvrtc.so.12"];
        for len in [1, 2, 3, 7, 100, 300, 640, 1000] {
            let pieces: Vec<&[u8]> = text.chunks(len).collect();
            assert_eq!(names(&pieces), expected, "{len}");
        }
    }

    #[test]
    fn names_outside_of_literals_do_not_count() {
        let mut literals = SonameLiterals::default();
        literals.feed(100, b"\0liba.so\0libb.so\0");
        literals.feed(5000, b"\0libc.so\0");
        let linkage = Linkage { literals: vec![100..105, 5000..5100], ..Linkage::default() };
        assert_eq!(literals.into_names(&linkage), ["liba.so", "libc.so"]);
    }

    #[test]
    fn the_number_of_names_is_bounded() {
        let text: Vec<u8> =
            (0..MAX_PLACES * 2).flat_map(|at| format!("\0lib{at}.so\0").into_bytes()).collect();
        assert_eq!(names(&[&text]).len(), MAX_PLACES);
    }
}
