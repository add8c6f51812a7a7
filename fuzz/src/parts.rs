//! A file of which only the requested parts are known.

use wheelworks::elf::{ElfError, MAX_ROUNDS, Sparse, Unfinished};

/// Returns what `read` returns once it has all parts of the file that it asks for; `None` if it asks more often
/// than there are stages.
///
/// # Panics
/// If it asks for nothing, or for what is beyond the file or known already.
pub fn in_parts<T>(
    bytes: &[u8],
    read: impl Fn(&Sparse, u64) -> Result<T, Unfinished>,
) -> Option<Result<T, ElfError>> {
    let len = bytes.len() as u64;
    let mut parts = Sparse::new(len);
    for _ in 0..=MAX_ROUNDS {
        let missing = match read(&parts, len) {
            Ok(facts) => return Some(Ok(facts)),
            Err(Unfinished::Wrong(error)) => return Some(Err(error)),
            Err(Unfinished::Missing(missing)) => missing,
        };
        assert!(!missing.is_empty(), "nothing is asked for");
        for range in &missing {
            assert!(range.start < range.end && range.end <= len, "{range:?}");
            assert!(parts.get(range).is_none(), "a known range is requested");
        }
        for range in missing {
            let within = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            parts.insert(range.start, bytes[within].to_vec());
        }
    }
    None
}
