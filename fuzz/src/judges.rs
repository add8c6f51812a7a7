//! Reference implementations.

use flate2::{Decompress, FlushDecompress, Status};

/// The result of zlib for a raw DEFLATE stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Judged {
    /// The stream is valid: its length, and its output.
    Whole(Vec<u8>, usize),
    /// The stream is damaged or truncated after this output.
    Damaged(Vec<u8>),
    /// The output is longer than the limit.
    Long,
}

/// Inflates with zlib-rs, up to `most` bytes.
pub fn zlib(deflated: &[u8], most: usize) -> Judged {
    let mut zlib = Decompress::new(false);
    let mut out = Vec::with_capacity(4096);
    loop {
        let before = (zlib.total_in(), zlib.total_out());
        let read = usize::try_from(zlib.total_in()).unwrap();
        if out.len() == out.capacity() {
            out.reserve(out.len());
        }
        match zlib.decompress_vec(&deflated[read..], &mut out, FlushDecompress::None) {
            Ok(Status::StreamEnd) if out.len() <= most => {
                return Judged::Whole(out, usize::try_from(zlib.total_in()).unwrap());
            }
            _ if out.len() > most => return Judged::Long,
            Err(_) => return Judged::Damaged(out),
            Ok(_)
                if (zlib.total_in(), zlib.total_out()) == before && out.len() < out.capacity() =>
            {
                return Judged::Damaged(out);
            }
            Ok(_) => {}
        }
    }
}
