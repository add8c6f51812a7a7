//! Runs independent tools on a wheel from wheelworks. They share no code with it, and users run them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::archive::{Entry, chunk_lengths, open};
use crate::support::command::{Output, TestCommand, TestDir};
use crate::support::sample::{make_executable, noise, pack, text};

/// The directory of the helper scripts.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python");

/// Returns a program of the virtual environment that `scripts/test-env` makes.
pub(crate) fn judge(name: &str) -> PathBuf {
    let venv = std::env::var_os("WHEELWORKS_TEST_VENV").unwrap_or_else(|| {
        panic!(
            "WHEELWORKS_TEST_VENV is not set: run `make test`, or \
             `WHEELWORKS_TEST_VENV=$(scripts/test-env) cargo test`"
        )
    });
    Path::new(&venv).join("bin").join(name)
}

/// Returns a command that runs a script of `tests/python`.
pub(crate) fn script<'a>(dir: &'a TestDir, name: &str, arguments: &[&str]) -> TestCommand<'a> {
    let script = format!("{SCRIPTS}/{name}");
    let mut all = vec!["-I", &script];
    all.extend(arguments);
    dir.command(judge("python"), &all).patience(9)
}

/// Fails unless the schema of SARIF 2.1.0 accepts the files in the directory. The schema and a validator are
/// downloaded once.
pub(crate) fn assert_sarif(dir: &TestDir, logs: &[String]) {
    const ROOT: &str = env!("CARGO_MANIFEST_DIR");
    let table = format!("{ROOT}/tests/check/schema.txt");
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &["--table", &table]);
    let wheels = fetch.patience(10).expect(0).stdout;
    let arguments: Vec<&str> = wheels.lines().chain(logs.iter().map(String::as_str)).collect();
    let accepted = script(dir, "sarif.py", &arguments).expect(0).stdout;
    assert_eq!(accepted.lines().count(), logs.len(), "{accepted}");
}

/// Downloads the wheels of a table in `tests` once. Returns their paths.
fn fetched(dir: &TestDir, table: &str, names: &[&str]) -> Vec<String> {
    const ROOT: &str = env!("CARGO_MANIFEST_DIR");
    let table = format!("{ROOT}/tests/{table}");
    let mut arguments = vec!["--table", &table];
    arguments.extend(names);
    let command = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &arguments);
    command.patience(10).expect(0).stdout.lines().map(str::to_owned).collect()
}

/// Runs a script with wheels and documents as its arguments. It must print the path of each document.
fn assert_accepted(dir: &TestDir, name: &str, mut arguments: Vec<String>, documents: &[&[u8]]) {
    for (number, document) in documents.iter().enumerate() {
        let path = format!("{number}.json");
        dir.write(&path, document);
        arguments.push(path);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let accepted = script(dir, name, &arguments).expect(0).stdout;
    assert_eq!(accepted.lines().count(), documents.len(), "{accepted}");
}

/// Fails unless the schema of CycloneDX accepts the documents, each that of its version.
pub(crate) fn assert_cyclonedx(documents: &[&[u8]]) {
    let dir = TestDir::new();
    let mut wheels = fetched(&dir, "packages/schema.txt", &[]);
    wheels.extend(fetched(&dir, "check/schema.txt", &["fastjsonschema"]));
    assert_accepted(&dir, "cyclonedx.py", wheels, documents);
}

/// Fails unless spdx-tools accepts the documents.
pub(crate) fn assert_spdx(documents: &[&[u8]]) {
    let dir = TestDir::new();
    let wheels = fetched(&dir, "packages/spdx.txt", &[]);
    assert_accepted(&dir, "spdx.py", wheels, documents);
}

/// Makes a wheel with a compiled library, data, an entry point, non-ASCII names, a script and large members.
/// Returns its directory and its name.
fn wheel() -> (TestDir, String) {
    let dir = TestDir::new();
    let wheel = format!("judged_pkg-1.0-py3-none-linux_{}.whl", std::env::consts::ARCH);
    dir.write("library.c", "int answer(void) { return 42; }\n")
        .write("__init__.py", "")
        .write("cli.py", CLI)
        .write("large.txt", text(3 << 20, 1))
        .write("noise.bin", noise(3 << 20, 2))
        .write("readme.md", "# Judged\n\nWith größe.\n")
        .write("license", "MIT, it says.\n")
        .write("text", "some text")
        .write("data.sh", "#!/bin/sh\necho data\n")
        .write("tool.sh", "#!/bin/sh\necho a tool\n")
        .write("empty", "");
    make_executable(&dir.path().join("tool.sh"));
    make_executable(&dir.path().join("data.sh"));
    let gcc = ["-shared", "-fPIC", "-o", "libanswer.so", "library.c"];
    assert!(Command::new("gcc").args(gcc).current_dir(dir.path()).status().unwrap().success());
    let out = format!("--out={wheel}");
    let platform = format!("--platform-tag=linux_{}", std::env::consts::ARCH);
    let mut arguments = vec!["pack", &out, "--distribution=Judged.Pkg", "--version=1.0", &platform];
    arguments.extend([
        "--requires-python=>=3.8",
        "--summary=Größe matters",
        "--license=MIT",
        "--description-file=readme.md",
        "--requires-dist=numpy>=2; extra == \"all\"",
        "--entry-point=console_scripts:judged-tool = judged_pkg.cli:main",
        "--member=judged_pkg/__init__.py=__init__.py",
        "--member=judged_pkg/cli.py=cli.py",
        "--member=judged_pkg/libanswer.so=libanswer.so",
        "--member=judged_pkg/data/large.txt=large.txt",
        "--member=judged_pkg/data/noise.bin=noise.bin",
        "--member=judged_pkg/data/größe, 日本.txt=text",
        "--member=judged_pkg/data/empty=empty",
        "--member=judged_pkg/data/data.sh=data.sh",
        "--member=judged_pkg-1.0.data/scripts/judged-script=tool.sh",
        "--member=judged_pkg-1.0.data/data/share/judged/readme.md=readme.md",
        "--member=judged_pkg-1.0.dist-info/licenses/LICENSE=license",
    ]);
    let (_, path) = pack(&dir, &arguments, &wheel);
    let has_table = |entry: &Entry| chunk_lengths(entry).is_some();
    assert!(open(&path).1.entries.iter().any(has_table), "no member has a table of its chunks");
    (dir, wheel)
}

/// The script that calls the compiled library and reads the data.
const CLI: &str = r#"
import ctypes
from pathlib import Path

HERE = Path(__file__).parent

def main():
    answer = ctypes.CDLL(str(HERE / "libanswer.so")).answer()
    sizes = sorted(path.stat().st_size for path in (HERE / "data").iterdir())
    print(answer, sizes, (HERE / "data" / "größe, 日本.txt").read_text().strip())
"#;

#[test]
fn archive_tools_accept_the_wheel() {
    let (dir, wheel) = wheel();
    let python = judge("python");
    dir.command(&python, &["-m", "zipfile", "-t", &wheel]).expect(0);
    let testzip = "import sys, zipfile; assert zipfile.ZipFile(sys.argv[1]).testzip() is None";
    dir.command(&python, &["-c", testzip, &wheel]).expect(0);
    let unzip = dir.command("unzip", &["-t", &wheel]).expect(0);
    assert!(unzip.stdout.contains("No errors detected"), "{}", unzip.stdout);
    assert_eq!(unzip.stderr, "");
    let seven = dir.command("7z", &["t", &wheel]).expect(0);
    assert!(seven.stdout.contains("Everything is Ok"), "{}", seven.stdout);
    assert!(!seven.stdout.contains("Warning"), "{}", seven.stdout);

    dir.command("unzip", &["-q", &wheel, "-d", "unzipped"]).env("LC_ALL", "C.UTF-8").expect(0);
    for (member, source) in [
        ("data/large.txt", "large.txt"),
        ("data/noise.bin", "noise.bin"),
        ("data/größe, 日本.txt", "text"),
        ("libanswer.so", "libanswer.so"),
    ] {
        let unzipped = fs_err::read(dir.path().join("unzipped/judged_pkg").join(member)).unwrap();
        assert!(unzipped == fs_err::read(dir.path().join(source)).unwrap(), "{member}");
    }
    let mode = |member: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = dir.path().join("unzipped/judged_pkg").join(member);
        fs_err::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("data/data.sh"), mode("cli.py")), (0o755, 0o644));
}

/// Makes an empty virtual environment.
fn empty_venv(dir: &TestDir) -> PathBuf {
    dir.command(judge("python"), &["-m", "venv", "--without-pip", "venv"]).expect(0);
    dir.path().join("venv")
}

/// Runs the installed programs, and compares the installed files with RECORD and with the packed ones.
fn check_installation(dir: &TestDir, venv: &Path) {
    let tool = dir.command(venv.join("bin/judged-tool"), &[""; 0]).expect(0);
    let expected = Output {
        stdout: "42 [0, 9, 20, 3145728, 3145728] some text\n".to_owned(),
        stderr: String::new(),
    };
    assert_eq!(tool, expected);
    let script_output = dir.command(venv.join("bin/judged-script"), &[""; 0]).expect(0);
    assert_eq!(script_output.stdout, "a tool\n");
    assert!(venv.join("share/judged/readme.md").is_file());
    let code = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let packages = dir.command(venv.join("bin/python"), &["-c", code]).expect(0).stdout;
    let rows = script(dir, "installed.py", &[packages.trim(), "judged-pkg"]).expect(0).stdout;
    for member in ["judged_pkg/data/größe, 日本.txt", "judged_pkg/libanswer.so"] {
        assert!(rows.lines().any(|row| row == member), "{rows}");
        let installed = fs_err::read(Path::new(packages.trim()).join(member)).unwrap();
        let source = if member.ends_with("so") { "libanswer.so" } else { "text" };
        assert!(installed == fs_err::read(dir.path().join(source)).unwrap(), "{member}");
    }
}

#[test]
fn pip_installs_the_wheel() {
    let (dir, wheel) = wheel();
    let venv = empty_venv(&dir);
    let pip = judge("pip");
    let python = venv.join("bin/python");
    let common = ["install", "--no-deps", "--no-index", "--disable-pip-version-check"];
    let mut arguments = vec!["--python", python.to_str().unwrap()];
    arguments.extend(common);
    arguments.push(&wheel);
    let output = dir.command(&pip, &arguments).expect(0);
    assert!(!output.stderr.contains("WARNING: Judged"), "{}", output.stderr);
    check_installation(&dir, &venv);

    let mut arguments = common.to_vec();
    arguments.extend(["--target", "target", &wheel]);
    dir.command(&pip, &arguments).expect(0);
    script(&dir, "installed.py", &["target", "judged-pkg"]).expect(0);
}

#[test]
fn uv_installs_the_wheel() {
    let (dir, wheel) = wheel();
    let venv = empty_venv(&dir);
    let python = venv.join("bin/python");
    let arguments = ["pip", "install", "--offline", "--no-cache", "--no-deps", "--no-config"];
    let mut arguments = arguments.to_vec();
    arguments.extend(["--python", python.to_str().unwrap(), &wheel]);
    dir.command(judge("uv"), &arguments).expect(0);
    check_installation(&dir, &venv);
}

/// From an index, uv reads parts of the wheel first.
#[test]
fn uv_installs_the_wheel_over_http() {
    let (dir, wheel) = wheel();
    let venv = empty_venv(&dir);
    let (uv, python) = (judge("uv"), venv.join("bin/python"));
    let arguments = ["pip", "install", "--no-cache", "--no-config", "--index-url=INDEX"];
    let mut arguments = [&[&wheel, "judged-pkg", uv.to_str().unwrap()], &arguments[..]].concat();
    arguments.extend(["--python", python.to_str().unwrap(), "judged-pkg"]);
    let ranges = script(&dir, "serve.py", &arguments).expect(0).stdout;
    assert!(ranges.trim().parse::<u32>().unwrap() > 0, "no part of the wheel was asked for");
    check_installation(&dir, &venv);
}

#[test]
fn checkers_report_nothing() {
    let (dir, wheel) = wheel();
    let twine = dir.command(judge("twine"), &["check", "--strict", &wheel]).expect(0);
    assert!(twine.stdout.contains("PASSED"), "{}", twine.stdout);
    let contents = dir.command(judge("check-wheel-contents"), &["--no-config", &wheel]).expect(0);
    assert_eq!(contents.stdout, format!("{wheel}: OK\n"));
    let metadata = script(&dir, "metadata.py", &[&wheel]).expect(0).stdout;
    let metadata = metadata.replace(std::env::consts::ARCH, "ARCH");
    insta::assert_snapshot!(metadata, @r#"
    judged-pkg 1.0 () py3-none-linux_ARCH
    MIT numpy>=2; extra == "all"
    text/markdown '# Judged\n\nWith größe.\n'
    "#);
}

/// Proves that the tools detect damage: a tool that accepts any wheel proves nothing.
#[test]
fn judges_refuse_damaged_wheels() {
    let (dir, wheel) = wheel();
    let path = dir.path().join(&wheel);
    let mut bytes = fs_err::read(&path).unwrap();
    // In the data of the largest members.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    fs_err::write(&path, bytes).unwrap();
    let testzip = "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() and 7)";
    let python = dir.command(judge("python"), &["-c", testzip, &wheel]);
    // Either a bad CRC or invalid deflate data is reported first.
    assert!(python.run_to_end() != Some(0));
    assert!(dir.command("unzip", &["-tq", &wheel]).run_to_end() != Some(0));
    assert!(dir.command("7z", &["t", &wheel]).run_to_end() != Some(0));
}
