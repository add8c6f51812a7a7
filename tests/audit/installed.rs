//! The loader judges: whether a library loads, and where libraries are found once a wheel is installed.

use std::process::Command;

use super::build::Built;
use super::fixture::{self, Fixture, Step};
use crate::judges::judge;

/// Returns the fixture for the Python of the virtual environment instead of 3.12.
fn for_python(mut fixture: Fixture, minor: &str) -> Fixture {
    let adapt = |text: &mut String| {
        *text = text
            .replace("cp312", &format!("cp3{minor}"))
            .replace("python3.12", &format!("python3.{minor}"));
    };
    adapt(&mut fixture.wheel);
    for step in &mut fixture.steps {
        if let Step::Build(_, flags) = step {
            flags.iter_mut().for_each(adapt);
        }
    }
    fixture
}

/// The loader of this machine refuses a file with the fault that `segment-not-mappable` names.
#[test]
fn the_loader_refuses_misaligned_segments() {
    let fixture = fixture::all().into_iter().find(|it| it.name() == "segment_offset.c").unwrap();
    let built = Built::new(&fixture).unwrap();
    let load = "import ctypes, sys; ctypes.CDLL(sys.argv[1])";
    let library = built.path().join("_ext.so");
    let output = Command::new("python3").args(["-c", load]).arg(library).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    // glibc 2.34 and earlier say `not properly aligned`.
    assert!(stderr.contains("ELF load command address/offset not p"), "{stderr}");
}

/// `--require` holds if `ldd` finds all libraries after `uv pip install`.
#[test]
#[ignore = "needs the virtual environment of scripts/test-env"]
fn ldd_finds_what_is_required() {
    let python = judge("python");
    let version = "import sys; print(sys.version_info.minor)";
    let output = Command::new(&python).args(["-c", version]).output().unwrap();
    let minor = String::from_utf8(output.stdout).unwrap();
    let mut fixtures = fixture::all();
    fixtures.retain(|fixture| fixture.name().starts_with("installed_"));
    for fixture in fixtures.into_iter().map(|fixture| for_python(fixture, minor.trim())) {
        let built = Built::new(&fixture).unwrap();
        let prefix = built.path().join("prefix");
        let install = Command::new(judge("uv"))
            .args(["pip", "install", "--no-deps", "--no-index", "--quiet", "--python"])
            .arg(&python)
            .arg("--prefix")
            .args([&prefix, &built.path().join(&fixture.wheel)])
            .output()
            .unwrap();
        assert!(install.status.success(), "{}: {install:?}", fixture.name());
        let is_user = |name: &str| ["_ext.so", "tool"].contains(&name);
        let files = walkdir::WalkDir::new(&prefix).into_iter().map(Result::unwrap);
        let users: Vec<_> =
            files.filter(|file| is_user(file.file_name().to_str().unwrap())).collect();
        assert_eq!(users.len(), 1, "{}", fixture.name());
        let output = Command::new("ldd").arg(users[0].path()).output().unwrap();
        let ldd = String::from_utf8(output.stdout).unwrap();
        let required = ["--require=manylinux_2_17_x86_64"];
        let met = built.ours(&fixture, &required).code == Some(0);
        assert_eq!(met, !ldd.contains("not found"), "{}: {ldd}", fixture.name());
    }
}
