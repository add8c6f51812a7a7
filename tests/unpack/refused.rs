//! Archives that `unpack` refuses: nothing is written, and the message names the archive and the
//! member.

use super::{parts, refused};
use crate::support::archive::Header;
use crate::support::command::TestDir;
use crate::support::craft::Parts;

/// A change of a valid archive with the members `a.txt`, deflated, and `stored`.
type Change = Box<dyn Fn(&mut Parts)>;

/// Returns the error of `unpack` for a changed archive.
fn unpack_error(change: &Change, arguments: &[&str]) -> String {
    let mut archive = parts(&[("a.txt", &b"text ".repeat(100)), ("stored", b"as it is")]);
    change(&mut archive);
    let dir = TestDir::new();
    dir.write("bad.zip", archive.render());
    let arguments = [&["unpack", "bad.zip", "-d", "out"], arguments].concat();
    refused(&dir, dir.wheelworks(&arguments))
}

fn both(change: impl Fn(&mut Header) + 'static) -> Change {
    Box::new(move |archive| archive.both(0, &change))
}

/// Renames the first member.
fn named(name: impl AsRef<[u8]>) -> Change {
    let name = name.as_ref().to_vec();
    both(move |header| header.name.clone_from(&name))
}

/// Changes the type and permissions of the first member.
fn of_mode(mode: u32) -> Change {
    both(move |header| (header.made_by, header.external) = (0x0314, mode << 16))
}

/// Replaces the first member by a directory of this name.
fn directory(name: &'static str) -> Change {
    Box::new(move |archive| {
        archive.store(0, b"");
        archive.both(0, |header| {
            (header.name, header.external) = (name.into(), 0o040_755 << 16);
        });
    })
}

/// Renames both members.
fn names(first: &'static str, second: &'static str) -> Change {
    Box::new(move |archive| {
        archive.both(0, |header| header.name = first.into());
        archive.both(1, |header| header.name = second.into());
    })
}

#[test]
fn names_outside_of_the_output_are_refused() {
    let long = format!("d/{}", "x".repeat(256));
    let deep = "d/".repeat(1024) + "x";
    for (change, expected) in [
        (named("../a"), "`../a` cannot be the path of a file in a wheel: expected names between"),
        (named("a/../../b"), "found `..`"),
        (named("./a"), "found `.`"),
        (
            named("/etc/passwd"),
            "`/etc/passwd` cannot be the path of a file in a wheel: expected a relative path, found `/` in front",
        ),
        (named("//server/share"), "found `/` in front"),
        (named("C:/a"), "found a drive letter"),
        (named("c:a"), "found a drive letter"),
        (named("a\\..\\b"), "found `\\`"),
        (named("a\0b"), "expected a name in UTF-8"),
        (named("a\nb"), "expected printable characters, found '\\n'"),
        (named("a\x1b[31m"), "expected printable characters"),
        (named("a\u{85}"), "expected printable characters"),
        (named("a//b"), "found `//`"),
        (named(""), "expected a path, found none"),
        (named("/"), "expected a path, found none"),
        (named(b"caf\xe9"), "expected a name in UTF-8, found other bytes"),
        (named(&long), "expected names of at most 255 bytes between the `/`, found 256"),
        (named(&deep), "expected a path of at most 2048 bytes, found 2049"),
    ] {
        let message = unpack_error(&change, &[]);
        assert!(message.starts_with("error: `bad.zip`: "), "{message}");
        assert!(message.contains(expected), "expected {expected}, found {message}");
        assert!(message.contains("\nhint: "), "{message}");
    }
}

#[test]
fn other_than_files_and_directories_are_refused() {
    for (change, found) in [
        (of_mode(0o120_777), "a symbolic link"),
        (of_mode(0o020_666), "a device"),
        (of_mode(0o060_660), "a device"),
        (of_mode(0o010_644), "a named pipe"),
        (of_mode(0o140_755), "a socket"),
        (of_mode(0o040_755), "a directory without `/` at its name's end"),
        (of_mode(0o130_644), "neither"),
        // For any system in the header: installers ignore the system.
        (
            both(|header| (header.made_by, header.external) = (0x0014, 0o120_777 << 16)),
            "a symbolic link",
        ),
    ] {
        let message = unpack_error(&change, &[]);
        let expected = format!(
            "error: `bad.zip`: member `a.txt`: expected a file or a directory, found {found}\nhint: "
        );
        assert!(message.starts_with(&expected), "{message}");
    }
    let directory: Change = both(|header| {
        header.name = b"a/".to_vec();
        header.external = 0o040_755 << 16;
    });
    let message = unpack_error(&directory, &[]);
    assert!(
        message.contains("member `a/`: expected no data in a directory, found some"),
        "{message}"
    );
    let message = unpack_error(&named("a/"), &[]);
    assert!(message.contains("found a file with `/` at its name's end"), "{message}");
}

#[test]
fn conflicting_members_are_refused() {
    for (change, expected) in [
        (names("pkg/a", "pkg/a"), "`bad.zip`: expected one member `pkg/a`, found two"),
        (
            names("pkg/a", "pkg/a/b"),
            "`pkg/a`, member `pkg/a` of `bad.zip`, is a file, and another file needs it to be a directory",
        ),
        (
            names("pkg/a", "PKG/A"),
            "`PKG/A`, member `PKG/A` of `bad.zip`, and `pkg/a`, member `pkg/a` of `bad.zip`, differ only in case",
        ),
        (names("ä", "Ä"), "differ only in case"),
        (names("pkg/a", "PKG/A/b"), "differ only in case"),
        (
            Box::new(|archive| {
                archive.both(1, |header| (header.compressed, header.uncompressed) = (30, 30));
            }),
            "member `stored`: expected data of its own, found that it overlaps",
        ),
        (
            Box::new(|archive| archive.both(0, |header| header.compressed += 40)),
            "member `a.txt`: expected data of its own, found that it overlaps",
        ),
    ] {
        let message = unpack_error(&change, &[]);
        assert!(message.contains(expected), "expected {expected}, found {message}");
    }
}

#[test]
fn data_that_contradicts_the_directory_is_refused() {
    for (change, expected) in [
        (
            both(|header| header.flags |= 1),
            "member `a.txt`: expected plain data, found it encrypted",
        ),
        (
            both(|header| header.method = 12),
            "member `a.txt`: expected it stored or deflated, found compression method 12",
        ),
        (both(|header| header.crc ^= 1), "member `a.txt`: expected CRC-32 "),
        (
            both(|header| header.uncompressed += 1),
            "member `a.txt`: expected 501 bytes, as the archive's directory says, found 500",
        ),
        (
            both(|header| header.uncompressed -= 1),
            "member `a.txt`: expected 499 bytes, as the archive's directory says, found more",
        ),
        (
            both(|header| header.uncompressed = 0),
            "expected 0 bytes, as the archive's directory says, found more",
        ),
        (
            Box::new(|archive| archive.entries[0].data.fill(0xFF)),
            "member `a.txt`: the compressed data is damaged",
        ),
        (
            Box::new(|archive| archive.both(1, |header| header.crc ^= 1)),
            "member `stored`: expected CRC-32 ",
        ),
        (
            Box::new(|archive| archive.both(1, |header| header.uncompressed += 1)),
            "expected a stored member with one length",
        ),
        (
            Box::new(|archive| archive.entries[1].local.name = b"Stored".to_vec()),
            "expected a local header with the directory's name, found Stored",
        ),
    ] {
        let message = unpack_error(&change, &[]);
        assert!(message.starts_with("error: `bad.zip`: "), "{message}");
        assert!(message.contains(expected), "expected {expected}, found {message}");
    }
}

#[test]
fn too_much() {
    let same: Change = Box::new(|_| ());
    let message = unpack_error(&same, &["--max-unpacked", "507"]);
    assert!(
        message.contains("`bad.zip`: expected at most 507 bytes in all archives, found 508 bytes"),
        "{message}"
    );
    assert!(message.contains("`--max-unpacked`"), "{message}");
    let message = unpack_error(&same, &["--max-unpacked", "much"]);
    assert!(message.contains("a unit such as `500MB` or `64GiB`"), "{message}");

    let dir = TestDir::new();
    let len = (64 << 20) + 1;
    dir.write("bad.zip", parts(&[("zeros", &vec![0; len])]).render());
    let message = refused(&dir, dir.wheelworks(&["unpack", "bad.zip", "-d", "out"]));
    assert!(message.contains("expected members of at most 50 times its "), "{message}");
    assert!(message.contains("`--max-ratio`"), "{message}");
    dir.wheelworks(&["unpack", "bad.zip", "-d", "out", "--max-ratio=2000"]).expect(0);
    assert_eq!(fs_err::metadata(dir.path().join("out/zeros")).unwrap().len(), len as u64);
}

#[test]
fn limits_apply_to_all_archives_together() {
    let dir = TestDir::new();
    dir.write("a.zip", parts(&[("a", b"12345")]).render());
    dir.write("b.zip", parts(&[("b", b"12345")]).render());
    let arguments = ["unpack", "-d", "out", "--max-unpacked", "9", "a.zip", "b.zip"];
    let message = refused(&dir, dir.wheelworks(&arguments));
    assert!(
        message.contains("`b.zip`: expected at most 9 bytes in all archives, found 10"),
        "{message}"
    );
    let arguments = ["unpack", "-d", "out", "--max-unpacked", "10", "a.zip", "b.zip"];
    dir.wheelworks(&arguments).expect(0);
}

#[test]
fn names_of_windows_devices_are_refused() {
    for name in ["aux", "pkg/Con.txt", "pkg/nul/x", "pkg/COM1.py", "lpt9 .h"] {
        let message = unpack_error(&named(name), &[]);
        assert!(message.contains("has a name that is a device on Windows"), "{message}");
        assert!(message.contains(&format!("`{name}`, member `{name}` of `bad.zip`")), "{message}");
    }
    let message = unpack_error(&directory("prn/"), &[]);
    assert!(message.contains("`prn`, a directory, has a name that is a device"), "{message}");
    let dir = TestDir::new();
    dir.write("a.zip", parts(&[("pkg/aux.h", b"1")]).render());
    dir.wheelworks(&["unpack", "-d", "out", "--allow-device-names", "a.zip"]).expect(0);
    assert_eq!(fs_err::read(dir.path().join("out/pkg/aux.h")).unwrap(), b"1");
}

/// U+FFFD replaces bytes that are not UTF-8, but is also a valid character of a name. Found by
/// fuzzing.
#[test]
fn a_replacement_character_is_a_character() {
    let dir = TestDir::new();
    dir.write("a.zip", parts(&[("pkg/\u{fffd}.txt", b"1")]).render());
    dir.wheelworks(&["unpack", "-d", "out", "a.zip"]).expect(0);
    assert_eq!(fs_err::read(dir.path().join("out/pkg/\u{fffd}.txt")).unwrap(), b"1");
}

/// Only PKWARE's Unix extra field expresses hard links (APPNOTE 4.5.7): its data is the target.
#[test]
fn hard_links_are_files_by_themselves() {
    use std::os::unix::fs::MetadataExt as _;

    let dir = TestDir::new();
    dir.write("victim", "untouched");
    let mut archive = parts(&[("a.txt", b"of its own"), ("b.txt", b"target")]);
    let path = dir.path().join("victim");
    let target = path.to_str().unwrap().as_bytes();
    archive.both(0, |header| {
        let len = u16::try_from(12 + target.len()).unwrap();
        header.extra = [&[0x0D, 0], &len.to_le_bytes()[..], &[0; 12], target].concat();
    });
    dir.write("a.zip", archive.render());
    dir.wheelworks(&["unpack", "-d", "out", "a.zip"]).expect(0);
    let file = dir.path().join("out/a.txt");
    assert_eq!(fs_err::read(&file).unwrap(), b"of its own");
    assert_eq!(fs_err::metadata(&file).unwrap().nlink(), 1);
    assert_eq!(fs_err::read(&path).unwrap(), b"untouched");
}

#[test]
fn case_conflicts_can_be_accepted() {
    let dir = TestDir::new();
    dir.write("a.zip", parts(&[("pkg/a", b"1"), ("PKG/A", b"2")]).render());
    dir.wheelworks(&["unpack", "-d", "out", "--allow-case-conflicts", "a.zip"]).expect(0);
    assert_eq!(fs_err::read(dir.path().join("out/PKG/A")).unwrap(), b"2");
}

#[test]
fn arguments() {
    let dir = TestDir::new();
    dir.write("a.zip", parts(&[("pkg/a", b"1")]).render()).write("file", "f");
    for (arguments, expected) in [
        (vec!["a.zip"], "--out <DIR>"),
        (vec!["-d", "out"], "required arguments were not provided"),
        (vec!["-d", "out", "none.zip"], "cannot read `none.zip`"),
        (vec!["-d", "out", "."], "`.`: expected wheels in the directory, found none"),
        (vec!["-d", "out", "file"], "`file`: expected a ZIP archive"),
        (vec!["-d", "out", "--file=file"], "`--file=file`: expected DEST=SRC"),
        (vec!["-d", "out", "--file=a="], "`--file=a=`: expected a file after the `=`"),
        (vec!["-d", "out", "--file=../a=file"], "found `..`"),
        (vec!["-d", "out", "--file=a=none"], "cannot read `none`"),
        (vec!["-d", "out", "--file=a=."], "expected a regular file, found a directory"),
        (vec!["-d", "no/out", "a.zip"], "cannot create `no/out`"),
        (
            vec!["-d", "out", "--wheel=a.zip"],
            "`a.zip`: expected one directory named `NAME-VERSION.dist-info`, found none",
        ),
        (vec!["-d", "out", "--max-ratio=0", "a.zip"], "0 is not in"),
    ] {
        let message = refused(&dir, dir.wheelworks(&[&["unpack"], arguments.as_slice()].concat()));
        assert!(message.contains(expected), "expected {expected}, found {message}");
    }
}
