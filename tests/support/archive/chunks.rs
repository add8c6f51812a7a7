//! The chunk table in a central header: its form, and whether it matches the data.

use flate2::{Decompress, FlushDecompress, Status};

use super::records::{Entry, Fields};
use super::{Finding, Source};

/// The extra field's header ID.
pub(crate) const CHUNK_TABLE: u16 = 0x5757;

/// Returns the compressed and uncompressed length of each chunk.
pub(crate) fn lengths(entry: &Entry) -> Option<Vec<(u64, u64)>> {
    let table = entry.central.extra_fields().ok()?.chunk_table?;
    let mut fields = Fields(table);
    let (version, compressor, level) = (fields.u8()?, fields.u8()?, fields.u8()?);
    if (version, compressor) != (1, 2) || !(1..=12).contains(&level) {
        return None;
    }
    let mut lengths = Vec::new();
    while !fields.0.is_empty() {
        lengths.push((varint(&mut fields)?, varint(&mut fields)?));
    }
    Some(lengths)
}

/// Reads a varint in its shortest form.
fn varint(fields: &mut Fields<'_>) -> Option<u64> {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = fields.u8()?;
        value |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return (byte > 0 || shift == 0).then_some(value);
        }
    }
    None
}

/// Returns the first fault of a member's chunk table, if it has one.
pub(super) fn finding(source: &dyn Source, entry: &Entry) -> Option<Finding> {
    entry.central.extra_fields().ok()?.chunk_table?;
    let wrong =
        |detail: String| Some(Finding::new("chunk-table", format!("`{}`: {detail}", entry.name())));
    let Some(lengths) = lengths(entry) else { return wrong("its form".to_owned()) };
    let sum = lengths.iter().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    if entry.central.method != 8 || lengths.len() < 2 {
        return wrong(format!("{} chunks, method {}", lengths.len(), entry.central.method));
    }
    if sum != (entry.compressed, entry.uncompressed) {
        return wrong(format!("lengths of {sum:?}"));
    }
    let mut position = entry.data;
    for (index, &(compressed, uncompressed)) in lengths.iter().enumerate() {
        let is_last = index + 1 == lengths.len();
        let bytes = source.read(position, compressed)?;
        if !is_chunk(&bytes, uncompressed, is_last) {
            return wrong(format!("chunk {index} of {}", lengths.len()));
        }
        position += compressed;
    }
    None
}

/// Returns whether the bytes are independent DEFLATE blocks that inflate to `len` bytes.
fn is_chunk(bytes: &[u8], len: u64, is_last: bool) -> bool {
    let mut output = vec![0; usize::try_from(len).unwrap() + 1];
    // Without a dictionary, a distance that reaches back too far is an error.
    let mut decoder = Decompress::new(false);
    let status = decoder.decompress(bytes, &mut output, FlushDecompress::Sync);
    let expected = if is_last { Status::StreamEnd } else { Status::Ok };
    status.is_ok_and(|status| status == expected)
        && (decoder.total_in(), decoder.total_out()) == (bytes.len() as u64, len)
}
