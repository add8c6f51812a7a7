//! SHA-256 hashes in the form of RECORD.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A SHA-256; `Display` writes `sha256=` and URL-safe base64 without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Digest(pub [u8; 32]);

impl fmt::Display for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sha256={}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for Sha256Digest {
    type Err = Sha256DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("sha256=")
            .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| Sha256DigestError { text: text.to_owned() })
    }
}

/// A text that is not a SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `sha256=` and 43 characters of URL-safe base64 without `=` at the end, found `{}`",
    escape_truncated(text)
)]
pub struct Sha256DigestError {
    /// The text.
    pub text: String,
}

impl Diagnose for Sha256DigestError {}
