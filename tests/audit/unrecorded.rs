//! ELF files that RECORD does not list: they are installed, so a required tag is for them too.

use super::build::Built;
use super::fixture;
use super::sample::{EXTENSION, NAME};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

/// The path of machine code in platlib.
const PLATLIB: &str = "pkg/_other.so";
const PURELIB: &str = "sample-1.0.data/purelib/pkg/_other.so";

/// The tag that every wheel here must meet. [`EXTENSION`] breaks it: it needs `GLIBC_2.34`.
const TAG: &str = "manylinux_2_17_x86_64";

/// The extension that a fixture builds.
fn extension(fixture: &str) -> Vec<u8> {
    let found = fixture::all().into_iter().find(|it| it.name() == fixture).unwrap();
    let built = Built::new(&found).unwrap();
    fs_err::read(built.path().join("_ext.so")).unwrap()
}

/// Members that RECORD does not list.
type Unrecorded<'a> = &'a [(&'a str, &'a [u8])];

/// Returns what `show --require` says about a wheel with one recorded ELF file that meets the tag, and
/// with unrecorded ones.
fn require(recorded: &[u8], unrecorded: Unrecorded) -> (i32, String) {
    let dir = TestDir::new();
    let mut wheel = Wheel::new(NAME);
    wheel.member("pkg/_recorded.so", recorded);
    for (path, bytes) in unrecorded {
        wheel.member(path, *bytes).unrecorded(path);
    }
    wheel.write(dir.path());
    let (code, output) = dir.wheelworks(&["show", NAME, "--require", TAG]).expect_any();
    let text = if code == 2 { output.stderr } else { output.stdout };
    (code, text)
}

#[test]
fn a_required_tag_is_for_unrecorded_elf_files_too() {
    let good = extension("plain.c");
    let breaks_tag = EXTENSION.as_slice();
    let needs_both_libcs = extension("libc_both.c");
    let mut foreign = breaks_tag.to_vec();
    // `e_machine`: EM_AARCH64.
    foreign[18] = 183;
    let cases: [(&str, i32, &str, Unrecorded); 8] = [
        ("none", 0, "ok required", &[]),
        ("one that meets the tag", 0, "ok required", &[("pkg/_good.so", &good)]),
        ("one for another machine", 0, "ok required", &[(PLATLIB, &foreign)]),
        ("one that breaks the tag", 1, "GLIBC_2.34", &[("pkg/_bad.so", breaks_tag)]),
        (
            "one that breaks the tag, one for another machine",
            1,
            "GLIBC_2.34",
            &[("pkg/_bad.so", breaks_tag), (PLATLIB, &foreign)],
        ),
        (
            "one that breaks the tag, one below purelib",
            2,
            "expected no shared library in a `purelib` directory, found sample-1.0.data/purelib/pkg/_other.so",
            &[("pkg/_bad.so", breaks_tag), (PURELIB, &good)],
        ),
        (
            "one that breaks the tag, one for another machine below purelib",
            2,
            "expected no shared library in a `purelib` directory, found sample-1.0.data/purelib/pkg/_other.so",
            &[("pkg/_bad.so", breaks_tag), (PURELIB, &foreign)],
        ),
        (
            "one that breaks the tag, one that needs both C libraries",
            2,
            "member `pkg/_other.so`: expected one C library, found that it needs both glibc and musl",
            &[("pkg/_bad.so", breaks_tag), (PLATLIB, &needs_both_libcs)],
        ),
    ];
    for (name, code, message, unrecorded) in cases {
        let (found, text) = require(&good, unrecorded);
        assert_eq!(found, code, "{name}: {text}");
        assert!(text.contains(message), "{name}: {text}");
    }
}
