//! Computes the SHA-256 of bytes and of files.

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::exec::CancelFlag;
use crate::source::FileContent;
use crate::wheel::Sha256Digest;

/// Bytes hashed between two checks of the cancel flag.
const HASH_STEP: usize = 1 << 20;

/// Returns the SHA-256 of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest(Sha256::digest(bytes).into())
}

/// Returns the SHA-256 of a file.
///
/// # Errors
/// On cancellation.
pub(crate) fn sha256_of(content: &FileContent, cancel: &CancelFlag) -> Result<Sha256Digest, Error> {
    let mut hasher = Sha256::new();
    for step in content.bytes().chunks(HASH_STEP) {
        cancel.check()?;
        hasher.update(step);
    }
    Ok(Sha256Digest(hasher.finalize().into()))
}
