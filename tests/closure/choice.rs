//! Which wheels are installed together, and the bounds of requirements.

use serde_json::Value;

use super::row::{Built, File, Row, problems};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const fn file(wheel: &'static str, member: &'static str, source: &'static str) -> File {
    File { wheel, member, source, flags: "-Wl,-soname,libb.so.1" }
}

const OLD: &str = "int old(void) { return 1; }";
const NEW: &str = "int old(void) { return 1; } int new_one(void) { return 2; }";

/// A module that needs `new_one` of b, which b has from 1.5 on.
const FLOOR: Row = Row {
    name: "floor",
    files: &[
        file("a-1.0", "a/__init__.py", "text:"),
        file("b-2.0", "b/libb.so.1", NEW),
        File {
            wheel: "a-1.0",
            member: "a/m.so",
            source: "int new_one(void); int PyInit_m(void) { return new_one(); }",
            flags: "{site}/b/libb.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/../b",
        },
        file("b-1.5", "b/libb.so.1", NEW),
        file("b-1.2", "b/libb.so.1", OLD),
        file("b-1.0", "b/libb.so.1", OLD),
        file("b-0.5", "b/libb.so.1", OLD),
    ],
    ..Row::EMPTY
};

/// Returns the details of problems of a rule.
fn details(report: &Value, rule: &str) -> Vec<String> {
    let all = report["problems"].as_array().unwrap().iter();
    let of_rule = all.filter(|problem| problem["rule"] == rule);
    of_rule.map(|problem| problem["detail"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_floor_that_does_not_load_names_the_bound() {
    for (requirement, expected) in [
        (
            "b>=1.0",
            Some(
                "`b>=1.0` admits 1.0: require `b>=1.5`; with 1.0 `a/m.so` of `a` 1.0: undefined symbol: `new_one`",
            ),
        ),
        ("b", Some("`b` admits 0.5: require `b>=1.5`")),
        ("b>=1.0,<2", Some("`b>=1.0,<2` admits 1.0: require `b>=1.5`")),
        ("b>=1.5", None),
        (
            "b==1.2",
            Some(
                "`b==1.2` admits 1.2: require `b>1.2`; it lacks 1 needed symbols or versions, such as `new_one`",
            ),
        ),
    ] {
        let requires: &'static [(&str, &str)] = Box::leak(Box::new([("a-1.0", requirement)]));
        let built = Built::new(&Row { requires, ..FLOOR });
        let (code, report) = built.report(&[]);
        let found = details(&report, "floor-too-low");
        assert_eq!(code, i32::from(expected.is_some()), "{requirement}: {report:#}");
        assert_eq!(found.len(), usize::from(expected.is_some()), "{requirement}: {report:#}");
        if let Some(expected) = expected {
            assert!(found[0].starts_with(expected), "{requirement}: {found:?}");
        }
    }
}

/// Markers, extras, missing wheels and wheels that nothing requires.
#[test]
fn requirements_choose_the_wheels() {
    const FILES: &[File] = &[
        file("a-1.0", "a/__init__.py", "text:"),
        file("b-1.0", "b/__init__.py", "text:"),
        file("c-1.0", "c/__init__.py", "text:"),
    ];
    for (requirement, arguments, expected) in [
        ("b", &[][..], &["wheel-not-required - c"][..]),
        ("b; python_version < '3'", &[], &["wheel-not-required - b", "wheel-not-required - c"]),
        ("b; extra == 'x'", &[], &["wheel-not-required - b", "wheel-not-required - c"]),
        ("b; extra == 'x'", &["--extra=X"], &["wheel-not-required - c"]),
        ("b; sys_platform == 'linux'", &[], &["wheel-not-required - c"]),
        (
            "b>=2",
            &[],
            &["requirement-not-met - b", "wheel-not-required - b", "wheel-not-required - c"],
        ),
        ("d", &[], &["wheel-missing - d", "wheel-not-required - b", "wheel-not-required - c"]),
    ] {
        let requires: &'static [(&str, &str)] = Box::leak(Box::new([("a-1.0", requirement)]));
        let built = Built::new(&Row { files: FILES, requires, ..Row::EMPTY });
        let (_, report) = built.report(arguments);
        assert_eq!(problems(&report), expected, "{requirement}");
    }
}

fn write(dir: &TestDir, name: &str) {
    Wheel::new(name).member("p/__init__.py", "").write(dir.path());
}

#[test]
fn wheels_that_make_no_closure_are_refused() {
    let dir = TestDir::new();
    for name in [
        "a-1.0-py3-none-any.whl",
        "a-2.0-py3-none-any.whl",
        "b-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "c-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        "d-1.0-cp312-cp312-win_amd64.whl",
    ] {
        write(&dir, name);
    }
    for (arguments, expected) in [
        (
            &["a-1.0-py3-none-any.whl", "a-2.0-py3-none-any.whl"][..],
            "expected one wheel of each package, found two of `a`",
        ),
        (
            &[
                "b-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
                "c-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
            ],
            "expected a wheel for Python 3.11 on x86_64 (glibc), found tags `cp312-cp312-manylinux_2_28_x86_64`",
        ),
        (
            &["c-1.0-cp312-cp312-manylinux_2_28_x86_64.whl", "--python-version=3.11"],
            "expected a wheel for Python 3.11",
        ),
        (&["d-1.0-cp312-cp312-win_amd64.whl"], "expected a wheel for Linux or for any platform"),
    ] {
        let output = dir.wheelworks(&[&["closure"][..], arguments].concat()).expect(2);
        assert!(output.stderr.contains(expected), "{arguments:?}: {}", output.stderr);
    }
    // Those of other environments at hand are notes: another Python, machine, C library or system.
    for name in [
        "d-1.0-cp312-cp312-win_amd64.whl",
        "b-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "e-1.0-py3-none-manylinux_2_28_aarch64.whl",
        "f-1.0-py3-none-musllinux_1_2_x86_64.whl",
        "g-1.0-cp312-cp312-macosx_11_0_arm64.whl",
    ] {
        write(&dir, name);
        let with = format!("--with={name}");
        let arguments = ["closure", "c-1.0-cp312-cp312-manylinux_2_28_x86_64.whl", &with];
        let output = dir.wheelworks(&arguments).expect(0).stdout;
        assert!(output.contains("note[wheel-skipped]"), "{name}: {output}");
        assert!(output.contains(&format!("`{name}` is for another environment")), "{output}");
    }
}

/// Wheels that require each other are both in the closure, once.
#[test]
fn requirements_may_form_a_cycle() {
    const FILES: &[File] =
        &[file("a-1.0", "a/__init__.py", "text:"), file("b-1.0", "b/__init__.py", "text:")];
    const REQUIRES: &[(&str, &str)] = &[("a-1.0", "b"), ("b-1.0", "a"), ("b-1.0", "b[x]")];
    let built = Built::new(&Row { files: FILES, requires: REQUIRES, ..Row::EMPTY });
    let (code, report) = built.report(&[]);
    assert_eq!((code, problems(&report)), (0, vec![]));
    assert_eq!(report["wheels"].as_array().unwrap().len(), 2);
}
