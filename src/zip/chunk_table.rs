//! The chunk table: an extra field of wheelworks in a member's central-directory entry.
//!
//! A deflated member that was compressed in independent chunks can be inflated from the start of
//! each chunk. The table has the positions of the chunks. The field's data is, in this order:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version of this format: 1 |
//! | 1 | compressor: 2 is libdeflate, with parts that do not compress stored; 1 was libdeflate alone |
//! | 1 | the compressor's level |
//! | rest | of each chunk its compressed and its uncompressed length, as varints (LEB128) |
//!
//! The lengths add up to the member's. Each chunk is a run of whole DEFLATE blocks that begins and ends
//! on a byte boundary and refers to nothing before itself; only the last has a final block. This is a
//! claim: only inflating the chunks shows whether it is true.

use std::ops::Range;

use super::extra::fields;

/// Header ID of the extra field: `WW`. It must not be one of PKWARE's, 0 to 31 and those in APPNOTE.TXT
/// 4.5.2, nor of another vendor's, 4.6.1 and Info-ZIP's list; those two hold nothing between 0x5455 and
/// 0x5855 but 0x554E. No registry takes new IDs any more, so the ID alone proves nothing.
pub(super) const CHUNK_TABLE_EXTRA_ID: u16 = 0x5757;

const VERSION: u8 = 1;

/// The second byte: the compressor. Chunks of another one are other bytes for the same content.
const COMPRESSOR: u8 = 2;

/// Bytes in front of the lengths.
const PREFIX: usize = 3;

/// Longest chunk of a table, in bytes, which bounds the memory to inflate one. FastCDC makes none longer.
const MAX_CHUNK_BYTES: u64 = 16 << 20;

/// The positions of the chunks of a deflated member: a claim of an archive, or a fact of our
/// writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkTable {
    level: u8,
    ends: Vec<End>,
}

/// The end of a chunk: the sums of all lengths up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    compressed: u64,
    uncompressed: u64,
}

/// The chunk table that a member's extra fields claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkClaim {
    /// Nothing, or nothing in this format.
    None,
    /// A claim that is false for any data: lengths that do not add up, or two tables.
    Wrong,
    /// A table, which the data may contradict.
    Table(ChunkTable),
}

/// The position of one chunk, in bytes from the start of the member's data and of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRanges {
    /// Its blocks.
    pub compressed: Range<u64>,
    /// The content that they inflate to.
    pub uncompressed: Range<u64>,
}

impl ChunkTable {
    /// Creates an empty table for a member that libdeflate compresses at this level.
    #[must_use]
    pub fn new(level: u8) -> Self {
        Self { level, ends: Vec::new() }
    }

    /// Adds a chunk by its lengths in bytes.
    pub fn push(&mut self, compressed: u64, uncompressed: u64) {
        let End { compressed: before, uncompressed: position } = self.end();
        let (compressed, uncompressed) = (before + compressed, position + uncompressed);
        self.ends.push(End { compressed, uncompressed });
    }

    /// Returns the compression level of the member.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Returns the number of chunks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are no chunks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the chunk with this index.
    #[must_use]
    pub fn chunk(&self, index: usize) -> Option<ChunkRanges> {
        let end = self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => End { compressed: 0, uncompressed: 0 },
        };
        Some(ChunkRanges {
            compressed: start.compressed..end.compressed,
            uncompressed: start.uncompressed..end.uncompressed,
        })
    }

    /// Iterates over the compressed and the uncompressed length of each chunk, in bytes.
    pub fn lengths(&self) -> impl Iterator<Item = (u64, u64)> {
        let len = |range: Range<u64>| range.end - range.start;
        let chunks = (0..self.len()).filter_map(|index| self.chunk(index));
        chunks.map(move |chunk| (len(chunk.compressed), len(chunk.uncompressed)))
    }

    /// Returns the indices of the chunks that hold a range of the content.
    #[must_use]
    pub fn holding(&self, range: &Range<u64>) -> Range<usize> {
        let first = self.ends.partition_point(|end| end.uncompressed <= range.start);
        let last = self.ends.partition_point(|end| end.uncompressed < range.end);
        first..self.ends.len().min(last + 1).max(first)
    }

    fn end(&self) -> End {
        self.ends.last().copied().unwrap_or(End { compressed: 0, uncompressed: 0 })
    }

    /// Returns the extra field's data.
    pub(super) fn render(&self) -> Vec<u8> {
        let mut data = vec![VERSION, COMPRESSOR, self.level];
        for place in (0..self.len()).filter_map(|index| self.chunk(index)) {
            for range in [place.compressed, place.uncompressed] {
                put_varint(&mut data, range.end - range.start);
            }
        }
        data
    }

    /// Parses an extra field's data; `None` if it is not a table for a member with these lengths.
    fn parse(data: &[u8], compressed: u64, uncompressed: u64) -> Option<Self> {
        let (&[VERSION, COMPRESSOR, level], mut rest) = data.split_first_chunk::<PREFIX>()? else {
            return None;
        };
        let mut table = Self::new(level);
        while !rest.is_empty() {
            let (packed, unpacked) = (take_varint(&mut rest)?, take_varint(&mut rest)?);
            let is_chunk = packed > 0 && (1..=MAX_CHUNK_BYTES).contains(&unpacked);
            // Sums cannot overflow, because a sum above the member's length is refused.
            let End { compressed: at, uncompressed: position } = table.end();
            if !is_chunk || packed > compressed - at || unpacked > uncompressed - position {
                return None;
            }
            table.push(packed, unpacked);
        }
        // Even the stream of an empty member has a block.
        let is_whole = !table.is_empty() && table.end() == End { compressed, uncompressed };
        is_whole.then_some(table)
    }

    /// Returns the only table among the extra fields of a member with these lengths.
    pub(super) fn find(extra: &[u8], compressed: u64, uncompressed: u64) -> Option<Self> {
        match ChunkClaim::find(extra, compressed, uncompressed) {
            ChunkClaim::Table(table) => Some(table),
            ChunkClaim::None | ChunkClaim::Wrong => None,
        }
    }
}

impl ChunkClaim {
    /// Returns the claim in the extra fields of a member with these lengths.
    pub(super) fn find(extra: &[u8], compressed: u64, uncompressed: u64) -> Self {
        let mut tables = fields(extra).filter(|(id, _)| *id == CHUNK_TABLE_EXTRA_ID);
        let found = tables.next().map(|(_, data)| data);
        if tables.next().is_some() {
            return Self::Wrong;
        }
        // Another tool may use this ID for other data, and a later version may use another format.
        let Some(data) = found.filter(|data| data.starts_with(&[VERSION, COMPRESSOR])) else {
            return Self::None;
        };
        ChunkTable::parse(data, compressed, uncompressed).map_or(Self::Wrong, Self::Table)
    }
}

/// Appends a varint (LEB128): seven bits per byte, lowest first; all bytes but the last have the
/// eighth bit set.
fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = value.to_le_bytes()[0];
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7F);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Reads a varint and removes it from `bytes`. Returns `None` if it is truncated, or longer than a length can be.
fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..56).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(chunks: &[(u64, u64)]) -> ChunkTable {
        let mut table = ChunkTable::new(6);
        for &(compressed, uncompressed) in chunks {
            table.push(compressed, uncompressed);
        }
        table
    }

    fn field(id: u16, data: &[u8]) -> Vec<u8> {
        let len = u16::try_from(data.len()).unwrap();
        [&id.to_le_bytes(), &len.to_le_bytes(), data].concat()
    }

    #[test]
    fn lengths_round_trip_as_varints() {
        let table = table(&[(300, 1 << 20), (127, 128)]);
        let data = table.render();
        assert_eq!(data, [1, 2, 6, 0xAC, 0x02, 0x80, 0x80, 0x40, 0x7F, 0x80, 0x01]);
        let (compressed, uncompressed) = (427, (1 << 20) + 128);
        assert_eq!(ChunkTable::parse(&data, compressed, uncompressed), Some(table.clone()));
        let last = ChunkRanges { compressed: 300..427, uncompressed: 1 << 20..uncompressed };
        assert_eq!(table.chunk(1), Some(last));
        assert_eq!(table.chunk(2), None);
        let extra = [field(1, &[0; 16]), field(CHUNK_TABLE_EXTRA_ID, &data)].concat();
        assert_eq!(ChunkTable::find(&extra, compressed, uncompressed), Some(table));
        let twice = [extra, field(CHUNK_TABLE_EXTRA_ID, &data)].concat();
        assert_eq!(ChunkTable::find(&twice, compressed, uncompressed), None);
    }

    #[test]
    fn claims_and_other_fields_are_distinguished() {
        let good = table(&[(10, 20), (30, 40)]).render();
        let claim = |extra: &[u8]| ChunkClaim::find(extra, 40, 60);
        let own = field(CHUNK_TABLE_EXTRA_ID, &good);
        assert!(matches!(claim(&own), ChunkClaim::Table(_)));
        assert_eq!(claim(&field(0x5858, &good)), ChunkClaim::None);
        for others in [&[2, 2, 6][..], &[1, 1, 6], b"WW", b""] {
            assert_eq!(claim(&field(CHUNK_TABLE_EXTRA_ID, others)), ChunkClaim::None);
        }
        assert_eq!(claim(&[own.clone(), own].concat()), ChunkClaim::Wrong);
        for wrong in [&good[..good.len() - 1], &good[..2]] {
            assert_eq!(claim(&field(CHUNK_TABLE_EXTRA_ID, wrong)), ChunkClaim::Wrong);
        }
    }

    #[test]
    fn other_tables_are_not_of_the_member() {
        let good = table(&[(10, 20), (30, 40)]).render();
        assert!(ChunkTable::parse(&good, 40, 60).is_some());
        for (compressed, uncompressed) in [(41, 60), (39, 60), (40, 59), (40, 61), (0, 0)] {
            assert_eq!(ChunkTable::parse(&good, compressed, uncompressed), None);
        }
        for len in 0..good.len() {
            assert_eq!(ChunkTable::parse(&good[..len], 40, 60), None, "{len} bytes");
        }
        let lengths = |bytes: &[u8]| [&[1, 2, 6], bytes].concat();
        for data in [
            [2, 2, 6, 40, 60].to_vec(),
            [1, 1, 6, 40, 60].to_vec(),
            lengths(&[0, 0, 40, 60]),
            lengths(&[40, 60, 0, 0]),
            lengths(&[0, 20, 40, 40]),
            lengths(&[10, 0, 30, 60]),
            lengths(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 40, 60]),
            lengths(&[0xC0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 60]),
        ] {
            assert_eq!(ChunkTable::parse(&data, 40, 60), None, "{data:?}");
        }
        // A member without data is not a DEFLATE stream and has no chunks.
        assert_eq!(ChunkTable::parse(&lengths(&[]), 0, 0), None);
        let long = table(&[(40, MAX_CHUNK_BYTES + 1), (1, 1)]).render();
        assert_eq!(ChunkTable::parse(&long, 41, MAX_CHUNK_BYTES + 2), None);
    }

    #[test]
    fn chunks_are_found_by_range() {
        let table = table(&[(1, 10), (1, 10), (1, 10)]);
        for (range, expected) in [
            (0..1, 0..1),
            (0..10, 0..1),
            (9..11, 0..2),
            (10..20, 1..2),
            (0..30, 0..3),
            (29..30, 2..3),
            (30..40, 3..3),
        ] {
            assert_eq!(table.holding(&range), expected, "{range:?}");
        }
    }
}
