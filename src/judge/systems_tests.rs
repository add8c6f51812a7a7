//! Wheels for macOS and Windows, with the findings and the tag that each must have.

use std::sync::Arc;

use super::{Audited, Contents, Exclusions, SystemDemand, SystemTag, judge};
use crate::judge::audited::Judgement;
use crate::judge::providers::Provided;
use crate::judge::required_tag::RequiredTag;
use crate::object_file::sample::{
    ARM64, BUNDLE, Command, DYLIB, EXECUTE, Pe, X86_64, build_version, dylib, facts, mach_o, needs,
    rpath, signature, universal, version_min,
};

/// Returns the audit of a wheel with these files, whose own tags are required, or these instead.
fn audit(platform: &str, files: &[(&str, Vec<u8>)], required: &[&str]) -> Audited {
    let name = format!("d-1-cp312-cp312-{platform}.whl").parse().unwrap();
    let members = files.iter().map(|(path, _)| ((*path).to_owned(), None));
    let members = members.chain([("d-1.dist-info/RECORD".to_owned(), None)]);
    let mut contents = Contents::of_members(&name, members).unwrap();
    let object = |(path, bytes): &(&str, Vec<u8>)| ((*path).to_owned(), Arc::new(facts(bytes)));
    contents.add_objects(files.iter().map(object));
    let tags = contents.platform_tags();
    let required: Vec<RequiredTag> =
        required.iter().map(|tag| RequiredTag::parse(tag, None).unwrap()).collect();
    let demand = SystemDemand {
        own: SystemTag::of_wheel(&tags).unwrap(),
        required: &required,
        declared: if required.is_empty() { &tags } else { &[] },
        exclude: &Exclusions::default(),
        provided: &Provided::from([("libtorch.dylib".to_owned(), "torch".to_owned())]),
    };
    let mut audited = Audited::new(contents.name());
    judge(&mut audited, &contents, &demand).unwrap();
    audited
}

/// Returns the tag, and the rules with severity and member.
fn outcome(audited: &Audited) -> (Option<String>, Vec<String>) {
    let mut found: Vec<String> = audited
        .findings
        .iter()
        .map(|it| {
            let member = it.locations[0].member.as_deref().unwrap_or("-");
            format!("{:?} {} {member}", it.severity, it.rule.id)
        })
        .collect();
    found.sort();
    (audited.judgement.tag().map(str::to_owned), found)
}

/// Returns a signed slice for macOS from a version on.
fn slice(cpu: (u32, u32), file_type: u32, version: (u32, u32), more: &[Command]) -> Vec<u8> {
    let commands = [&[build_version(1, version), signature()], more].concat();
    mach_o(cpu, file_type, &commands, &[])
}

/// Fails unless a wheel with these files has this tag, `-` for none, and these findings.
fn assert_audit(
    (platform, required): (&str, &[&str]),
    files: &[(&str, Vec<u8>)],
    tag: &str,
    findings: &[&str],
) {
    let audited = audit(platform, files, required);
    let (found, rules) = outcome(&audited);
    assert_eq!(found.as_deref().unwrap_or("-"), tag, "{platform} {required:?}");
    assert_eq!(rules, findings, "{platform} {required:?} {files:?}");
}

fn arm(version: (u32, u32)) -> Vec<u8> {
    slice(ARM64, BUNDLE, version, &[])
}

fn intel() -> Vec<u8> {
    slice(X86_64, BUNDLE, (10, 13), &[])
}

fn both() -> Vec<u8> {
    universal(&[(X86_64, intel()), (ARM64, arm((11, 0)))])
}

/// Fails unless a wheel for macOS with one file has this tag and these findings. Tags lack `macosx_`.
fn assert_mac(platform: &str, path: &str, bytes: Vec<u8>, tag: &str, findings: &[&str]) {
    let platforms: Vec<String> = platform.split('.').map(|it| format!("macosx_{it}")).collect();
    let tag = if tag == "-" { tag.to_owned() } else { format!("macosx_{tag}") };
    assert_audit((&platforms.join("."), &[]), &[(path, bytes)], &tag, findings);
}

#[test]
fn cpus_against_the_tag() {
    let check = assert_mac;
    check("11_0_arm64", "a.so", arm((11, 0)), "11_0_arm64", &[]);
    check("10_13_universal2", "a.so", both(), "10_13_universal2", &[]);
    check("10_13_x86_64.11_0_arm64", "a.so", both(), "10_13_universal2", &[]);
    let missing = "Error cpu-missing a.so";
    check("11_0_universal2", "a.so", arm((11, 0)), "11_0_arm64", &[missing]);
    check("11_0_arm64", "a.so", intel(), "-", &[missing]);
    // A library that nothing in the wheel loads may be for one of the CPUs.
    let warning = "Warning cpu-missing a.dylib";
    check("11_0_universal2", "a.dylib", arm((11, 0)), "11_0_arm64", &[warning]);
    check("11_0_arm64", "a.dylib", intel(), "-", &["Info foreign-object a.dylib"]);
    let unsigned = mach_o(ARM64, BUNDLE, &[build_version(1, (11, 0))], &[]);
    check("11_0_arm64", "a.so", unsigned, "11_0_arm64", &["Error code-unsigned a.so"]);
    let ios = mach_o(ARM64, BUNDLE, &[build_version(2, (13, 0)), signature()], &[]);
    check("11_0_arm64", "a.so", ios.clone(), "-", &[missing]);
    let of_ios = "ios_13_0_arm64_iphoneos";
    assert_audit((of_ios, &[]), &[("a.so", ios)], of_ios, &[]);
}

#[test]
fn versions_against_the_tag() {
    let (check, newer) = (assert_mac, "Error macos-version a.so");
    let old = mach_o(X86_64, BUNDLE, &[version_min((10, 9))], &[]);
    check("10_9_x86_64", "a.so", old, "10_9_x86_64", &[]);
    check("10_9_x86_64", "a.so", intel(), "10_13_x86_64", &[newer]);
    check("10_9_universal2", "a.so", both(), "10_13_universal2", &[newer]);
    check("11_0_arm64", "a.so", arm((12, 0)), "12_0_arm64", &[newer]);
    // No tag names the minor version.
    check("11_0_arm64", "a.so", arm((11, 3)), "11_0_arm64", &["Warning macos-version a.so"]);
    check("10_16_arm64", "a.so", arm((11, 0)), "11_0_arm64", &[]);
}

#[test]
fn required_tags_of_the_wheels_system_count() {
    let files = [("a.so", arm((12, 0)))];
    let check = |required: &[&str], findings: &[&str]| {
        assert_audit(("macosx_12_0_arm64", required), &files, "macosx_12_0_arm64", findings);
    };
    check(&["macosx_12_0"], &[]);
    check(&["macosx_11_0"], &["Error macos-version a.so"]);
    check(&["macosx_11_0_universal2"], &["Error cpu-missing a.so", "Error macos-version a.so"]);
    // Of several, those for the CPU of the wheel.
    check(&["macosx_12_0", "macosx_10_9_x86_64"], &[]);
    check(&["macosx_10_9_x86_64"], &["Error wrong-platform -"]);
    check(&["win_amd64", "manylinux_2_28"], &["Error wrong-platform -"]);
}

/// A module's load commands, by how it finds a library, with what is wrong with that.
fn lookups() -> Vec<(&'static str, Vec<Command>, Vec<&'static str>)> {
    const OUTSIDE: &str = "Error external-library p/a.so";
    let fine = |name, commands: &[Command]| (name, commands.to_vec(), vec![]);
    let wrong = |name, commands: &[Command]| (name, commands.to_vec(), vec![OUTSIDE]);
    let deep = || rpath("@loader_path/.dylibs/");
    vec![
        fine("the system", &[needs("/usr/lib/libc++.1.dylib")]),
        fine("a framework", &[needs("/System/Library/Frameworks/A.framework/A")]),
        fine("beside it", &[needs("@loader_path/.dylibs/libz.dylib")]),
        fine("with dots", &[needs("@loader_path/../p/./.dylibs/libz.dylib")]),
        fine("moved by the installer", &[needs("@loader_path/../q/libq.dylib")]),
        fine("by an rpath", &[needs("@rpath/libz.dylib"), deep()]),
        fine("by the second", &[needs("@rpath/libz.dylib"), rpath("@loader_path"), deep()]),
        fine("weak", &[dylib(0x8000_0018, "@rpath/libweak.dylib")]),
        fine("of Swift", &[needs("@rpath/libswiftCore.dylib"), rpath("/usr/lib/swift")]),
        fine("of another wheel", &[needs("@rpath/libtorch.dylib")]),
        wrong("without an rpath", &[needs("@rpath/libz.dylib")]),
        wrong("missing", &[needs("@loader_path/libz.dylib")]),
        wrong("out of the wheel", &[needs("@loader_path/../../libz.dylib")]),
        wrong("of Homebrew", &[needs("/opt/homebrew/lib/libomp.dylib")]),
        wrong("of the user", &[needs("/usr/local/lib/libomp.dylib")]),
        wrong("relative", &[needs("libz.dylib")]),
        wrong("of the program", &[needs("@executable_path/libz.dylib")]),
        wrong("of Python", &[needs("/Library/Frameworks/Python.framework/Versions/3.12/Python")]),
        (
            "by an rpath of Homebrew",
            vec![needs("@rpath/libomp.dylib"), rpath("/opt/homebrew/lib")],
            vec![OUTSIDE, "Warning absolute-runpath p/a.so"],
        ),
        (
            "an rpath that leaves",
            vec![rpath("@loader_path/../../lib")],
            vec!["Warning rpath-leaves-wheel p/a.so"],
        ),
    ]
}

fn module(more: &[Command]) -> Vec<u8> {
    slice(ARM64, BUNDLE, (11, 0), more)
}

fn library(more: &[Command]) -> Vec<u8> {
    slice(ARM64, DYLIB, (11, 0), more)
}

#[test]
fn libraries_are_found_in_the_wheel_alone() {
    for (name, commands, findings) in lookups() {
        let files = [
            ("p/a.so", module(&commands)),
            ("p/.dylibs/libz.dylib", library(&[])),
            ("d-1.data/platlib/q/libq.dylib", library(&[])),
        ];
        let found = outcome(&audit("macosx_11_0_arm64", &files, &[])).1;
        assert_eq!(found, findings, "{name}");
    }
    // The file that loads a library passes its search paths on; a program knows its own directory.
    let tool = [needs("@executable_path/../lib/libt.dylib")];
    let files = [
        ("p/a.so", module(&[needs("@loader_path/libx.dylib"), rpath("@loader_path/deep")])),
        ("p/libx.dylib", library(&[needs("@rpath/liby.dylib")])),
        ("p/deep/liby.dylib", library(&[])),
        ("d-1.data/scripts/tool", slice(ARM64, EXECUTE, (11, 0), &tool)),
        ("d-1.data/data/lib/libt.dylib", library(&[])),
    ];
    assert_eq!(outcome(&audit("macosx_11_0_arm64", &files, &[])).1, Vec::<String>::new());
    // A library for one CPU only, which a module for both loads.
    let load = [needs("@loader_path/libx.dylib")];
    let both = [(X86_64, slice(X86_64, BUNDLE, (10, 13), &load)), (ARM64, module(&load))];
    let files = [("a.so", universal(&both)), ("libx.dylib", library(&[]))];
    let missing = "Error cpu-missing libx.dylib";
    assert_audit(("macosx_10_13_universal2", &[]), &files, "macosx_11_0_arm64", &[missing]);
}

fn pe(machine: u16, needed: &[&str], delayed: &[&str]) -> Vec<u8> {
    Pe { machine, needed, delayed, exports: &["PyInit_a"], is_dotnet: false }.bytes()
}

#[test]
fn dlls_are_of_the_wheel_windows_or_python() {
    let table: [(&[&str], &[&str]); 9] = [
        (&["KERNEL32.dll", "python312.dll", "VCRUNTIME140.dll"], &[]),
        (&["api-ms-win-crt-math-l1-1-0.dll", "ucrtbase.dll"], &[]),
        (&["Own.DLL"], &[]),
        // Another wheel brings it.
        (&["libtorch.dylib"], &[]),
        (&["torch_cpu.dll"], &["Error external-library a.pyd"]),
        (&["MSVCP140.dll"], &["Error c-runtime a.pyd"]),
        (&["ucrtbased.dll"], &["Error debug-runtime a.pyd"]),
        (&["python311.dll"], &["Error python-library a.pyd"]),
        (&["a.dll", "b.dll"], &["Error external-library a.pyd"; 2]),
    ];
    let own = || ("own.dll", pe(0x8664, &[], &[]));
    for (needed, findings) in table {
        let files = [("a.pyd", pe(0x8664, needed, &[])), own()];
        assert_audit(("win_amd64", &[]), &files, "win_amd64", findings);
    }
    let files = [("a.pyd", pe(0x8664, &[], &["late.dll"])), own()];
    let warning = "Warning external-library a.pyd";
    assert_audit(("win_amd64", &[]), &files, "win_amd64", &[warning]);
    let files = [("a.pyd", pe(0x14C, &["vcruntime140_1.dll"], &[]))];
    assert_audit(("win32", &[]), &files, "win32", &["Error c-runtime a.pyd"]);
}

#[test]
fn cpus_of_windows_against_the_tag() {
    const X86: u16 = 0x14C;
    const X64: u16 = 0x8664;
    const ARM64: u16 = 0xAA64;
    let (missing, foreign) = ("Error cpu-missing a.pyd", "Info foreign-object a.dll");
    let table: [(&str, &str, u16, &str, &[&str]); 6] = [
        ("win32", "a.pyd", X86, "win32", &[]),
        ("win_amd64", "a.pyd", X64, "win_amd64", &[]),
        ("win_arm64", "a.pyd", ARM64, "win_arm64", &[]),
        ("win_arm64", "a.pyd", X64, "-", &[missing]),
        ("win32", "a.pyd", X64, "-", &[missing]),
        ("win_amd64", "a.dll", X86, "-", &[foreign]),
    ];
    for (platform, path, machine, tag, findings) in table {
        assert_audit((platform, &[]), &[(path, pe(machine, &[], &[]))], tag, findings);
    }
    // A wheel for two CPUs has files for each.
    let files = [("a.dll", pe(X64, &[], &[])), ("b.pyd", pe(X86, &[], &[]))];
    let findings = [foreign, "Info foreign-object b.pyd"];
    assert_audit(("win32.win_amd64", &[]), &files, "-", &findings);
}

#[test]
fn a_wheel_without_code_runs_on_any_version() {
    let audited = audit("macosx_11_0_arm64", &[], &[]);
    assert!(matches!(audited.judgement, Judgement::OtherPlatform(_)));
    assert!(audited.findings.is_empty());
    let audited = audit("win_amd64", &[("a.pyd", Pe::default().bytes()[..0x100].to_vec())], &[]);
    assert_eq!(outcome(&audited).1, ["Error object-damaged a.pyd"]);
}
