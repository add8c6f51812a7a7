//! `check --budget`: limits on the sizes of a wheel and its parts, and what grew.

use serde_json::Value;

use crate::device_code::crafted::{entry, fat_binary, library};
use crate::support::command::TestDir;
use crate::support::sample::noise;
use crate::support::wheel::Wheel;

const OLD: &str = "code-1.0-py3-none-linux_x86_64.whl";
const NEW: &str = "code-2.0-py3-none-linux_x86_64.whl";

/// Writes a wheel with a library that has this many KiB of device code for `sm_90`, and a file of text.
fn wheel(dir: &TestDir, name: &str, kib: usize, text: usize) {
    let code = fat_binary(&[
        entry(2, 90, 0x11, &noise(kib << 10, 1), 0),
        entry(1, 90, 0x11, &noise(1 << 10, 2), 0),
    ]);
    library(dir, "lib.so", &[(".nv_fatbin", code)]);
    let mut wheel = Wheel::new(name);
    wheel.member("code/lib/lib.so", fs_err::read(dir.path().join("lib.so")).unwrap());
    wheel.member("code/notes.txt", "a line\n".repeat(text));
    wheel.write(dir.path());
}

/// Checks a wheel by the rule alone, and returns its JSON report.
fn checked(dir: &TestDir, options: &[&str], code: i32) -> Value {
    let arguments =
        [&["check", "--select=budget", "--budget=budget.toml", "--report=json"], options, &[NEW]]
            .concat();
    let output = dir.wheelworks(&arguments).expect(code).stdout;
    let mut report: Value = serde_json::from_str(&output).unwrap();
    report["wheels"][0].take()
}

#[test]
fn each_limit_bounds_its_part() {
    let dir = TestDir::new();
    wheel(&dir, NEW, 300, 100);
    let len = fs_err::metadata(dir.path().join(NEW)).unwrap().len();
    // Device code for sm_90 takes 300 KiB and a header of 64 bytes; that of the library's section 17 more headers.
    let sm_90 = (300 << 10) + 64;
    let section = 16 + sm_90 + 1024 + 64;
    let cases = [
        (format!("[wheel]\ncompressed = {len}"), None),
        (format!("[wheel]\ncompressed = {}", len - 1), Some("wheel: expected at most ")),
        (
            "[wheel]\ncontent = '300KiB'".to_owned(),
            Some("wheel: expected at most 300.0 KiB content"),
        ),
        ("[files]\n'code/*.txt' = 700".to_owned(), None),
        ("[files]\n'code/*.txt' = 699".to_owned(), Some("files `code/*.txt`")),
        ("[files]\n'code/*.so' = 0".to_owned(), None),
        ("[files]\n'**/*.so' = '1KiB'".to_owned(), Some("files `**/*.so`")),
        ("[files]\n'code/*.txt' = {compressed = 100}".to_owned(), None),
        (format!("[sections]\n'.nv_fatbin' = {section}"), None),
        (format!("[sections]\n'.nv_fatbin' = {}", section - 1), Some("sections `.nv_fatbin`")),
        (format!("[architectures]\nsm_90 = {sm_90}\nsm_75 = 0"), None),
        (format!("[architectures]\nsm_90 = {}", sm_90 - 1), Some("architectures `sm_90`")),
        ("[architectures]\ncompute_90 = '1MiB'".to_owned(), None),
    ];
    for (budget, expected) in cases {
        dir.write("budget.toml", &budget);
        let report = checked(&dir, &[], i32::from(expected.is_some()));
        let findings = report["findings"].as_array().unwrap();
        let found = findings.first().map(|it| it["places"][0]["found"].as_str().unwrap());
        assert_eq!(found.is_some(), expected.is_some(), "{budget}: {report:#}");
        assert!(
            found.unwrap_or_default().starts_with(expected.unwrap_or_default()),
            "{budget}: {found:?}"
        );
        let first = &report["budget"]["limits"][0];
        assert!(first["found"].is_u64() && first["baseline"].is_null(), "{report:#}");
    }
    // Without the option, the rule finds nothing.
    let report =
        dir.wheelworks(&["check", "--report=json", "--select=budget", NEW]).expect(0).stdout;
    assert!(!report.contains("\"budget\":"), "{report}");
}

/// What the example in `docs/budget.md` says holds of these wheels.
#[test]
fn what_grew_is_listed_with_a_baseline() {
    let page =
        fs_err::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/budget.md")).unwrap();
    let part =
        |start: &str| page.split_once(start).unwrap().1.split_once("```\n").unwrap().0.to_owned();
    let dir = TestDir::new();
    wheel(&dir, OLD, 200, 100);
    wheel(&dir, NEW, 300, 9000);
    dir.write("budget.toml", part("```toml\n"));
    let saved = dir.wheelworks(&["inspect", "--report=json", OLD]).expect(0).stdout;
    dir.write("baseline.json", saved);
    let mut tables = Vec::new();
    for baseline in [format!("--baseline={OLD}"), "--baseline=baseline.json".to_owned()] {
        let arguments = ["check", "--select=budget", "--budget=budget.toml", &baseline, NEW];
        let output = dir.wheelworks(&arguments).expect(1).stdout;
        tables.push(output);
        let report = checked(&dir, &[&baseline], 1);
        let limits = report["budget"]["limits"].as_array().unwrap();
        assert!(limits.iter().all(|it| it["baseline"].is_u64()), "{report:#}");
        let grown = report["budget"]["grown"].as_array().unwrap();
        assert_eq!(grown[0]["name"], "code/lib/lib.so", "{report:#}");
    }
    assert_eq!(tables[0], tables[1]);
    // Lengths in the archive depend on the compressor.
    let example = part("```text\n");
    let line = |text: &str, start: &str| {
        text.lines().find(|line| line.trim_start().starts_with(start)).map(str::to_owned)
    };
    for start in ["over sm_90", "over code/**/*.so", "ok .nv_fatbin", "ok wheel"] {
        let said = line(&tables[0], start);
        assert!(said.is_some(), "{start}: {}", tables[0]);
        if !start.ends_with("wheel") {
            assert_eq!(line(&example, start), said, "{}", tables[0]);
        }
    }
}

#[test]
fn budgets_and_baselines_that_cannot_be_read() {
    let dir = TestDir::new();
    wheel(&dir, NEW, 1, 1);
    for (budget, baseline, expected) in [
        ("[files]\na = 'lots'", "{}", "line 2: `a`: expected a number of bytes"),
        ("sections = 3", "{}", "line 1: `sections`: expected a table"),
        ("= ", "{}", "line 1: "),
        ("[wheel]\ncontent = 1", "{}", "expected a report about one wheel"),
        ("[wheel]\ncontent = 1", "no JSON", "expected JSON"),
        (
            "[wheel]\ncontent = 1",
            "{\"wheels\": [{\"len\": 3}]}",
            "expected the report of `inspect`",
        ),
    ] {
        dir.write("budget.toml", budget).write("baseline.json", baseline);
        let arguments = ["check", "--budget=budget.toml", "--baseline=baseline.json", NEW];
        let error = dir.wheelworks(&arguments).expect(2).stderr;
        assert!(error.contains(expected), "{budget} {baseline}: {error}");
    }
    for option in ["--budget=missing.toml", "--budget=."] {
        let error = dir.wheelworks(&["check", option, NEW]).expect(2).stderr;
        assert!(error.contains("hint") || error.contains("missing.toml"), "{error}");
    }
    dir.wheelworks(&["check", "--baseline=baseline.json", NEW]).expect(2);
}
