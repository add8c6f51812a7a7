//! Why a file on a server cannot be read.

use std::borrow::Cow;

use thiserror::Error;

use crate::error::{Diagnose, FileError};
use crate::escape::escape_truncated;
use crate::size::ByteSize;

/// Why a file on a server cannot be read.
#[derive(Debug, Error)]
#[error("`{}`: {problem}", escape_truncated(url))]
pub struct RemoteError {
    /// The address, without credentials and query.
    url: String,
    problem: RemoteProblem,
}

/// What is wrong with an address or a response.
#[derive(Debug, Error)]
pub enum RemoteProblem {
    /// The address has another form.
    #[error("expected {expected}, found {}", escape_truncated(found))]
    Address {
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The binary has no HTTP client.
    #[error(
        "expected a path, found an address; this wheelworks is built without the feature `http`"
    )]
    NoClient,
    /// No certificate can be verified.
    #[error("expected certificates of authorities on this machine, found none")]
    NoCertificates,
    /// A redirect from `https` to `http`.
    #[error("expected a redirect to another `https` address, found `{}`", escape_truncated(.0))]
    Downgrade(String),
    /// A redirect without an address.
    #[error("expected the header `Location` of a redirect, found none")]
    NoLocation,
    /// Too many redirects.
    #[error("expected at most {0} redirects, found more")]
    Redirects(usize),
    /// The server cannot be reached, or breaks the protocol.
    #[error("no response: {}", escape_truncated(.0))]
    Connection(String),
    /// The server is too slow.
    #[error("expected a response in time, found none: {}", escape_truncated(.0))]
    Timeout(String),
    /// Another status than 200 and 206.
    #[error("expected status 200 or 206, found {0}")]
    Status(u16),
    /// The content is encoded.
    #[error("expected the file itself, found `Content-Encoding: {}`", escape_truncated(.0))]
    Encoded(String),
    /// The response has another part of the file.
    #[error("expected {expected} of the file, found {}", escape_truncated(found))]
    WrongRange {
        /// The bytes that were asked for.
        expected: String,
        /// What the response says.
        found: String,
    },
    /// The file changed between two requests.
    #[error("expected one file in all responses, found that it changed: {}", escape_truncated(.0))]
    Changed(String),
    /// The content ends early.
    #[error("expected {expected} bytes of content, found {found}")]
    Truncated {
        /// The length that the response says.
        expected: u64,
        /// Bytes until the end.
        found: u64,
    },
    /// The content does not end.
    #[error("expected {expected} bytes of content, found more")]
    TooLong {
        /// The length that was asked for.
        expected: u64,
    },
    /// The whole file would be read, and is too large.
    #[error("expected at most {limit} from a server without ranges, found {found}")]
    TooLarge {
        /// The limit.
        limit: ByteSize,
        /// The length, or `more`.
        found: String,
    },
    /// The file is empty.
    #[error("expected a wheel, found an empty file")]
    Empty,
    /// The file has another digest.
    #[error("expected SHA-256 {expected}, found {found}")]
    Digest {
        /// The digest in the address, in hexadecimal.
        expected: String,
        /// That of the file.
        found: String,
    },
    /// The local copy cannot be written.
    #[error(transparent)]
    Copy(#[from] FileError),
    /// The copy is no wheel that can be read.
    #[error("{message}")]
    Wheel {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<Cow<'static, str>>,
    },
}

impl RemoteError {
    /// Creates the error for an address.
    #[must_use]
    pub fn new(url: &(impl ToString + ?Sized), problem: RemoteProblem) -> Self {
        Self { url: url.to_string(), problem }
    }
}

impl Diagnose for RemoteError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        use RemoteProblem as Problem;
        let hint = match &self.problem {
            Problem::Address { .. } => "such as `https://files.example.org/a-1.0-py3-none-any.whl`",
            Problem::NoCertificates => "install `ca-certificates`, or set `SSL_CERT_FILE`",
            Problem::Downgrade(_) | Problem::NoLocation | Problem::Redirects(_) => {
                "give the address of the file itself"
            }
            Problem::Connection(_) => {
                "check the address and the proxy; certificates come from `SSL_CERT_FILE` or the system"
            }
            Problem::Timeout(_) => "try again, or allow more with `--http-timeout`",
            Problem::Status(401 | 403) => "give credentials: `https://USER:PASSWORD@HOST/…`",
            Problem::Status(404 | 410) => "check the address",
            Problem::Changed(_) => "run the command again",
            Problem::Truncated { .. } => {
                "try again; if it happens each time, download the wheel and give its path"
            }
            Problem::NoClient
            | Problem::TooLarge { .. }
            | Problem::Status(_)
            | Problem::Encoded(_)
            | Problem::WrongRange { .. }
            | Problem::TooLong { .. } => "download the wheel and give its path",
            Problem::Empty | Problem::Digest { .. } => {
                "it is not the wheel that was meant; check the address"
            }
            Problem::Copy(source) => return source.hint(),
            Problem::Wheel { hint, .. } => return hint.clone(),
        };
        Some(hint.into())
    }
}
