//! Files of more than 4 GiB, almost all of it a hole.

use std::os::unix::fs::MetadataExt as _;

use fs_err::File;
use fs_err::os::unix::fs::FileExt as _;

use super::{EDITS, ZEROS, assert_loads, build, complaints, library, read};
use crate::support::WHEELWORKS;
use crate::support::command::TestDir;

/// The length in bytes of what is before the section headers.
const LEN: u64 = 5 << 30;

/// Maximum private memory in bytes; a copy of the file would need ten times as much.
const MEMORY: &str = "--data=536870912";

/// Writes a library whose section headers are behind a hole. If `is_section`, `.debug_str` is the hole.
fn write_sparse(dir: &TestDir, bytes: &[u8], is_section: bool) {
    let field = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    // `e_shoff` of the file header.
    let start = usize::try_from(field(0x28)).unwrap();
    let mut headers = bytes[start..].to_vec();
    if is_section {
        let strings = dir.command("readelf", &["-SW", "lib.so"]).expect(0).stdout;
        let line = strings.lines().find(|line| line.contains("] .debug_str ")).unwrap();
        let index: usize =
            line.trim_start_matches([' ', '[']).split(']').next().unwrap().parse().unwrap();
        let header = &mut headers[64 * index..];
        let offset = (start as u64).next_multiple_of(4096);
        header[0x18..0x20].copy_from_slice(&offset.to_le_bytes());
        header[0x20..0x28].copy_from_slice(&(LEN - offset).to_le_bytes());
    }
    let file = File::create(dir.path().join("big.so")).unwrap();
    file.write_all_at(&bytes[..start], 0).unwrap();
    file.write_all_at(&LEN.to_le_bytes(), 0x28).unwrap();
    file.write_all_at(&headers, LEN).unwrap();
}

#[test]
#[ignore = "reads 5 GiB eight times"]
fn files_of_more_than_4_gib() {
    let dir = build();
    for (zeros, is_section) in ZEROS.into_iter().flat_map(|it| [(it, false), (it, true)]) {
        let case = format!("{zeros} {is_section}");
        let bytes = library(&dir, &[], zeros);
        write_sparse(&dir, &bytes, is_section);
        let limited = |arguments: &[&str]| {
            let arguments = [&[MEMORY, WHEELWORKS, "patchelf"], arguments].concat();
            dir.command("prlimit", &arguments).patience(9).expect(0);
        };
        limited(&[&EDITS[..], &["big.so"]].concat());
        let metadata = || fs_err::metadata(dir.path().join("big.so")).unwrap();
        assert!(metadata().len() > LEN && metadata().len() < LEN + 16384, "{case}");
        assert!(metadata().blocks() * 512 < 1 << 20, "{case}: the hole has blocks");
        assert_loads(&dir, "big.so");
        if !is_section {
            // `readelf` would read the section to its end.
            assert_eq!(complaints(&dir, "big.so"), "", "{case}");
        }
        limited(&["--strip", "big.so"]);
        assert!(metadata().len() < 1 << 20, "{case}: {}", metadata().len());
        assert_loads(&dir, "big.so");
        assert_eq!(complaints(&dir, "big.so"), "", "{case}");
        assert!(read(&dir, "big.so").len() < 1 << 20);
    }
}
