//! `audit` with requirements on device code: `--require-sm`, `--allow-sm`, `--max-device-bytes`.

use serde_json::Value;

use super::{NAME, cubin, device_code, entry, fat_binary, library, packed, sample};
use crate::support::command::TestDir;
use crate::support::sample::noise;
use crate::support::wheel::Wheel;

const WINDOWS: &str = "code-1.0-py3-none-win_amd64.whl";

/// Options, the exit code, and the rules and members of findings.
type Case = (&'static [&'static str], i32, &'static [(&'static str, &'static str)]);

/// Returns the exit code, the report on the only wheel, and its findings about device code: rules and members.
fn audit(dir: &TestDir, wheel: &str, options: &[&str]) -> (i32, Value, Vec<(String, String)>) {
    let arguments = [&["audit", "--no-host", "--report=json"], options, &[wheel]].concat();
    let (code, output) = dir.wheelworks(&arguments).patience(3).expect_any();
    let mut report: Value = serde_json::from_str(&output.stdout).expect(&output.stderr);
    let report = report["wheels"][0].take();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let mut findings: Vec<(String, String)> = findings
        .map(|it| (text(&it["rule"]), text(&it["elf"])))
        .filter(|(rule, _)| rule.starts_with("device-code"))
        .collect();
    findings.sort();
    (code, report, findings)
}

/// Each form of a wheel with the same library: the name, and the options that read it.
fn forms(dir: &TestDir) -> Vec<(String, &'static [&'static str])> {
    sample(dir, "lib.so");
    let bytes = fs_err::read(dir.path().join("lib.so")).unwrap();
    let mut forms: Vec<(String, &[&str])> = Vec::new();
    for (directory, options) in [("plain", &["--no-chunk-table"][..]), ("chunked", &[])] {
        packed(dir, "lib.so", options);
        fs_err::create_dir(dir.path().join(directory)).unwrap();
        fs_err::rename(dir.path().join(NAME), dir.path().join(directory).join(NAME)).unwrap();
        forms.push((format!("{directory}/{NAME}"), &[]));
    }
    forms.push((forms[1].0.clone(), &["--trust-chunk-table"]));
    fs_err::create_dir(dir.path().join("stored")).unwrap();
    let mut wheel = Wheel::new(NAME);
    wheel.member("code/lib.so", bytes.as_slice());
    wheel.write(&dir.path().join("stored"));
    forms.push((format!("stored/{NAME}"), &[]));
    dir.wheelworks(&["unpack", &forms[0].0, "--dest=unpacked"]).expect(0);
    forms.push(("unpacked".to_owned(), &[]));
    forms
}

#[test]
fn requirements_hold_or_not_in_every_form_of_a_wheel() {
    const MISSING: (&str, &str) = ("device-code-missing", "code/lib.so");
    const UNEXPECTED: (&str, &str) = ("device-code-unexpected", "code/lib.so");
    const ALL: &str = "--allow-sm=sm_75,sm_80,sm_90a,sm_103f,lto_120,compute_90";
    let dir = TestDir::new();
    let cases: [Case; 9] = [
        (&["--device-code"], 0, &[]),
        (&["--require-sm=sm_75,sm_90a", "--require-sm=compute_90"], 0, &[]),
        (&["--require-sm=sm_90,sm_80,compute_80"], 1, &[MISSING, MISSING]),
        (&[ALL], 0, &[]),
        (&["--allow-sm=sm_75,sm_80,sm_90a,sm_103f"], 1, &[UNEXPECTED, UNEXPECTED]),
        (&["--max-device-bytes=sm_90a=3MiB", "--max-device-bytes=sm_75=1MB"], 0, &[]),
        (&["--max-device-bytes=sm_90a=2MiB"], 1, &[("device-code-too-large", "")]),
        (&["--require-sm=sm_90", "--ignore=device-code-missing"], 0, &[]),
        (&["--require-sm=sm_90", "--exit-zero"], 0, &[MISSING]),
    ];
    // Of every form: later GPUs run PTX for an older architecture only.
    let always = ("device-code-without-ptx", "code/lib.so");
    let mut codes: Vec<Value> = Vec::new();
    for (wheel, reading) in forms(&dir) {
        for (options, expected, rules) in cases {
            let (code, report, findings) = audit(&dir, &wheel, &[options, reading].concat());
            assert_eq!(code, expected, "{wheel} {options:?} {report:#}");
            let mut rules: Vec<_> = rules
                .iter()
                .chain([&always])
                .map(|it| (it.0.to_owned(), it.1.to_owned()))
                .collect();
            rules.sort();
            assert_eq!(findings, rules, "{wheel} {options:?}");
            codes.push(report["device_code"].clone());
        }
        // An audit that does not ask for device code does not read it.
        let (code, report, findings) = audit(&dir, &wheel, reading);
        assert_eq!((code, findings), (0, Vec::new()), "{wheel}");
        assert!(report.get("device_code").is_none());
    }
    // The same as `inspect` reports.
    let mut libraries = device_code(&dir, &format!("plain/{NAME}"), &[])["libraries"].take();
    for sums in libraries[0]["architectures"].as_array_mut().unwrap() {
        sums.as_object_mut().unwrap().remove("bytes_in_wheel");
    }
    for code in codes {
        assert_eq!(code[0]["architectures"], libraries[0]["architectures"]);
        assert_eq!(code[0]["path"], "code/lib.so");
    }
}

#[test]
fn libraries_of_other_systems_and_files_of_device_code_count() {
    let dir = TestDir::new();
    let code = fat_binary(&[entry(2, 90, 0x11, &cubin(90, &noise(2 << 20, 1)), 0)]);
    let mut wheel = Wheel::new(WINDOWS);
    wheel.member("code/kernels.dll", [b"MZ".as_slice(), &noise(9 << 20, 2), &code].concat());
    wheel.member("code/k.fatbin", fat_binary(&[entry(1, 90, 0x11, b".version 9.0", 0)]));
    wheel.member("code/data.bin", code);
    wheel.write(dir.path());
    let found = |rule: &str, member: &str| (rule.to_owned(), member.to_owned());
    let (code, _, findings) = audit(&dir, WINDOWS, &["--require-sm=sm_90"]);
    assert_eq!(code, 1);
    assert_eq!(
        findings,
        [
            found("device-code-missing", "code/k.fatbin"),
            found("device-code-uncompressed", "code/kernels.dll"),
            found("device-code-without-ptx", "code/kernels.dll"),
        ]
    );
    // What holds is accepted, although there is no policy for the system.
    let (code, ..) = audit(&dir, WINDOWS, &["--allow-sm=sm_90,compute_90"]);
    assert_eq!(code, 0);
    let (code, ..) = audit(&dir, WINDOWS, &["--device-code"]);
    assert_eq!(code, 1);
    let (code, ..) = audit(&dir, WINDOWS, &["--device-code", "--strict"]);
    assert_eq!(code, 1);
}

#[test]
fn a_required_tag_is_met_although_device_code_is_missing() {
    let dir = TestDir::new();
    library(&dir, "lib.so", &[(".nv_fatbin", fat_binary(&[entry(2, 80, 0x11, &[1; 64], 0)]))]);
    packed(&dir, "lib.so", &[]);
    let options = ["--require=manylinux2014_x86_64", "--require-sm=sm_90"];
    let (code, report, _) = audit(&dir, NAME, &options);
    assert_eq!((code, &report["met"]), (1, &Value::Bool(true)), "{report:#}");
    let arguments = [&["audit", "--no-host"], &options[..], &[NAME]].concat();
    let text = dir.wheelworks(&arguments).expect(1).stdout;
    assert!(text.contains("ok required: manylinux2014_x86_64"), "{text}");
    assert!(text.contains("it has no device code for sm_90, but for sm_80"), "{text}");
}

#[test]
fn names_and_sizes_are_checked_before_a_wheel_is_read() {
    let dir = TestDir::new();
    for option in [
        "--require-sm=90",
        "--allow-sm=sm_90b",
        "--max-device-bytes=sm_90",
        "--max-device-bytes=sm_90=lots",
    ] {
        let output = dir.wheelworks(&["audit", option, "missing.whl"]).expect(2);
        assert!(output.stderr.contains("expected an architecture"), "{}", output.stderr);
    }
}
