//! A strict reader of wheels. It checks every rule of indexes and installers about ZIP, and the
//! stricter rules for the output of wheelworks.
//!
//! It shares no code with the binary or with a ZIP library, so it finds faults that the writer and
//! its own reader have in common. Each rule has a short name that tests use.

mod chunks;
mod records;
mod wheel;
mod zip;

use std::fmt;

use fs_err::File;

pub(crate) use self::chunks::{CHUNK_TABLE, lengths as chunk_lengths};
pub(crate) use self::records::{Archive, Entry, Header, parse};

/// A violation of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The rule's name.
    pub(crate) rule: &'static str,
    /// Where, and what was found.
    pub(crate) detail: String,
}

impl Finding {
    pub(crate) fn new(rule: &'static str, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.rule, self.detail)
    }
}

/// The bytes of an archive, in memory or in a file. A file may be larger than the memory.
pub(crate) trait Source {
    /// Returns the size in bytes.
    fn size(&self) -> u64;

    /// Returns the bytes of a range, or `None` if it is not within the source.
    fn read(&self, offset: u64, length: u64) -> Option<Vec<u8>>;
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        self.get(start..end).map(<[u8]>::to_vec)
    }
}

impl Source for File {
    fn size(&self) -> u64 {
        self.metadata().unwrap().len()
    }

    fn read(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        use std::os::unix::fs::FileExt as _;

        // A wrong length must not be allocated. Asking for the size each time would double the
        // calls.
        if length > 1 << 20 && length > self.size() {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.file().read_exact_at(&mut bytes, offset).ok()?;
        Some(bytes)
    }
}

/// Returns all violations in a wheel of this name. If its records cannot be followed, returns only
/// the first violation that prevents it.
pub(crate) fn findings(name: &str, source: &dyn Source) -> Vec<Finding> {
    let archive = match parse(source) {
        Ok(archive) => archive,
        Err(finding) => return vec![finding],
    };
    let mut findings = zip::findings(&archive, source);
    findings.extend(wheel::findings(name, &archive, source));
    findings
}

/// Returns the content of one member.
pub(crate) fn content(source: &dyn Source, entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::new();
    zip::inflate(source, entry, |chunk| bytes.extend_from_slice(chunk)).unwrap();
    bytes
}

/// Fails unless the file is a wheel without a violation. Returns the opened wheel.
pub(crate) fn assert_conforms(path: &std::path::Path) -> (File, Archive) {
    let (file, archive, findings) = open(path);
    let messages: Vec<String> = findings.iter().take(20).map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{}\n{}", path.display(), messages.join("\n"));
    (file, archive)
}

/// Opens a wheel. Returns it with its violations.
pub(crate) fn open(path: &std::path::Path) -> (File, Archive, Vec<Finding>) {
    let file = File::open(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let findings = findings(name, &file);
    let archive = parse(&file).unwrap_or_else(|finding| panic!("{}: {finding}", path.display()));
    (file, archive, findings)
}
