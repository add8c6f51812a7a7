//! Damaged ELF files: `show` ends with a message and never crashes.

use regex::Regex;

use super::forge::{dynamic, forge};
use super::sample::{EXTENSION, shown, transcript, wheel_with};
use crate::support::command::TestDir;

/// Returns the extension with changes.
fn changed(changes: &[&str]) -> Vec<u8> {
    let mut bytes = EXTENSION.clone();
    for change in changes {
        let words: Vec<String> = change.split_whitespace().map(str::to_owned).collect();
        forge(&mut bytes, &words).unwrap();
    }
    bytes
}

/// Runs `show --json` on a wheel with this file. Returns the exit code, the tag if there is one, and
/// stderr.
fn show_error(elf: &[u8]) -> String {
    let dir = TestDir::new();
    let name = wheel_with(elf).write(dir.path());
    let output = dir.wheelworks(&["show", "--json", name.to_str().unwrap()]);
    let (code, output) = output.expect_any();
    let verdict: serde_json::Value = serde_json::from_str(&output.stdout).unwrap_or_default();
    let real = fs_err::canonicalize(dir.path()).unwrap();
    let stderr = output.stderr.replace(real.to_str().unwrap(), "DIR");
    // Offsets depend on the linker.
    let stderr = match stderr.split_once("`pkg/_ext.so`: ") {
        Some((wheel, what)) => {
            let what = Regex::new(r"\b\d+\b").unwrap().replace_all(what, "N");
            format!("{wheel}`pkg/_ext.so`: {what}")
        }
        None => stderr,
    };
    format!("exit {code} {}\n{stderr}", verdict["overall_tag"])
}

/// Returns the offset of the value of a dynamic entry.
fn value_of(tag: u64) -> usize {
    let (start, length) = dynamic(&EXTENSION).unwrap();
    let mut entries = (start..start + length).step_by(16);
    let read = |at: usize| u64::from_le_bytes(EXTENSION[at..at + 8].try_into().unwrap());
    entries.find(|entry| read(*entry) == tag).unwrap() + 8
}

fn with_value(tag: u64, value: u64) -> Vec<u8> {
    changed(&[&format!("poke {} 8 {value}", value_of(tag))])
}

/// Returns the file offset of the verneed table. It equals the address: the first page is mapped at 0.
fn verneed() -> usize {
    let at = value_of(0x6FFF_FFFE);
    usize::try_from(u64::from_le_bytes(EXTENSION[at..at + 8].try_into().unwrap())).unwrap()
}

#[test]
fn truncated_files() {
    let cases = [
        ("magic", show_error(&EXTENSION[..4])),
        ("identification", show_error(&EXTENSION[..16])),
        ("half a header", show_error(&EXTENSION[..40])),
        ("header", show_error(&EXTENSION[..64])),
        ("header and segments", show_error(&EXTENSION[..64 + 56 * 4])),
        ("half", show_error(&EXTENSION[..EXTENSION.len() / 2])),
        ("all but a byte", show_error(&EXTENSION[..EXTENSION.len() - 1])),
    ];
    insta::assert_snapshot!(transcript(cases), @r#"
    # magic
    exit 1 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # identification
    exit 1 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # half a header
    exit 1 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # header
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected program headers at byte N, found the file's end at byte N
    hint: the file is damaged or malicious; build it again

    # header and segments
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected program headers at byte N, found the file's end at byte N before its N bytes
    hint: the file is damaged or malicious; build it again

    # half
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a dynamic section at byte N, found the file's end at byte N
    hint: the file is damaged or malicious; build it again

    # all but a byte
    exit 0 "manylinux_2_34_x86_64"
    "#);
}

#[test]
fn wrong_headers() {
    let cases: [(&str, &[&str]); 13] = [
        ("class", &["poke 4 1 1"]),
        ("class unknown", &["poke 4 1 9"]),
        ("byte order", &["poke 5 1 2"]),
        ("byte order unknown", &["poke 5 1 9"]),
        ("version", &["poke 6 1 9"]),
        ("segments outside", &["poke 32 8 0x7fffffffffffffff"]),
        ("segments almost outside", &["poke 32 8 0xffffffffffffffc0"]),
        ("many segments", &["poke 56 2 0xfffe"]),
        ("segments of another size", &["poke 54 2 1"]),
        ("sections outside", &["poke 40 8 0x7fffffffffffffff"]),
        ("many sections", &["poke 60 2 0xfffe"]),
        ("names of sections", &["poke 62 2 0xfffe"]),
        ("sections of another size", &["poke 58 2 1"]),
    ];
    let cases = cases.map(|(name, changes)| (name, show_error(&changed(changes))));
    insta::assert_snapshot!(transcript(cases), @r#"
    # class
    exit 1 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # class unknown
    exit 1 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # byte order
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected program headers, fewer than N, of the class's size at byte N, found N of N bytes each
    hint: the file is damaged or malicious; build it again

    # byte order unknown
    exit 1 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # version
    exit 0 "manylinux_2_34_x86_64"

    # segments outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected program headers at byte N, found the file's end at byte N
    hint: the file is damaged or malicious; build it again

    # segments almost outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected program headers at byte N, found the file's end at byte N
    hint: the file is damaged or malicious; build it again

    # many segments
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected program headers at byte N, found the file's end at byte N before its N bytes
    hint: the file is damaged or malicious; build it again

    # segments of another size
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected program headers, fewer than N, of the class's size at byte N, found N of N bytes each
    hint: the file is damaged or malicious; build it again

    # sections outside
    exit 0 "manylinux_2_34_x86_64"

    # many sections
    exit 0 "manylinux_2_34_x86_64"

    # names of sections
    exit 0 "manylinux_2_34_x86_64"

    # sections of another size
    exit 0 "manylinux_2_34_x86_64"
    "#);
}

/// A table that loaders do not need fails no wheel: it is left out, with a warning.
#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn wrong_dynamic_entries() {
    const NEEDED: u64 = 1;
    const STRTAB: u64 = 5;
    const SYMTAB: u64 = 6;
    const STRSZ: u64 = 10;
    const SYMENT: u64 = 11;
    const GNU_HASH: u64 = 0x6FFF_FEF5;
    const VERSYM: u64 = 0x6FFF_FFF0;
    const VERNEED: u64 = 0x6FFF_FFFE;
    const VERNEEDNUM: u64 = 0x6FFF_FFFF;
    let cases = [
        ("name outside", with_value(NEEDED, 0x7FFF_FFFF)),
        ("names outside", with_value(STRTAB, 0x7FFF_FFFF_FFFF)),
        ("names at the end of all", with_value(STRTAB, u64::MAX)),
        ("no names", with_value(STRSZ, 0)),
        ("too many names", with_value(STRSZ, u64::MAX)),
        ("symbols outside", with_value(SYMTAB, 0x7FFF_FFFF_FFFF)),
        ("size of a symbol", with_value(SYMENT, 0)),
        ("hash table outside", with_value(GNU_HASH, 0x7FFF_FFFF_FFFF)),
        ("hash table of something else", with_value(GNU_HASH, 0)),
        ("symbols' versions outside", with_value(VERSYM, 0x7FFF_FFFF_FFFF)),
        ("versions outside", with_value(VERNEED, 0x7FFF_FFFF_FFFF)),
        ("versions of something else", with_value(VERNEED, 0)),
        ("many versions", with_value(VERNEEDNUM, u64::MAX)),
    ];
    let cases = cases.map(|(name, elf)| (name, show_error(&elf)));
    insta::assert_snapshot!(transcript(cases), @r#"
    # name outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a name that ends with a zero byte at byte N, found the end of the string table of N bytes
    hint: the file is damaged or malicious; build it again

    # names outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected tables in segments that are loaded at byte N, found address 0x7fffffffffff, which none has
    hint: the file is damaged or malicious; build it again

    # names at the end of all
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected tables in segments that are loaded at byte N, found address 0xffffffffffffffff, which none has
    hint: the file is damaged or malicious; build it again

    # no names
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a name that ends with a zero byte at byte N, found the end of the string table of N bytes
    hint: the file is damaged or malicious; build it again

    # too many names
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a string table at byte N, found a segment that ends N bytes after the table's begin
    hint: the file is damaged or malicious; build it again

    # symbols outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected tables in segments that are loaded at byte N, found address 0x7fffffffffff, which none has
    hint: the file is damaged or malicious; build it again

    # size of a symbol
    exit 0 "manylinux_2_34_x86_64"

    # hash table outside
    exit 0 "manylinux_2_34_x86_64"

    # hash table of something else
    exit 0 "manylinux_2_34_x86_64"

    # symbols' versions outside
    exit 0 "manylinux_2_34_x86_64"

    # versions outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected tables in segments that are loaded at byte N, found address 0x7fffffffffff, which none has
    hint: the file is damaged or malicious; build it again

    # versions of something else
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a name that ends with a zero byte at byte N, found the end of the string table of N bytes
    hint: the file is damaged or malicious; build it again

    # many versions
    exit 0 "manylinux_2_34_x86_64"
    "#);
}

/// Each entry refers to the next one by a distance in bytes.
#[test]
fn version_tables_with_cycles() {
    let poke = |distance: usize, length: usize, value: u64| {
        let change = format!("poke {} {length} {value}", verneed() + distance);
        let (tag, many) = (value_of(0x6FFF_FFFF), u64::MAX);
        show_error(&changed(&[&change, &format!("poke {tag} 8 {many}")]))
    };
    let cases = [
        ("an entry again", poke(12, 4, 0)),
        ("into itself", poke(12, 4, 1)),
        ("backwards", poke(12, 4, 0xFFFF_FFF0)),
        ("more versions than there are", poke(2, 2, 0xFFFF)),
        ("versions outside", poke(8, 4, 0x7FFF_FFFF)),
        ("a version again", poke(16 + 12, 4, 0)),
        ("a version's name outside", poke(16 + 8, 4, 0x7FFF_FFFF)),
        ("the library's name outside", poke(4, 4, 0x7FFF_FFFF)),
    ];
    insta::assert_snapshot!(transcript(cases), @r#"
    # an entry again
    exit 0 "manylinux_2_34_x86_64"

    # into itself
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a name that ends with a zero byte at byte N, found the end of the string table of N bytes
    hint: the file is damaged or malicious; build it again

    # backwards
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected an entry of the table of needed versions at byte N, found the table's end
    hint: the file is damaged or malicious; build it again

    # more versions than there are
    exit 0 "manylinux_2_34_x86_64"

    # versions outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected an entry of the table of needed versions at byte N, found the table's end
    hint: the file is damaged or malicious; build it again

    # a version again
    exit 0 "manylinux_2_34_x86_64"

    # a version's name outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a name that ends with a zero byte at byte N, found the end of the string table of N bytes
    hint: the file is damaged or malicious; build it again

    # the library's name outside
    exit 2 null
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected a name that ends with a zero byte at byte N, found the end of the string table of N bytes
    hint: the file is damaged or malicious; build it again
    "#);
}

/// Each byte is changed: the process never crashes, and ends with one of its exit codes.
#[test]
fn every_byte_of_the_tables() {
    let dir = TestDir::new();
    let mut names = Vec::new();
    for position in 0..0x400 {
        let mut bytes = EXTENSION.clone();
        bytes[position] ^= 0xFF;
        let mut wheel = wheel_with(&bytes);
        wheel.name = format!("sample-1.0-{position}-cp312-cp312-linux_x86_64.whl");
        wheel.write(dir.path());
        names.push(wheel.name);
    }
    for name in &names {
        let (code, output) = dir.wheelworks(&["show", "--json", name]).expect_any();
        assert!([0, 1, 2].contains(&code), "{name}: {code}\n{}", output.stderr);
    }
    // Without its first byte it is no ELF file, and so the wheel has none.
    assert!(shown(&dir, &["--json", &names[0]], 1).stdout.contains("error"));
}
