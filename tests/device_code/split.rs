//! `split`: a wheel for each GPU with all code that the GPU ran before.

use serde_json::{Value, json};

use super::crafted::{entry, fat_binary};
use super::slim::{content, wheel};
use super::{NAME, device_code, rows};
use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

fn split(dir: &TestDir, arguments: &[&str]) -> Value {
    let arguments = [&["split", "--report=json"], arguments].concat();
    let output = dir.wheelworks(&arguments).patience(3).expect(0).stdout;
    serde_json::from_str::<Value>(&output).unwrap()["wheels"].take()
}

#[test]
fn there_is_a_wheel_for_each_architecture() {
    let dir = TestDir::new();
    wheel(&dir);
    let said = split(&dir, &[NAME, "-w", "out"]);
    let names = |wheel: &Value| -> Vec<String> {
        let path = wheel["wheel"].as_str().unwrap();
        dir.wheelworks(&["check", path]).expect(0);
        let found = rows(&device_code(&dir, path, &[])["architectures"]);
        found.into_iter().map(|row| row.0).collect()
    };
    let found: Vec<(&str, String)> = said
        .as_array()
        .unwrap()
        .iter()
        .map(|wheel| {
            let path = wheel["wheel"].as_str().unwrap();
            (path.split('-').nth(2).unwrap(), names(wheel).join(" "))
        })
        .collect();
    // One library has no code for 10.3, so that wheel keeps what a 10.3 runs there: nothing. A container for 9.0
    // alone becomes empty in all others.
    let expected = [
        ("1sm_80", "sm_80"),
        ("1sm_90", "sm_90 sm_90a"),
        ("1sm_103", "sm_103"),
        ("1ptx", "compute_90"),
    ];
    assert_eq!(found, expected.map(|(build, names)| (build, names.to_owned())));
    dir.write("old", content(&dir, NAME, "code/lib.so"));
    let new = said[0]["wheel"].as_str().unwrap();
    dir.write("new", content(&dir, new, "code/lib.so"));
    script(&dir, "slimmed.py", &["old", "new", "sm_80"]).expect(0);
    let mut none = Wheel::new("none-1.0-py3-none-any.whl");
    none.member("text.txt", "text").write(dir.path());
    let output = dir.wheelworks(&["split", "none-1.0-py3-none-any.whl", "-w", "none"]).expect(2);
    assert!(output.stderr.contains("expected device code, found none"), "{output:?}");
}

/// The wheels of a split share what is inflated and verified, and two are written at a time.
#[test]
fn wheels_are_the_same_together_and_alone() {
    let dir = TestDir::new();
    wheel(&dir);
    for (packed, options) in [("table", &[][..]), ("none", &["--no-chunk-table"][..])] {
        let repack = [&["repack", NAME, "-w", packed], options].concat();
        dir.wheelworks(&repack).patience(3).expect(0);
        for level in ["0", "6"] {
            let (given, level) =
                (format!("{packed}/{NAME}"), format!("--compression-level={level}"));
            let said = split(&dir, &[&given, "-w", "together", &level]);
            for (index, part) in ["sm_80", "sm_90", "sm_103", "ptx"].iter().enumerate() {
                let together = said[index]["wheel"].as_str().unwrap();
                let threads = format!("--jobs={}", 1 + index % 2);
                let only = format!("--only={part}");
                let alone = split(&dir, &[&given, "-w", "alone", &level, &only, &threads]);
                let alone = alone[0]["wheel"].as_str().unwrap();
                let read = |path: &str| fs_err::read(dir.path().join(path)).unwrap();
                assert!(read(together) == read(alone), "{part} of {given} at {level}");
            }
        }
    }
}

/// Libraries for several versions of CUDA: the older ones have no machine code for newer GPUs.
#[test]
fn a_gpu_keeps_what_it_ran_before() {
    let dir = TestDir::new();
    let code = |sm| entry(2, sm, 0x11, &[u8::try_from(sm).unwrap(); 99], 0);
    let ptx = |sm| entry(1, sm, 0x11, b".version 8.0", 0);
    let mut wheel = Wheel::new(NAME);
    wheel.member("cuda11.fatbin", fat_binary(&[code(80), code(86), ptx(70), ptx(80)]));
    wheel.member("cuda12.fatbin", fat_binary(&[code(80), code(100), ptx(90)]));
    wheel.member("ampere.fatbin", fat_binary(&[code(80)]));
    wheel.write(dir.path());
    let said = split(&dir, &[NAME, "-w", "out", "--build-number=7"]);
    let of = |wheel: &Value| -> Vec<String> {
        let path = wheel["wheel"].as_str().unwrap();
        let libraries = device_code(&dir, path, &[])["libraries"].take();
        let rows = |library: &Value| {
            let names = rows(&library["architectures"]);
            let names: Vec<&str> = names.iter().map(|row| row.0.as_str()).collect();
            format!("{}: {}", library["path"].as_str().unwrap(), names.join(" "))
        };
        libraries.as_array().unwrap().iter().map(rows).collect()
    };
    for (wheel, part, expected) in [
        (&said[0], "7sm_80", ["ampere: sm_80", "cuda11: sm_80", "cuda12: sm_80"]),
        // The code for 8.0 is what an 8.6 runs of a library without its own.
        (&said[1], "7sm_86", ["ampere: sm_80", "cuda11: sm_86", "cuda12: sm_80"]),
        // A 10.0 compiles the newest PTX, and never ran the library for 8.0 alone.
        (&said[2], "7sm_100", ["ampere: ", "cuda11: compute_80", "cuda12: sm_100"]),
        (&said[3], "7ptx", ["ampere: ", "cuda11: compute_70 compute_80", "cuda12: compute_90"]),
    ] {
        assert!(wheel["wheel"].as_str().unwrap().contains(part), "{wheel}");
        let mut found = of(wheel);
        found.sort();
        let expected = expected.map(|row| row.replace(": ", ".fatbin: "));
        assert_eq!(found, expected, "{part}");
    }
    let statement = content(
        &dir,
        said[2]["wheel"].as_str().unwrap(),
        "code-1.0.dist-info/wheelworks-slim.json",
    );
    let step = &serde_json::from_slice::<Value>(&statement).unwrap()["steps"][0];
    assert_eq!((&step["gpu"], &step["keep"]), (&json!("10.0"), &json!(["sm_100"])));
}

#[test]
fn parts_are_chosen_by_name() {
    let dir = TestDir::new();
    wheel(&dir);
    let said = split(&dir, &[NAME, "-w", "out", "--only=ptx,sm_90", "--name-file=names"]);
    let names: Vec<&str> =
        said.as_array().unwrap().iter().map(|it| it["wheel"].as_str().unwrap()).collect();
    let expected =
        ["1sm_90", "1ptx"].map(|tag| format!("code-1.0-{tag}-py3-none-linux_x86_64.whl"));
    assert_eq!(names, expected.clone().map(|name| format!("out/{name}")));
    assert_eq!(
        fs_err::read_to_string(dir.path().join("names")).unwrap(),
        expected.join("\n") + "\n"
    );
    let output = dir.wheelworks(&["split", NAME, "-w", "no", "--only=sm_90a"]).expect(2);
    assert!(output.stderr.contains("expected a part of the wheel, found `sm_90a`"), "{output:?}");
    assert!(output.stderr.contains("it has sm_80, sm_90, sm_103, ptx"), "{output:?}");
}

#[test]
fn nothing_is_written_if_two_wheels_would_have_one_name() {
    let dir = TestDir::new();
    wheel(&dir);
    for directory in ["a", "b"] {
        fs_err::create_dir(dir.path().join(directory)).unwrap();
        fs_err::copy(dir.path().join(NAME), dir.path().join(directory).join(NAME)).unwrap();
    }
    let other = format!("b/{}", NAME.replace("-py3", "-5-py3"));
    fs_err::copy(dir.path().join(NAME), dir.path().join(&other)).unwrap();
    let (first, second) = (format!("a/{NAME}"), format!("b/{NAME}"));
    for arguments in [
        &["slim", &first, &second, "--drop=sm_80"][..],
        &["slim", &first, &other, "--drop=sm_80", "--build-tag=7"],
        &["split", &first, &second],
        // Their build tags are replaced.
        &["split", &first, &other],
        &["repair", &first, &second],
        &["repack", &first, &second],
        &["retag", &first, &second],
    ] {
        let output = dir.wheelworks(&[arguments, &["-w", "out"]].concat()).expect(2);
        let messages = [
            "expected another name for each new wheel",
            "expected one wheel for this output, found two",
        ];
        let is_refused = messages.iter().any(|message| output.stderr.contains(message));
        assert!(is_refused, "{arguments:?}: {}", output.stderr);
        assert!(!dir.path().join("out").exists(), "{arguments:?}");
    }
    let both = ["slim", &first, &other, "--drop=sm_80", "-w", "out"];
    dir.wheelworks(&both).patience(3).expect(0);
}
