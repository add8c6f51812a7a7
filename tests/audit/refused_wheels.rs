//! Sound archives, directories and names that are no wheels, and what `show` says to them.

use super::sample::{EXTENSION, MEMBER, NAME, refused, transcript, wheel};
use crate::support::command::Dir;
use crate::support::craft::Parts;
use crate::support::wheel::Wheel;

/// What `show` says to a wheel.
fn said(wheel: &Wheel) -> String {
    let dir = Dir::new();
    wheel.write(dir.path());
    refused(&dir, &[&wheel.name])
}

/// A wheel with the extension, and other members instead of METADATA, WHEEL and RECORD.
fn bare(members: &[(&str, &str)]) -> Wheel {
    let mut wheel = Wheel::bare(NAME);
    wheel.unrecorded("sample-1.0.dist-info/RECORD").member(MEMBER, EXTENSION.as_slice());
    for (path, text) in members {
        wheel.member(path, *text);
    }
    wheel
}

#[test]
fn archives_without_what_makes_them_wheels() {
    let mut two = wheel();
    two.member("other-2.0.dist-info/RECORD", "other-2.0.dist-info/RECORD,,\n");
    let row = "pkg/_ext.so,,\n";
    let cases = [
        ("no dist-info", said(&bare(&[]))),
        ("no RECORD", said(&bare(&[("sample-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")]))),
        ("two dist-infos", said(&two)),
        ("dist-info within a folder", said(&bare(&[("pkg/sample-1.0.dist-info/RECORD", row)]))),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn members_that_lead_elsewhere() {
    let named = |name: &'static str| {
        let mut wheel = Wheel::new(NAME);
        (name, said(wheel.member(name, EXTENSION.as_slice())))
    };
    let cases = [
        named("../_ext.so"),
        named("pkg/../../_ext.so"),
        named("/tmp/_ext.so"),
        named("pkg\\..\\_ext.so"),
        named("C:/_ext.so"),
        named("./pkg/_ext.so"),
        named("pkg//_ext.so"),
        named("pkg/\u{1b}[31m_ext.so"),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

/// Which of the two an installer takes is its own business.
#[test]
fn two_members_of_one_name() {
    let mut wheel = wheel();
    wheel.member("pkg/data.txt", "text");
    let dir = Dir::new();
    let path = wheel.write(dir.path());
    let mut parts = Parts::of(&fs_err::read(&path).unwrap());
    parts.both(3, |header| header.name = MEMBER.as_bytes().to_vec());
    fs_err::write(path, parts.render()).unwrap();
    insta::assert_snapshot!(refused(&dir, &[NAME]), @"");
}

#[test]
fn names_of_files_that_are_no_wheels() {
    let named = |name: &'static str| {
        let dir = Dir::new();
        let path = wheel().write(dir.path());
        fs_err::rename(path, dir.path().join(name)).unwrap();
        (name, refused(&dir, &[name]))
    };
    let cases = [
        named("sample.whl"),
        named("sample-1.0.whl"),
        named("sample-1.0-cp312-cp312.whl"),
        named("sample-1.0-cp312-cp312-linux_x86_64.zip"),
        named("sample-1.0-x-cp312-cp312-linux_x86_64.whl"),
        named("sample-1.0-1-2-cp312-cp312-linux_x86_64.whl"),
        named("sample-one-cp312-cp312-linux_x86_64.whl"),
        named("sample-1.0-cp312-cp312-.whl"),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn paths_that_lead_to_no_wheel() {
    let dir = Dir::new();
    wheel().write(dir.path());
    dir.write("empty/nothing", "");
    wheel().unpack(&dir.path().join("two"));
    dir.write("two/other-2.0.dist-info/RECORD", "");
    wheel().unpack(&dir.path().join("no_record"));
    fs_err::remove_file(dir.path().join("no_record/sample-1.0.dist-info/RECORD")).unwrap();
    let fifo = dir.path().join("fifo-1.0-py3-none-any.whl");
    assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
    let cases = [
        ("missing", refused(&dir, &["missing-1.0-py3-none-any.whl"])),
        ("nothing", refused(&dir, &[""])),
        ("directory without dist-info", refused(&dir, &["empty"])),
        ("directory with two", refused(&dir, &["two"])),
        ("directory without RECORD", refused(&dir, &["no_record"])),
        ("pipe", refused(&dir, &["fifo-1.0-py3-none-any.whl"])),
        ("device", refused(&dir, &["/dev/null"])),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn usage_that_is_wrong() {
    let dir = Dir::new();
    wheel().write(dir.path());
    dir.write("policy.json", "{}").write("text", "not TOML\n");
    let cases: [(&str, &[&str]); 12] = [
        ("nothing", &[]),
        ("tag of no policy", &[NAME, "--require", "manylinux_x86_64"]),
        ("tag of another machine", &[NAME, "--require", "manylinux_2_17_aarch64"]),
        ("tag that is none", &[NAME, "--require", "any"]),
        ("another root and none", &[NAME, "--no-host", "--sysroot=."]),
        ("a root that is missing", &[NAME, "--sysroot=missing"]),
        ("unknown report", &[NAME, "--report", "xml"]),
        ("two reports", &[NAME, "--json", "--report", "github"]),
        ("colour", &[NAME, "--color", "green"]),
        ("policies that are missing", &[NAME, "--policy-file", "missing"]),
        ("policies that are no TOML", &[NAME, "--policy-file", "text"]),
        ("policies of another form", &[NAME, "--policy-file", "policy.json"]),
    ];
    let first_part = |text: String| text.split("\n\n").next().unwrap().to_owned() + "\n";
    let cases = cases.map(|(name, arguments)| (name, first_part(refused(&dir, arguments))));
    insta::assert_snapshot!(transcript(cases), @"");
}
