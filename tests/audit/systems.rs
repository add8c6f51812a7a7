//! Real wheels for macOS and Windows, which delocate and delvewheel judge, too, and files of clang and lld.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the paths of the wheels of a table.
fn fetch(dir: &TestDir, table: &str) -> Vec<String> {
    let table = format!("{ROOT}/tests/audit/systems/{table}");
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &["--table", &table]);
    fetch.patience(30).expect(0).stdout.lines().map(str::to_owned).collect()
}

/// Returns the directory of clang, lld and LLVM's tools.
fn llvm(dir: &TestDir) -> String {
    dir.command(format!("{ROOT}/scripts/objects-env"), &[] as &[&str])
        .patience(30)
        .expect(0)
        .stdout
        .trim()
        .to_owned()
}

/// Returns the differences from the judges: what is missing, by wheel, library and side.
fn differences() -> BTreeMap<(String, String, String), String> {
    let text =
        fs_err::read_to_string(format!("{ROOT}/tests/audit/systems/differences.txt")).unwrap();
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let mut parts = line.splitn(4, ' ').map(str::to_owned);
        let mut next = || parts.next().unwrap();
        ((next(), next(), next()), next())
    };
    rows.map(row).collect()
}

/// The libraries that a wheel lacks are those that the judge for its system misses, but for the table of
/// differences, each of which occurs.
#[test]
#[ignore = "downloads 61 MB, once; installs LLVM"]
fn libraries_of_real_wheels_as_by_delocate_and_delvewheel() {
    let dir = TestDir::new();
    let (wheels, tools, llvm) = (fetch(&dir, "wheels.txt"), fetch(&dir, "judges.txt"), llvm(&dir));
    fs_err::os::unix::fs::symlink(
        format!("{ROOT}/tests/python/otool.py"),
        dir.path().join("otool"),
    )
    .unwrap();
    let arguments = tools.iter().map(String::as_str).chain(["--"]);
    let arguments: Vec<&str> = arguments.chain(wheels.iter().map(String::as_str)).collect();
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let judged = script(&dir, "system_libraries.py", &arguments);
    let judged =
        judged.env("PATH", &path).env("WHEELWORKS_LLVM", &llvm).patience(20).expect(0).stdout;
    let judged: BTreeMap<String, Vec<String>> = serde_json::from_str(&judged).unwrap();
    assert_eq!(judged.len(), 40);
    let mut differences = differences();
    let mut unexplained = Vec::new();
    for wheel in &wheels {
        let name = wheel.rsplit('/').next().unwrap();
        let output = dir.wheelworks(&["show", "--json", wheel]).patience(5).expect(0).stdout;
        let verdict: Value = serde_json::from_str(&output).unwrap();
        let ours: Vec<&String> = verdict["external_libs"].as_object().unwrap().keys().collect();
        let theirs = &judged[name];
        let only_ours =
            ours.iter().filter(|it| !theirs.contains(it)).map(|it| ((*it).clone(), "ours"));
        let only_theirs =
            theirs.iter().filter(|it| !ours.contains(it)).map(|it| (it.clone(), "theirs"));
        for (library, side) in only_ours.chain(only_theirs) {
            let key = (name.to_owned(), library, side.to_owned());
            if differences.remove(&key).is_none() {
                unexplained.push(key);
            }
        }
    }
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    assert!(differences.is_empty(), "stale: {differences:#?}");
}

/// What `audit --require-declared` says of these wheels: nothing, but for these.
#[test]
#[ignore = "downloads 61 MB, once"]
fn real_wheels_against_their_tags() {
    let dir = TestDir::new();
    let mut found = BTreeMap::new();
    for wheel in fetch(&dir, "wheels.txt") {
        let arguments = ["audit", "--require-declared", "--report=json", &wheel];
        let (_, output) = dir.wheelworks(&arguments).patience(5).expect_any();
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        let findings = report["wheels"][0]["findings"].as_array().unwrap();
        let errors = findings.iter().filter(|it| it["level"] == "error");
        let mut rules: Vec<String> =
            errors.map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
        rules.sort();
        rules.dedup();
        if !rules.is_empty() {
            let name = wheel.rsplit('/').next().unwrap().split('-').next().unwrap().to_owned();
            let system = if wheel.contains("-win") { "windows" } else { "macos" };
            found.insert(format!("{name} {system}"), rules.join(" "));
        }
    }
    let expected = [
        ("debugpy windows", "c-runtime"),
        ("lightgbm macos", "external-library"),
        ("lightgbm windows", "c-runtime"),
        // Its x86-64 and arm64 code is for macOS 12, and its tag for 10.9.
        ("protobuf macos", "macos-version"),
        ("pyclipper windows", "c-runtime"),
        ("pywin32 windows", "c-runtime"),
        ("pywinpty windows", "external-library"),
        ("rtree windows", "c-runtime"),
        ("torchaudio macos", "external-library"),
        ("torchaudio windows", "c-runtime external-library"),
        ("xgboost macos", "external-library"),
    ];
    let expected: BTreeMap<String, String> =
        expected.iter().map(|(name, rules)| ((*name).to_owned(), (*rules).to_owned())).collect();
    assert_eq!(found, expected);
}

/// Returns the name of a wheel for a platform.
fn wheel_of(tag: &str) -> String {
    format!("pkg-1.0-cp312-cp312-{tag}.whl")
}

/// Files that clang and lld make here, without an SDK.
struct Linked {
    dir: TestDir,
    llvm: String,
}

impl Linked {
    fn new() -> Self {
        let dir = TestDir::new();
        let llvm = llvm(&dir);
        dir.write("libx.c", "int x(void) { return 1; }\n")
            .write("a.c", "int x(void);\nint PyInit_a(void) { return x(); }\n")
            .write("libSystem.tbd", SYSTEM);
        Self { dir, llvm }
    }

    fn run(&self, tool: &str, arguments: &[&str]) {
        self.dir.command(format!("{}/{tool}", self.llvm), arguments).patience(5).expect(0);
    }

    /// Compiles and links `libx` and `a`, which needs it, for a CPU from a version of macOS on.
    fn link_mach_o(&self, cpu: &str, version: &str) {
        let target = format!("--target={cpu}-apple-macos{version}");
        let platform = ["-arch", cpu, "-platform_version", "macos", version, "14.0"];
        let library = format!("libx-{cpu}");
        let of_library = ["-dylib", "-install_name", "@rpath/libx.dylib"];
        let of_module = ["-bundle", "-rpath", "@loader_path/.dylibs", &library];
        for (name, own) in [("libx", &of_library[..]), ("a", &of_module[..])] {
            let (source, object) = (format!("{name}.c"), format!("{name}-{cpu}.o"));
            let linked = format!("{name}-{cpu}");
            self.run("clang", &[&target, "-c", &source, "-o", &object]);
            let files = ["libSystem.tbd", &object, "-o", &linked];
            self.run("ld64.lld", &[&platform[..], own, &files].concat());
        }
    }

    /// Compiles and links `libx` and `a`, which needs it, for Windows on x86-64.
    fn link_pe(&self) {
        for name in ["libx", "a"] {
            let (source, object) = (format!("{name}.c"), format!("{name}.obj"));
            self.run("clang", &["--target=x86_64-pc-windows-msvc", "-c", &source, "-o", &object]);
        }
        let common = ["-dll", "-noentry", "-nodefaultlib", "-machine:x64"];
        let library = ["-export:x", "libx.obj", "-out:libx.dll", "-implib:libx.lib"];
        self.run("lld-link", &[&common[..], &library].concat());
        let module = ["-export:PyInit_a", "a.obj", "libx.lib", "-out:a.pyd"];
        self.run("lld-link", &[&common[..], &module].concat());
    }

    /// Packs members with `--require-declared`. Returns what it says.
    fn pack(&self, tag: &str, members: &[&str], code: i32) -> String {
        let (platform, out) = (format!("--platform-tag={tag}"), wheel_of(tag));
        let mut arguments =
            vec!["pack", "--distribution=pkg", "--version=1.0", "--python-tag=cp312"];
        arguments.extend(["--abi-tag=cp312", &platform, "--require-declared"]);
        arguments.extend(["--requires-dist=lib", "--out", &out]);
        arguments.extend(members);
        self.dir.wheelworks(&arguments).expect(code).stderr
    }

    /// Returns the report on a wheel with these members: paths and files.
    fn audit(&self, tag: &str, members: &[(&str, &str)], code: i32) -> Value {
        let name = wheel_of(tag);
        let mut wheel = Wheel::new(&name);
        for (path, file) in members {
            wheel.member(path, fs_err::read(self.dir.path().join(file)).unwrap());
        }
        wheel.write(self.dir.path());
        let arguments = ["audit", "--require-declared", "--report=json", &name];
        let output = self.dir.wheelworks(&arguments).expect(code).stdout;
        let report: Value = serde_json::from_str(&output).unwrap();
        report["wheels"][0].clone()
    }

    fn rules(&self, tag: &str, members: &[(&str, &str)], code: i32) -> Vec<String> {
        let report = self.audit(tag, members, code);
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect()
    }
}

const NONE: [&str; 0] = [];

#[test]
#[ignore = "installs clang, lld and LLVM"]
fn mach_o_files_that_lld_links() {
    let linked = Linked::new();
    linked.link_mach_o("x86_64", "10.13");
    linked.link_mach_o("arm64", "11.0");
    for name in ["libx", "a"] {
        let (arm, intel) = (format!("{name}-arm64"), format!("{name}-x86_64"));
        linked.run("llvm-lipo", &["-create", &arm, &intel, "-output", name]);
    }
    let library = "pkg/.dylibs/libx.dylib";
    let both = [("pkg/a.so", "a"), (library, "libx")];
    let report = linked.audit("macosx_10_13_universal2", &both, 0);
    let verdict = &report["verdict"];
    assert_eq!(verdict["overall_tag"], "macosx_10_13_universal2", "{report}");
    let machines = serde_json::json!({"arm64": "11.0", "x86_64": "10.13"});
    assert_eq!((&verdict["machines"], &report["met"]), (&machines, &true.into()));
    assert_eq!(linked.rules("macosx_10_13_universal2", &both, 0), NONE);
    let thin = [("pkg/a.so", "a"), (library, "libx-arm64")];
    assert_eq!(linked.rules("macosx_10_13_universal2", &thin, 1), ["cpu-missing"]);
    assert_eq!(linked.rules("macosx_10_9_universal2", &both, 1), ["macos-version"; 2]);
    assert_eq!(linked.rules("macosx_10_13_universal2", &both[..1], 1), ["external-library"]);
    // lld signs code for arm64 alone.
    let intel = [("pkg/a.so", "a-x86_64"), (library, "libx")];
    assert_eq!(linked.rules("macosx_10_13_x86_64", &intel, 0), NONE);
}

#[test]
#[ignore = "installs clang, lld and LLVM"]
fn pe_files_that_lld_links() {
    let linked = Linked::new();
    linked.link_pe();
    let both = [("pkg/a.pyd", "a.pyd"), ("pkg/libx.dll", "libx.dll")];
    let report = linked.audit("win_amd64", &both, 0);
    assert_eq!(report["verdict"]["overall_tag"], "win_amd64", "{report}");
    assert_eq!(linked.rules("win_amd64", &both[..1], 1), ["external-library"]);
    assert_eq!(linked.rules("win_arm64", &both, 1), ["cpu-missing"; 2]);
}

/// `pack --require-declared` writes no wheel that `audit` refuses.
#[test]
#[ignore = "installs clang, lld and LLVM"]
fn pack_refuses_pe_files_by_the_tag() {
    let linked = Linked::new();
    linked.link_pe();
    let both = ["--member=pkg/a.pyd=a.pyd", "--member=pkg/libx.dll=libx.dll"];
    let said = linked.pack("win_amd64", &both, 0);
    assert!(!said.contains("error"), "{said}");
    for (tag, members, rule) in
        [("win_amd64", &both[..1], "external-library"), ("win_arm64", &both, "cpu-missing")]
    {
        fs_err::remove_file(linked.dir.path().join(wheel_of(tag))).ok();
        let said = linked.pack(tag, members, 1);
        assert!(
            said.starts_with("error: the wheel was not written") && said.contains(rule),
            "{said}"
        );
        assert!(!linked.dir.path().join(wheel_of(tag)).exists(), "{tag}");
    }
}

/// `pack`, `inspect` and directories of `--provided-by` know Mach-O and PE files.
#[test]
#[ignore = "installs clang, lld and LLVM"]
fn other_commands_judge_files_of_clang() {
    let linked = Linked::new();
    linked.link_mach_o("arm64", "12.0");
    let pack = |tag: &str, more: &[&str], code: i32| {
        linked.pack(tag, &[&["--member=pkg/a.so=a-arm64"], more].concat(), code)
    };
    let library = ["--member=pkg/.dylibs/libx.dylib=libx-arm64"];
    pack("macosx_12_0_arm64", &library, 0);
    let said = pack("macosx_11_0_arm64", &library, 1);
    assert!(said.contains("macos-version"), "{said}");
    let said = pack("macosx_12_0_x86_64", &library, 1);
    assert!(said.contains("cpu-missing"), "{said}");
    let said = pack("macosx_13_0_arm64", &[], 1);
    assert!(said.contains("external-library"), "{said}");

    let wheel = "pkg-1.0-cp312-cp312-macosx_12_0_arm64.whl";
    let report = linked.dir.wheelworks(&["inspect", "--report=json", wheel]).expect(0).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let libraries = report["wheels"][0]["libraries"].as_array().unwrap().iter();
    let oldest: Vec<&Value> = libraries.map(|library| &library["minimum_system"]).collect();
    assert_eq!(oldest, ["macOS 12.0"; 2], "{report}");
    let text = linked.dir.wheelworks(&["inspect", wheel]).expect(0).stdout;
    assert!(text.contains("arm64, Mach-O, from macOS 12.0"), "{text}");
    assert!(text.contains("macosx_12_0_arm64"), "{text}");

    // Another wheel, installed in a directory, has the library.
    linked.dir.write(
        "site/lib-1.0.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n",
    );
    let installed = linked.dir.path().join("site/lib/libx.dylib");
    fs_err::create_dir_all(installed.parent().unwrap()).unwrap();
    fs_err::copy(linked.dir.path().join("libx-arm64"), installed).unwrap();
    pack("macosx_13_0_arm64", &["--audit-provided-by=site"], 0);
}

/// The part of the system's library that the linker asks for.
const SYSTEM: &str = "--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libSystem.B.dylib'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ dyld_stub_binder ]
...
";
