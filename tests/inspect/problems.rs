//! `wheelworks inspect` on wheels that other verbs refuse: it shows what can be read.

use serde_json::Value;

use super::{NAME, assert_adds_up, sample, value};
use crate::support::command::TestDir;

/// The other verbs refuse such a wheel; `inspect` shows what is in it. The target of the link is its content.
#[test]
fn a_wheel_with_odd_members_is_shown() {
    let dir = TestDir::new();
    let mut wheel = sample("1.0");
    wheel.link("sample/lib.so", "damaged.so").member("sample/../up.txt", "above");
    wheel.write(dir.path());
    let said = assert_adds_up(&dir, NAME);
    let links: Vec<&Value> =
        said["members"].as_array().unwrap().iter().filter(|it| it["kind"] == "link").collect();
    assert_eq!(links.len(), 1, "{said:#}");
    assert_eq!(links[0]["path"], "sample/lib.so");
    let problems: Vec<(&str, &str)> = said["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["path"].as_str().unwrap(), it["problem"].as_str().unwrap()))
        .collect();
    assert_eq!(
        problems,
        [
            ("sample/lib.so", "a symbolic link"),
            ("sample/../up.txt", "expected names between the `/`, found `..`"),
        ]
    );
    let text = dir.wheelworks(&["inspect", NAME]).expect(0).stdout;
    assert!(text.contains("  sample/lib.so: a symbolic link\n"), "{text}");
    dir.wheelworks(&["diff", NAME, NAME]).expect(0);
    dir.wheelworks(&["unpack", NAME, "-d", "out"]).expect(2);
}

#[test]
fn damaged_content_does_not_hide_the_rest() {
    let dir = TestDir::new();
    let path = sample("1.0").write(dir.path());
    let mut bytes = fs_err::read(&path).unwrap();
    // The two equal files are compared, so their content is read. The first byte of the second is changed.
    let name = b"sample/copy/data.bin";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    bytes[at + name.len() + 40] ^= 0xFF;
    fs_err::write(&path, bytes).unwrap();
    let said = value(&dir.wheelworks(&["inspect", "--report=json", NAME]).expect(0).stdout);
    let problems = said["wheels"][0]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{said:#}");
    assert_eq!(problems[0]["path"], "sample/copy/data.bin");
}

#[test]
fn a_wheel_that_cannot_be_read_does_not_hide_the_others() {
    let dir = TestDir::new();
    sample("1.0").write(dir.path());
    dir.write("bad-1.0-py3-none-any.whl", "no archive");
    let wheels = ["bad-1.0-py3-none-any.whl", NAME];
    let output = dir.wheelworks(&[&["inspect"], &wheels[..]].concat()).expect(2);
    assert!(output.stdout.starts_with(NAME), "{}", output.stdout);
    assert!(output.stderr.starts_with("error: `bad-1.0"), "{}", output.stderr);
    let arguments = [&["inspect", "--report=json", "-o", "report"], &wheels[..]].concat();
    assert_eq!(dir.wheelworks(&arguments).expect(2).stdout, "");
    let said = value(&fs_err::read_to_string(dir.path().join("report")).unwrap());
    assert_eq!(said["wheels"][0]["path"], wheels[0]);
    assert!(said["wheels"][0]["error"].is_string(), "{said:#}");
    assert_eq!(said["wheels"][1]["wheel"], NAME);
}
