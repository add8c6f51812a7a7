//! Frames: reads work requests and writes their responses.
//!
//! There are two framings of the same messages: protocol buffers, each after its length as a varint, and
//! JSON objects, one after another with or without space between them. Stdin is not trusted: claimed
//! lengths are never pre-allocated.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read, Write};

use prost::Message;
use thiserror::Error;

use crate::cli::WorkerProtocol;
use crate::error::Diagnose;

mod message;

pub use self::message::{Input, WorkRequest, WorkResponse};

/// The largest frame in bytes. A request with the 24,013 files of tensorflow's wheel has about 8 MB,
/// paths and digests included; this is thirty times that.
pub const MAX_FRAME: usize = 256 * 1024 * 1024;

/// Bytes of the longest varint that can hold a length up to [`MAX_FRAME`].
const MAX_LENGTH_BYTES: usize = 5;

/// Why a request cannot be read.
#[derive(Debug, Error)]
pub enum ProtocolError {
    /// The stream failed.
    #[error("cannot read the next request: {0}")]
    Read(#[source] io::Error),
    /// The stream ended before its frame did.
    #[error("the stream of requests ended inside a request: {received} bytes came")]
    Truncated {
        /// Bytes of the frame that were read, its length included.
        received: usize,
    },
    /// A varint that is longer than it needs to be, or than any valid length.
    #[error("the length of a request is not a varint of at most {MAX_LENGTH_BYTES} bytes")]
    BadLength,
    /// A frame larger than [`MAX_FRAME`].
    #[error(
        "a request is too large: expected at most `{MAX_FRAME}` bytes, found `{length}` or more"
    )]
    TooLarge {
        /// The size that the frame states, or has reached.
        length: u64,
    },
    /// Bytes that are not a `WorkRequest`.
    #[error("a request is not a `WorkRequest` message: {0}")]
    BadMessage(#[from] prost::DecodeError),
    /// Something other than `{` where a JSON request should begin.
    #[error("a JSON request is expected to begin with `{{`, found byte `0x{found:02x}`")]
    NotAnObject {
        /// The byte found.
        found: u8,
    },
    /// An object that is not a `WorkRequest`.
    #[error("a request is not a `WorkRequest` in JSON: {0}")]
    BadJson(#[from] serde_json::Error),
}

impl Diagnose for ProtocolError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Read(_) => "stdin must be a pipe, or a file of requests",
            Self::Truncated { .. } => {
                "the client that started this worker has crashed or closed the pipe too early"
            }
            Self::BadLength | Self::BadMessage(_) => {
                "the client may speak JSON; start the worker with `--worker_protocol=json`"
            }
            Self::TooLarge { .. } => {
                "the client may speak JSON; otherwise pass the arguments in a `--flagfile=`"
            }
            Self::NotAnObject { .. } => {
                "the client may speak protocol buffers; start the worker with `--worker_protocol=proto`"
            }
            Self::BadJson(_) => {
                "the fields and their types are those of Bazel's `worker_protocol.proto`"
            }
        };
        Some(hint.into())
    }
}

/// Reads requests from a stream, one frame at a time.
#[derive(Debug)]
pub struct RequestReader<R> {
    stream: BufReader<R>,
    protocol: WorkerProtocol,
}

impl<R: Read> RequestReader<R> {
    /// Reads from `stream`, and buffers it.
    pub fn new(stream: R, protocol: WorkerProtocol) -> Self {
        Self { stream: BufReader::with_capacity(64 * 1024, stream), protocol }
    }

    /// Reads the next request, and returns as soon as its last byte has arrived; `None` if the
    /// stream ends between two requests.
    ///
    /// # Errors
    ///
    /// Fails if the stream fails, or holds something else. After that the boundaries of frames are lost:
    /// do not read on.
    pub fn next_request(&mut self) -> Result<Option<WorkRequest>, ProtocolError> {
        match self.protocol {
            WorkerProtocol::Proto => self.next_proto(),
            WorkerProtocol::Json => self.next_json(),
        }
    }

    fn next_proto(&mut self) -> Result<Option<WorkRequest>, ProtocolError> {
        let Some((length, prefix)) = self.read_length()? else { return Ok(None) };
        if length > MAX_FRAME as u64 {
            return Err(ProtocolError::TooLarge { length });
        }
        let mut frame = Vec::new();
        // `read_to_end` grows the buffer with the bytes that arrive, up to the length.
        (&mut self.stream).take(length).read_to_end(&mut frame).map_err(ProtocolError::Read)?;
        if (frame.len() as u64) < length {
            return Err(ProtocolError::Truncated { received: prefix + frame.len() });
        }
        Ok(Some(WorkRequest::decode(frame.as_slice())?))
    }

    /// Reads a length, and returns it with the number of its bytes; `None` at the end of the stream.
    fn read_length(&mut self) -> Result<Option<(u64, usize)>, ProtocolError> {
        let mut length = 0_u64;
        for index in 0..MAX_LENGTH_BYTES {
            let Some(byte) = self.read_byte()? else {
                return if index == 0 {
                    Ok(None)
                } else {
                    Err(ProtocolError::Truncated { received: index })
                };
            };
            length |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                let overlong = byte == 0 && index > 0;
                return if overlong {
                    Err(ProtocolError::BadLength)
                } else {
                    Ok(Some((length, index + 1)))
                };
            }
        }
        Err(ProtocolError::BadLength)
    }

    fn next_json(&mut self) -> Result<Option<WorkRequest>, ProtocolError> {
        let first = loop {
            match self.read_byte()? {
                None => return Ok(None),
                Some(b' ' | b'\t' | b'\r' | b'\n') => {}
                Some(byte) => break byte,
            }
        };
        if first != b'{' {
            return Err(ProtocolError::NotAnObject { found: first });
        }
        let mut frame = vec![first];
        let mut object = ObjectEnd { depth: 1, ..ObjectEnd::default() };
        loop {
            let available = match self.stream.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ProtocolError::Read(error)),
            };
            if available.is_empty() {
                return Err(ProtocolError::Truncated { received: frame.len() });
            }
            let end = object.find(available);
            let part = available.get(..end.unwrap_or(available.len())).unwrap_or(available);
            let used = part.len();
            if frame.len() + used > MAX_FRAME {
                return Err(ProtocolError::TooLarge { length: (frame.len() + used) as u64 });
            }
            frame.extend_from_slice(part);
            self.stream.consume(used);
            if end.is_some() {
                return Ok(Some(serde_json::from_slice(&frame)?));
            }
        }
    }

    fn read_byte(&mut self) -> Result<Option<u8>, ProtocolError> {
        let mut byte = [0];
        loop {
            match self.stream.read(&mut byte) {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(Some(byte[0])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ProtocolError::Read(error)),
            }
        }
    }
}

/// Finds the end of a JSON object by its brackets. The parser decides whether it is valid.
#[derive(Debug, Default)]
struct ObjectEnd {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl ObjectEnd {
    /// Returns the index after the object's last byte, if `bytes` has that.
    fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(index + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Writes one frame and flushes it.
///
/// # Errors
///
/// Fails if the stream does.
pub fn write_response(
    stream: &mut impl Write,
    response: &WorkResponse,
    protocol: WorkerProtocol,
) -> io::Result<()> {
    let frame = match protocol {
        WorkerProtocol::Proto => response.encode_length_delimited_to_vec(),
        WorkerProtocol::Json => json_line(response)?,
    };
    stream.write_all(&frame)?;
    stream.flush()
}

/// Returns a message as one line of JSON, its line feed included.
///
/// # Errors
///
/// Fails if the message cannot be serialized.
pub fn json_line(message: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests;
