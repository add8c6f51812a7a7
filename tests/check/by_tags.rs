//! Rules that depend on the wheel's tags, its requirements, or the directories of other tools.

use super::base::{METADATA, WHEEL};
use super::cases::contents::{X86_64, elf};
use super::cases::{renamed, tag, wheel};
use super::found::assert_rules;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

/// Adds an extension module for each suffix, with different contents.
fn extensions(it: &mut Wheel, tags: &str, suffixes: &[&str]) {
    tag(it, tags);
    for (suffix, padding) in suffixes.iter().zip(1..) {
        let header = if suffix.ends_with("pyd") { b"MZ".to_vec() } else { elf(X86_64) };
        it.member(&format!("sample_pkg/_c{suffix}"), [header, vec![0; padding]].concat());
    }
}

const CP38: &str = "sample_pkg-1.0-cp38-abi3-manylinux_2_28_x86_64.whl";
const BOTH: &str = "sample_pkg-1.0-cp315-abi3.abi3t-manylinux_2_28_x86_64.whl";
const CP312: &str = "sample_pkg-1.0-cp312-cp312-manylinux_2_28_x86_64.whl";
const CP313T: &str = "sample_pkg-1.0-cp313-cp313t-manylinux_2_28_x86_64.whl";
const PY3: &str = "sample_pkg-1.0-py3-none-manylinux_2_28_x86_64.whl";
const WINDOWS: &str = "sample_pkg-1.0-cp38-abi3-win_amd64.whl";
const SUFFIX: &[&str] = &["extension-suffix"];
const UNUSED: &[&str] = &["extension-unused"];
const SOUND: &[&str] = &[];

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn a_python_imports_its_own_suffixes() {
    assert_rules(&[
        renamed(
            "its own",
            CP312,
            |it| {
                let tags = "cp312-cp312-manylinux_2_28_x86_64";
                extensions(it, tags, &[".cpython-312-x86_64-linux-gnu.so"]);
            },
            SOUND,
        ),
        renamed(
            "no ABI",
            CP312,
            |it| extensions(it, "cp312-cp312-manylinux_2_28_x86_64", &[".so"]),
            SOUND,
        ),
        renamed(
            "stale",
            CP312,
            |it| {
                let tags = "cp312-cp312-manylinux_2_28_x86_64";
                extensions(it, tags, &[".cpython-310-x86_64-linux-gnu.so"]);
            },
            SUFFIX,
        ),
        renamed(
            "stale beside the stable ABI",
            CP312,
            |it| {
                let tags = "cp312-cp312-manylinux_2_28_x86_64";
                extensions(it, tags, &[".abi3.so", ".cpython-310-x86_64-linux-gnu.so"]);
            },
            UNUSED,
        ),
        renamed(
            "another CPU",
            CP312,
            |it| {
                let tags = "cp312-cp312-manylinux_2_28_x86_64";
                extensions(it, tags, &[".cpython-312-aarch64-linux-gnu.so"]);
            },
            SUFFIX,
        ),
        renamed(
            "the build with the GIL",
            CP313T,
            |it| {
                let tags = "cp313-cp313t-manylinux_2_28_x86_64";
                extensions(it, tags, &[".cpython-313-x86_64-linux-gnu.so"]);
            },
            SUFFIX,
        ),
        renamed(
            "the stable ABI",
            CP38,
            |it| extensions(it, "cp38-abi3-manylinux_2_28_x86_64", &[".abi3.so"]),
            SOUND,
        ),
        renamed(
            "one version under the stable ABI",
            CP38,
            |it| {
                let tags = "cp38-abi3-manylinux_2_28_x86_64";
                extensions(it, tags, &[".cpython-312-x86_64-linux-gnu.so"]);
            },
            SUFFIX,
        ),
        renamed(
            "a suffix that Windows does not have",
            WINDOWS,
            |it| extensions(it, "cp38-abi3-win_amd64", &[".abi3.pyd"]),
            &["extension-suffix"],
        ),
        renamed(
            "the stable ABI without free-threaded builds",
            BOTH,
            |it| extensions(it, "cp315-abi3.abi3t-manylinux_2_28_x86_64", &[".abi3.so"]),
            &["extension-suffix", "wheel-compressed-tag"],
        ),
        renamed(
            "the stable ABI with free-threaded builds",
            BOTH,
            |it| extensions(it, "cp315-abi3.abi3t-manylinux_2_28_x86_64", &[".abi3t.so"]),
            &["wheel-compressed-tag"],
        ),
        renamed(
            "one version under a tag for many",
            PY3,
            |it| {
                let tags = "py3-none-manylinux_2_28_x86_64";
                extensions(it, tags, &[".cpython-312-x86_64-linux-gnu.so"]);
            },
            SUFFIX,
        ),
        renamed(
            "one version, and the requirement of it",
            PY3,
            |it| {
                let tags = "py3-none-manylinux_2_28_x86_64";
                extensions(it, tags, &[".cpython-312-x86_64-linux-gnu.so"]);
                let metadata = format!("{METADATA}Requires-Python: >=3.12,<3.13\n");
                it.replace("sample_pkg-1.0.dist-info/METADATA", metadata);
            },
            SOUND,
        ),
        renamed(
            "several versions",
            PY3,
            |it| {
                let tags = "py3-none-manylinux_2_28_x86_64";
                let suffixes =
                    [".cpython-311-x86_64-linux-gnu.so", ".cpython-312-x86_64-linux-gnu.so"];
                extensions(it, tags, &suffixes);
            },
            SOUND,
        ),
    ]);
}

#[test]
fn rules_know_tags_requirements_and_directories() {
    assert_rules(&[
        renamed(
            "a name that Windows does not allow, on Linux",
            PY3,
            |it| {
                extensions(it, "py3-none-manylinux_2_28_x86_64", &[".so"]);
                it.member("sample_pkg/aux.txt", "a file");
                it.member(&format!("sample_pkg/{}", ["long-directory"; 12].join("/")), "a file");
            },
            SOUND,
        ),
        renamed(
            "purelib on macOS",
            "sample_pkg-1.0-py3-none-macosx_11_0_arm64.whl",
            |it| {
                let text = WHEEL.replace("py3-none-any", "py3-none-macosx_11_0_arm64");
                it.replace("sample_pkg-1.0.dist-info/WHEEL", text);
                it.member("sample_pkg/_c.so", [0xCF, 0xFA, 0xED, 0xFE, 0, 0, 0, 0]);
            },
            &[],
        ),
        renamed(
            "libraries that auditwheel added",
            PY3,
            |it| {
                extensions(it, "py3-none-manylinux_2_28_x86_64", &[".so"]);
                it.member("sample_pkg.libs/libx-1234.so.1", elf(X86_64));
            },
            SOUND,
        ),
        wheel(
            "a command whose module a requirement brings",
            |it| {
                it.member(
                    "sample_pkg-1.0.dist-info/entry_points.txt",
                    "[console_scripts]\ntool = other_pkg.cli:main\n",
                );
                let metadata = format!("{METADATA}Requires-Dist: Other-Pkg>=1\n");
                it.replace("sample_pkg-1.0.dist-info/METADATA", metadata);
            },
            &[],
        ),
        wheel(
            "an SBOM",
            |it| {
                let sbom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6"}"#;
                it.member("sample_pkg-1.0.dist-info/sboms/sbom.cdx.json", sbom);
            },
            &[],
        ),
    ]);
}

/// A wheel with a command whose module is not in it.
fn command(it: &mut Wheel, object: &str, requirements: &[&str]) {
    let text = format!("[console_scripts]\ntool = {object}\n");
    it.member("sample_pkg-1.0.dist-info/entry_points.txt", text);
    let extra = |text: &str| -> Option<String> {
        let (_, rest) = text.split_once("extra")?;
        Some(format!("Provides-Extra: {}\n", rest.split('\'').nth(1)?))
    };
    let line = |text: &&str| format!("{}Requires-Dist: {text}\n", extra(text).unwrap_or_default());
    let lines: String = requirements.iter().map(line).collect();
    it.replace("sample_pkg-1.0.dist-info/METADATA", format!("{METADATA}{lines}"));
}

/// The modules of a requirement are not known: only a wheel on whose installation nothing else is installed
/// lacks a module for sure.
#[test]
fn a_requirement_may_bring_the_module_of_a_command() {
    const MISSING: &[&str] = &["entry-points-module"];
    assert_rules(&[
        wheel("PyYAML", |it| command(it, "yaml:main", &["PyYAML>=6"]), &[]),
        wheel("Pillow", |it| command(it, "PIL.Image:main", &["Pillow"]), &[]),
        wheel("scikit-learn", |it| command(it, "sklearn.cli:main", &["scikit-learn"]), &[]),
        wheel("protobuf", |it| command(it, "google.protobuf.x:main", &["protobuf"]), &[]),
        wheel("opencv-python", |it| command(it, "cv2:main", &["numpy", "opencv-python"]), &[]),
        wheel("on one system", |it| command(it, "a:b", &["c; sys_platform == 'win32'"]), &[]),
        wheel("of a requirement", |it| command(it, "a:b", &["c", "d; extra == 'e'"]), &[]),
        wheel("no requirement", |it| command(it, "yaml:main", &[]), MISSING),
        wheel("another extra", |it| command(it, "yaml:main", &["PyYAML; extra == 'y'"]), MISSING),
        wheel(
            "a likely name in an extra",
            |it| command(it, "yaml:main", &["yaml; extra == 'y'"]),
            &[],
        ),
        wheel("an alternative", |it| command(it, "a:b", &["c; extra=='d' or os_name=='nt'"]), &[]),
        wheel("a module of this package", |it| command(it, "sample_pkg.no:main", &["c"]), MISSING),
        wheel(
            "a namespace of several wheels",
            |it| {
                it.member("shared/own/__init__.py", "");
                command(it, "shared.other:main", &["c"]);
            },
            &["toplevel-several"],
        ),
    ]);
}

/// An entry point may name the extra that it needs: the specification has that for old wheels.
#[test]
fn the_extra_of_a_command_brings_its_module() {
    for (object, is_found) in
        [("yaml:main [Y_y]", true), ("yaml:main [x,y-y]", true), ("yaml:main [x]", false)]
    {
        let mut it = super::base::wheel();
        command(&mut it, object, &["PyYAML; extra == 'y.y'"]);
        let dir = TestDir::new();
        let wheel = it.write(dir.path());
        let arguments = ["check", "--select=entry-points-module", wheel.to_str().unwrap()];
        let output = dir.wheelworks(&arguments).expect(0);
        assert_eq!(!output.stdout.contains("entry-points-module"), is_found, "{object}");
    }
}

#[test]
fn modes_do_not_matter_on_windows() {
    let dir = TestDir::new();
    for (name, is_quiet) in [
        ("sample_pkg-1.0-py3-none-win_amd64.whl", true),
        ("sample_pkg-1.0-py3-none-any.whl", false),
    ] {
        let change = super::base::Change::Parts(|it| {
            it.entries[super::base::DATA].central.external = 0o100_666 << 16;
        });
        let wheel = super::base::write(&dir, name, name, &super::base::make(change));
        let arguments = ["check", "--exit-zero", "--select=mode", wheel.to_str().unwrap()];
        let output = dir.wheelworks(&arguments).expect(0).stdout;
        assert_eq!(!output.contains("mode-permissions"), is_quiet, "{output}");
    }
}
