//! A candidate: bytes that begin like a container. It becomes a container if the chain of its entries is valid
//! to the end.

use std::ops::Range;

use super::{Compression, Container, Entry, Form, Kind, ProblemKind, Target};
use super::{bundle, cubin, fat_binary};

/// Maximum length of a name that is kept, in bytes.
const MAX_NAME: usize = 4096;

/// What a candidate needs next. Lengths are in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The first bytes, as many as this, of the current header.
    Collect(usize),
    /// Bytes that need not be kept.
    Skip(Skip),
    /// Nothing: the container is complete, and ends here.
    Complete,
    /// It is no container. There is a problem if it had a valid first entry.
    Reject(Option<ProblemKind>),
}

/// Bytes that need not be kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Skip {
    /// Collected bytes in front of them.
    pub(super) discard: usize,
    /// Their number, collected ones included.
    pub(super) len: u64,
    /// The payload among them.
    pub(super) payload: Payload,
}

/// Which skipped bytes are a payload.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Payload {
    None,
    /// A payload begins, and ends with the first `len` of the skipped bytes; `None` if its length is not known
    /// yet.
    Begins {
        entry: Box<Entry>,
        len: Option<u64>,
    },
    /// The payload continues, and ends with the skipped bytes.
    Ends,
}

/// What the collected bytes are.
#[derive(Debug)]
enum Step {
    FatBinary,
    Entry { at: u64 },
    EntryRest { entry: Box<Entry>, name: Range<usize>, before: usize },
    NextEntry { at: u64 },
    Cubin,
    CubinTable(cubin::CubinHeader),
    Bundle,
    Target { left: u64, at: usize },
    TargetName { left: u64, at: usize },
    Compressed,
    CompressedPrefix(bundle::Compressed),
    End,
}

/// A candidate.
#[derive(Debug)]
pub(super) struct Candidate {
    form: Form,
    /// Offset in the file.
    pub(super) start: u64,
    /// Offset behind its last byte, as far as it is known.
    end: u64,
    /// Where the section or the file ends.
    limit: u64,
    entries: Vec<Entry>,
    targets: Vec<Target>,
    /// The number of entries and of bytes of names that may be added.
    budget: (usize, usize),
    step: Step,
    /// A problem that does not make it invalid.
    problem: Option<ProblemKind>,
}

impl Candidate {
    /// Returns a candidate at this offset, and the number of first bytes that it needs.
    pub(super) fn new(form: Form, start: u64, limit: u64, budget: (usize, usize)) -> (Self, usize) {
        let (step, len) = match form {
            Form::FatBinary => (Step::FatBinary, fat_binary::HEADER_LEN),
            Form::Cubin => (Step::Cubin, cubin::HEADER_LEN),
            Form::Bundle => (Step::Bundle, bundle::HEADER_LEN),
            Form::CompressedBundle => (Step::Compressed, bundle::COMPRESSED_HEADER_LEN),
        };
        let (end, entries, targets, problem) = (start, Vec::new(), Vec::new(), None);
        (Self { form, start, end, limit, entries, targets, budget, step, problem }, len)
    }

    /// Returns the container, and a problem of it.
    pub(super) fn into_container(self) -> (Container, Option<ProblemKind>) {
        let Self { form, start, end, entries, targets, problem, .. } = self;
        (Container { form, range: start..end, entries, targets }, problem)
    }

    /// Returns whether its first header was valid, so that it is a problem if the rest is not.
    pub(super) fn is_plausible(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Returns what is needed after the collected bytes. They end at `position` in the file; there are none
    /// after a skip.
    pub(super) fn advance(&mut self, bytes: &[u8], position: u64) -> Next {
        let next = match std::mem::replace(&mut self.step, Step::End) {
            Step::FatBinary => self.fat_binary(bytes),
            Step::Entry { at } => self.entry(bytes, at, position),
            Step::EntryRest { entry, name, before } => self.entry_rest(bytes, *entry, name, before),
            Step::NextEntry { at } => Some(self.next_entry(at)),
            Step::Cubin => self.cubin(bytes),
            Step::CubinTable(header) => self.cubin_table(&header, bytes),
            Step::Bundle => self.bundle(bytes),
            Step::Target { left, at } => self.target(bytes, left, at),
            Step::TargetName { left, at } => self.target_name(bytes, left, at, position),
            Step::Compressed => self.compressed(bytes),
            Step::CompressedPrefix(header) => Some(self.compressed_prefix(header, bytes)),
            Step::End => Some(Next::Complete),
        };
        next.unwrap_or_else(|| Next::Reject(self.is_plausible().then_some(ProblemKind::Entry)))
    }

    fn push(&mut self, entry: Entry) -> Option<Next> {
        let rejected = self.count();
        if rejected.is_none() {
            self.entries.push(entry);
        }
        rejected
    }

    /// Counts one more entry, or target of the host.
    fn count(&mut self) -> Option<Next> {
        let Some(left) = self.budget.0.checked_sub(1) else {
            return Some(Next::Reject(Some(ProblemKind::TooMany)));
        };
        self.budget.0 = left;
        None
    }

    fn fat_binary(&mut self, header: &[u8]) -> Option<Next> {
        let at = self.start + fat_binary::HEADER_LEN as u64;
        self.end = at.checked_add(fat_binary::body_len(header)?)?;
        if self.end == at {
            return Some(Next::Complete);
        }
        self.step = Step::Entry { at };
        Some(Next::Collect(fat_binary::HEADER_LEN + fat_binary::ENTRY_LEN))
    }

    fn entry(&mut self, bytes: &[u8], at: u64, position: u64) -> Option<Next> {
        let buffered = usize::try_from(position.checked_sub(at)?).ok()?;
        let header = bytes.get(bytes.len().checked_sub(buffered)?..)?;
        let (entry, name) = fat_binary::entry(header, at, self.end.checked_sub(at)?)?;
        if self.end > self.limit {
            return Some(Next::Reject(Some(ProblemKind::Truncated)));
        }
        let before = bytes.len() - buffered;
        let header_end = before + usize::try_from(entry.header_len).ok()?;
        let has_cubin_header = entry.kind == Kind::Cubin
            && entry.compression == Compression::None
            && entry.padded_len >= cubin::HEADER_LEN as u64;
        let name = if name.len() <= MAX_NAME { name } else { 0..0 };
        let needed = header_end + if has_cubin_header { cubin::HEADER_LEN } else { 0 };
        if needed <= bytes.len() {
            return self.payload(entry, before);
        }
        self.step = Step::EntryRest { entry: Box::new(entry), name, before };
        Some(Next::Collect(needed))
    }

    /// Reads the name behind the fixed part of a header, and the header of a cubin that is not compressed: it
    /// states the length of the code.
    fn entry_rest(
        &mut self,
        bytes: &[u8],
        mut entry: Entry,
        name: Range<usize>,
        before: usize,
    ) -> Option<Next> {
        let header = bytes.get(before..)?;
        if let Some(left) = self.budget.1.checked_sub(name.len()).filter(|_| !name.is_empty()) {
            self.budget.1 = left;
            let name = header.get(name)?.split(|&byte| byte == 0).next().unwrap_or_default();
            entry.name = Some(String::from_utf8_lossy(name).into());
        }
        let code = header.get(usize::try_from(entry.header_len).ok()?..);
        if let Some(cubin) = code.and_then(cubin::header)
            && (0..8).contains(&entry.padded_len.wrapping_sub(cubin.tables_end))
        {
            entry.uncompressed_len = cubin.tables_end;
            entry.compressed_len = cubin.tables_end;
        }
        self.payload(entry, before)
    }

    /// Skips the payload of an entry whose header begins at `before` in the collected bytes.
    fn payload(&mut self, entry: Entry, before: usize) -> Option<Next> {
        let (offset, len) = (entry.offset, entry.len());
        let discard = before + usize::try_from(entry.header_len).ok()?;
        let skip = Skip {
            discard,
            len: entry.padded_len,
            payload: Payload::Begins {
                len: Some(entry.compressed_len),
                entry: Box::new(entry.clone()),
            },
        };
        if let Some(rejected) = self.push(entry) {
            return Some(rejected);
        }
        self.step = Step::NextEntry { at: offset.checked_add(len)? };
        Some(Next::Skip(skip))
    }

    fn next_entry(&mut self, at: u64) -> Next {
        if at == self.end {
            return Next::Complete;
        }
        self.step = Step::Entry { at };
        Next::Collect(fat_binary::ENTRY_LEN)
    }

    fn cubin(&mut self, bytes: &[u8]) -> Option<Next> {
        let header = cubin::header(bytes)?;
        self.end = self.start.checked_add(header.tables_end)?;
        if self.end > self.limit {
            return None;
        }
        let entry = Entry {
            kind: header.kind,
            architecture: header.architecture.clone(),
            compression: Compression::None,
            offset: self.start,
            header_len: 0,
            payload_offset: self.start,
            compressed_len: header.tables_end,
            padded_len: header.tables_end,
            uncompressed_len: header.tables_end,
            name: None,
        };
        let skip = Skip {
            discard: 0,
            len: header.sections,
            payload: Payload::Begins { len: None, entry: Box::new(entry.clone()) },
        };
        if let Some(rejected) = self.push(entry) {
            return Some(rejected);
        }
        self.step = Step::CubinTable(header);
        Some(Next::Skip(skip))
    }

    fn cubin_table(&mut self, header: &cubin::CubinHeader, bytes: &[u8]) -> Option<Next> {
        if bytes.is_empty() {
            self.step = Step::CubinTable(header.clone());
            return Some(Next::Collect(header.sections_len));
        }
        let len = cubin::len(header, bytes);
        let end = len.and_then(|len| self.start.checked_add(len)).filter(|&end| end <= self.limit);
        let Some((len, end)) = len.zip(end) else {
            return Some(Next::Reject(Some(ProblemKind::Cubin)));
        };
        self.end = end;
        for entry in &mut self.entries {
            (entry.compressed_len, entry.padded_len, entry.uncompressed_len) = (len, len, len);
        }
        let rest = len.checked_sub(header.sections)?;
        Some(Next::Skip(Skip { discard: 0, len: rest, payload: Payload::Ends }))
    }

    fn bundle(&mut self, header: &[u8]) -> Option<Next> {
        let left = bundle::count(header)?;
        self.end = self.start;
        self.step = Step::Target { left, at: header.len() };
        Some(Next::Collect(header.len() + bundle::TARGET_LEN))
    }

    fn target(&mut self, bytes: &[u8], left: u64, at: usize) -> Option<Next> {
        let name_len = bundle::name_len(bytes.get(at..)?)?;
        self.step = Step::TargetName { left, at };
        Some(Next::Collect(bytes.len() + name_len))
    }

    fn target_name(&mut self, bytes: &[u8], left: u64, at: usize, position: u64) -> Option<Next> {
        let target = bundle::target(bytes.get(at..)?)?;
        let code_end = self.start.checked_add(target.range.end)?;
        self.end = self.end.max(code_end);
        if self.end > self.limit {
            return Some(Next::Reject(Some(ProblemKind::Truncated)));
        }
        let code = self.start + target.range.start..code_end;
        let header = position.checked_sub((bytes.len() - at) as u64)?..position;
        let entry = bundle::entry(target, self.start);
        self.targets.push(Target { header, code, is_entry: entry.is_some() });
        let rejected = match entry {
            Some(entry) => self.push(entry),
            None => self.count(),
        };
        if rejected.is_some() {
            return rejected;
        }
        if left > 1 {
            self.step = Step::Target { left: left - 1, at: bytes.len() };
            return Some(Next::Collect(bytes.len() + bundle::TARGET_LEN));
        }
        let list_end = position;
        let starts_behind = |entry: &Entry| entry.is_empty() || entry.offset >= list_end;
        if !self.entries.iter().all(starts_behind) {
            return None;
        }
        self.end = self.end.max(list_end);
        let len = self.end - list_end;
        Some(Next::Skip(Skip { discard: bytes.len(), len, payload: Payload::None }))
    }

    fn compressed(&mut self, bytes: &[u8]) -> Option<Next> {
        let header = bundle::compressed(bytes)?;
        self.end = self.start.checked_add(header.len)?;
        if self.end > self.limit {
            return None;
        }
        self.step = Step::CompressedPrefix(header);
        let prefix = usize::try_from(header.len).unwrap_or(usize::MAX).min(bundle::PREFIX_LEN);
        Some(Next::Collect(prefix.max(bytes.len())))
    }

    fn compressed_prefix(&mut self, header: bundle::Compressed, bytes: &[u8]) -> Next {
        match bundle::compressed_entries(header, bytes, self.start) {
            None => self.problem = Some(ProblemKind::Bundle),
            Some(entries) => {
                for entry in entries {
                    if let Some(rejected) = self.push(entry) {
                        return rejected;
                    }
                }
            }
        }
        Next::Skip(Skip { discard: 0, len: header.len, payload: Payload::None })
    }
}
