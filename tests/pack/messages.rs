//! The messages of `pack`: summary, progress, warnings, help.

use std::process::Command;

use crate::support::WHEELWORKS;
use crate::support::archive::assert_conforms;
use crate::support::command::TestDir;
use crate::support::sample::{DECLARED, FILENAME, pack, text, tree};

#[test]
fn a_summary_as_json() {
    let dir = tree();
    dir.write("tree/sample_pkg/large.txt", text(2 << 20, 1));
    let arguments = ["pack", "tree", "--json", "--jobs=2", "--compression-level=1"];
    let (output, path) = pack(&dir, &arguments, FILENAME);
    assert_eq!(output.stderr, "");
    let mut document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["version"], 1);
    let mut summary = document["wheels"][0].take();
    let (_, archive) = assert_conforms(&path);
    let total: u64 = archive.entries.iter().map(|entry| entry.uncompressed).sum();
    assert_eq!(summary["bytes_in"], total);
    assert_eq!(summary["bytes_out"], archive.len);
    assert_eq!(summary["members"], archive.entries.len());
    for seconds in summary["seconds"].as_object_mut().unwrap().values_mut() {
        assert!(seconds.as_f64().unwrap() >= 0.0);
        *seconds = 0.into();
    }
    summary["bytes_out"] = 0.into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&summary).unwrap(), @r#"
    {
      "bytes_in": 2098737,
      "bytes_out": 0,
      "bytes_reused": 0,
      "compression_level": 1,
      "members": 9,
      "seconds": {
        "plan": 0,
        "rename": 0,
        "total": 0,
        "validate": 0,
        "verify_inputs": 0,
        "write": 0
      },
      "threads": 2,
      "wheel": "./sample_pkg-1.0-py3-none-any.whl"
    }
    "#);
}

#[test]
fn progress_is_shown_on_terminals_only() {
    let dir = TestDir::new();
    dir.write("large", text(24 << 20, 2));
    let mut arguments = DECLARED.to_vec();
    arguments.extend(["--member=a=large", "--compression-level=9"]);
    let (output, _) = pack(&dir, &arguments, FILENAME);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    // `script` gives the command a terminal and copies its output to stdout.
    let command = format!("{WHEELWORKS} {}", arguments.join(" "));
    let seen = dir.command("script", &["-qec", &command, "/dev/null"]).env("TERM", "xterm");
    let seen = seen.patience(5).expect(0);
    assert!(seen.stdout.contains("MiB") && seen.stdout.contains("left"), "{:?}", seen.stdout);
    assert!(seen.stdout.contains('\r'), "{:?}", seen.stdout);
}

/// Compiles a shared library or an object file.
fn compile(dir: &TestDir, arguments: &[&str]) {
    dir.write("library.c", "int answer(void) { return 42; }\n");
    let gcc = Command::new("gcc").args(arguments).arg("library.c").current_dir(dir.path()).status();
    assert!(gcc.unwrap().success());
}

/// Returns the warnings of `pack` for members and tags.
fn warnings(dir: &TestDir, python: &str, platform: &str, members: &[&str]) -> String {
    let wheel = format!("sample_pkg-1.0-{python}-none-{platform}.whl");
    let mut arguments = vec![
        "pack".to_owned(),
        "--distribution=Sample-Pkg".to_owned(),
        "--version=1.0".to_owned(),
        format!("--out={wheel}"),
        format!("--python-tag={python}"),
        format!("--platform-tag={platform}"),
    ];
    arguments.extend(members.iter().map(|it| format!("--member={it}")));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (output, _) = pack(dir, &arguments, &wheel);
    assert_eq!(output.stdout, "");
    output.stderr
}

#[cfg(target_arch = "x86_64")]
#[test]
fn warns_of_code_for_another_cpu() {
    let dir = TestDir::new();
    compile(&dir, &["-shared", "-fPIC", "-o", "library.so"]);
    compile(&dir, &["-c", "-o", "object.o"]);
    let mut padded = fs_err::read(dir.path().join("library.so")).unwrap();
    padded.resize(2 << 20, 0);
    dir.write("large.so", padded);
    let one = ["pkg/library.so=library.so", "pkg/data.txt=library.c", "pkg/object.o=object.o"];
    for (platform, is_foreign) in [
        ("any", true),
        ("linux_x86_64", false),
        ("linux_i686", true),
        ("manylinux1_x86_64", false),
        ("manylinux2014_aarch64", true),
        ("manylinux_2_27_x86_64", false),
        ("manylinux_2_34_x86_64_v2", false),
        ("manylinux_2_34_x86_64_v3", false),
        ("manylinux_2_34_x86_64_v4", false),
        ("manylinux_2_27_aarch64", true),
        ("manylinux_2_27_aarch64.musllinux_1_2_x86_64", false),
        ("musllinux_1_2_x86_64", false),
        ("musllinux_1_2_i686", true),
        ("android_24_x86_64", false),
        ("android_24_x86", true),
        ("android_24_arm64_v8a", true),
        ("android_24_armeabi_v7a", true),
        // Other systems do not use ELF.
        ("macosx_11_0_arm64", false),
        ("ios_13_0_arm64_iphoneos", false),
        ("win32", false),
        ("win_arm64", false),
        ("pyemscripten_2026_0_wasm32", false),
        ("freebsd_14_0_release_arm64", false),
    ] {
        let text = warnings(&dir, "py3", platform, &one);
        assert_eq!(text.starts_with("warning: code for x86_64"), is_foreign, "{platform}: {text}");
        assert_eq!(text.is_empty(), !is_foreign, "{platform}: {text}");
    }
    insta::assert_snapshot!(warnings(&dir, "py3", "manylinux_2_27_aarch64", &one), @r"
    warning: code for x86_64 in a wheel for `manylinux_2_27_aarch64`: `pkg/library.so`
    hint: correct the platform tag, or build for its CPU
    ");
    let many = ["a=library.so", "b=library.so", "c=large.so", "d=library.so", "e=large.so"];
    insta::assert_snapshot!(warnings(&dir, "cp312", "any", &many), @r"
    warning: code for x86_64 in a wheel for `any`: `a`, `b`, `c`, 2 more
    hint: correct the platform tag, or build for its CPU
    ");
}

#[test]
fn warns_of_what_other_tools_leave_in_a_tree() {
    let dir = tree();
    dir.write("tree/.git/HEAD", "ref")
        .write("tree/.git/objects/a", "object")
        .write("tree/sample_pkg/.DS_Store", "")
        .write("tree/sample_pkg/__pycache__/a.cpython-312.pyc", "code");
    std::os::unix::fs::symlink("missing", dir.path().join("tree/.git/link")).unwrap();
    let exclude = ["--exclude=.git", "--exclude=.DS_Store", "--exclude-member=__pycache__"];
    let packed = |exclude: &[&str]| {
        let (output, path) = pack(&dir, &[&["pack", "tree"], exclude].concat(), FILENAME);
        let names = assert_conforms(&path).1.entries.into_iter().map(|entry| entry.name());
        let names: Vec<String> = names.filter(|name| !name.contains("-info/")).collect();
        (output.stderr, names.join(" "))
    };
    assert_eq!(packed(&exclude).0, "");
    fs_err::remove_file(dir.path().join("tree/.git/link")).unwrap();
    let (said, names) = packed(&[]);
    insta::assert_snapshot!(said, @"
    warning: the wheel has files that other tools leave behind: `.git` (2 files), `sample_pkg/.DS_Store`, `sample_pkg/__pycache__`
    hint: leave them out with `--exclude=.git`
    ");
    assert!(names.starts_with(".git/HEAD .git/objects/a sample_pkg/.DS_Store sample_pkg/__init"));
    let (said, names) = packed(&exclude);
    assert_eq!(said, "");
    insta::assert_snapshot!(names, @"sample_pkg/__init__.py sample_pkg/data.bin sample_pkg/empty.txt sample_pkg/größe, 日本.txt sample_pkg/tool.sh");
    // The files that name the wheel stay.
    dir.write("tree/sample_pkg-1.0.dist-info/other", "");
    let (_, path) = pack(
        &dir,
        &["pack", "tree", "--exclude=*.dist-info", "--exclude=sample_pkg", "--exclude=.git"],
        FILENAME,
    );
    let names = assert_conforms(&path).1.entries.into_iter().map(|entry| entry.name());
    insta::assert_snapshot!(names.collect::<Vec<_>>().join(" "), @"sample_pkg-1.0.dist-info/METADATA sample_pkg-1.0.dist-info/WHEEL sample_pkg-1.0.dist-info/RECORD");
}

#[test]
fn warns_of_leftovers_in_directories_that_options_name() {
    let dir = TestDir::new();
    dir.write("data/.svn/entries", "").write("data/a", "").write("b/__pycache__/c.pyc", "");
    for (member, is_warned) in [
        ("--rename=pkg=data", true),
        ("--data-file=data/share=data", true),
        ("--distinfo-file=x=data", true),
        // Named one by one: it is wanted.
        ("--member=pkg/__pycache__/c.pyc=b/__pycache__/c.pyc", false),
    ] {
        let output = dir.wheelworks(&[&DECLARED[..], &[member]].concat()).expect(0);
        assert_eq!(output.stderr.contains("hint: remove them"), is_warned, "{}", output.stderr);
        assert_eq!(output.stderr.is_empty(), !is_warned, "{}", output.stderr);
    }
}

/// A wheel of requirements alone is common; one that installs nothing at all is a mistake.
#[test]
fn a_wheel_that_installs_nothing_is_refused() {
    let dir = TestDir::new();
    dir.write("a", "").write("requirements.txt", "numpy\n");
    for empty in
        [&[][..], &["--member=a=a", "--exclude=*"], &["--summary=text", "--provides-extra=x"]]
    {
        let output = dir.wheelworks(&[&DECLARED[..], empty].concat()).expect(2);
        assert_eq!(
            output.stderr,
            "error: expected files, requirements or entry points, found none: the wheel would be empty\n\
             hint: name files with `--member`; a wheel that only requires others needs `--requires-dist`\n"
        );
    }
    for useful in [
        "--member=a=a",
        "--data-file=data/a=a",
        "--requires-dist=numpy",
        "--requires-file=requirements.txt",
        "--extra-requires=x:numpy",
        "--extra-requires-file=x=requirements.txt",
        "--entry-point=console_scripts:x = other:main",
    ] {
        dir.wheelworks(&[&DECLARED[..], &[useful]].concat()).expect(0);
    }
}

#[test]
fn help_names_every_option() {
    let dir = TestDir::new();
    let output = dir.wheelworks(&["pack", "--help"]).expect(0);
    for option in ["--member", "--out", "--wheel-dir", "--report", "--timestamp", "--jobs"] {
        assert!(output.stdout.contains(option), "{option}");
    }
    assert_eq!(output.stderr, "");
}
