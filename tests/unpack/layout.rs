//! Paths and permissions of unpacked files.

use super::{files, listing, parts, refused};
use crate::support::command::TestDir;
use crate::support::craft::Parts;
use crate::support::sample::{FILENAME, pack, tree};
use crate::support::wheel::Wheel;

const NAME: &str = "sample-1.0-py3-none-any.whl";

/// Returns a wheel with a file in every scheme.
fn wheel() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel
        .member("sample/__init__.py", "")
        .member("sample-1.0.data/purelib/sample/pure.py", "pure")
        .member("sample-1.0.data/platlib/sample/plat.so", "plat")
        .member("sample-1.0.data/scripts/tool", "#!python\nprint()\n")
        .member("sample-1.0.data/headers/sub/sample.h", "header")
        .member("sample-1.0.data/data/share/man/man1/tool.1", "manual");
    wheel
}

#[test]
fn a_wheel_gets_the_layout_of_an_installer() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    dir.wheelworks(&["unpack", "--out=out", "--wheel", NAME]).expect(0);
    let out = dir.path().join("out");
    let found: Vec<String> = files(&out).into_iter().map(|(path, _)| path).collect();
    let expected = [
        "bin/tool",
        "include/sample/sub/sample.h",
        "sample/__init__.py",
        "sample/plat.so",
        "sample/pure.py",
        "sample-1.0.dist-info/METADATA",
        "sample-1.0.dist-info/RECORD",
        "sample-1.0.dist-info/WHEEL",
        "share/man/man1/tool.1",
    ];
    assert_eq!(found, expected);
    assert_eq!(fs_err::read_to_string(out.join("bin/tool")).unwrap(), "#!python\nprint()\n");
    // RECORD, which importlib.metadata reads, has the installed paths.
    let record = fs_err::read_to_string(out.join("sample-1.0.dist-info/RECORD")).unwrap();
    let mut recorded: Vec<&str> =
        record.lines().map(|row| row.split_once(',').unwrap().0).collect();
    recorded.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(recorded, sorted);
}

#[test]
fn other_archives_keep_their_paths() {
    let dir = TestDir::new();
    let mut expected: Vec<String> = wheel().members().into_iter().map(|(path, _)| path).collect();
    expected.sort_unstable();
    wheel().write(dir.path());
    for arguments in [[NAME, "--check-record"], ["--zip", NAME]] {
        let arguments = [&["unpack", "-d", "out", "--replace"], arguments.as_slice()].concat();
        dir.wheelworks(&arguments).expect(0);
        let mut found: Vec<String> =
            files(&dir.path().join("out")).into_iter().map(|(path, _)| path).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[test]
fn permissions_are_0644_or_0755() {
    let cases: [(u32, u32); 9] = [
        (0, 0o644),
        (0o100_644, 0o644),
        (0o100_600, 0o644),
        (0o644, 0o644),
        (0o100_755, 0o755),
        (0o100_744, 0o755),
        (0o100_645, 0o755),
        (0o106_777, 0o755),
        (0o111, 0o755),
    ];
    let names: Vec<String> = (0..cases.len()).map(|index| format!("m{index}")).collect();
    let members: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    let mut archive: Parts = parts(&members);
    for (index, (mode, _)) in cases.iter().enumerate() {
        archive.both(index, |header| (header.made_by, header.external) = (0x0314, mode << 16));
    }
    let dir = TestDir::new();
    dir.write("a.zip", archive.render());
    // Independent of the umask.
    let script = format!("umask 077; {} unpack a.zip -d out", crate::support::WHEELWORKS);
    dir.command("sh", &["-c", &script]).expect(0);
    let found: Vec<u32> =
        files(&dir.path().join("out")).into_iter().map(|(_, mode)| mode).collect();
    assert_eq!(found, cases.map(|(_, expected)| expected));
    assert_eq!(listing(&dir.path().join("out"))[0].1, 0o755);
}

#[test]
fn scripts_are_always_executable() {
    let dir = TestDir::new();
    let path = wheel().write(dir.path());
    let mut archive = Parts::of(&fs_err::read(&path).unwrap());
    for index in 0..archive.entries.len() {
        archive.both(index, |header| header.external = 0o100_644 << 16);
    }
    fs_err::write(&path, archive.render()).unwrap();
    dir.wheelworks(&["unpack", "--out=out", "--wheel", NAME]).expect(0);
    for (path, mode) in files(&dir.path().join("out")) {
        assert_eq!(mode, if path == "bin/tool" { 0o755 } else { 0o644 }, "{path}");
    }
}

#[test]
fn files_are_copied_with_the_permissions_of_their_content() {
    let dir = TestDir::new();
    let large = crate::support::sample::noise(3 << 20, 1);
    dir.write("script", "#!/bin/sh\n").write("text", "text").write("large", &large);
    let arguments =
        ["unpack", "--out=out", "--file=bin/script=script", "--file=a\\=b/c\\\\d2=text"];
    let said = refused(&dir, dir.wheelworks(&arguments));
    assert!(said.contains("found `\\`"), "{said}");
    let arguments = [
        "unpack",
        "--out=out",
        "--file=bin/script=script",
        "--file=a\\=b/c=text",
        "--file=l=large",
    ];
    dir.wheelworks(&arguments).expect(0);
    let out = dir.path().join("out");
    let expected = [("a=b/c", 0o644), ("bin/script", 0o755), ("l", 0o644)];
    assert_eq!(files(&out), expected.map(|(path, mode)| (path.to_owned(), mode)));
    assert!(fs_err::read(out.join("l")).unwrap() == large);
}

#[test]
fn equal_files_of_several_sources_are_written_once() {
    let dir = TestDir::new();
    let long = b"the same ".repeat(100_000);
    dir.write("a.zip", parts(&[("pkg/x", b"same"), ("pkg/long", &long), ("a", b"a")]).render());
    dir.write("b.zip", parts(&[("pkg/x", b"same"), ("pkg/long", &long), ("b", b"b")]).render());
    dir.write("x", "same").write("y", "other");
    let arguments = ["unpack", "-d", "out", "a.zip", "--zip=b.zip", "--file=pkg/x=x"];
    dir.wheelworks(&arguments).expect(0);
    let found: Vec<String> =
        files(&dir.path().join("out")).into_iter().map(|(path, _)| path).collect();
    assert_eq!(found, ["a", "b", "pkg/long", "pkg/x"]);
    fs_err::remove_dir_all(dir.path().join("out")).unwrap();

    let arguments = ["unpack", "-d", "out", "a.zip", "--zip=b.zip", "--file=pkg/x=y"];
    let said = refused(&dir, dir.wheelworks(&arguments));
    assert!(
        said.contains(
            "two files with different content for `pkg/x`: member `pkg/x` of `a.zip` and `y`"
        ),
        "{said}"
    );
    dir.write("b.zip", parts(&[("pkg/x", b"samE")]).render());
    let said = refused(&dir, dir.wheelworks(&["unpack", "-d", "out", "a.zip", "b.zip"]));
    assert!(
        said.contains("for `pkg/x`: member `pkg/x` of `a.zip` and member `pkg/x` of `b.zip`"),
        "{said}"
    );
}

/// Equal CRC-32s prove nothing: they can be forged.
#[test]
fn content_is_compared_not_only_the_crc() {
    let dir = TestDir::new();
    // Two words with the same CRC-32, found by search.
    let words = (b"plumless", b"buckeroo");
    assert_eq!(crc32fast::hash(words.0), crc32fast::hash(words.1));
    dir.write("a.zip", parts(&[("x", words.0)]).render());
    dir.write("b.zip", parts(&[("x", words.1)]).render());
    let said = refused(&dir, dir.wheelworks(&["unpack", "-d", "out", "a.zip", "b.zip"]));
    assert!(said.contains("two files with different content for `x`"), "{said}");
}

#[test]
fn unpacking_and_packing_gives_the_same_bytes() {
    let dir = tree();
    dir.write("tree/sample_pkg/large", crate::support::sample::text(3 << 20, 1));
    let (_, path) = pack(&dir, &["pack", "tree"], FILENAME);
    let wheel = fs_err::read(&path).unwrap();
    dir.wheelworks(&["unpack", FILENAME, "-d", "again", "-j1"]).expect(0);
    dir.wheelworks(&["unpack", FILENAME, "-d", "threads", "-j7"]).expect(0);
    assert!(listing(&dir.path().join("again")) == listing(&dir.path().join("threads")));
    fs_err::create_dir(dir.path().join("w")).unwrap();
    dir.wheelworks(&["pack", "again", "-w", "w"]).expect(0);
    assert!(fs_err::read(dir.path().join("w").join(FILENAME)).unwrap() == wheel);
}

#[test]
fn record_is_compared() {
    let sound = wheel();
    let mut wrong = wheel();
    wrong.unrecorded("sample/__init__.py").row("sample/ghost.py");
    let dir = TestDir::new();
    wrong.write(dir.path());
    let said = refused(&dir, dir.wheelworks(&["unpack", "--out=out", "--wheel", NAME]));
    let expected = format!(
        "error: `{NAME}`: RECORD does not agree with the files:\n  `sample/ghost.py`: expected this file, found none\n  `sample/__init__.py`: expected a row for this file, found none\nhint: "
    );
    assert!(said.starts_with(&expected), "{said}");

    let path = sound.write(dir.path());
    let mut archive = Parts::of(&fs_err::read(&path).unwrap());
    let index = |name: &str| {
        archive.entries.iter().position(|part| part.central.name == name.as_bytes()).unwrap()
    };
    let (pure, plat) = (
        index("sample-1.0.data/purelib/sample/pure.py"),
        index("sample-1.0.data/platlib/sample/plat.so"),
    );
    archive.store(pure, b"PURE");
    fs_err::write(&path, archive.render()).unwrap();
    let said = refused(&dir, dir.wheelworks(&["unpack", "--out=out", "--wheel", NAME]));
    assert!(said.contains("`sample-1.0.data/purelib/sample/pure.py`: expected sha256="), "{said}");
    archive.store(plat, b"platter");
    fs_err::write(&path, archive.render()).unwrap();
    let said = refused(&dir, dir.wheelworks(&["unpack", "--out=out", "--check-record", NAME]));
    assert!(said.contains("plat.so`: expected 4 bytes, found 7"), "{said}");
    for arguments in [["--no-check-record", "--wheel", NAME].as_slice(), &[NAME]] {
        let arguments = [&["unpack", "--out=out", "--replace"], arguments].concat();
        dir.wheelworks(&arguments).expect(0);
    }
}
