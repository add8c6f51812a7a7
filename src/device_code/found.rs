//! The device code of a file: what a scan has found.

use std::fmt;
use std::ops::Range;

use super::Entry;

/// Maximum number of containers of one file. The most that was seen is 1,149.
pub const MAX_CONTAINERS: usize = 1 << 16;

/// Maximum number of entries of one file. They take 25 MiB.
pub const MAX_ENTRIES: usize = 1 << 18;

/// Maximum number of problems that are kept of one file.
pub const MAX_PROBLEMS: usize = 64;

/// What holds entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// A fat binary of CUDA.
    FatBinary,
    /// A cubin, or a code object of HIP, without a container.
    Cubin,
    /// A bundle of code objects of HIP.
    Bundle,
    /// A compressed bundle of HIP.
    CompressedBundle,
}

/// One container with its entries, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// What it is.
    pub form: Form,
    /// Its byte range in the file.
    pub range: Range<u64>,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// The list of a bundle that is not compressed, which has the host as well.
    pub targets: Vec<Target>,
}

/// A target in the list of a bundle. Ranges are those in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its offset, length and name.
    pub header: Range<u64>,
    /// Its code.
    pub code: Range<u64>,
    /// Whether it is one of the container's entries: code for the host is none.
    pub is_entry: bool,
}

/// Something that is no valid container, though it begins like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Offset of the container in the file, in bytes.
    pub container: u64,
    /// Offset of the fault in the file, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// It ends behind the end of the file or section.
    Truncated,
    /// The header of an entry is not valid, or an entry ends behind the end of its container.
    Entry,
    /// A cubin's section table does not describe a file.
    Cubin,
    /// A compressed bundle cannot be read: another version or method, or damaged data.
    Bundle,
    /// The file has more than [`MAX_CONTAINERS`] or [`MAX_ENTRIES`]; the rest is not listed.
    TooMany,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { container, offset, kind } = self;
        match kind {
            ProblemKind::Truncated => write!(
                formatter,
                "device code at byte {container}: expected a container that ends in its section, found its end at byte {offset}"
            ),
            ProblemKind::Entry => write!(
                formatter,
                "device code at byte {container}: expected an entry at byte {offset}, found something else"
            ),
            ProblemKind::Cubin => write!(
                formatter,
                "device code at byte {container}: expected a section table at byte {offset}, found something else"
            ),
            ProblemKind::Bundle => write!(
                formatter,
                "device code at byte {container}: expected a HIP bundle of version 2 or 3, compressed with zstd or zlib, found another one or damaged data"
            ),
            ProblemKind::TooMany => write!(
                formatter,
                "device code at byte {container}: expected at most {MAX_CONTAINERS} containers and {MAX_ENTRIES} entries, found more"
            ),
        }
    }
}

/// The device code of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceCode {
    /// Containers in the order of the file. They do not overlap.
    pub containers: Vec<Container>,
    /// The first [`MAX_PROBLEMS`] problems.
    pub problems: Vec<Problem>,
}

impl DeviceCode {
    /// Returns all entries, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.containers.iter().flat_map(|container| &container.entries)
    }

    /// Returns whether there is nothing to report.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.problems.is_empty()
    }

    /// Returns whether each container is within one of the ranges, and each problem, too. Otherwise the ranges
    /// must be scanned one by one: a container that begins outside of them may hide one inside.
    #[must_use]
    pub fn is_within(&self, ranges: &[Range<u64>]) -> bool {
        let holds = |found: &Range<u64>| {
            ranges.iter().any(|range| range.start <= found.start && found.end <= range.end)
        };
        let point = |problem: &Problem| problem.container..problem.container + 1;
        self.containers.iter().all(|it| holds(&it.range))
            && self.problems.iter().all(|it| holds(&point(it)))
    }
}
