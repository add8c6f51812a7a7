//! Cuts files as Bazel cuts large outputs for a remote cache, and prints the chunks.
//!
//! `cargo bench --bench chunks -- FILE…` prints a JSON object per file: its length, and length and BLAKE3 of each
//! chunk. `benches/dedup` counts the bytes that two wheels share.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set itself up has no result")]

use std::io::Write as _;

use fastcdc::v2020::{FastCDC, Normalization};
use serde_json::json;

/// Bazel's average in bytes, if the server names no other. The shortest chunk is a quarter, the longest four times as
/// long: `FastCdcChunkingConfig` in Bazel's sources. A file that is not longer than the longest chunk is one chunk.
const AVERAGE: usize = 512 << 10;

fn main() {
    let mut output = std::io::stdout().lock();
    // Cargo itself passes `--bench`.
    for file in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let bytes = fs_err::read(&file).unwrap();
        // Bazel's seed is 0, as that of this function.
        let (min, max, level) = (AVERAGE / 4, AVERAGE * 4, Normalization::Level2);
        let chunks: Vec<_> = FastCDC::with_level(&bytes, min, AVERAGE, max, level)
            .map(|chunk| {
                let content = &bytes[chunk.offset..chunk.offset + chunk.length];
                json!([chunk.length, blake3::hash(content).to_hex().as_str()])
            })
            .collect();
        writeln!(output, "{}", json!({"file": file, "bytes": bytes.len(), "chunks": chunks}))
            .unwrap();
    }
}
