//! Options that change the verdict: required tags, excluded libraries, `--no-host`, `--sysroot` and policy
//! files.

use serde_json::Value;

use super::build::Built;
use super::fixture::{self, Fixture};
use super::sample::{NAME, shown, wheel};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

/// Builds the fixture of a name.
fn built(name: &str) -> (Fixture, Built) {
    let mut fixtures = fixture::all().into_iter();
    let fixture = fixtures.find(|fixture| fixture.name() == format!("{name}.c")).unwrap();
    let built = Built::new(&fixture).unwrap();
    (fixture, built)
}

/// Returns the verdict on a fixture with these arguments.
fn verdict(name: &str, arguments: &[&str]) -> Value {
    let (fixture, built) = built(name);
    let said = built.ours(&fixture, &[&["--json"], arguments].concat());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.json()
}

#[test]
fn a_required_tag_is_met_or_not() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    // The wheel meets 2.34.
    let cases = [
        ("manylinux_2_34_x86_64", 0),
        ("manylinux_2_41_x86_64", 0),
        ("linux_x86_64", 0),
        ("manylinux_2_31_x86_64", 1),
        ("manylinux_2_5_x86_64", 1),
        ("manylinux2014_x86_64", 1),
        ("manylinux1_x86_64", 1),
        // PEP 600 allows any version, and a newer glibc runs everything that an older one runs.
        ("manylinux_2_99_x86_64", 0),
        ("manylinux_2_34", 0),
        ("manylinux_2_31", 1),
        // Another machine, another C library.
        ("manylinux_2_34_aarch64", 1),
        ("musllinux_1_2_x86_64", 1),
    ];
    for (tag, code) in cases {
        let (found, output) = dir.wheelworks(&["show", NAME, "--require", tag]).expect_any();
        assert_eq!(found, code, "{tag}\n{}{}", output.stdout, output.stderr);
    }
}

#[test]
fn a_finding_names_file_library_versions_and_symbols() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    let arguments = ["--report=json", NAME, "--require=manylinux2014_x86_64"];
    let report: Value = serde_json::from_str(&shown(&dir, &arguments, 1).stdout).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap(), @r#"
    {
      "version": 1,
      "wheels": [
        {
          "findings": [
            {
              "allowed_by": "manylinux_2_34_x86_64",
              "elf": "pkg/_ext.so",
              "hint": "build it on a system with older libraries, such as the image of that policy, or require a later tag",
              "level": "error",
              "library": "libc.so.6",
              "message": "it needs GLIBC_2.34 of `libc.so.6`, which `manylinux_2_17_x86_64` does not promise",
              "rule": "symbol-version",
              "symbols": [
                "f_2_34@GLIBC_2.34"
              ],
              "versions": [
                "GLIBC_2.34"
              ]
            }
          ],
          "met": false,
          "not_judged": [],
          "provided": {},
          "required": [
            "manylinux2014_x86_64"
          ],
          "verdict": {
            "external_libs": {},
            "overall_tag": "manylinux_2_34_x86_64",
            "policy_upgrades": {},
            "pure": false,
            "pyfpe": false,
            "sym_tag": "manylinux_2_34_x86_64",
            "ucs2": false,
            "unsupported_isa": false,
            "version": 1,
            "versioned_symbols": {
              "libc.so.6": [
                "GLIBC_2.17",
                "GLIBC_2.2.5",
                "GLIBC_2.34"
              ]
            },
            "wheel": "sample-1.0-cp312-cp312-linux_x86_64.whl"
          },
          "wheel": "sample-1.0-cp312-cp312-linux_x86_64.whl"
        }
      ]
    }
    "#);
}

#[test]
fn require_declared_requires_the_tags_of_the_file_name() {
    let declared = |tags: &str| {
        let dir = TestDir::new();
        let name = format!("sample-1.0-cp312-cp312-{tags}.whl");
        let mut wheel = wheel();
        wheel.name.clone_from(&name);
        wheel.write(dir.path());
        dir.wheelworks(&["show", &name, "--require-declared"]).expect_any().0
    };
    assert_eq!(declared("manylinux_2_34_x86_64"), 0);
    assert_eq!(declared("manylinux_2_36_x86_64"), 0);
    assert_eq!(declared("linux_x86_64"), 0);
    assert_eq!(declared("manylinux_2_17_x86_64.manylinux2014_x86_64"), 1);
    // The wheel must meet every tag.
    assert_eq!(declared("manylinux_2_17_x86_64.manylinux_2_34_x86_64"), 1);
    assert_eq!(declared("manylinux_2_34_x86_64.musllinux_1_2_x86_64"), 1);
}

/// A static program runs with any C library; one file that needs glibc limits the wheel to it.
#[test]
fn static_programs_meet_both_c_libraries() {
    const DECLARED: &[&str] = &["--require-declared"];
    let file = |name: &str, out: &str| fs_err::read(built(name).1.path().join(out)).unwrap();
    let (tool, extension) = (file("program_static", "tool"), file("plain", "_ext.so"));
    let met = |tags: &str, with_extension: bool, arguments: &[&str]| {
        let dir = TestDir::new();
        let mut wheel = Wheel::new(&format!("sample-1.0-py3-none-{tags}.whl"));
        wheel.member("sample-1.0.data/scripts/tool", tool.clone());
        if with_extension {
            wheel.member("pkg/_ext.so", extension.clone());
        }
        wheel.write(dir.path());
        let arguments = [&["show", "--no-host", &wheel.name], arguments].concat();
        dir.wheelworks(&arguments).expect_any().0 == 0
    };
    let both = "manylinux_2_17_x86_64.musllinux_1_1_x86_64";
    let cases: [(&str, bool, &[&str], bool); 9] = [
        (both, false, DECLARED, true),
        (both, true, DECLARED, false),
        ("musllinux_1_1_x86_64", false, DECLARED, true),
        ("musllinux_1_1_x86_64", false, &["--require=manylinux_2_17_x86_64"], true),
        ("musllinux_1_1_x86_64", false, &["--require=manylinux_2_17"], true),
        ("manylinux_2_17_x86_64", false, &["--require=musllinux_1_2"], true),
        ("linux_x86_64", false, &["--require=musllinux_1_2_x86_64"], true),
        ("linux_x86_64", true, &["--require=musllinux_1_2_x86_64"], false),
        ("linux_x86_64", false, &["--require=musllinux_1_2_aarch64"], false),
    ];
    for (tags, with_extension, arguments, expected) in cases {
        assert_eq!(met(tags, with_extension, arguments), expected, "{tags} {arguments:?}");
    }
}

/// The interpreter has the symbols of libpython: a second copy in the wheel is no remedy (PEP 513).
#[test]
fn the_hint_for_libpython_is_not_to_link_it() {
    let (fixture, built) = built("libpython");
    let said = built.ours(&fixture, &["--report=json", "--require=manylinux_2_17"]);
    let finding = said.json()["wheels"][0]["findings"][0].clone();
    assert_eq!(finding["rule"], "external-library");
    let hint = finding["hint"].as_str().unwrap();
    assert!(hint.starts_with("do not link it") && hint.contains("PEP 513"), "{hint}");
}

#[test]
fn libraries_are_excluded_by_pattern() {
    let libraries = |glob: &str| {
        let verdict = verdict("host_only_library", &["--exclude", glob]);
        (verdict["overall_tag"].as_str().unwrap().to_owned(), verdict["external_libs"].to_string())
    };
    let without = ("manylinux_2_5_x86_64".to_owned(), "{}".to_owned());
    // By name, by pattern, by path.
    for glob in ["libdep.so.1", "libdep*", "lib[cd]e?.so.?", "libdep.so.*", "*/host/libdep.so.1"] {
        assert_eq!(libraries(glob), without, "{glob}");
    }
    // The whole name, as in auditwheel: a name without a version is another name.
    for glob in ["libdep.so", "libdep", "dep.so.1", "LIBDEP.SO.1", "libother*", "host/libdep.so.1"]
    {
        let (tag, libs) = libraries(glob);
        assert_eq!(tag, "linux_x86_64", "{glob}");
        assert!(libs.contains("libdep.so.1"), "{glob}");
    }
    let both = verdict("host_only_library", &["--exclude=libother*", "--exclude=libdep*"]);
    assert_eq!(both["overall_tag"], "manylinux_2_5_x86_64");
}

/// A pattern that matches nothing is reported once for all wheels, in each verb that has the option.
#[test]
fn a_useless_pattern_is_reported() {
    let (fixture, built) = built("host_only_library");
    let unversioned = "warning: --exclude `libdep.so` matches no needed library; `libdep.so.*` would match `libdep.so.1`\n";
    let wheel = fixture.wheel.as_str();
    let said = built.ours(&fixture, &["--exclude=libdep.so", "--exclude=libdep.so.1", wheel]);
    assert_eq!(said.stderr, unversioned);
    let said = built.ours(&fixture, &["--exclude=libdep.so.1"]);
    assert_eq!(said.stderr, "");
    let said = built.ours_tree(&fixture, &["--exclude=libx.so"], wheel);
    assert_eq!(said.stderr, "warning: --exclude `libx.so` matches no needed library\n");
}

/// Libraries that only an excluded library needs are excluded, too.
#[test]
fn an_excluded_library_excludes_its_tree() {
    let externals = |arguments: &[&str]| verdict("host_chain", arguments)["external_libs"].clone();
    let (a, b) = ("{DIR}/host/liba.so", "{DIR}/host/libb.so");
    assert_eq!(externals(&[]), serde_json::json!({"liba.so": a, "libb.so": b}));
    assert_eq!(externals(&["--exclude=libb.so"]), serde_json::json!({"liba.so": a}));
    assert_eq!(externals(&["--exclude=liba.so"]), serde_json::json!({}));
}

/// `--no-host`: libraries of this machine are not found, and their symbols are unknown.
#[test]
fn without_host_only_the_wheel_is_searched() {
    let verdict_with = verdict("symbols_of_a_graft", &["--no-host"]);
    assert_eq!(verdict_with["external_libs"], serde_json::json!({"libgraft.so.1": null}));
    assert_eq!(verdict_with["sym_tag"], "manylinux_2_5_x86_64");
    assert_eq!(verdict_with["overall_tag"], "linux_x86_64");
    let plain = verdict("plain", &["--no-host"]);
    assert_eq!(plain["overall_tag"], "manylinux_2_5_x86_64");
    // Libraries within the wheel are found as before.
    assert_eq!(verdict("rpath_origin", &["--no-host"]), verdict("rpath_origin", &[]));
}

/// A sysroot has its own `ld.so.conf`, and absolute links start at it.
#[test]
fn libraries_of_a_sysroot_are_found() {
    let (fixture, built) = built("rpath_none");
    let root = built.path().join("root");
    let library = fs_err::read(built.path().join("libdep.so.1")).unwrap();
    let file = |name: &str, bytes: &[u8]| crate::support::command::write(&root, name, bytes);
    file("etc/ld.so.conf", b"# a comment\ninclude ld.so.conf.d/*.conf\n");
    file("etc/ld.so.conf.d/a.conf", b"/opt/lib # another\n");
    file("real/lib.so", &library);
    fs_err::create_dir_all(root.join("opt/lib")).unwrap();
    let link = root.join("opt/lib/libdep_of_wheelworks.so.1");
    std::os::unix::fs::symlink("/real/lib.so", link).unwrap();
    let sysroot = format!("--sysroot={}", root.display());
    let said = built.ours(&fixture, &["--json", &sysroot]);
    let path = said.json()["external_libs"]["libdep_of_wheelworks.so.1"].clone();
    let path = path.as_str().unwrap_or_else(|| panic!("{}{}", said.stdout, said.stderr)).to_owned();
    assert!(path.ends_with("/real/lib.so"), "{path}");
}

#[test]
fn an_unpacked_wheel_has_the_same_verdict() {
    for name in ["plain", "two_trees", "rpath_origin", "symbols_of_a_graft", "musl", "foreign"] {
        let (fixture, built) = built(name);
        let packed = built.ours(&fixture, &["--json"]).json();
        let directory = built.path().join(fixture.wheel.strip_suffix(".whl").unwrap());
        built.wheel().unpack(&directory);
        let path = directory.to_str().unwrap();
        let mut unpacked = built.ours_on(&fixture, &["--json"], path).json();
        unpacked["wheel"] = packed["wheel"].clone();
        assert_eq!(unpacked, packed, "{name}");
    }
}

const POLICY: &str = r#"
[[policy]]
name = "manylinux_acme"
based-on = "manylinux_2_28"
priority = 63
allow-libraries = ["libdep_of_wheelworks.so.1"]
"#;

#[test]
fn a_policy_file_adds_a_policy() {
    let (fixture, built) = built("rpath_none");
    fs_err::write(built.path().join("acme.toml"), POLICY).unwrap();
    let said = built.ours(&fixture, &["--json", "--policy-file=acme.toml"]);
    assert_eq!(said.json()["overall_tag"], "manylinux_acme_x86_64", "{}", said.stderr);
    let require = ["--policy-file=acme.toml", "--require=manylinux_acme_x86_64"];
    assert_eq!(built.ours(&fixture, &require).code, Some(0));
    assert_eq!(built.ours(&fixture, &["--require=manylinux_2_28_x86_64"]).code, Some(1));
}

#[test]
fn an_alias_gives_the_same_findings_as_the_name() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    let findings = |tag: &str| {
        let arguments = ["--report=json", NAME, "--require", tag];
        let report: Value = serde_json::from_str(&shown(&dir, &arguments, 1).stdout).unwrap();
        report["wheels"][0]["findings"].clone()
    };
    assert_eq!(findings("manylinux2014_x86_64"), findings("manylinux_2_17_x86_64"));
}
