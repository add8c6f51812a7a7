//! What was transferred for a wheel on a server.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::escape::{counted, escape_text};
use crate::judge::WholeMembers;
use crate::remote::{DigestState, Transfer};

/// What was transferred for a wheel on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WheelTransfer {
    /// The file name of the wheel.
    pub(super) wheel: String,
    /// The address, without credentials.
    pub(super) url: String,
    pub(super) transfer: Transfer,
    /// The members without a chunk table that were read as a whole.
    pub(super) whole: WholeMembers,
}

impl WheelTransfer {
    /// Returns a line for people.
    pub(super) fn text(&self) -> String {
        let Transfer { len, received, requests, has_ranges, digest } = self.transfer;
        let mut text =
            format!("over HTTP: {}: {received} of {len} bytes", escape_text(&self.wheel));
        let _ = write!(text, " in {}", counted(requests, "request"));
        if !has_ranges {
            text += ", because the server does not send ranges";
        }
        let WholeMembers { count, bytes } = self.whole;
        if count > 0 {
            let (files, have) = if count == 1 { ("file", "has") } else { ("files", "have") };
            let _ = write!(text, "; {count} {files} of {bytes} bytes {have} no chunk table");
        }
        text += match digest {
            DigestState::None => "",
            DigestState::Verified => "; it has the SHA-256 of the address",
            DigestState::Unverified => {
                "; its SHA-256 is not verified, because only parts were read"
            }
        };
        text + "\n"
    }

    /// Returns it as JSON.
    pub(super) fn json(&self) -> Value {
        let Transfer { len, received, requests, has_ranges, digest } = self.transfer;
        let is_verified = match digest {
            DigestState::None => None,
            DigestState::Verified => Some(true),
            DigestState::Unverified => Some(false),
        };
        json!({
            "wheel": self.wheel,
            "url": self.url,
            "bytes": len,
            "received": received,
            "requests": requests,
            "ranges": has_ranges,
            "without_chunk_table": {"files": self.whole.count, "bytes": self.whole.bytes},
            "sha256_verified": is_verified,
        })
    }
}
