//! A sparse, local copy of a file on a server: each range that is asked for is downloaded once.
//!
//! The responses must be of one file: their lengths, `ETag`s and times of modification are compared, and `If-Range`
//! makes servers say that the file has changed. A server that knows no ranges sends the whole file.

use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err::File;
use sha2::{Digest as _, Sha256};

use super::client::{Client, MAX_WHOLE_BYTES, Part, Response};
use super::content_range::ContentRange;
use super::error::{RemoteError, RemoteProblem};
use super::ranges::RangeSet;
use super::url::RemoteUrl;
use crate::byte_ranges::merged;
use crate::error::{Error, FileError};
use crate::escape::hexadecimal;
use crate::exec::CancelFlag;
use crate::size::ByteSize;
use crate::temporary;

/// Bytes at the end of the file that are read first: the end records of a ZIP archive with the longest comment, and the
/// directories of most wheels.
const TAIL_BYTES: u64 = 128 << 10;

/// Ranges that are at most so many bytes apart are one request: a connection of 5 MB/s transfers them in a round trip of
/// 25 ms.
const GAP_BYTES: u64 = 128 << 10;

/// Bytes that are read at a time.
const STEP: usize = 64 << 10;

/// Whether the digest of an address was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestState {
    /// The address has none.
    None,
    /// The whole file was read and has it.
    Verified,
    /// Parts of the file were read.
    Unverified,
}

/// What was transferred for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The length of the file in bytes.
    pub len: u64,
    /// Bytes of content that were received.
    pub received: u64,
    /// The number of responses with content.
    pub requests: u64,
    /// Whether the server knows ranges.
    pub has_ranges: bool,
    /// Whether the digest of the address was compared.
    pub digest: DigestState,
}

/// The copy. Its file is removed when it is dropped.
#[derive(Debug)]
pub struct PartialCopy {
    client: Arc<Client>,
    url: RemoteUrl,
    /// The address behind the redirects of the first request.
    source: RemoteUrl,
    /// Dropped with the copy.
    _directory: temporary::Directory,
    path: PathBuf,
    file: File,
    known: RangeSet,
    etag: Option<String>,
    last_modified: Option<String>,
    transfer: Transfer,
}

impl PartialCopy {
    /// Reads the end of a file, or all of it if the server knows no ranges, into a temporary file of the same name.
    ///
    /// # Errors
    ///
    /// [`RemoteError`], or the request was cancelled.
    pub fn open(url: &RemoteUrl, client: &Arc<Client>, cancel: &CancelFlag) -> Result<Self, Error> {
        cancel.check()?;
        let local = |error| RemoteError::new(url, RemoteProblem::Copy(error));
        let folder = std::env::temp_dir();
        let on_create = |error| local(FileError::on("create a file in", &folder)(error));
        let directory = temporary::directory(&folder).map_err(on_create)?;
        let name = url.file_name();
        let path = directory.path().join(if name.is_empty() { "file" } else { &name });
        let mut options = fs_err::OpenOptions::new();
        let file =
            options.read(true).write(true).create_new(true).open(&path).map_err(on_create)?;
        let mut response = client.get(url, &Part::Last(TAIL_BYTES), None)?;
        if response.status == 200
            && response.accepts_ranges
            && let Some(len) = response.content_length.filter(|len| *len > TAIL_BYTES)
        {
            // A server that knows ranges, but none from the end. The connection with the rest of the file is closed.
            let range = len - TAIL_BYTES..len;
            drop(response);
            response = client.get(url, &Part::Range(range), None)?;
        } else if response.status == 416 {
            response = client.get(url, &Part::Whole, None)?;
        }
        let mut copy = Self {
            client: Arc::clone(client),
            source: response.url.clone(),
            url: url.clone(),
            _directory: directory,
            path,
            file,
            known: RangeSet::default(),
            etag: response.etag.clone(),
            last_modified: response.last_modified.clone(),
            transfer: Transfer {
                len: 0,
                received: 0,
                requests: 1,
                has_ranges: response.status == 206,
                digest: DigestState::None,
            },
        };
        match response.status {
            206 => copy.take_tail(response, cancel)?,
            200 => copy.take_whole(response, cancel)?,
            status => return Err(copy.fail(RemoteProblem::Status(status)).into()),
        }
        if copy.transfer.len == 0 {
            return Err(copy.fail(RemoteProblem::Empty).into());
        }
        Ok(copy)
    }

    fn take_tail(&mut self, response: Response, cancel: &CancelFlag) -> Result<(), Error> {
        let found = self.content_range(&response, || format!("the last {TAIL_BYTES} bytes"))?;
        let expected = found.len.saturating_sub(TAIL_BYTES)..found.len;
        if found.range != expected {
            return Err(self.wrong_range(bytes(&expected), &response).into());
        }
        self.transfer.len = found.len;
        self.file.set_len(found.len).map_err(|error| self.on_write(error))?;
        if self.url.sha256().is_some() {
            self.transfer.digest = DigestState::Unverified;
        }
        self.take(response, expected, cancel)
    }

    /// Takes a whole file, and compares its digest.
    fn take_whole(&mut self, mut response: Response, cancel: &CancelFlag) -> Result<(), Error> {
        let too_large = |found| RemoteProblem::TooLarge { limit: MAX_WHOLE_BYTES.into(), found };
        let claimed = response.content_length;
        if let Some(len) = claimed.filter(|len| *len > MAX_WHOLE_BYTES) {
            return Err(self.fail(too_large(ByteSize::from(len).to_string())).into());
        }
        let (mut hasher, mut buffer) = (Sha256::new(), vec![0; STEP]);
        loop {
            cancel.check()?;
            let count = self.read(&mut response, &mut buffer, (self.transfer.len, claimed))?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            self.file.write_all(&buffer[..count]).map_err(|error| self.on_write(error))?;
            self.transfer.len += count as u64;
            if self.transfer.len > MAX_WHOLE_BYTES {
                return Err(self.fail(too_large("more".to_owned())).into());
            }
        }
        let found = self.transfer.len;
        if let Some(expected) = claimed.filter(|len| *len != found) {
            return Err(self.fail(RemoteProblem::Truncated { expected, found }).into());
        }
        self.known.insert(0..found);
        if let Some(expected) = self.url.sha256() {
            let found: [u8; 32] = hasher.finalize().into();
            if found != expected {
                let (expected, found) = (hexadecimal(&expected), hexadecimal(&found));
                return Err(self.fail(RemoteProblem::Digest { expected, found }).into());
            }
            self.transfer.digest = DigestState::Verified;
        }
        Ok(())
    }

    /// Downloads ranges, as far as they are in the file and not yet in the copy.
    ///
    /// # Errors
    ///
    /// [`RemoteError`], or the request was cancelled.
    pub fn fetch(&mut self, ranges: Vec<Range<u64>>, cancel: &CancelFlag) -> Result<(), Error> {
        let len = self.transfer.len;
        let within = ranges.into_iter().map(|range| range.start.min(len)..range.end.min(len));
        let missing = within.flat_map(|range| self.known.missing(&range)).collect();
        for range in merged(missing, GAP_BYTES) {
            cancel.check()?;
            // A weak `ETag` does not tell bytes apart, and `If-Range` must not have one.
            let is_strong = |etag: &&String| !etag.starts_with("W/");
            let strong = self.etag.as_ref().filter(is_strong);
            let validator = strong.or(self.last_modified.as_ref()).map(String::as_str);
            let part = Part::Range(range.clone());
            let response = self.client.get(&self.source, &part, validator)?;
            self.transfer.requests += 1;
            if response.status != 206 {
                let problem = format!("the server sends status {}", response.status);
                return Err(self.fail(RemoteProblem::Changed(problem)).into());
            }
            self.check_same(&response)?;
            let found = self.content_range(&response, || bytes(&range))?;
            if found.len != len {
                let problem = format!("it had {len} bytes, and has {}", found.len);
                return Err(self.fail(RemoteProblem::Changed(problem)).into());
            }
            if found.range != range {
                return Err(self.wrong_range(bytes(&range), &response).into());
            }
            self.take(response, range, cancel)?;
        }
        Ok(())
    }

    /// Returns an error if a response is of another file than the first one.
    fn check_same(&self, response: &Response) -> Result<(), RemoteError> {
        for (header, first, now) in [
            ("ETag", &self.etag, &response.etag),
            ("Last-Modified", &self.last_modified, &response.last_modified),
        ] {
            if first != now {
                let text = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
                let problem = format!("{header} was {}, and is {}", text(first), text(now));
                return Err(self.fail(RemoteProblem::Changed(problem)));
            }
        }
        Ok(())
    }

    fn content_range(
        &self,
        response: &Response,
        expected: impl Fn() -> String,
    ) -> Result<ContentRange, RemoteError> {
        let parsed = response.content_range.as_deref().and_then(ContentRange::parse);
        parsed.ok_or_else(|| self.wrong_range(expected(), response))
    }

    fn wrong_range(&self, expected: String, response: &Response) -> RemoteError {
        let found = response.content_range.as_ref();
        let found = found.map_or_else(
            || "no header `Content-Range`".to_owned(),
            |found| format!("`Content-Range: {found}`"),
        );
        self.fail(RemoteProblem::WrongRange { expected, found })
    }

    /// Writes the content of a response, which must have the length of the range.
    fn take(
        &mut self,
        mut response: Response,
        range: Range<u64>,
        cancel: &CancelFlag,
    ) -> Result<(), Error> {
        let expected = range.end - range.start;
        self.file.seek(SeekFrom::Start(range.start)).map_err(|error| self.on_write(error))?;
        let (mut found, mut buffer) = (0, vec![0; STEP]);
        loop {
            cancel.check()?;
            let count = self.read(&mut response, &mut buffer, (found, Some(expected)))?;
            found += count as u64;
            if count == 0 || found > expected {
                break;
            }
            self.file.write_all(&buffer[..count]).map_err(|error| self.on_write(error))?;
        }
        if found > expected {
            return Err(self.fail(RemoteProblem::TooLong { expected }).into());
        }
        if found < expected {
            return Err(self.fail(RemoteProblem::Truncated { expected, found }).into());
        }
        self.known.insert(range);
        Ok(())
    }

    /// Reads some bytes of a response, of which `found` of `expected` bytes were read. Returns 0 at its end.
    fn read(
        &mut self,
        response: &mut Response,
        buffer: &mut [u8],
        (found, expected): (u64, Option<u64>),
    ) -> Result<usize, RemoteError> {
        loop {
            match response.body.read(buffer) {
                Ok(count) => {
                    self.transfer.received += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let early = || match expected {
                        Some(expected) => RemoteProblem::Truncated { expected, found },
                        None => RemoteProblem::Connection("the content has no end".to_owned()),
                    };
                    return Err(self.fail(Client::problem_of(error).unwrap_or_else(early)));
                }
            }
        }
    }

    fn fail(&self, problem: RemoteProblem) -> RemoteError {
        RemoteError::new(&self.url, problem)
    }

    fn on_write(&self, error: io::Error) -> RemoteError {
        self.fail(RemoteProblem::Copy(FileError::on("write", &self.path)(error)))
    }

    /// Overwrites bytes of the copy, not of the file on the server.
    ///
    /// # Errors
    ///
    /// The copy cannot be written.
    pub fn patch(&mut self, at: u64, bytes: &[u8]) -> Result<(), RemoteError> {
        let sought = self.file.seek(SeekFrom::Start(at));
        let written = sought.and_then(|_| self.file.write_all(bytes));
        written.map_err(|error| self.on_write(error))
    }

    /// Returns the address that was given.
    #[must_use]
    pub fn url(&self) -> &RemoteUrl {
        &self.url
    }

    /// Returns the path of the copy. It has the length of the file; what was not read is zeros.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what was transferred so far.
    #[must_use]
    pub fn transfer(&self) -> Transfer {
        self.transfer
    }
}

/// Returns a range for a message.
fn bytes(range: &Range<u64>) -> String {
    format!("bytes {}-{}", range.start, range.end.saturating_sub(1))
}
