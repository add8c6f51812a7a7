//! Finds containers in the bytes of a file that stream by.
//!
//! Between containers it searches for magic numbers; within one it reads headers and skips payloads. It holds
//! one header or section table at a time, at most 4 MiB, and the list of entries.

use std::ops::Range;

use memchr::memmem::Finder;

use super::candidate::{Candidate, Next, Payload, Skip};
use super::{Container, DeviceCode, Entry, Form, MAX_CONTAINERS, MAX_ENTRIES, MAX_PROBLEMS};
use super::{Problem, ProblemKind, bundle, cubin, fat_binary};
use crate::memory;

/// Bytes of a magic number that may be in front of a piece: one less than the longest has.
const OVERLAP: usize = bundle::MAGIC.len() - 1;

/// Maximum number of collected bytes that are searched again if they are no valid header. The headers that
/// can fail in that way are shorter.
const MAX_REPLAY: usize = 1024;

/// Maximum number of bytes of names that are kept.
const MAX_NAMES: usize = 16 << 20;

/// Gets the payloads of entries as they stream by.
pub trait PayloadVisitor {
    /// A payload begins: that of this entry, whose lengths are not known yet if it is a cubin without a
    /// container. The entry counts only if the container is among the results. Returns whether the bytes are
    /// wanted.
    fn begin(&mut self, entry: &Entry) -> bool;
    /// The next bytes of the payload, without padding.
    fn bytes(&mut self, bytes: &[u8]);
    /// The payload is complete. Not called if its container turns out to be invalid.
    fn end(&mut self);
}

/// Wants no payloads.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPayloads;

impl PayloadVisitor for NoPayloads {
    fn begin(&mut self, _: &Entry) -> bool {
        false
    }

    fn bytes(&mut self, _: &[u8]) {}

    fn end(&mut self) {}
}

/// What the next bytes are for.
#[derive(Debug)]
enum State {
    /// They may hold a magic number.
    Search,
    /// They complete the header of a candidate.
    Collect { candidate: Box<Candidate>, len: usize },
    /// They are of a candidate and need not be kept. Ends at `until`.
    Skip { candidate: Box<Candidate>, until: u64, ends_payload: bool },
    /// Nothing: there is too much device code.
    Full,
}

/// Finds the device code of a file, or of a section of it.
#[derive(Debug)]
pub struct Scanner<V> {
    finders: [(Form, Finder<'static>); 4],
    /// Offset in the file of the next byte.
    position: u64,
    /// Where the file or the section ends.
    limit: u64,
    state: State,
    /// The bytes of a header; while searching, the last [`OVERLAP`] bytes.
    buffer: Vec<u8>,
    /// The number of bytes that are still wanted of a payload.
    wanted: Option<u64>,
    visitor: V,
    found: DeviceCode,
    entries: usize,
    names: usize,
}

impl<V: PayloadVisitor> Scanner<V> {
    /// Returns a scanner of this byte range of a file: all of it, or one section.
    #[must_use]
    pub fn new(range: &Range<u64>, visitor: V) -> Self {
        let finder = |form, magic: &'static [u8]| (form, Finder::new(magic));
        Self {
            finders: [
                finder(Form::FatBinary, &fat_binary::MAGIC),
                finder(Form::Cubin, &cubin::MAGIC),
                finder(Form::Bundle, bundle::MAGIC),
                finder(Form::CompressedBundle, bundle::COMPRESSED_MAGIC),
            ],
            position: range.start,
            limit: range.end,
            state: State::Search,
            buffer: Vec::new(),
            wanted: None,
            visitor,
            found: DeviceCode::default(),
            entries: 0,
            names: 0,
        }
    }

    /// Starts with another section of the same file, behind the last one.
    pub fn restart(&mut self, range: &Range<u64>) {
        self.end_range();
        (self.position, self.limit) = (range.start, range.end);
    }

    /// Returns whether the last byte was of no container and no candidate.
    #[must_use]
    pub fn is_searching(&self) -> bool {
        matches!(self.state, State::Search)
    }

    /// Returns the offset of the next byte that is needed. [`Scanner::skip_to`] can skip those before it.
    #[must_use]
    pub fn needed(&self) -> u64 {
        match &self.state {
            State::Skip { until, .. } if self.wanted.is_none() => *until,
            State::Full => self.limit,
            _ => self.position,
        }
    }

    /// Skips bytes that are not needed: at most up to [`Scanner::needed`].
    pub fn skip_to(&mut self, offset: u64) {
        self.position = self.position.max(offset.min(self.needed()));
        self.advance();
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = match &self.state {
                State::Search => self.search(bytes),
                State::Collect { len, .. } => {
                    let missing = len.saturating_sub(self.buffer.len());
                    let (now, later) = bytes.split_at(missing.min(bytes.len()));
                    if memory::append(&mut self.buffer, now).is_err() {
                        self.state = State::Full;
                    }
                    self.position += now.len() as u64;
                    later
                }
                State::Skip { until, .. } => {
                    let left = usize::try_from(until - self.position).unwrap_or(usize::MAX);
                    let (now, later) = bytes.split_at(left.min(bytes.len()));
                    self.visit(now);
                    self.position += now.len() as u64;
                    later
                }
                State::Full => {
                    self.position += bytes.len() as u64;
                    return;
                }
            };
            self.advance();
        }
    }

    /// Ends the scan. Returns what was found and the visitor.
    pub fn finish(mut self) -> (DeviceCode, V) {
        self.end_range();
        (self.found, self.visitor)
    }

    /// Rejects a candidate that is not complete at the end of the range.
    fn end_range(&mut self) {
        loop {
            match std::mem::replace(&mut self.state, State::Search) {
                State::Search => break,
                State::Full => {
                    self.state = State::Full;
                    break;
                }
                State::Collect { candidate, .. } | State::Skip { candidate, .. } => {
                    let is_problem = candidate.is_plausible().then_some(ProblemKind::Truncated);
                    self.reject(&candidate, is_problem);
                }
            }
        }
        self.buffer.clear();
    }

    /// Searches for the next magic number. Returns the bytes from there on.
    fn search<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        // A magic number that begins in front of these bytes.
        if !self.buffer.is_empty() {
            let before = self.buffer.len();
            let mut joined = std::mem::take(&mut self.buffer);
            joined.extend_from_slice(bytes.get(..OVERLAP).unwrap_or(bytes));
            let found = self.first(&joined).filter(|(at, _)| *at < before);
            if let Some((at, form)) = found {
                joined.truncate(before);
                joined.drain(..at);
                let start = self.position - (before - at) as u64;
                self.begin(form, start, joined);
                return bytes;
            }
            if bytes.len() < OVERLAP && self.first(bytes).is_none() {
                joined.drain(..joined.len().saturating_sub(OVERLAP));
                self.position += bytes.len() as u64;
                self.buffer = joined;
                return &[];
            }
        }
        if let Some((at, form)) = self.first(bytes) {
            self.position += at as u64;
            self.begin(form, self.position, Vec::new());
            return &bytes[at..];
        }
        self.position += bytes.len() as u64;
        self.buffer = bytes[bytes.len().saturating_sub(OVERLAP)..].to_vec();
        &[]
    }

    /// Returns the first magic number in the bytes.
    fn first(&self, bytes: &[u8]) -> Option<(usize, Form)> {
        let mut first: Option<(usize, Form)> = None;
        for (form, finder) in &self.finders {
            let until = first.map_or(bytes.len(), |(at, _)| {
                (at + finder.needle().len()).saturating_sub(1).min(bytes.len())
            });
            if let Some(at) = finder.find(&bytes[..until]) {
                first = Some((at, *form));
            }
        }
        first
    }

    /// Begins with a candidate, of which some bytes were read before.
    fn begin(&mut self, form: Form, start: u64, mut buffer: Vec<u8>) {
        if self.found.containers.len() == MAX_CONTAINERS {
            return self.fill(start);
        }
        let budget = (MAX_ENTRIES - self.entries, MAX_NAMES.saturating_sub(self.names));
        let (candidate, len) = Candidate::new(form, start, self.limit, budget);
        let behind = buffer.split_off(len.min(buffer.len()));
        self.position -= behind.len() as u64;
        self.buffer = buffer;
        self.state = State::Collect { candidate: Box::new(candidate), len };
        self.advance();
        self.feed(&behind);
    }

    /// Ends the search: there is too much device code.
    fn fill(&mut self, container: u64) {
        self.add_problem(container, ProblemKind::TooMany);
        self.buffer.clear();
        self.wanted = None;
        self.state = State::Full;
    }

    fn add_problem(&mut self, container: u64, kind: ProblemKind) {
        if self.found.problems.len() < MAX_PROBLEMS {
            let offset = self.position - self.buffer.len() as u64;
            self.found.problems.push(Problem { container, offset, kind });
        }
    }

    /// Advances the candidate as far as the bytes that it has allow.
    fn advance(&mut self) {
        loop {
            let is_ready = match &self.state {
                State::Collect { len, .. } => self.buffer.len() >= *len,
                State::Skip { until, .. } => self.position >= *until,
                State::Search | State::Full => false,
            };
            if !is_ready {
                return;
            }
            let mut candidate = match std::mem::replace(&mut self.state, State::Search) {
                State::Collect { candidate, .. } => candidate,
                State::Skip { candidate, ends_payload, .. } => {
                    if ends_payload && self.wanted.take().is_some() {
                        self.visitor.end();
                    }
                    candidate
                }
                State::Search | State::Full => return,
            };
            match candidate.advance(&self.buffer, self.position) {
                Next::Collect(len) => self.state = State::Collect { candidate, len },
                Next::Skip(skip) => self.skip(candidate, skip),
                Next::Complete => self.complete(*candidate),
                Next::Reject(Some(ProblemKind::TooMany)) => self.fill(candidate.start),
                Next::Reject(problem) => self.reject(&candidate, problem),
            }
        }
    }

    fn skip(&mut self, candidate: Box<Candidate>, skip: Skip) {
        let buffer = std::mem::take(&mut self.buffer);
        let buffered = buffer.get(skip.discard..).unwrap_or_default();
        let until = (self.position - buffered.len() as u64).saturating_add(skip.len);
        let ends_payload = match skip.payload {
            Payload::None => false,
            Payload::Begins { entry, len } => {
                let is_wanted = self.visitor.begin(&entry);
                self.wanted = is_wanted.then_some(len.unwrap_or(u64::MAX));
                len.is_some()
            }
            Payload::Ends => true,
        };
        self.visit(buffered);
        self.state = State::Skip { candidate, until, ends_payload };
    }

    /// Passes bytes of a payload to the visitor, if they are wanted.
    fn visit(&mut self, bytes: &[u8]) {
        if let Some(wanted) = &mut self.wanted {
            let len = usize::try_from(*wanted).unwrap_or(usize::MAX).min(bytes.len());
            *wanted -= len as u64;
            if len > 0 {
                self.visitor.bytes(&bytes[..len]);
            }
        }
    }

    fn complete(&mut self, candidate: Candidate) {
        let (container, problem) = candidate.into_container();
        if let Some(kind) = problem {
            self.add_problem(container.range.start, kind);
        }
        self.entries += container.entries.len().max(container.targets.len());
        self.names += container
            .entries
            .iter()
            .filter_map(|it| it.name.as_ref())
            .map(|it| it.len())
            .sum::<usize>();
        self.push(container);
        self.buffer.clear();
    }

    fn push(&mut self, container: Container) {
        self.found.containers.push(container);
    }

    /// Continues the search behind the start of what is no container, or at the header that is not valid.
    fn reject(&mut self, candidate: &Candidate, problem: Option<ProblemKind>) {
        if let Some(kind) = problem {
            self.add_problem(candidate.start, kind);
        }
        self.wanted = None;
        self.state = State::Search;
        let buffer = std::mem::take(&mut self.buffer);
        if buffer.len() > MAX_REPLAY {
            return;
        }
        let start = self.position - buffer.len() as u64;
        let is_first = start == candidate.start;
        let again = buffer.get(usize::from(is_first)..).unwrap_or_default();
        self.position -= again.len() as u64;
        self.feed(again);
    }
}
