//! Wheels of every shape, written by the binary, without a fault.

use crate::support::archive::{Archive, assert_conforms, chunk_lengths, open};
use crate::support::command::Dir;
use crate::support::sample::{
    self, DECLARED, FILENAME, many_members, noise, pack, pack_members, text,
};

/// Method and sizes of the member of that name.
fn member(archive: &Archive, name: &str) -> (u16, u64, u64) {
    let entry = archive.entries.iter().find(|entry| entry.name() == name).unwrap();
    (entry.central.method, entry.uncompressed, entry.compressed)
}

#[test]
fn every_compression_level() {
    let dir = sample::tree();
    // Large enough for several chunks.
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
    let dir = Dir::new();
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

/// What is written of the chunks: version, compressor, level, and the lengths of each.
#[test]
fn members_of_several_chunks_have_a_table_of_them() {
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
    // Text gets level 6 at least.
    assert_eq!(large.central.extra[4..7], [1, 1, 6]);
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

/// Incompressible members are written twice, the first time longer: what follows must not show it.
#[test]
fn the_last_of_the_members_is_incompressible_and_large() {
    let dir = Dir::new();
    dir.write("noise", noise(40 << 20, 11)).write("text", text(100, 12));
    for members in [["a=text", "b=noise"], ["a=noise", "b=text"], ["a=noise", "b=noise"]] {
        let (_, archive) = assert_conforms(&pack_members(&dir, &members));
        let large = if members[0] == "a=noise" { "a" } else { "b" };
        assert_eq!(member(&archive, large), (0, 40 << 20, 40 << 20));
    }
}

#[test]
fn tens_of_thousands_of_members() {
    // With METADATA, WHEEL and RECORD: the last count without ZIP64, the first with it, and more.
    for (count, has_zip64) in [(65_531, false), (65_532, true), (70_000, true), (100_000, true)] {
        let dir = Dir::new();
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

/// Sizes and rules of a wheel of members of 4.2 GiB of zeros each.
fn pack_sparse(members: &[&str], level: &str, len: u64) -> (Dir, Archive, Vec<&'static str>) {
    let dir = Dir::new();
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
    // Zeros compress too well for an index; nothing else is wrong.
    assert_eq!(rules, ["ratio"]);
    let (method, uncompressed, compressed) = member(&archive, "a");
    assert_eq!((method, uncompressed), (8, len));
    assert!(compressed < 100 << 20, "{compressed}");
    let fields = archive.entries[0].central.extra_fields().unwrap();
    assert_eq!(fields.zip64.map(<[u8]>::len), Some(16));
    // Of zeros all chunks are as long as one can be.
    assert!(chunk_lengths(&archive.entries[0]).unwrap().iter().all(|chunk| chunk.1 <= 4 << 20));
    assert_eq!(archive.entries[0].local.extra.len(), 20);
    assert!(!archive.has_zip64_end);
}

/// Takes 9 GB of disk and minutes, so only on request.
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
        // Sizes alone, sizes and offset (an offset alone would have a length that is refused).
        assert_eq!([extra(0), extra(1), extra(2)], [if is_large { 20 } else { 0 }, 28, 28]);
        assert_eq!(archive.entries[2].local.extra.len(), extra(0));
        assert!(archive.has_zip64_end);
    }
}
