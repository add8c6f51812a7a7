//! `--base`: earlier wheels save time and change no byte.

use std::path::Path;

use fs_err::File;

use super::refused;
use crate::support::archive::{chunk_lengths, parse};
use crate::support::command::TestDir;
use crate::support::sample::{FILENAME, pack, text, tree};

/// The library of the new wheel: some MiB of text with a change in the middle.
fn new_content() -> Vec<u8> {
    let mut content = old_content();
    content.splice(3 << 20..3 << 20, *b"a changed line\n");
    content
}

fn old_content() -> Vec<u8> {
    text(6 << 20, 1)
}

/// Makes the tree of the new wheel, and the old wheel as `old/sample_pkg-1.0-py3-none-any.whl`.
fn trees(options: &[&str]) -> TestDir {
    let dir = tree();
    dir.write("tree/sample_pkg/a.txt", old_content())
        .write("tree/sample_pkg/b.bin", text(3 << 20, 2));
    let old = format!("old/{FILENAME}");
    pack(&dir, &[&["pack", "tree", "-w", "old"], options].concat(), &old);
    dir.write("tree/sample_pkg/a.txt", new_content());
    dir
}

/// Packs the new wheel and returns its bytes, how many bytes of content were reused, and the messages.
fn packed(dir: &TestDir, options: &[&str]) -> (Vec<u8>, u64, String) {
    let arguments = [&["pack", "tree", "--json"], options].concat();
    let (output, path) = pack(dir, &arguments, FILENAME);
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let bytes = fs_err::read(&path).unwrap();
    fs_err::remove_file(path).unwrap();
    (bytes, document["wheels"][0]["bytes_reused"].as_u64().unwrap(), output.stderr)
}

/// Changes the old wheel.
type Change = fn(&Path);

/// Sets every byte in the middle half of the members' data to another value.
fn damage(wheel: &Path) {
    let mut bytes = fs_err::read(wheel).unwrap();
    let len = bytes.len();
    bytes[len / 4..len / 2].iter_mut().for_each(|byte| *byte ^= 0xFF);
    fs_err::write(wheel, bytes).unwrap();
}

/// Rotates the lengths in the chunk tables: they still add up, and name other chunks.
fn forge(wheel: &Path) {
    let mut bytes = fs_err::read(wheel).unwrap();
    let archive = parse(&bytes).unwrap();
    let with_table = archive.entries.iter().filter(|entry| chunk_lengths(entry).is_some());
    let fields: Vec<&[u8]> = with_table.map(|entry| entry.central.extra.as_slice()).collect();
    assert_eq!(fields.len(), 2);
    for field in fields {
        let at = bytes.windows(field.len()).rposition(|it| it == field).unwrap();
        // Behind the field's header and the table's own prefix; two lengths of three bytes each.
        bytes[at + 7..at + field.len()].rotate_left(6);
    }
    fs_err::write(wheel, bytes).unwrap();
}

fn truncate(wheel: &Path) {
    File::options().write(true).open(wheel).unwrap().set_len(1000).unwrap();
}

#[test]
fn bases_change_no_byte() {
    const MIB: u64 = 1 << 20;
    let nothing: Change = |_| ();
    // The options of the old wheel, what happens to it, and how many bytes of the new wheel come from it.
    let cases: [(&str, &[&str], Change, std::ops::Range<u64>); 7] = [
        ("as it was", &[], nothing, 6 * MIB..9 * MIB),
        ("at another level", &["--compression-level=9"], nothing, 0..1),
        ("without tables", &["--no-chunk-table"], nothing, 0..1),
        ("stored", &["--compression-level=0"], nothing, 0..1),
        ("damaged", &[], damage, 0..9 * MIB),
        ("with false tables", &[], forge, 0..9 * MIB),
        ("truncated", &[], truncate, 0..1),
    ];
    for (name, options, change, expected) in cases {
        let dir = trees(options);
        let (without, reused, _) = packed(&dir, &[]);
        assert_eq!(reused, 0, "{name}");
        let old = dir.path().join("old").join(FILENAME);
        change(&old);
        let (with, reused, messages) = packed(&dir, &["--base", "old"]);
        assert!(with == without, "{name}: the bytes differ");
        assert!(expected.contains(&reused), "{name}: {reused} bytes were reused");
        assert_eq!(messages.contains("warning"), name == "truncated", "{name}: {messages}");
        for jobs in ["--jobs=1", "--jobs=4"] {
            let file = format!("old/{FILENAME}");
            assert!(packed(&dir, &["--base", &file, jobs]).0 == without, "{name}, {jobs}");
        }
    }
}

#[test]
fn an_empty_directory_is_no_base_and_a_missing_path_is_an_error() {
    let dir = trees(&[]);
    fs_err::create_dir(dir.path().join("empty")).unwrap();
    let (without, ..) = packed(&dir, &[]);
    let (with, reused, messages) = packed(&dir, &["--base=empty"]);
    assert!(with == without);
    assert_eq!((reused, messages.as_str()), (0, ""));
    fs_err::remove_dir_all(dir.path().join("old")).unwrap();
    insta::assert_snapshot!(refused(&dir, dir.wheelworks(&["pack", "tree", "--base=missing.whl"])));
}
