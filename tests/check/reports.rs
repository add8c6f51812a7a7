//! JSON, SARIF and GitHub reports: on unreadable wheels, on names with control characters, on two
//! wheels with the same name.

use serde_json::Value;

use super::base::{Change, METADATA, NAME, WHEEL, make, wheel, write};
use crate::judges::assert_sarif;
use crate::support::command::TestDir;

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Returns a directory with a valid wheel in `sound/`, and a file that is not an archive.
fn wheels() -> (TestDir, String) {
    let dir = TestDir::new();
    write(&dir, "sound", NAME, &make(Change::Wheel(|_| ())));
    dir.write("no-1.0-py3-none-any.whl", "no archive");
    (dir, format!("sound/{NAME}"))
}

#[test]
fn unreadable_wheels_are_reported() {
    let (dir, sound) = wheels();
    let unreadable = ["no-1.0-py3-none-any.whl", "gone/none.whl"];
    let alone: [&[&str]; 2] = [&unreadable[..1], &unreadable[1..]];
    let several: [&[&str]; 2] = [&unreadable, &[unreadable[0], &sound, unreadable[1]]];
    for paths in alone.into_iter().chain(several) {
        for form in ["json", "sarif", "github", "junit"] {
            let report = format!("--report={form}");
            let arguments = [&["check", report.as_str()], paths].concat();
            let output = dir.wheelworks(&arguments).expect(2);
            let in_file = dir.wheelworks(&[&arguments[..], &["--output=report"]].concat());
            let in_file = in_file.expect(2);
            assert_eq!((in_file.stdout.as_str(), &in_file.stderr), ("", &output.stderr));
            let written = fs_err::read_to_string(dir.path().join("report")).unwrap();
            assert_eq!(written, output.stdout, "{arguments:?}");
            fs_err::remove_file(dir.path().join("report")).unwrap();
            let errors = unreadable.iter().filter(|path| paths.contains(path));
            for path in errors {
                assert!(output.stderr.contains(&format!("`{path}`")), "{}", output.stderr);
                assert!(has_error(form, &output.stdout, path), "{arguments:?}: {}", output.stdout);
            }
        }
    }
    // An error in the command line writes no report.
    let arguments = ["check", "--report=json", "--ignore=recrod", "--output=report", &sound];
    assert_eq!(dir.wheelworks(&arguments).expect(2).stdout, "");
    assert!(!dir.path().join("report").exists());
}

/// Whether a report has the reason why a wheel could not be read.
fn has_error(form: &str, report: &str, path: &str) -> bool {
    let says_so = |text: &Value| text.as_str().is_some_and(|text| text.contains(path));
    match form {
        "json" => parse(report)["wheels"]
            .as_array()
            .unwrap()
            .iter()
            .any(|wheel| wheel["path"] == path && says_so(&wheel["error"])),
        "sarif" => {
            let invocation = &parse(report)["runs"][0]["invocations"][0];
            assert_eq!(invocation["executionSuccessful"], false);
            invocation["toolExecutionNotifications"].as_array().unwrap().iter().any(|it| {
                let location = &it["locations"][0]["physicalLocation"];
                location["artifactLocation"]["uri"] == path && says_so(&it["message"]["text"])
            })
        }
        "junit" => {
            report.lines().any(|line| line.contains("<error message=\"") && line.contains(path))
        }
        _ => report.lines().any(|line| {
            line.starts_with("::error title=check::")
                && line.contains(path)
                && line.contains("%0Ahint: ")
        }),
    }
}

#[test]
fn two_wheels_with_one_name() {
    let dir = TestDir::new();
    let bad = Change::Wheel(|it| {
        it.member("sample_pkg/old.pyc", "code");
    });
    write(&dir, "a", NAME, &make(bad));
    write(&dir, "b", NAME, &make(bad));
    let absolute = dir.path().join("b").join(NAME);
    let paths = [&format!("./a/{NAME}"), absolute.to_str().unwrap()];
    let report = |form: &str| {
        let arguments = ["check", "--select=bytecode", form, paths[0], paths[1]];
        parse(&dir.wheelworks(&arguments).expect(0).stdout)
    };
    let json = report("--report=json");
    let found =
        |at: usize| (json["wheels"][at]["wheel"].clone(), json["wheels"][at]["path"].clone());
    assert_eq!([found(0), found(1)], paths.map(|path| (NAME.into(), path.into())));
    let results = &report("--report=sarif")["runs"][0]["results"];
    let uri = |at: usize| {
        let location = &results[at]["locations"][0]["physicalLocation"];
        location["artifactLocation"]["uri"].clone()
    };
    assert_eq!([uri(0), uri(1)], paths.map(Value::from));
}

/// Control characters and those of bidirectional text: they change the text around them.
const CONTROL: [char; 10] = [
    '\r', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}', '\u{61c}', '\u{200f}', '\u{2028}', '\u{202e}',
    '\u{2066}',
];

/// Wheels with control characters in all text that reports can repeat. The first has them in names of members
/// and in every file of the dist-info directory, the second only in a name that breaks no rule.
fn wheels_with_control_chars() -> (TestDir, [String; 2]) {
    let dir = TestDir::new();
    let all: String = CONTROL.iter().collect();
    let mut everywhere = wheel();
    let metadata = format!("{METADATA}Requires-Dist: {all}\nBad{all}: x\nProject-URL: {all}\n");
    let metadata =
        metadata.replace("MIT", &all).replace("Version: 1.0", &format!("Version: {all}"));
    everywhere.replace("sample_pkg-1.0.dist-info/METADATA", metadata);
    everywhere
        .replace("sample_pkg-1.0.dist-info/WHEEL", format!("{WHEEL}Tag: {all}\nBuild: {all}\n"));
    everywhere
        .member("sample_pkg-1.0.dist-info/entry_points.txt", format!("[{all}]\n{all}\n"))
        .member(&format!("sample_pkg/{all}.pyc"), "code")
        .member(&format!("sample_pkg/{all}/a.txt"), "not in RECORD")
        .unrecorded(&format!("sample_pkg/{all}/a.txt"))
        .row(&format!("sample_pkg/{all}.txt"));
    let mut turned = wheel();
    turned.member("sample_pkg/\u{202e}cyp.\u{2066}.py", "VALUE = 1\n");
    let wheels = [("everywhere", everywhere), ("turned", turned)].map(|(folder, mut wheel)| {
        wheel.dist_info_last();
        fs_err::create_dir(dir.path().join(folder)).unwrap();
        wheel.write(&dir.path().join(folder));
        format!("{folder}/{NAME}")
    });
    (dir, wheels)
}

#[test]
fn control_characters_are_escaped() {
    let (dir, [everywhere, turned]) = wheels_with_control_chars();
    dir.write("other", "other");
    let clash = "--file=sample_pkg/\u{202e}cyp.\u{2066}.py=other";
    let mut count = 0;
    for arguments in [
        &["check", &everywhere, &turned][..],
        &["check", "--report=github", &everywhere, &turned],
        &["audit", "--report=text", &everywhere],
        &["audit", "--report=github", &turned],
        &["unpack", &everywhere, "-d", "out"],
        &["unpack", "--out=out", "--wheel", &turned, clash],
        &["repack", &everywhere, "-w", "."],
        &["inspect", &everywhere, &turned],
        &["diff", &everywhere, &turned],
    ] {
        let (code, output) = dir.wheelworks(arguments).expect_any();
        assert!(code <= 2, "{arguments:?}: {}", output.stderr);
        let said = output.stdout + &output.stderr;
        assert!(!said.contains(CONTROL), "{arguments:?}: {said:?}");
        count += usize::from(said.contains("\\u{202e}"));
    }
    assert!(count >= 7, "only {count} commands have shown what there is");
    // SARIF has the member's name unchanged, but escaped in messages.
    let output = dir.wheelworks(&["check", "--report=sarif", &everywhere]).expect(1);
    let log = parse(&output.stdout);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let text = |result: &Value| result["message"]["text"].as_str().unwrap().to_owned();
    assert!(results.iter().all(|it| !text(it).contains(CONTROL)), "{results:?}");
    let name = |result: &Value| {
        let location = &result["locations"][0]["logicalLocations"][0];
        location["fullyQualifiedName"].as_str().is_some_and(|name| name.contains('\u{202e}'))
    };
    assert!(results.iter().any(name), "{results:?}");
}

/// The schema and a validator are downloaded once.
#[test]
#[ignore = "needs the network, once"]
fn logs_keep_the_schema() {
    let (dir, [everywhere, turned]) = wheels_with_control_chars();
    let mut many = wheel();
    for number in 0..120 {
        many.member(&format!("sample_pkg/{number}.pyc"), "code");
    }
    many.write(dir.path());
    dir.write("no-1.0-py3-none-any.whl", "no archive");
    let logs: [&[&str]; 4] = [
        &[&everywhere, "gone/none.whl", NAME],
        &[&turned, "--select=record"],
        &["no-1.0-py3-none-any.whl"],
        &["--ignore=license-none", NAME],
    ];
    let names: Vec<String> = (0..logs.len()).map(|number| format!("{number}.sarif")).collect();
    for (name, paths) in names.iter().zip(logs) {
        let output = format!("--output={name}");
        dir.wheelworks(&[&["check", "--report=sarif", &output], paths].concat()).expect_any();
    }
    assert_sarif(&dir, &names);
}
