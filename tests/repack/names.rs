//! The name of a repacked wheel: the tags and the build tag of the input's name take precedence over WHEEL.
//! And the output's path, which may be that of an input.

use std::process::Command;

use crate::support::archive::{content, parse};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const NAME: &str = "sample_pkg-1.0-py3-none-any.whl";
const START: &str = "Wheel-Version: 1.0\nGenerator: other\nRoot-Is-Purelib: false\n";

/// Returns a wheel with these tags and this build tag in WHEEL.
fn wheel(name: &str, fields: &str) -> Wheel {
    let mut wheel = Wheel::new(name);
    wheel.member("sample_pkg/a.py", "");
    wheel.replace("sample_pkg-1.0.dist-info/WHEEL", format!("{START}{fields}"));
    wheel
}

/// Repacks a wheel into `out`. Returns the output's name, its WHEEL after [`START`], and the warnings.
fn repacked(dir: &TestDir, name: &str) -> (String, String, String) {
    let output = dir.wheelworks(&["repack", name, "-w", "out"]).expect(0);
    let out = output.stdout.trim_end().strip_prefix("out/").unwrap().to_owned();
    let bytes = fs_err::read(dir.path().join("out").join(&out)).unwrap();
    let entries = parse(&bytes).unwrap().entries;
    let entry = entries.iter().find(|entry| entry.name().ends_with(".dist-info/WHEEL")).unwrap();
    let text = String::from_utf8(content(&bytes, entry)).unwrap();
    (out, text.strip_prefix(START).unwrap().to_owned(), output.stderr)
}

/// The names and WHEEL files are those of published wheels: lxml 3.7.3, playwright 1.60, tensorflow's
/// builds for several versions of Python, and wheels with a build number. pip and uv go by the name.
#[test]
fn tags_of_the_name_take_precedence() {
    let cases: [(&str, &str, Option<&str>); 9] = [
        ("cp27-cp27m-win32", "Tag: cp27-cp27m-linux_x86_64\n", Some("Tag: cp27-cp27m-win32\n")),
        (
            "py3-none-manylinux1_x86_64",
            "Tag: py3-none-any\n",
            Some("Tag: py3-none-manylinux1_x86_64\n"),
        ),
        (
            "cp310.cp311-cp310.cp311-linux_x86_64",
            "Tag: cp310-cp310-linux_x86_64\nTag: cp311-cp311-linux_x86_64\n",
            Some(
                "Tag: cp310-cp310-linux_x86_64\nTag: cp310-cp311-linux_x86_64\n\
                 Tag: cp311-cp310-linux_x86_64\nTag: cp311-cp311-linux_x86_64\n",
            ),
        ),
        ("7-py3-none-any", "Tag: py3-none-any\n", Some("Tag: py3-none-any\nBuild: 7\n")),
        ("py3-none-any", "Tag: py3-none-any\nBuild: 7\n", Some("Tag: py3-none-any\n")),
        ("py3-none-any", "", Some("Tag: py3-none-any\n")),
        ("py3-none-any", "Tag: py3\nBuild: x\n", Some("Tag: py3-none-any\n")),
        ("py2.py3-none-any", "Tag: py3-none-any\nTag: py2-none-any\n", None),
        ("py2.py3-none-any", "Tag: py2.py3-none-any\n", None),
    ];
    for (tags, fields, expected) in cases {
        let dir = TestDir::new();
        let name = format!("sample_pkg-1.0-{tags}.whl");
        wheel(&name, fields).write(dir.path());
        let (out, written, warnings) = repacked(&dir, &name);
        assert_eq!((out, written.as_str()), (name.clone(), expected.unwrap_or(fields)));
        assert_eq!(warnings.starts_with("warning: `"), expected.is_some(), "{tags}: {warnings}");
        dir.wheelworks(&["check", "--select=wheel-tags,wheel-build", "--strict"])
            .arg(format!("out/{name}"))
            .expect(0);
    }
    let dir = TestDir::new();
    let path = wheel(NAME, "Tag: cp312-cp312-win32\nBuild: 3\n").write(dir.path());
    fs_err::rename(&path, dir.path().join("built.whl")).unwrap();
    let (out, written, _) = repacked(&dir, "built.whl");
    assert_eq!(out, "sample_pkg-1.0-3-cp312-cp312-win32.whl", "nothing but WHEEL has tags");
    assert_eq!(written, "Tag: cp312-cp312-win32\nBuild: 3\n");
}

#[test]
fn the_warning_names_both() {
    let dir = TestDir::new();
    let name = "sample_pkg-1.0-7-cp27-cp27m-win32.whl";
    wheel(name, "Tag: cp27-cp27m-linux_x86_64\n").write(dir.path());
    insta::assert_snapshot!(repacked(&dir, name).2, @"
    warning: `sample_pkg-1.0-7-cp27-cp27m-win32.whl/sample_pkg-1.0.dist-info/WHEEL` has `Tag: cp27-cp27m-linux_x86_64`; the new WHEEL has the tags of the name, `sample_pkg-1.0-7-cp27-cp27m-win32.whl`
    hint: installers go by the name; have the build write the same tags into WHEEL
    ");
}

#[test]
fn the_expected_name_and_the_audit_are_those_of_the_output() {
    let dir = TestDir::new();
    dir.write("f.c", "#include <sys/random.h>\nlong f(void *p) { return getrandom(p, 1, 0); }\n");
    let gcc = ["-shared", "-fPIC", "-o", "f.so", "f.c"];
    assert!(Command::new("gcc").args(gcc).current_dir(dir.path()).status().unwrap().success());
    let platform = format!("manylinux_2_17_{}", std::env::consts::ARCH);
    let name = format!("sample_pkg-1.0-py3-none-{platform}.whl");
    let mut wheel = wheel(&name, "Tag: py3-none-any\n");
    wheel.member("sample_pkg/f.so", fs_err::read(dir.path().join("f.so")).unwrap());
    wheel.write(dir.path());
    let repack = |arguments: &[&str]| {
        dir.wheelworks(&[&["repack", name.as_str(), "-w", "out"], arguments].concat())
    };
    let said = repack(&["--expect-name", NAME]).expect(2).stderr;
    assert!(said.contains(&format!("named `{NAME}`, found `{name}`")), "{said}");
    let said = repack(&["--require-declared"]).expect(1).stderr;
    assert!(
        said.contains("GLIBC_2.25"),
        "getrandom needs a later glibc than the name says: {said}"
    );
    repack(&["--expect-name", &name]).expect(0);
    let out = format!("--out=new/{name}");
    dir.write("new/x", "");
    dir.wheelworks(&["repack", &name, &out]).expect(0);
}

#[test]
fn an_input_is_overwritten_only_by_force() {
    let dir = TestDir::new();
    let path = wheel(NAME, "Tag: py3-none-any\n").write(dir.path());
    let original = fs_err::read(&path).unwrap();
    dir.write("other/x", "");
    std::os::unix::fs::symlink(format!("../{NAME}"), dir.path().join("other").join(NAME)).unwrap();
    let out = format!("--out={NAME}");
    let linked = format!("other/{NAME}");
    for arguments in
        [&[NAME, "-w", "."][..], &[NAME, "-w", "other"], &[NAME, &out], &[&linked, "-w", "."]]
    {
        let said = dir.wheelworks(&[&["repack"], arguments].concat()).expect(2).stderr;
        assert!(said.contains("is an input of this command"), "{arguments:?}: {said}");
        assert!(fs_err::read(&path).unwrap() == original);
    }
    dir.wheelworks(&["repack", NAME, "-w", ".", "--force"]).expect(0);
    assert!(fs_err::read(&path).unwrap() != original);
}

#[test]
fn two_wheels_do_not_share_an_output() {
    let dir = TestDir::new();
    for folder in ["a", "b"] {
        dir.write(&format!("{folder}/x"), "");
        wheel(NAME, "Tag: py3-none-any\n").write(&dir.path().join(folder));
    }
    let (a, b) = (format!("a/{NAME}"), format!("b/{NAME}"));
    let said = dir.wheelworks(&["repack", &a, &b, "-w", "new/deep"]).expect(2).stderr;
    assert!(said.contains("expected one wheel for this output, found two"), "{said}");
    assert!(!dir.path().join("new").exists());
    let said = dir.wheelworks(&["repack", &a, "-w", "b", "--force"]).expect(0).stdout;
    assert_eq!(said, format!("b/{NAME}\n"));
}
