//! Wheels with chunk tables, valid and forged: the table never changes what is read.

use std::path::Path;
use std::process::Command;

use crate::support::archive::{CHUNK_TABLE, assert_conforms, chunk_lengths, parse};
use crate::support::command::TestDir;
use crate::support::craft::{Parts, put};
use crate::support::sample::{assert_no_temporary, noise, text};

const WHEEL: &str = "seekable-1.0-py3-none-linux_x86_64.whl";

/// Packs two members with chunk tables. An audit inflates one of them, a library, in part.
fn wheel() -> (TestDir, Vec<u8>) {
    let dir = TestDir::new();
    // The large read-only data separates the ELF tables, so that an audit reads distant parts.
    dir.write("blob", [text(6 << 20, 1), noise(1 << 20, 2), text(4 << 20, 3)].concat())
        .write(
            "library.s",
            ".section .rodata\n.incbin \"blob\"\n.text\n.globl answer\nanswer: call puts@PLT\n.section .note.GNU-stack\n",
        )
        .write("large.txt", text(9 << 20, 4));
    let gcc = ["-shared", "-o", "library.so", "library.s"];
    assert!(Command::new("gcc").args(gcc).current_dir(dir.path()).status().unwrap().success());
    let out = format!("--out={WHEEL}");
    let arguments = [
        "pack",
        &out,
        "--distribution=seekable",
        "--version=1.0",
        "--platform-tag=linux_x86_64",
        "--compression-level=1",
        "--member=seekable/library.so=library.so",
        "--member=seekable/large.txt=large.txt",
    ];
    dir.wheelworks(&arguments).patience(5).expect(0);
    let path = dir.path().join(WHEEL);
    let (_, archive) = assert_conforms(&path);
    assert_eq!(archive.entries.iter().filter_map(chunk_lengths).count(), 2);
    let bytes = fs_err::read(path).unwrap();
    (dir, bytes)
}

/// Returns the report of `show`, and the files that `unpack` writes.
fn read_all(
    dir: &TestDir,
    bytes: &[u8],
    jobs: &str,
    show: &[&str],
) -> (String, Vec<(String, Vec<u8>)>) {
    dir.write(WHEEL, bytes);
    let out = dir.path().join("out");
    if out.exists() {
        fs_err::remove_dir_all(&out).unwrap();
    }
    let show = [&["show", "--no-host", "--report=json", WHEEL], show].concat();
    let shown = dir.wheelworks(&show).patience(3).expect(0).stdout;
    for arguments in
        [["unpack", "--wheel", WHEEL, "-d", "out"], ["unpack", WHEEL, "-d", "out", "--replace"]]
    {
        dir.wheelworks(&[arguments.as_slice(), &["-j", jobs]].concat()).patience(3).expect(0);
    }
    assert_no_temporary(dir.path());
    (shown, files(&out))
}

fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let paths = entries.map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file());
    paths
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            (name, fs_err::read(path).unwrap())
        })
        .collect()
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7F {
        out.push(u8::try_from(value & 0x7F).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

/// Returns the extra field with these bytes after version, compressor and level.
fn field(lengths: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 2, CHUNK_TABLE.into());
    put(&mut out, 2, 3 + lengths.len() as u64);
    out.extend([1, 2, 1]);
    out.extend(lengths);
    out
}

fn table(lengths: &[(u64, u64)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &(compressed, uncompressed) in lengths {
        varint(&mut bytes, compressed);
        varint(&mut bytes, uncompressed);
    }
    field(&bytes)
}

/// Makes an extra field from the true lengths.
type Render<'a> = dyn Fn(&[(u64, u64)]) -> Vec<u8> + 'a;

/// Changes the lengths of a table.
type Forge = fn(&mut Vec<(u64, u64)>);

#[test]
fn forged_tables_change_no_result() {
    let (dir, bytes) = wheel();
    let sound = Parts::of(&bytes);
    let true_lengths: Vec<Option<Vec<(u64, u64)>>> =
        parse(&bytes).unwrap().entries.iter().map(chunk_lengths).collect();
    let with = |extra: &Render<'_>| {
        let mut parts = sound.clone();
        for (part, lengths) in parts.entries.iter_mut().zip(&true_lengths) {
            part.central.extra = lengths.as_deref().map(extra).unwrap_or_default();
        }
        parts.render()
    };
    assert_eq!(
        with(&|lengths| [&table(lengths)[..6], &[6], &table(lengths)[7..]].concat()).len(),
        bytes.len()
    );
    let expected = read_all(&dir, &with(&|_| Vec::new()), "1", &[]);
    assert_eq!(
        expected.1.iter().find(|(name, _)| name == "seekable/library.so").unwrap().1,
        fs_err::read(dir.path().join("library.so")).unwrap()
    );
    for jobs in ["1", "2", "8"] {
        assert!(read_all(&dir, &bytes, jobs, &[]) == expected, "valid tables, {jobs} threads");
    }
    assert!(read_all(&dir, &bytes, "2", &["--trust-chunk-table"]) == expected, "trusted");

    let changes: [Forge; 8] = [
        |it| it.swap(0, 1),
        |it| it.rotate_right(1),
        |it| (it[0].0, it[1].0) = (it[0].0 + 1, it[1].0 - 1),
        |it| (it[1].0, it[2].0) = (it[1].0 - 1, it[2].0 + 1),
        |it| (it[1].1, it[2].1) = (it[1].1 + 1, it[2].1 - 1),
        |it| it[1].0 += 1,
        |it| it[1].1 -= 1,
        |it| it.truncate(it.len() - 1),
    ];
    for (index, forge) in changes.into_iter().enumerate() {
        let forged = with(&|lengths| {
            let mut lengths = lengths.to_vec();
            forge(&mut lengths);
            table(&lengths)
        });
        assert!(read_all(&dir, &forged, "8", &[]) == expected, "forge {index}");
    }
    let forms: [(&str, &Render<'_>); 6] = [
        ("twice", &|it| [table(it), table(it)].concat()),
        ("cut short", &|it| field(&table(it)[7..table(it).len() - 1])),
        ("no end of a varint", &|it| field(&[&table(it)[7..], &[0x80; 40]].concat())),
        ("very many chunks", &|it| {
            let (compressed, uncompressed) =
                it.iter().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
            // As many chunks of one byte as fit.
            let mut lengths = vec![(1, 1); 30_000];
            lengths.push((compressed - 30_000, uncompressed - 30_000));
            table(&lengths)
        }),
        ("huge lengths", &|_| field(&[[0xFF; 8].as_slice(), &[0x7F, 1]].concat())),
        ("another version", &|it| [&table(it)[..4], &[9], &table(it)[5..]].concat()),
    ];
    for (name, form) in forms {
        assert!(read_all(&dir, &with(form), "8", &[]) == expected, "{name}");
    }
}

/// With and without a valid table, damaged data leads to the same messages and no output.
#[test]
fn damaged_data_is_refused_with_the_same_message() {
    let (dir, bytes) = wheel();
    let mut sound = Parts::of(&bytes);
    let large =
        sound.entries.iter().position(|it| it.central.name == b"seekable/large.txt").unwrap();
    let middle = sound.entries[large].data.len() / 2;
    sound.entries[large].data[middle] ^= 0x55;
    let mut messages = Vec::new();
    for has_table in [true, false] {
        if !has_table {
            sound.entries[large].central.extra.clear();
        }
        dir.write(WHEEL, sound.render());
        let unpack = dir.wheelworks(&["unpack", WHEEL, "-d", "bad", "-j8"]).patience(3).expect(2);
        assert!(!dir.path().join("bad").exists());
        fs_err::create_dir_all(dir.path().join("repacked")).unwrap();
        let repack = dir.wheelworks(&["repack", WHEEL, "-w", "repacked"]).patience(3).expect(2);
        assert_no_temporary(&dir.path().join("repacked"));
        messages.push((unpack.stderr, repack.stderr));
    }
    assert!(messages[0].0.contains("seekable/large.txt"), "{messages:?}");
    assert_eq!(messages[0], messages[1]);
}

#[test]
fn repack_ignores_tables() {
    let (dir, bytes) = wheel();
    let mut forged = Parts::of(&bytes);
    for part in &mut forged.entries {
        // The last bit of every length is flipped.
        for byte in part.central.extra.iter_mut().skip(7).filter(|byte| **byte < 0x80) {
            *byte ^= 1;
        }
    }
    for (name, content) in [("valid", bytes.clone()), ("forged", forged.render())] {
        dir.write(&format!("{name}/{WHEEL}"), content);
        fs_err::create_dir_all(dir.path().join("repacked")).unwrap();
        let wheel = format!("{name}/{WHEEL}");
        let arguments = ["repack", &wheel, "-w", "repacked", "--compression-level=1"];
        dir.wheelworks(&arguments).patience(5).expect(0);
        assert!(fs_err::read(dir.path().join("repacked").join(WHEEL)).unwrap() == bytes, "{name}");
    }
}
