//! Wheels below a prefix, as `--layout` and `--python-version` put them there: judged by uv and pip.

use std::collections::BTreeMap;
use std::path::Path;

use super::{listing, refused};
use crate::judges::judge;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const NAME: &str = "sample-1.0-py3-none-any.whl";

/// Files that installers add, or write in their own way (`PyPA`'s "Recording installed projects").
const OF_INSTALLERS: [&str; 5] =
    ["INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json"];

/// Returns a wheel with a file in every scheme.
fn wheel() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel
        .member("sample/__init__.py", "")
        .member("sample-1.0.data/purelib/sample/pure.py", "pure = 1")
        .member("sample-1.0.data/platlib/sample/plat.so", "plat")
        .member("sample-1.0.data/scripts/tool", "#!/bin/sh\necho\n")
        .member("sample-1.0.data/headers/sub/sample.h", "header")
        .member("sample-1.0.data/data/share/man/man1/tool.1", "manual")
        .member("sample-1.0.data/data/lib/beside.txt", "beside");
    wheel
}

/// Returns the files of a prefix without those that only installers write.
fn installed(prefix: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let all = listing(prefix).into_iter();
    let files = all.filter(|(path, ..)| {
        let name = path.rsplit('/').next().unwrap_or_default();
        prefix.join(path).is_file() && name != ".lock" && !OF_INSTALLERS.contains(&name)
    });
    files.map(|(path, mode, content)| (path, (mode & 0o111, content))).collect()
}

/// Returns the paths and hashes in a RECORD, sorted, without the files that only installers write.
fn recorded(record: &Path) -> Vec<String> {
    let text = fs_err::read_to_string(record).unwrap();
    let is_ours = |row: &&str| {
        let path = row.split(',').next().unwrap_or_default();
        !OF_INSTALLERS.contains(&path.rsplit('/').next().unwrap_or_default())
    };
    let mut rows: Vec<String> = text.lines().filter(is_ours).map(str::to_owned).collect();
    rows.sort();
    rows
}

#[test]
fn a_prefix_is_as_uv_and_pip_write_it() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    let python = judge("python");
    let python = python.to_str().unwrap();
    let version = "import sys; print('%d.%d' % sys.version_info[:2], end='')";
    let version = dir.command(python, &["-c", version]).expect(0).stdout;
    let uv = ["pip", "install", "--offline", "--no-deps", "--no-cache", "--python", python];
    dir.command(judge("uv"), &[&uv[..], &["--prefix", "uv", NAME]].concat()).expect(0);
    let pip = ["-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--no-cache-dir"];
    dir.command(python, &[&pip[..], &["--prefix", "pip", NAME]].concat()).expect(0);

    let layout = format!("lib/python{version}/site-packages");
    dir.wheelworks(&["unpack", "--wheel", NAME, "-d", "ours", "--layout", &layout]).expect(0);
    let record = format!("{layout}/sample-1.0.dist-info/RECORD");
    let ours = dir.path().join("ours");
    assert!(installed(&ours).contains_key("lib/beside.txt"));
    for other in ["uv", "pip"] {
        let other = dir.path().join(other);
        assert_eq!(installed(&ours), installed(&other), "{}", other.display());
        assert_eq!(recorded(&ours.join(&record)), recorded(&other.join(&record)));
    }
}

/// A directory of wheels, and the files of a wheel in a directory, are laid out as the wheel is. The permissions in a
/// directory do not count: build systems change them.
#[test]
fn directories() {
    let dir = TestDir::new();
    fs_err::create_dir(dir.path().join("wheels")).unwrap();
    wheel().write(&dir.path().join("wheels"));
    let archive = format!("wheels/{NAME}");
    dir.wheelworks(&["unpack", &archive, "-d", "files"]).expect(0);
    for layout in ["lib/python3.12/site-packages", "site"] {
        let unpacked = |source: &str| {
            let arguments = ["unpack", "--wheel", source, "-d", "out", "--layout", layout];
            dir.wheelworks(&arguments).expect(0);
            let out = dir.path().join("out");
            let record = out.join(layout).join("sample-1.0.dist-info/RECORD");
            let (files, record) = (installed(&out), recorded(&record));
            let executable = files.iter().filter(|(_, (mode, _))| *mode != 0);
            let executable: Vec<String> = executable.map(|(path, _)| path.clone()).collect();
            let files: BTreeMap<_, _> =
                files.into_iter().map(|(path, (_, content))| (path, content)).collect();
            fs_err::remove_dir_all(out).unwrap();
            (executable, (files, record))
        };
        let (executable, expected) = unpacked(&archive);
        assert_eq!(unpacked("wheels"), (executable, expected.clone()), "{layout}");
        assert_eq!(unpacked("files"), (vec!["bin/tool".to_owned()], expected), "{layout}");
    }
    // RECORD decides there as well.
    dir.write("files/sample/__init__.py", "changed");
    let arguments = ["unpack", "--wheel", "files", "-d", "out", "--layout=site"];
    let said = refused(&dir, dir.wheelworks(&arguments));
    assert!(said.contains("`sample/__init__.py`: expected"), "{said}");
}

#[test]
fn a_version_names_the_layout() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    let layout = ["--layout", "lib/python3.12/site-packages"];
    dir.wheelworks(&[&["unpack", "--wheel", NAME, "-d", "expected"], &layout[..]].concat())
        .expect(0);
    let expected = listing(&dir.path().join("expected"));
    for version in [
        &["--python-version", "3.12"][..],
        &["--python-version", "3.12.4"],
        &["--python-version=3.12"],
        &["--python-version-major", "3", "--python-version-minor", "12"],
    ] {
        let arguments = [&["unpack", "--into", "out", "--wheel", NAME], version].concat();
        dir.wheelworks(&arguments).expect(0);
        let out = dir.path().join("out");
        assert!(listing(&out) == expected, "{version:?}");
        fs_err::remove_dir_all(out).unwrap();
    }
}

/// Other archives are not installed.
#[test]
fn only_wheels_are_moved() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    dir.write("a.zip", super::parts(&[("a", b"a")]).render()).write("file", "file");
    let sources = ["--wheel", NAME, "--zip=a.zip", "--file=f=file"];
    let arguments = [&["unpack", "-d", "out", "--layout=site"], &sources[..]].concat();
    dir.wheelworks(&arguments).expect(0);
    let out = dir.path().join("out");
    for path in ["a", "f", "site/sample/pure.py", "bin/tool", "include/sample/sub/sample.h"] {
        assert!(out.join(path).is_file(), "{path}");
    }
}

#[test]
fn arguments() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    for (arguments, expected) in [
        (&["--wheel", NAME, "--layout", "../lib"][..], "found `..`"),
        (&["--wheel", NAME, "--layout", "/lib"], "found `/` in front"),
        (&[NAME, "--layout", "lib"], "--wheel <WHEEL>"),
        (&["--wheel", NAME, "--layout=lib", "--python-version=3.12"], "cannot be used with"),
        (&["--wheel", NAME, "--python-version=3"], "expected a version such as `3.12`"),
        (&["--wheel", NAME, "--python-version=3.12/.."], "expected a version such as `3.12`"),
        (&["--wheel", NAME, "--python-version-major=3"], "--python-version-minor"),
    ] {
        let arguments = [&["unpack", "-d", "out"], arguments].concat();
        let said = refused(&dir, dir.wheelworks(&arguments));
        assert!(said.contains(expected), "expected {expected}, found {said}");
    }
}
