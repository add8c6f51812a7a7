//! The error messages of `show` for archives, directories and file names that are not valid wheels.

use super::sample::{EXTENSION, MEMBER, NAME, refused, transcript, wheel};
use crate::support::command::TestDir;
use crate::support::craft::Parts;
use crate::support::wheel::Wheel;

/// Runs `show` on a wheel that it must refuse. Returns the error message.
fn show_error(wheel: &Wheel) -> String {
    let dir = TestDir::new();
    wheel.write(dir.path());
    refused(&dir, &[&wheel.name])
}

/// Returns a wheel with the extension module and these members, without METADATA, WHEEL and RECORD.
fn bare(members: &[(&str, &str)]) -> Wheel {
    let mut wheel = Wheel::bare(NAME);
    wheel.unrecorded("sample-1.0.dist-info/RECORD").member(MEMBER, EXTENSION.as_slice());
    for (path, text) in members {
        wheel.member(path, *text);
    }
    wheel
}

#[test]
fn archives_without_metadata() {
    let mut two = wheel();
    two.member("other-2.0.dist-info/RECORD", "other-2.0.dist-info/RECORD,,\n");
    let row = "pkg/_ext.so,,\n";
    let cases = [
        ("no dist-info", show_error(&bare(&[]))),
        ("no RECORD", show_error(&bare(&[("sample-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")]))),
        ("two dist-infos", show_error(&two)),
        (
            "dist-info within a folder",
            show_error(&bare(&[("pkg/sample-1.0.dist-info/RECORD", row)])),
        ),
    ];
    insta::assert_snapshot!(transcript(cases), @"
    # no dist-info
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected one directory named `NAME-VERSION.dist-info`, found none
    hint: a wheel has the metadata of one distribution; is this a wheel?

    # no RECORD
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected `sample-1.0.dist-info/RECORD`, found no such member
    hint: build the wheel again

    # two dist-infos
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected one directory named `NAME-VERSION.dist-info`, found other-2.0.dist-info, sample-1.0.dist-info
    hint: a wheel has the metadata of one distribution; is this a wheel?

    # dist-info within a folder
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected one directory named `NAME-VERSION.dist-info`, found none
    hint: a wheel has the metadata of one distribution; is this a wheel?
    ");
}

/// Path traversal: installers refuse these paths, or write outside of the target directory.
#[test]
fn member_paths_outside_of_the_wheel() {
    for name in
        ["../_ext.so", "pkg/../../_ext.so", "/tmp/_ext.so", "pkg\\..\\_ext.so", "C:/_ext.so"]
    {
        let message = show_error(Wheel::new(NAME).member(name, EXTENSION.as_slice()));
        assert!(
            message.starts_with("error: ") && message.contains("\nhint: "),
            "{name}: {message}"
        );
    }
}

/// Duplicate members: installers differ in which of the two they install.
#[test]
fn two_members_of_one_name() {
    let mut wheel = wheel();
    wheel.member("pkg/data.txt", "text");
    let dir = TestDir::new();
    let path = wheel.write(dir.path());
    let mut parts = Parts::of(&fs_err::read(&path).unwrap());
    parts.both(3, |header| header.name = MEMBER.as_bytes().to_vec());
    fs_err::write(path, parts.render()).unwrap();
    let message = refused(&dir, &[NAME]);
    assert!(message.starts_with("error: ") && message.contains(MEMBER), "{message}");
}

/// Without this check, a wrong `--sysroot` would only show up as missing libraries.
#[test]
fn a_root_that_is_missing() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    let message = refused(&dir, &[NAME, "--sysroot=missing"]);
    assert!(message.starts_with("error: ") && message.contains("`missing`"), "{message}");
}

#[test]
fn file_names_of_no_wheel() {
    let named = |name: &'static str| {
        let dir = TestDir::new();
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
    insta::assert_snapshot!(transcript(cases), @"
    # sample.whl
    error: `sample.whl` is not the name of a wheel: expected `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM(-VARIANT).whl`, found 1 part
    hint: the parts hold no `-`; write `_` in the distribution's name

    # sample-1.0.whl
    error: `sample-1.0.whl` is not the name of a wheel: expected `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM(-VARIANT).whl`, found 2 parts
    hint: the parts hold no `-`; write `_` in the distribution's name

    # sample-1.0-cp312-cp312.whl
    error: `sample-1.0-cp312-cp312.whl` is not the name of a wheel: expected `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM(-VARIANT).whl`, found 4 parts
    hint: the parts hold no `-`; write `_` in the distribution's name

    # sample-1.0-cp312-cp312-linux_x86_64.zip
    error: `sample-1.0-cp312-cp312-linux_x86_64.zip`: expected a file that ends in `.whl` or the directory of an unpacked wheel
    hint: `wheelworks lddtree` takes a single ELF file

    # sample-1.0-x-cp312-cp312-linux_x86_64.whl
    error: in the wheel's name `sample-1.0-x-cp312-cp312-linux_x86_64.whl`: `x` is not a build tag: expected a digit, then ASCII letters, digits, `_` and `.`
    hint: put a number in front, as in `1` or `1local`, and no `-`

    # sample-1.0-1-2-cp312-cp312-linux_x86_64.whl
    error: `sample-1.0-1-2-cp312-cp312-linux_x86_64.whl` is not the name of a wheel: expected `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM(-VARIANT).whl`, found 7 parts
    hint: the parts hold no `-`; write `_` in the distribution's name

    # sample-one-cp312-cp312-linux_x86_64.whl
    error: in the wheel's name `sample-one-cp312-cp312-linux_x86_64.whl`: `one` is not a version: expected version to start with a number, but no leading ASCII digits were found
    hint: use a PEP 440 form, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`

    # sample-1.0-cp312-cp312-.whl
    error: in the wheel's name `sample-1.0-cp312-cp312-.whl`: `` is not a platform tag: expected ASCII letters and digits, in words joined by `_`
    hint: join the tags of a set by `.`, as in `py2.py3`
    ");
}

#[test]
fn metadata_of_unpacked_wheels_is_limited() {
    for (name, limit) in [("RECORD", 256 << 20), ("WHEEL", 8 << 20)] {
        let dir = TestDir::new();
        wheel().unpack(&dir.path().join("long"));
        let path = dir.path().join("long/sample-1.0.dist-info").join(name);
        let file = fs_err::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(limit + 1).unwrap();
        let message = refused(&dir, &["long"]);
        let expected = format!(
            "`long`: member `sample-1.0.dist-info/{name}`: expected at most {limit} bytes, found {}",
            limit + 1
        );
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn paths_without_a_wheel() {
    let dir = TestDir::new();
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
    insta::assert_snapshot!(transcript(cases), @"
    # missing
    error: cannot read `missing-1.0-py3-none-any.whl`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # nothing
    error: a value is required for '[WHEEL]...' but none was supplied

    For more information, try '--help'.

    # directory without dist-info
    error: `empty`: expected one directory named `NAME-VERSION.dist-info`, found none
    hint: a wheel has the metadata of one distribution; is this a wheel?

    # directory with two
    error: `two`: expected one directory named `NAME-VERSION.dist-info`, found other-2.0.dist-info, sample-1.0.dist-info
    hint: a wheel has the metadata of one distribution; is this a wheel?

    # directory without RECORD
    error: `no_record`: expected `sample-1.0.dist-info/RECORD`, found no such member
    hint: build the wheel again

    # pipe
    error: `fifo-1.0-py3-none-any.whl`: expected a regular file, found a special file
    hint: copy what it gives into a file

    # device
    error: `/dev/null`: expected a regular file, found a special file
    hint: copy what it gives into a file
    ");
}

#[test]
fn usage_errors() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    dir.write("policy.json", "{}").write("text", "not TOML\n");
    let cases: [(&str, &[&str]); 10] = [
        ("nothing", &[]),
        ("tag of no policy", &[NAME, "--require", "manylinux_x86_64"]),
        ("tag that is none", &[NAME, "--require", "any"]),
        ("another root and none", &[NAME, "--no-host", "--sysroot=."]),
        ("unknown report", &[NAME, "--report", "xml"]),
        ("two reports", &[NAME, "--json", "--report", "github"]),
        ("colour", &[NAME, "--color", "green"]),
        ("policies that are missing", &[NAME, "--policy-file", "missing"]),
        ("policies that are no TOML", &[NAME, "--policy-file", "text"]),
        ("policies of another form", &[NAME, "--policy-file", "policy.json"]),
    ];
    let first_part = |text: String| text.split("\n\n").next().unwrap().to_owned() + "\n";
    let cases = cases.map(|(name, arguments)| (name, first_part(refused(&dir, arguments))));
    insta::assert_snapshot!(transcript(cases), @"
    # nothing
    error: the following required arguments were not provided:
      <WHEEL>...

    # tag of no policy
    error: required platform tag `manylinux_x86_64`: expected one with a policy, such as `manylinux_2_28`, `musllinux_1_2_x86_64` or `macosx_11_0`, found none of that name
    hint: `manylinux_2_28` is for any CPU; the CPUs are x86_64, i686, aarch64, armv7l, ppc64, ppc64le, s390x, riscv64, loongarch64


    # tag that is none
    error: required platform tag `any`: expected one with a policy, such as `manylinux_2_28`, `musllinux_1_2_x86_64` or `macosx_11_0`, found none of that name
    hint: `manylinux_2_28` is for any CPU; the CPUs are x86_64, i686, aarch64, armv7l, ppc64, ppc64le, s390x, riscv64, loongarch64


    # another root and none
    error: the argument '--no-host' cannot be used with '--sysroot <DIR>'

    # unknown report
    error: invalid value 'xml' for '--report <FORM>'
      [possible values: text, json, sarif, github, junit]

    # two reports
    error: the argument '--json' cannot be used with '--report <FORM>'

    # colour
    error: invalid value 'green' for '--color <WHEN>'
      [possible values: auto, always, never]

    # policies that are missing
    error: cannot read the policy file `missing`: No such file or directory (os error 2)
    hint: check the path


    # policies that are no TOML
    error: the policy file `text` is not TOML in line 1: key with no value, expected `=`
    hint: values are quoted texts, numbers, lists in `[…]` or tables


    # policies of another form
    error: the policy file `policy.json` is not TOML in line 1: invalid key-value pair, expected key
    hint: values are quoted texts, numbers, lists in `[…]` or tables
    ");
}
