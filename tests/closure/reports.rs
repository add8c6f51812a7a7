//! The reports: text, JSON, SARIF and annotations.

use serde_json::Value;

use super::row::{Built, Row};
use super::rows::ROWS;
use crate::judges::assert_sarif;

fn built(name: &str) -> Built {
    let row: &Row = ROWS.iter().find(|row| row.name == name).unwrap();
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
    assert!(run(&["--ignore=undefined"], 0).contains("1 wheel"));
    run(&["--exit-zero"], 0);
}

/// The wheel as an archive, as its directory, and in a worker have the same problems.
#[test]
fn an_unpacked_wheel_has_the_same_problems() {
    let built = built("two OpenMP runtimes");
    let (_, packed) = built.report(&[]);
    let unpack = ["unpack", "--out=unpacked", &built.wheels[0]];
    built.dir.wheelworks(&unpack).expect(0);
    let all = ["closure", "--json", "unpacked", "--with", &built.wheels[1]];
    let unpacked: Value =
        serde_json::from_str(&built.dir.wheelworks(&all).expect(0).stdout).unwrap();
    assert_eq!(unpacked["problems"][0]["detail"], packed["problems"][0]["detail"]);
}
