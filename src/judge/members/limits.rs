//! Limits on reading members, and how much of them is read.

use super::FoundMembers;
use crate::deflate::Inflater;
use crate::elf::Detail;
use crate::warm::WheelFacts;

/// Number of first bytes that are kept. Those of `libtorch_cuda.so` contain its version tables, 7.1 MB
/// from the begin; a rewriting tool moved its other tables.
pub(super) const HEAD: usize = 8 << 20;

/// Number of first bytes that are read by a trusted chunk table: header, program headers, interpreter
/// and notes.
pub(in crate::judge) const SHORT_HEAD: u64 = 64 << 10;

/// Number of last bytes that are kept, for the section table and for dynamic tables that a rewriting
/// tool moved. Those of nvidia-cudnn-cu12 are 0.2 MB from the end, and so need no second pass.
pub(super) const TAIL: u64 = 1 << 20;

/// Bytes that are kept besides the tables, at most.
const KEPT: u64 = SHORT_HEAD + 2 * HEAD as u64 + TAIL;

/// Limits on the memory for one member, and on the trust in chunk tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(crate) struct Limits {
    /// Maximum number of bytes of one member in memory.
    pub(super) tables: u64,
    /// Whether chunk tables are trusted without verification.
    pub(super) trust: bool,
    /// Whether this process wrote the archive.
    pub(super) own: bool,
    /// Whether every member is inflated to its end, so that its length and CRC-32 are verified.
    pub(super) whole: bool,
    /// Whether device code is read, too.
    pub(super) device_code: bool,
    /// Whether all dynamic symbols are read, too.
    pub(super) linkage: bool,
    /// Whether names of libraries among string literals are read, too.
    pub(super) literals: bool,
}

impl Limits {
    /// Returns limits of `bytes` in memory for each member, in addition to its first 8 MiB and last
    /// 1 MiB.
    pub(crate) fn of_tables(bytes: u64) -> Self {
        Self {
            tables: bytes,
            trust: false,
            own: false,
            whole: false,
            device_code: false,
            linkage: false,
            literals: false,
        }
    }

    /// Sets whether chunk tables are trusted without verification.
    pub(crate) fn trusting_chunk_tables(self, trust: bool) -> Self {
        Self { trust, ..self }
    }

    /// Sets whether device code is read, too.
    pub(crate) fn with_device_code(self, device_code: bool) -> Self {
        Self { device_code, ..self }
    }

    /// Returns whether device code is read, too.
    pub(in crate::judge) fn has_device_code(self) -> bool {
        self.device_code
    }

    /// Sets whether the [`Linkage`](crate::elf::Linkage) of each ELF file is read, too.
    pub(crate) fn with_linkage(self, linkage: bool) -> Self {
        Self { linkage, ..self }
    }

    /// Sets whether the names of libraries among string literals are read, too. It needs the linkage.
    pub(crate) fn with_literals(self, literals: bool) -> Self {
        Self { literals, ..self }
    }

    /// Returns the maximum number of bytes of one member in memory.
    pub(in crate::judge) fn tables(self) -> u64 {
        self.tables
    }

    /// Returns how much of each ELF file is read.
    pub(in crate::judge) fn detail(self) -> Detail {
        if self.linkage { Detail::Linkage } else { Detail::Whole }
    }

    /// Sets that every member is inflated to its end, by chunk tables only as far as they are proven.
    pub(in crate::judge) fn whole(self) -> Self {
        Self { whole: true, trust: false, ..self }
    }

    /// Sets whether this process wrote the archive, so that its chunk tables are correct.
    pub(in crate::judge) fn of_own(self, own: bool) -> Self {
        Self { own, ..self }
    }

    /// Returns whether cached facts of the same archive could have been read with these limits.
    pub(in crate::judge) fn cover(self, facts: &WheelFacts) -> bool {
        let kept = if facts.of_writer { KEPT } else { 0 };
        facts.max_tables.saturating_add(kept) <= self.tables
            && (self.own || facts.trusting == self.trust)
            && (facts.verified || !self.verifies())
            && (facts.device_code.is_some() || !self.device_code)
            && (facts.linkage || !self.linkage)
            && (facts.literals || !self.literals)
    }

    /// Returns the cache entry for facts that were read with these limits.
    pub(in crate::judge) fn facts(self, found: FoundMembers, record: Vec<u8>) -> WheelFacts {
        let (max_tables, trusting, verified) = (self.tables, self.trust, self.whole);
        let FoundMembers { elves, objects, codes } = found;
        let device_code = self.device_code.then_some(codes);
        let (linkage, literals) = (self.linkage, self.literals);
        WheelFacts {
            elves,
            objects,
            device_code,
            record,
            max_tables,
            trusting,
            verified,
            linkage,
            literals,
            of_writer: false,
        }
    }

    /// Returns an inflater, which records indexes of the streams that are inflated to their ends.
    pub(super) fn inflater(self) -> Inflater {
        let records = self.verifies() || self.device_code;
        if records { Inflater::recording_index() } else { Inflater::new() }
    }

    /// Returns whether members are inflated to their ends for verification. Those of an own archive are known.
    pub(in crate::judge) fn verifies(self) -> bool {
        self.whole && !self.own
    }

    /// Returns whether names of libraries among string literals are read, too.
    pub(in crate::judge) fn has_literals(self) -> bool {
        self.literals
    }
}
