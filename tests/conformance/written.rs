//! Wheels of many shapes, written by the binary, obey all rules.

use crate::support::archive::{Archive, assert_conforms, chunk_lengths, open};
use crate::support::command::TestDir;
use crate::support::sample::{
    self, DECLARED, FILENAME, many_members, noise, pack, pack_members, text,
};

/// Returns the method and both sizes of a member.
fn member(archive: &Archive, name: &str) -> (u16, u64, u64) {
    let entry = archive.entries.iter().find(|entry| entry.name() == name).unwrap();
    (entry.central.method, entry.uncompressed, entry.compressed)
}

#[test]
fn every_compression_level() {
    let dir = sample::tree();
    // Several chunks long.
    dir.write("tree/sample_pkg/large.txt", text(3 << 20, 2));
    let mut sizes = Vec::new();
    for level in 0..=12 {
        let level = format!("--compression-level={level}");
        let (_, path) = pack(&dir, &["pack", "tree", &level], FILENAME);
        let (_, archive) = assert_conforms(&path);
        sizes.push(member(&archive, "sample_pkg/large.txt"));
    }
    assert_eq!(sizes[0], (0, 3 << 20, 3 << 20));
    assert!(sizes[1..].iter().all(|&(method, _, size)| method == 8 && size < 2 << 20), "{sizes:?}");
}

#[test]
fn members_of_every_kind_of_content() {
    let dir = TestDir::new();
    let mixed = [text(2 << 20, 3), noise(2 << 20, 4), text(1 << 20, 5)].concat();
    for (name, content) in [
        ("empty", Vec::new()),
        ("one", b"a".to_vec()),
        ("small-noise", noise(100_000, 6)),
        ("below", text((1 << 20) - 1, 7)),
        ("threshold", text(1 << 20, 8)),
        ("large-noise", noise(5 << 20, 9)),
        ("large-text", text(5 << 20, 10)),
        ("mixed", mixed),
        ("zeros", vec![0; 3 << 20]),
    ] {
        dir.write(name, content);
    }
    let names =
        ["empty", "one", "small-noise", "below", "threshold", "large-noise", "large-text", "mixed"];
    let members: Vec<String> = names.iter().map(|it| format!("pkg/{it}={it}")).collect();
    let mut members: Vec<&str> = members.iter().map(String::as_str).collect();
    members.push("pkg/zeros=zeros");
    let (_, archive) = assert_conforms(&pack_members(&dir, &members));
    for (name, method) in [
        ("empty", 0),
        ("one", 0),
        ("small-noise", 0),
        ("below", 8),
        ("threshold", 8),
        ("large-noise", 0),
        ("large-text", 8),
        ("mixed", 8),
        ("zeros", 8),
    ] {
        assert_eq!(member(&archive, &format!("pkg/{name}")).0, method, "{name}");
    }
}

/// The chunk table: version, compressor, level, lengths of each chunk.
#[test]
fn members_of_several_chunks_have_a_chunk_table() {
    let dir = sample::tree();
    dir.write("tree/sample_pkg/large.txt", text(5 << 20, 20));
    dir.write("tree/sample_pkg/noise", noise(5 << 20, 21));
    dir.write("tree/sample_pkg/short.txt", text((1 << 20) - 1, 22));
    let (_, path) = pack(&dir, &["pack", "tree", "--compression-level=3"], FILENAME);
    let (_, archive) = assert_conforms(&path);
    for entry in &archive.entries {
        let is_large = entry.name() == "sample_pkg/large.txt";
        assert_eq!(entry.central.extra.is_empty(), !is_large, "{}", entry.name());
        assert!(entry.local.extra.is_empty());
    }
    let large = archive.entries.iter().find(|it| it.name() == "sample_pkg/large.txt").unwrap();
    // Text is compressed at level 6 or higher.
    assert_eq!(large.central.extra[4..7], [1, 2, 6]);
    let lengths = chunk_lengths(large).unwrap();
    assert!(lengths.len() > 2, "{lengths:?}");
    let len = usize::from(u16::from_le_bytes([large.central.extra[2], large.central.extra[3]]));
    assert_eq!(large.central.extra[..2], *b"WW");
    assert_eq!(large.central.extra.len(), 4 + len);

    let with_table = fs_err::read(&path).unwrap();
    pack(&dir, &["pack", "tree", "--compression-level=3", "--no-chunk-table"], FILENAME);
    let (_, archive) = assert_conforms(&path);
    assert!(archive.entries.iter().all(|entry| entry.central.extra.is_empty()));
    assert_eq!(with_table.len() - fs_err::read(&path).unwrap().len(), 4 + len);
}

/// An incompressible member is written twice, the first time longer. No byte of the longer version
/// may remain.
#[test]
fn the_last_member_may_be_large_and_incompressible() {
    let dir = TestDir::new();
    dir.write("noise", noise(40 << 20, 11)).write("text", text(100, 12));
    for members in [["a=text", "b=noise"], ["a=noise", "b=text"], ["a=noise", "b=noise"]] {
        let (_, archive) = assert_conforms(&pack_members(&dir, &members));
        let large = if members[0] == "a=noise" { "a" } else { "b" };
        assert_eq!(member(&archive, large), (0, 40 << 20, 40 << 20));
    }
}

#[test]
fn tens_of_thousands_of_members() {
    // Together with METADATA, WHEEL and RECORD: the last count without ZIP64, the first with ZIP64, more.
    for (count, has_zip64) in [(65_531, false), (65_532, true), (70_000, true), (100_000, true)] {
        let dir = TestDir::new();
        dir.write("source", "pass\n");
        many_members(&dir, count, "source");
        let mut arguments = DECLARED.to_vec();
        arguments.push("@members.args");
        let (_, path) = pack(&dir, &arguments, FILENAME);
        let (_, archive) = assert_conforms(&path);
        assert_eq!(archive.entries.len(), count + 3);
        assert_eq!(archive.has_zip64_end, has_zip64, "{count}");
    }
}

/// Packs sparse files of `len` zeros each; returns the wheel and the rules that it breaks.
fn pack_sparse(members: &[&str], level: &str, len: u64) -> (TestDir, Archive, Vec<&'static str>) {
    let dir = TestDir::new();
    fs_err::File::create(dir.path().join("sparse")).unwrap().set_len(len).unwrap();
    dir.write("text", text(2 << 20, 13));
    let members: Vec<String> = members.iter().map(|it| format!("--member={it}")).collect();
    let mut arguments = DECLARED.to_vec();
    arguments.extend(members.iter().map(String::as_str));
    arguments.push(level);
    let command = dir.wheelworks(&arguments).env("WHEELWORKS_VALIDATE_OUTPUT", "1").patience(9);
    command.expect(0);
    let (_, archive, findings) = open(&dir.path().join(FILENAME));
    let rules = findings.into_iter().map(|finding| finding.rule).collect();
    (dir, archive, rules)
}

#[test]
fn a_member_of_more_than_4_gib() {
    let len = (4 << 30) + (200 << 20);
    let (_dir, archive, rules) = pack_sparse(&["a=sparse", "b=text"], "--compression-level=1", len);
    // Zeros exceed the compression ratio that the index allows; all other rules hold.
    assert_eq!(rules, ["ratio"]);
    let (method, uncompressed, compressed) = member(&archive, "a");
    assert_eq!((method, uncompressed), (8, len));
    assert!(compressed < 100 << 20, "{compressed}");
    let fields = archive.entries[0].central.extra_fields().unwrap();
    assert_eq!(fields.zip64.map(<[u8]>::len), Some(16));
    // All chunks of zeros have the maximum length.
    assert!(chunk_lengths(&archive.entries[0]).unwrap().iter().all(|chunk| chunk.1 <= 4 << 20));
    assert_eq!(archive.entries[0].local.extra.len(), 20);
    assert!(!archive.has_zip64_end);
}

/// Runs on request only: it takes 9 GB of disk and minutes.
#[test]
fn members_beyond_the_first_4_gib() {
    if std::env::var_os("WHEELWORKS_SLOW_TESTS").is_none() {
        println!("skipped: needs 9 GB of disk; set WHEELWORKS_SLOW_TESTS=1");
        return;
    }
    for len in [u64::from(u32::MAX) - 1, u64::from(u32::MAX), (4 << 30) + (200 << 20)] {
        let members = ["a=sparse", "b=text", "c=sparse"];
        let (_dir, archive, rules) = pack_sparse(&members, "--compression-level=0", len);
        assert_eq!(rules, [""; 0]);
        let extra = |index: usize| archive.entries[index].central.extra.len();
        let is_large = len >= u64::from(u32::MAX);
        // Sizes alone; sizes and offset. (An offset alone would have a length that indexes refuse.)
        assert_eq!([extra(0), extra(1), extra(2)], [if is_large { 20 } else { 0 }, 28, 28]);
        assert_eq!(archive.entries[2].local.extra.len(), extra(0));
        assert!(archive.has_zip64_end);
    }
}
