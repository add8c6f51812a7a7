//! `wheelworks retag`: other tags for a wheel, and every other byte as it was compressed.

use std::path::Path;
use std::process::Command;

use crate::judges::{judge, script};
use crate::support::WHEELWORKS;
use crate::support::archive::{Entry, assert_conforms, content, open, parse};
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::{Request, Response};
use crate::support::sample::{assert_no_temporary, noise, text};
use crate::support::wheel::Wheel;

const NAME: &str = "sample_pkg-1.0-py3-none-any.whl";

/// Returns a wheel with small and large members, and one that does not compress.
fn wheel(name: &str) -> Wheel {
    let mut wheel = Wheel::new(name);
    let tags: Vec<&str> = name.trim_end_matches(".whl").rsplitn(4, '-').collect();
    let mut fields = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n".to_owned();
    for python in tags[2].split('.') {
        for platform in tags[0].split('.') {
            fields.extend(["Tag: ", python, "-", tags[1], "-", platform, "\n"]);
        }
    }
    wheel.replace(&format!("{}/WHEEL", wheel.dist_info()), fields);
    wheel
        .member("sample_pkg/z.py", "z = 1\n".repeat(1000))
        .member("sample_pkg/größe.txt", "größe")
        .member("sample_pkg/empty", "")
        .member("sample_pkg/large.txt", text(3 << 20, 1))
        .member("sample_pkg/noise.bin", noise(2 << 20, 2));
    wheel
}

/// Returns the member whose path ends like this, as text.
fn member(wheel: &Path, end: &str) -> String {
    let bytes = fs_err::read(wheel).unwrap();
    let entries = parse(&bytes).unwrap().entries;
    let entry = entries.iter().find(|entry| entry.name().ends_with(end)).unwrap();
    String::from_utf8(content(&bytes, entry)).unwrap()
}

#[test]
fn names_and_bytes_are_those_of_wheel_tags() {
    let cases: [(&str, &[&str]); 7] = [
        (NAME, &["--python-tag=py2.py3"]),
        (NAME, &["--python-tag=cp312", "--abi-tag=abi3", "--platform-tag=manylinux_2_28_x86_64"]),
        (NAME, &["--platform-tag=+win32"]),
        ("sample_pkg-1.0-py2.py3-none-any.whl", &["--python-tag=-py2"]),
        (NAME, &["--build-tag=7local"]),
        ("Sample.Pkg-1.0-py3-none-any.whl", &["--python-tag=py2"]),
        (
            "sample_pkg-1.0-cp38.cp37-abi3-linux_x86_64.manylinux1_x86_64.whl",
            &["--python-tag=+cp36"],
        ),
    ];
    for (name, tags) in cases {
        let dir = TestDir::new();
        let original = wheel(name).write(dir.path());
        dir.write("theirs/x", "");
        fs_err::copy(&original, dir.path().join("theirs").join(name)).unwrap();
        let arguments = [&["retag", name, "-w", "ours"], tags].concat();
        let output = dir.wheelworks(&arguments).patience(5).expect(0);
        assert_eq!(output.stderr, "");
        let ours = output.stdout.trim_end();
        // `wheel tags` calls the build tag `--build`.
        let tags: Vec<String> = tags.iter().map(|tag| tag.replace("build-tag", "build")).collect();
        let source = format!("theirs/{name}");
        let mut theirs = vec!["-m", "wheel", "tags", &source];
        theirs.extend(tags.iter().map(String::as_str));
        let theirs = dir.command(judge("python"), &theirs).expect(0).stdout;
        let theirs = format!("theirs/{}", theirs.trim_end());
        script(&dir, "retag.py", &[name, ours, &theirs]).expect(0);
    }
}

#[test]
fn chunk_tables_are_copied_and_the_archive_conforms() {
    let dir = TestDir::new();
    wheel(NAME).write(dir.path());
    dir.wheelworks(&["repack", NAME, "-w", "packed"]).patience(5).expect(0);
    let source = format!("packed/{NAME}");
    let arguments = ["retag", &source, "--python-tag=py2.py3"];
    let output = dir.wheelworks(&arguments).patience(5).expect(0);
    assert_eq!(output.stdout, "packed/sample_pkg-1.0-py2.py3-none-any.whl\n");
    let path = dir.path().join(output.stdout.trim_end());
    assert_conforms(&path);
    let extras = |path: &Path| -> Vec<Vec<u8>> {
        let mut entries = open(path).1.entries;
        entries.retain(|entry| {
            !entry.name().ends_with("-info/WHEEL") && !entry.name().ends_with("RECORD")
        });
        entries.into_iter().map(|entry| entry.central.extra).collect()
    };
    let expected = extras(&dir.path().join(&source));
    assert_eq!(extras(&path), expected);
    assert!(expected.iter().any(|extra| !extra.is_empty()));
    // The tags are those of `repack` on the renamed wheel, so it changes nothing else.
    dir.wheelworks(&["repack", path.to_str().unwrap(), "-w", "again"]).patience(5).expect(0);
    let again = dir.path().join("again").join(path.file_name().unwrap());
    assert_eq!(member(&again, "RECORD"), member(&path, "RECORD"));
}

/// WHEEL of wheels that are published with other tags than their names have.
#[test]
fn wheel_gets_the_tags_of_the_name() {
    let dir = TestDir::new();
    let name = "sample_pkg-1.0-cp312-cp312-manylinux1_x86_64.manylinux_2_28_x86_64.whl";
    let mut wheel = wheel(name);
    let fields =
        "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nGenerator: x\nTag: cp312-cp312-linux_x86_64\n";
    wheel.replace("sample_pkg-1.0.dist-info/WHEEL", fields);
    wheel.member("sample_pkg-1.0.dist-info/RECORD.jws", "signed");
    wheel.unrecorded("sample_pkg-1.0.dist-info/RECORD.jws");
    let path = wheel.write(dir.path());
    let original = fs_err::read(&path).unwrap();
    let output = dir.wheelworks(&["retag", name]).expect(2);
    assert!(output.stderr.contains("is an input of this command"), "{}", output.stderr);
    assert!(fs_err::read(&path).unwrap() == original);
    dir.wheelworks(&["retag", name, "--force"]).expect(0);
    assert_eq!(
        member(&path, "WHEEL"),
        "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nGenerator: x\n\
         Tag: cp312-cp312-manylinux1_x86_64\nTag: cp312-cp312-manylinux_2_28_x86_64\n"
    );
    let names: Vec<String> = open(&path).1.entries.iter().map(Entry::name).collect();
    assert!(!names.iter().any(|name| name.ends_with("RECORD.jws")), "{names:?}");
    assert_no_temporary(dir.path());
}

#[test]
fn refusals() {
    let mut ghost = wheel(NAME);
    ghost.row("sample_pkg/ghost.py");
    let mut blocked = wheel(NAME);
    blocked.member("sample_pkg", "");
    let sound = wheel(NAME);
    let cases: [(&Wheel, &[&str], &str); 9] = [
        (&sound, &["--python-tag="], "`` is not a Python tag"),
        (&sound, &["--python-tag=-py3"], "`` is not a Python tag"),
        (&sound, &["--platform-tag=manylinux_2_28"], "is not a platform tag"),
        (&sound, &["--build-tag=x"], "is not a build tag"),
        (&sound, &["--python-tag=py3"], "is an input of this command"),
        (&sound, &[NAME, "--python-tag=py2"], "expected one wheel for this output, found two"),
        (&ghost, &["--python-tag=py2"], "RECORD does not agree"),
        (&blocked, &["--python-tag=py2"], "`sample_pkg` is a file, and `sample_pkg/"),
        (&sound, &["missing-1.0-py3-none-any.whl", "--python-tag=py2"], "`missing-1.0"),
    ];
    for (wheel, arguments, expected) in cases {
        let dir = TestDir::new();
        wheel.write(dir.path());
        let output = dir.wheelworks(&[&["retag", NAME], arguments].concat()).expect(2);
        assert!(output.stderr.contains(expected), "expected {expected}, found {}", output.stderr);
        let files = fs_err::read_dir(dir.path()).unwrap();
        assert_eq!(files.count(), 1, "{arguments:?} left files behind");
    }
    let dir = TestDir::new();
    dir.write("no wheel", "");
    dir.wheelworks(&["retag", "no wheel", "--python-tag=py2"]).expect(2);
}

#[test]
fn a_worker_retags_in_its_sandbox() {
    let mut command = Command::new(WHEELWORKS);
    let mut worker = Worker::start(&mut command, &[]);
    let sandbox = worker.directory().join("box");
    fs_err::create_dir_all(&sandbox).unwrap();
    wheel(NAME).write(&sandbox);
    let arguments = ["retag", NAME, "--build-tag=2"];
    let request = Request { sandbox_dir: "box".to_owned(), ..Request::new(1, &arguments) };
    let name = "sample_pkg-1.0-2-py3-none-any.whl";
    assert_eq!(worker.ask(&request), Response::new(1, 0, &format!("box/{name}\n")));
    assert!(member(&sandbox.join(name), "WHEEL").contains("\nBuild: 2\n"));
    assert_eq!(worker.finish().code, Some(0));
}
