//! An archive of over 4 GiB, as Python's zipfile writes it: its large member is a hole in the file.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use fs_err::File;

use super::base::{Change, NAME, make};
use crate::support::archive::Header;
use crate::support::command::TestDir;
use crate::support::craft::{Parts, put, put_central, put_shared, put_zip64_end, zip64_field};

/// Length of the large member, zeros only, in bytes.
const LEN: u64 = 4 << 30;

/// CRC-32 of the large member, as zlib has it.
const CRC: u32 = 0xD202_EF8D;

/// The row of the large member in RECORD, with the SHA-256 that hashlib has.
const ROW: &str =
    "sample_pkg/zeros.bin,sha256=hHnkORHcReifk0_kjQEpfhb1HReqVh1NHCFrGuD83co,4294967296\n";

/// Writes the wheel without a fault with the large member in front. The offsets of all others are then in
/// ZIP64 fields, alone (APPNOTE 6.3.10, 4.5.3).
fn write(dir: &TestDir) -> PathBuf {
    let mut parts = Parts::of(&make(Change::Wheel(|_| ())));
    parts.edit_record(|text| format!("{ROW}{text}"));
    let path = dir.path().join(NAME);
    let mut file = File::create(&path).unwrap();
    let mut large = Header {
        name: b"sample_pkg/zeros.bin".to_vec(),
        method: 0,
        crc: CRC,
        compressed: u32::MAX,
        uncompressed: u32::MAX,
        extra: zip64_field(&[LEN, LEN]),
        ..parts.entries[0].central.clone()
    };
    large.needed = 45;
    let mut directory = Vec::new();
    put_central(&mut directory, &large, 0);
    let mut local = Vec::new();
    put(&mut local, 4, 0x0403_4B50);
    put_shared(&mut local, &large);
    local.extend(large.name.iter().chain(&large.extra));
    file.write_all(&local).unwrap();
    file.seek(SeekFrom::Current(LEN.try_into().unwrap())).unwrap();
    for part in &mut parts.entries {
        part.central.offset = u32::MAX;
        part.central.extra = zip64_field(&[file.stream_position().unwrap()]);
        put_central(&mut directory, &part.central, 0);
        let mut local = Vec::new();
        put(&mut local, 4, 0x0403_4B50);
        put_shared(&mut local, &part.local);
        local.extend(part.local.name.iter().chain(&part.local.extra).chain(&part.data));
        file.write_all(&local).unwrap();
    }
    let count = parts.entries.len() as u64 + 1;
    let (len, offset) = (directory.len() as u64, file.stream_position().unwrap());
    let mut end = Vec::new();
    put_zip64_end(&mut end, offset + len, 44, [count, count, len, offset]);
    put(&mut end, 4, 0x0605_4B50);
    put(&mut end, 4, 0);
    put(&mut end, 2, count);
    put(&mut end, 2, count);
    put(&mut end, 4, len);
    put(&mut end, 4, u32::MAX.into());
    put(&mut end, 2, 0);
    file.write_all(&directory).unwrap();
    file.write_all(&end).unwrap();
    path
}

/// Opens the archive and reads the members behind the large one.
const JUDGE: &str = r"
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
first, *others = archive.infolist()
assert first.file_size == 1 << 32, first
assert all(it.header_offset > 1 << 32 and it.compress_type == 8 for it in others[:-1]), others
for it in others:
    archive.read(it)
";

#[test]
fn a_legal_archive_over_4_gib_has_no_finding() {
    let dir = TestDir::new();
    let path = write(&dir);
    dir.command("python3", &["-c", JUDGE, path.to_str().unwrap()]).expect(0);
    let arguments = ["check", "--strict", "--ignore=index-size", path.to_str().unwrap()];
    let output = dir.wheelworks(&arguments).patience(5).expect(0);
    assert!(!output.stdout.contains('['), "{}", output.stdout);
}
