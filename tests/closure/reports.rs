//! The reports: text, JSON, SARIF and annotations.

use serde_json::Value;

use super::edges::EDGES;
use super::row::{Built, Row, python_version};
use super::rows::ROWS;
use crate::judges::{assert_sarif, judge};
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::{Request, Response};

fn built(name: &str) -> Built {
    let row: &Row = ROWS.iter().chain(EDGES).find(|row| row.name == name).unwrap();
    Built::new(row)
}

#[test]
fn json_has_the_promised_keys() {
    let built = built("an undefined symbol");
    let (code, report) = built.report(&[]);
    assert_eq!(code, 1);
    assert_eq!(report["version"], 1);
    assert_eq!(report["unresolved"], 1);
    assert_eq!(report["not_looked_at"], Value::Array(vec![]));
    assert_eq!(report["wheels"][0]["package"], "a");
    let problem = &report["problems"][0];
    for (key, expected) in
        [("rule", "undefined-symbol"), ("severity", "error"), ("file", "a/m.so"), ("name", "b")]
    {
        assert_eq!(problem[key], expected);
    }
    assert_eq!(problem["wheel"], built.wheels[0].strip_prefix("wheels/").unwrap());
    assert!(problem["detail"].as_str().unwrap().starts_with("undefined symbol: `b`"));
}

#[test]
fn the_other_forms_have_the_same_findings() {
    let built = built("an undefined symbol");
    let run = |arguments: &[&str], code: i32| {
        let all = [&["closure", &built.wheels[0]][..], arguments].concat();
        built.dir.wheelworks(&all).expect(code).stdout
    };
    let text = run(&[], 1);
    assert!(text.contains("error[undefined-symbol]"), "{text}");
    assert!(text.contains("1 needed thing not found; 1 error"), "{text}");
    assert!(run(&["--report=github"], 1).starts_with("::error "));
    let log = built.dir.path().join("log.sarif");
    fs_err::write(&log, run(&["--report=sarif"], 1)).unwrap();
    assert_sarif(&built.dir, &[log.to_str().unwrap().to_owned()]);
    assert_junit(&built.dir, &run(&["--report=junit"], 1), 1);
    assert!(run(&["--ignore=undefined"], 0).contains("1 wheel"));
    run(&["--exit-zero"], 0);
}

/// Fails unless Python's parser accepts JUnit XML, its counts are right, and it has this number of failures.
fn assert_junit(dir: &TestDir, text: &str, failures: usize) {
    const CODE: &str = "import sys, xml.etree.ElementTree as tree\n\
        suites = tree.fromstring(sys.argv[1])\n\
        for each in [suites, *suites]:\n    \
            found = [str(len(list(each.iter(name)))) for name in ('testcase', 'failure', 'error')]\n    \
            assert found == [each.get(name) for name in ('tests', 'failures', 'errors')], found\n\
        print(suites.get('failures'))";
    let output = dir.command(judge("python"), &["-I", "-c", CODE, text]).expect(0);
    assert_eq!(output.stdout.trim(), failures.to_string(), "{text}");
}

/// A warning passes, unless `--strict` makes it fail.
#[test]
fn junit_tells_failures_from_others() {
    let built = built("two OpenMP runtimes");
    let run = |arguments: &[&str], code: i32| {
        let head = ["closure", "--report=junit", &built.wheels[0], "--with", &built.wheels[1]];
        built.dir.wheelworks(&[&head[..], arguments].concat()).expect(code).stdout
    };
    let text = run(&[], 0);
    assert_junit(&built.dir, &text, 0);
    assert!(text.contains("<system-out>two OpenMP runtimes"), "{text}");
    assert_junit(&built.dir, &run(&["--strict"], 1), 1);
}

/// The wheel as an archive, as its directory, and in a worker have the same problems.
#[test]
fn an_unpacked_wheel_has_the_same_problems() {
    let built = built("two OpenMP runtimes");
    let (_, packed) = built.report(&[]);
    let unpack = ["unpack", "--out=unpacked", &built.wheels[0]];
    built.dir.wheelworks(&unpack).expect(0);
    let python = format!("--python-version={}", python_version(&built.dir));
    let all = ["closure", "--json", &python, "unpacked", "--with", &built.wheels[1]];
    let unpacked: Value =
        serde_json::from_str(&built.dir.wheelworks(&all).expect(0).stdout).unwrap();
    assert_eq!(unpacked["problems"][0]["detail"], packed["problems"][0]["detail"]);
}

/// A worker remembers the facts of wheels, and sees that one of them has changed.
#[test]
fn a_worker_sees_a_changed_wheel() {
    let (good, bad) = (built("found by RPATH"), built("a symbol that is missing in a version"));
    let dir = TestDir::new();
    let wheels = |built: &Built| -> Vec<Vec<u8>> {
        built.wheels.iter().map(|name| fs_err::read(built.dir.path().join(name)).unwrap()).collect()
    };
    let (good, old) = (wheels(&good), wheels(&bad));
    let names: Vec<&str> =
        bad.wheels.iter().map(|it| it.strip_prefix("wheels/").unwrap()).collect();
    let paths: Vec<String> =
        names.iter().map(|name| dir.path().join(name).display().to_string()).collect();
    let with = format!("--with={}", paths[1]);
    let arguments = ["closure", "--json", &paths[0], &with];
    let mut worker = Worker::json();
    let mut id = 0;
    for (first, second, code) in
        [(&old, &old, 1), (&old, &old, 1), (&good, &good, 0), (&good, &old, 0), (&old, &good, 1)]
    {
        fs_err::write(&paths[0], &first[0]).unwrap();
        fs_err::write(&paths[1], &second[1]).unwrap();
        worker.let_files_settle();
        let (expected, output) = dir.wheelworks(&arguments).expect_any();
        assert_eq!(expected, code);
        // The second answer is from the cache.
        for _ in 0..2 {
            id += 1;
            let response = worker.ask(&Request::new(id, &arguments));
            assert_eq!(
                response,
                Response::new(id, code, &(output.stdout.clone() + &output.stderr))
            );
        }
    }
    worker.finish();
}
