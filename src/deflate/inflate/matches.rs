//! Copies a match: bytes that the stream repeats.

use super::BUFFER;

/// Copies a match of `len` bytes (at most 258) from index `from` to the greater index `to`. May write up to
/// 31 bytes beyond the match.
#[inline]
pub(super) fn copy_match(buffer: &mut [u8; BUFFER], from: usize, to: usize, len: usize) {
    let distance = to - from;
    // A match is never empty, so the first word is copied without a check.
    if distance >= 16 {
        copy_word::<16>(buffer, from, to);
        let mut done = 16;
        while done < len {
            copy_word::<16>(buffer, from + done, to + done);
            done += 16;
        }
    } else if distance == 1 {
        let byte = buffer[from];
        buffer[to..to + len].fill(byte);
    } else {
        // Source and target overlap: if `distance` is below 8, only the first `distance` bytes of the word are
        // right. The next copy overwrites the others.
        let step = distance.min(8);
        let mut done = 0;
        while done < len {
            copy_word::<8>(buffer, from + done, to + done);
            done += step;
        }
    }
}

#[inline]
fn copy_word<const N: usize>(buffer: &mut [u8; BUFFER], from: usize, to: usize) {
    let word: Option<[u8; N]> = buffer.get(from..).and_then(|rest| rest.first_chunk()).copied();
    let target = buffer.get_mut(to..).and_then(|rest| rest.first_chunk_mut());
    if let (Some(word), Some(target)) = (word, target) {
        *target = word;
    }
}
