//! `--require` and `--require-declared`: which tags are tags, and what they ask of which wheel.

use serde_json::Value;

use super::build::Built;
use super::fixture;
use super::sample::{EXTENSION, NAME, shown, wheel};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const PURE: &str = "pure-1.0-py3-none-any.whl";

/// Returns a directory with a wheel for Linux and one without machine code.
fn wheels() -> TestDir {
    let dir = TestDir::new();
    wheel().write(dir.path());
    Wheel::new(PURE).member("pure.py", "x = 1\n").write(dir.path());
    dir
}

/// Writes a wheel for another system. A `.dll` is no ELF file.
fn foreign(dir: &TestDir, platform: &str) -> String {
    let name = format!("foreign-1.0-cp312-cp312-{platform}.whl");
    Wheel::new(&name).member("pkg/_ext.dll", b"MZ".as_slice()).write(dir.path());
    name
}

/// Returns the report on one wheel.
fn report(dir: &TestDir, arguments: &[&str], code: i32) -> Value {
    let output = shown(dir, &[arguments, &["--report=json"]].concat(), code);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    report["wheels"][0].clone()
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

/// A misspelt tag is a usage error, for any wheel and in each verb with the option.
#[test]
fn a_misspelt_tag_is_refused() {
    let dir = wheels();
    dir.write("ext.so", EXTENSION.as_slice()).write("m.py", "x = 1\n");
    for tag in [
        "banana",
        "manylinux_2_28_arm64",
        "manylinux_2_28_x86-64",
        "manylinux_2_28_banana",
        "manylinux_2_28_banana_x86_64",
        "manylinux_3_1",
        "manylinux_2",
        "manylinux1_aarch64",
        "musllinux_1_0",
        "win_ia64",
        "any",
    ] {
        let pack = [
            "pack",
            "--distribution=p",
            "--version=1",
            "--member=m.py=m.py",
            "--out=p-1-py3-none-any.whl",
        ];
        for arguments in [
            &["audit", NAME][..],
            &["audit", PURE],
            &["audit", "--report=json", NAME, PURE],
            &["repack", "-w", "out", PURE],
            &["repack", "-w", "out", NAME],
            &pack,
        ] {
            let output = dir.wheelworks(&[arguments, &["--require", tag]].concat()).expect(2);
            let start = format!("error: required platform tag `{tag}`: expected one with a policy");
            assert!(output.stderr.starts_with(&start), "{arguments:?} {tag}: {}", output.stderr);
        }
    }
}

/// The tags of a wheel's name are held to the same grammar.
#[test]
fn a_misspelt_tag_of_the_name_is_refused() {
    let dir = TestDir::new();
    for platform in ["manylinux_2_28_arm64", "manylinux_2_28_amd64", "musllinux_1_2_x86"] {
        let name = format!("sample-1.0-cp312-cp312-{platform}.whl");
        let mut wheel = wheel();
        wheel.name.clone_from(&name);
        wheel.write(dir.path());
        let output = dir.wheelworks(&["audit", "--require-declared", &name]).expect(2);
        assert!(output.stderr.contains(&format!("`{platform}`: expected")), "{}", output.stderr);
    }
}

#[test]
fn a_wheel_for_another_system_does_not_meet_a_tag_of_linux() {
    let dir = TestDir::new();
    for platform in [
        "win_amd64",
        "win32",
        "macosx_11_0_arm64",
        "ios_13_0_arm64_iphoneos",
        "pyodide_2025_0_wasm32",
    ] {
        let name = foreign(&dir, platform);
        let report = report(&dir, &[&name, "--require=manylinux_2_28"], 1);
        assert_eq!((rules(&report), &report["met"]), (vec!["wrong-platform"], &false.into()));
        let text = shown(&dir, &[&name, "--require=manylinux_2_28"], 1).stdout;
        let said = format!("the wheel is for `{platform}`, and `manylinux_2_28` is for Linux");
        assert!(text.contains(&said), "{text}");
        // Nor with an ELF file in it: pip would not install it.
        let mut with_elf = Wheel::new(&name);
        with_elf.member("pkg/_ext.so", EXTENSION.as_slice()).write(dir.path());
        let report = report_of_linux_code(&dir, &name);
        assert_eq!((rules(&report), &report["met"]), (vec!["wrong-platform"], &false.into()));
    }
}

fn report_of_linux_code(dir: &TestDir, name: &str) -> Value {
    report(dir, &[name, "--require=manylinux_2_34_x86_64"], 1)
}

/// There are no policies for other systems: the audit says so, and never `ok`.
#[test]
fn tags_of_other_systems_are_not_judged() {
    let dir = TestDir::new();
    for platform in ["freebsd_14_0_release_amd64", "win_ia64", "android_23_armeabi_v7a"] {
        let name = foreign(&dir, platform);
        let text = shown(&dir, &[&name, "--require-declared"], 0).stdout;
        assert!(
            text.ends_with(&format!("\nnot judged: {platform}, for which there are no policies\n"))
        );
        assert!(!text.contains("ok"), "{text}");
        let report = report(&dir, &[&name, "--require-declared"], 0);
        assert_eq!(report["met"], Value::Null);
        assert_eq!(report["required"], serde_json::json!([]));
        assert_eq!(report["not_judged"], serde_json::json!([platform]));
    }
    // 32-bit ARM without hard floating point, which no manylinux tag is for.
    let fixtures = fixture::all();
    let fixture = fixtures.iter().find(|fixture| fixture.name() == "machine_armv7l.c").unwrap();
    let built = Built::new(fixture).unwrap();
    let soft = "soft-1.0-py3-none-android_23_armeabi_v7a.whl";
    let code = fs_err::read(built.path().join("soft.so")).unwrap();
    Wheel::new(soft).member("soft/soft.so", code).write(dir.path());
    let text = shown(&dir, &[soft, "--require-declared"], 0).stdout;
    assert!(text.contains("\nnot judged: android_23_armeabi_v7a"), "{text}");
    let name = foreign(&dir, "win_ia64");
    let output = shown(&dir, &["--json", &name], 1).stdout;
    let verdict: Value = serde_json::from_str(&output).unwrap();
    insta::assert_snapshot!(verdict["error"].as_str().unwrap(), @"not judged: the wheel is for `win_ia64`, and has no machine code that can be judged; `--allow-pure-python-wheel` accepts it");
}

#[test]
fn a_wheel_without_machine_code_meets_any_tag() {
    let dir = wheels();
    let text = shown(&dir, &[PURE, "--require-declared"], 0).stdout;
    assert!(text.ends_with("\nok required: any\n"), "{text}");
    let text = shown(&dir, &[PURE, "--require=manylinux_2_28"], 0).stdout;
    assert!(text.ends_with("\nok required: manylinux_2_28\n"), "{text}");
    // Tags of systems by which it would be judged.
    for platform in ["win_amd64", "macosx_11_0_arm64"] {
        let name = foreign(&dir, platform);
        let text = shown(&dir, &[&name, "--require-declared"], 0).stdout;
        assert!(text.ends_with(&format!("\nok required: {platform}\n")), "{text}");
        assert!(text.contains("has no machine code for its platform"), "{text}");
    }
    // With machine code, `any` promises what no policy can judge.
    let any = "sample-1.0-py3-none-any.whl";
    let mut wheel = wheel();
    wheel.name = any.to_owned();
    wheel.write(dir.path());
    let text = shown(&dir, &[any, "--require-declared"], 0).stdout;
    assert!(text.contains("\nnot judged: any") && !text.contains("ok required"), "{text}");
}

/// PEP 600: `manylinux_X_Y` promises glibc X.Y, whether or not `auditwheel` has a policy for it.
#[test]
fn a_tag_between_policies_is_judged_by_its_own_version() {
    let dir = wheels();
    let report = report(&dir, &[NAME, "--require=manylinux_2_33"], 1);
    let message = report["findings"][0]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "it needs GLIBC_2.34 of `libc.so.6`, which `manylinux_2_33_x86_64` does not promise"
    );
    shown(&dir, &[NAME, "--require=manylinux_2_99"], 0);
}

/// The systems of a tag that a wheel does not name run the wheel, too: newer versions of Android and musl.
/// The first manylinux tags are for few machines: PEP 513, PEP 571 and PEP 599.
#[test]
fn tags_of_each_c_library_and_machine() {
    for (name, tags) in [
        ("android", &[("android_24", 0), ("android_30", 0), ("android_24_arm64_v8a", 1)][..]),
        ("musl", &[("musllinux_1_1", 0), ("musllinux_1_3", 0), ("manylinux_2_28", 1)]),
        (
            "machine_armv7l",
            &[
                ("manylinux_2_17", 0),
                ("manylinux_2_18_armv7l", 0),
                ("manylinux2014", 0),
                ("manylinux2010", 1),
                ("manylinux1", 1),
                ("linux_armv6l", 0),
            ],
        ),
    ] {
        let fixtures = fixture::all();
        let fixture = fixtures.iter().find(|fixture| fixture.name() == format!("{name}.c"));
        let built = Built::new(fixture.unwrap()).unwrap();
        for (tag, code) in tags {
            let said = built.ours(fixture.unwrap(), &["--report=json", "--require", tag]);
            assert_eq!(said.code, Some(*code), "{name} {tag}: {}{}", said.stdout, said.stderr);
            let is_wrong = said.stdout.contains("\"rule\": \"wrong-platform\"");
            assert_eq!(is_wrong, *code == 1, "{name} {tag}: {}", said.stdout);
        }
    }
}
