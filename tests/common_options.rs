//! What commands have in common: wheels by name, by directory and from stdin, and JSON with one shape.

use serde_json::Value;

use crate::support::WHEELWORKS;
use crate::support::client::Worker;
use crate::support::command::{Output, TestDir};
use crate::support::messages::Request;
use crate::support::wheel::Wheel;

const A: &str = "dist/a-1.0-py3-none-any.whl";
const B: &str = "dist/b-1.0-py3-none-any.whl";

/// The commands that take any number of wheels, the list in their JSON, and the arguments that they need besides.
const COMMANDS: [(&str, &str, &[&str]); 10] = [
    ("check", "wheels", &["--exit-zero"]),
    ("show", "wheels", &["--allow-pure-python-wheel"]),
    ("audit", "wheels", &["--allow-pure-python-wheel"]),
    ("lddtree", "files", &["--no-host"]),
    ("inspect", "wheels", &[]),
    ("repack", "wheels", &["-w", "out"]),
    ("retag", "wheels", &["-w", "out", "--python-tag=py2.py3"]),
    ("repair", "wheels", &["-w", "out", "--allow-pure-python-wheel", "--quiet"]),
    ("unpack", "archives", &["-d", "out"]),
    ("unpack", "archives", &["-d", "out", "--wheel"]),
];

/// Returns a directory with the directories `dist`, of two wheels, `one`, of one, and `none`.
fn dir() -> TestDir {
    let dir = TestDir::new();
    for (name, package) in [("a-1.0-py3-none-any.whl", "a"), ("b-1.0-py3-none-any.whl", "b")] {
        let mut wheel = Wheel::new(name);
        wheel.member(&format!("{package}/__init__.py"), format!("NAME = '{package}'\n"));
        for directory in ["dist", "one"].into_iter().take(if package == "a" { 2 } else { 1 }) {
            fs_err::create_dir_all(dir.path().join(directory)).unwrap();
            wheel.write(&dir.path().join(directory));
        }
    }
    dir.write("none/README", "no wheel\n");
    dir
}

/// Runs a command of the shell, in which `wheelworks` is the binary.
fn shell(dir: &TestDir, command: &str) -> (i32, Output) {
    let command = command.replace("wheelworks", WHEELWORKS);
    dir.command("sh", &["-c", &command]).expect_any()
}

/// Returns JSON without times.
fn parsed(output: &Output) -> Value {
    let mut value: Value = serde_json::from_str(&output.stdout).unwrap();
    for wheel in value["wheels"].as_array_mut().into_iter().flatten() {
        wheel.as_object_mut().unwrap().remove("seconds");
    }
    value
}

#[test]
fn wheels_are_named_alone_by_directory_and_on_stdin() {
    for (verb, list, more) in COMMANDS {
        let command = format!("wheelworks {verb} --report json {} ", more.join(" "));
        let named = match more.last() {
            Some(&"--wheel") => format!("{command} {A} --wheel {B}"),
            _ => format!("{command} {A} {B}"),
        };
        let run = |command: &str| {
            let dir = dir();
            let (code, output) = shell(&dir, command);
            assert_eq!((code, &*output.stderr), (0, ""), "{command}");
            let kept = ["a", "b"].map(|name| dir.path().join(format!("out/{name}/__init__.py")));
            (parsed(&output), kept.map(|path| path.exists()))
        };
        let expected = run(&named);
        assert_eq!(expected.0["version"], 1, "{verb}");
        let len = expected.0[list].as_array().map(Vec::len);
        assert_eq!(len, Some(if verb == "lddtree" { 0 } else { 2 }), "{verb}: {}", expected.0);
        assert_eq!(run(&format!("{command} dist")), expected, "{verb}");
        let piped = format!("printf '{A}\\r\\n\\n{B}' | {command} -");
        assert_eq!(run(&piped), expected, "{verb}");
        let piped = format!("echo dist | {command} -");
        assert_eq!(run(&piped), expected, "{verb}");
        // One wheel has the same shape.
        let (one, _) = run(&format!("{command} one"));
        assert_eq!(one["version"], 1, "{verb}");
        let len = one[list].as_array().map(Vec::len);
        assert_eq!(len, Some(usize::from(verb != "lddtree")), "{verb}: {one}");
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&one), keys(&expected.0), "{verb}");
    }
}

#[test]
fn directories_without_wheels_are_refused() {
    for (verb, _, more) in COMMANDS {
        let dir = dir();
        let command = format!("wheelworks {verb} {}", more.join(" "));
        let refused = |command: &str, expected: &str| {
            let (code, output) = shell(&dir, command);
            assert_eq!((code, &*output.stdout), (2, ""), "{command}");
            assert!(output.stderr.contains(expected), "{command}: {}", output.stderr);
            assert!(!dir.path().join("out").exists(), "{command}");
        };
        // These read unpacked wheels, too.
        let reads_unpacked =
            ["show", "audit", "lddtree"].contains(&verb) || more.contains(&"--wheel");
        let expected =
            if reads_unpacked { "dist-info`, found none" } else { "expected wheels in the" };
        refused(&format!("{command} none"), expected);
    }
}

/// What is for one wheel takes a directory of one.
#[test]
fn a_directory_may_stand_for_one_wheel() {
    let dir = dir();
    let named = dir.wheelworks(&["diff", A, B]).expect(0).stdout;
    dir.write("two/x", "");
    fs_err::rename(dir.path().join(B), dir.path().join("two/b-1.0-py3-none-any.whl")).unwrap();
    assert_eq!(dir.wheelworks(&["diff", "dist", "two"]).expect(0).stdout, named);
    fs_err::copy(dir.path().join(A), dir.path().join("two/a-1.0-py3-none-any.whl")).unwrap();
    for arguments in [
        vec!["diff", "dist", "two"],
        vec!["repack", "two", "--out", "new/a-1.0-py3-none-any.whl"],
        vec!["repack", "two", "-w", "new", "--expect-name", "a-1.0-py3-none-any.whl"],
    ] {
        let said = dir.wheelworks(&arguments).expect(2).stderr;
        insta::allow_duplicates! {
            insta::assert_snapshot!(said, @"
            error: `two`: expected one wheel in this directory, found a-1.0-py3-none-any.whl, b-1.0-py3-none-any.whl
            hint: make the build write one wheel there, or name the wheel itself
            ");
        }
    }
}

/// A rename would replace the device: root's `-o /dev/null` would break the machine.
#[test]
fn a_report_to_a_device_leaves_the_device() {
    let dir = dir();
    // Only root makes devices, and only root could replace one.
    if shell(&dir, "mknod null c 1 3").0 != 0 {
        return;
    }
    dir.wheelworks(&["check", "--exit-zero", "-o", "null", "dist"]).expect(0);
    assert_eq!(shell(&dir, "test -c null").0, 0);
}

#[test]
fn a_request_has_no_list_on_stdin() {
    let mut worker = Worker::proto();
    fs_err::create_dir(worker.directory().join("dist")).unwrap();
    Wheel::new("a-1.0-py3-none-any.whl").write(&worker.directory().join("dist"));
    for (id, (verb, _, more)) in (1..).step_by(2).zip(COMMANDS) {
        let out = format!("out{id}");
        let mut arguments = vec![verb];
        arguments.extend(more.iter().map(|it| if *it == "out" { out.as_str() } else { it }));
        let response = worker.ask(&Request::new(id, &[&arguments[..], &["-"]].concat()));
        assert_eq!(response.exit_code, 2, "{verb}");
        assert!(response.output.contains("has no standard input"), "{}", response.output);
        if more.last() != Some(&"--wheel") {
            let response = worker.ask(&Request::new(id + 1, &[&arguments[..], &["dist"]].concat()));
            assert_eq!(response.exit_code, 0, "{verb}: {}", response.output);
        }
    }
}

#[test]
fn what_is_written_is_summed_up_as_json() {
    let dir = dir();
    let run = |arguments: &[&str]| dir.wheelworks(arguments).expect(0).stdout;
    let retag = ["retag", A, "-w", "new", "--python-tag=py2.py3", "--report=json"];
    let len = |path: &str| fs_err::metadata(dir.path().join(path)).unwrap().len();
    let value: Value = serde_json::from_str(&run(&retag)).unwrap();
    let wheel = "new/a-1.0-py2.py3-none-any.whl";
    assert_eq!(value["wheels"][0]["wheel"], wheel);
    assert_eq!(value["wheels"][0]["source"], A);
    assert_eq!(value["wheels"][0]["bytes_out"], len(wheel));
    insta::assert_snapshot!(run(&["unpack", A, "--zip", B, "-d", "tree", "--report", "json"]), @r#"
    {
      "archives": [
        {
          "files": 4,
          "path": "dist/a-1.0-py3-none-any.whl"
        },
        {
          "files": 4,
          "path": "dist/b-1.0-py3-none-any.whl"
        }
      ],
      "bytes": 724,
      "directory": "tree",
      "files": 8,
      "version": 1
    }
    "#);
    let files = walkdir::WalkDir::new(dir.path().join("tree")).into_iter().map(Result::unwrap);
    let files: Vec<u64> = files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.metadata().unwrap().len())
        .collect();
    let value: Value = serde_json::from_str(&run(&[
        "unpack",
        "--replace",
        A,
        "--zip",
        B,
        "-d",
        "tree",
        "--report",
        "json",
    ]))
    .unwrap();
    assert_eq!(value["files"], files.len());
    assert_eq!(value["bytes"], files.iter().sum::<u64>());

    dir.write("src/c.py", "");
    let declared = ["--distribution=c", "--version=1", "--member=c.py=src/c.py", "--report=json"];
    let value = run(&[&["sdist", "--out=c-1.tar.gz"], &declared[..]].concat());
    let value: Value = serde_json::from_str(&value).unwrap();
    assert_eq!(value["bytes_out"], len("c-1.tar.gz"));
    let listed = dir.command("tar", &["tzf", "c-1.tar.gz"]).expect(0).stdout;
    assert_eq!(value["files"], listed.lines().filter(|line| !line.ends_with('/')).count());
    let value = run(&[&["editable", "--out=c"], &declared[..]].concat());
    let value: Value = serde_json::from_str(&value).unwrap();
    let files = walkdir::WalkDir::new(dir.path().join("c")).into_iter().map(Result::unwrap);
    assert_eq!(value["files"], files.filter(|entry| entry.file_type().is_file()).count());
    assert_eq!((&value["version"], &value["directory"]), (&1.into(), &"c".into()));
}
