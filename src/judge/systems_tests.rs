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

#[test]
fn cpus_and_versions_against_the_tag() {
    let intel = || slice(X86_64, BUNDLE, (10, 13), &[]);
    let arm = |version| slice(ARM64, BUNDLE, version, &[]);
    let both = || universal(&[(X86_64, intel()), (ARM64, arm((11, 0)))]);
    let old = mach_o(X86_64, BUNDLE, &[version_min((10, 9))], &[]);
    let unsigned = mach_o(ARM64, BUNDLE, &[build_version(1, (11, 0))], &[]);
    let ios = mach_o(ARM64, BUNDLE, &[build_version(2, (13, 0)), signature()], &[]);
    let table: [(&str, &str, Vec<u8>, &[&str], Option<&str>, &[&str]); 17] = [
        ("macosx_11_0_arm64", "a.so", arm((11, 0)), &[], Some("macosx_11_0_arm64"), &[]),
        (
            "macosx_10_9_universal2",
            "a.so",
            both(),
            &[],
            Some("macosx_10_13_universal2"),
            &["Error macos-version a.so"],
        ),
        ("macosx_10_13_universal2", "a.so", both(), &[], Some("macosx_10_13_universal2"), &[]),
        (
            "macosx_10_13_x86_64.macosx_11_0_arm64",
            "a.so",
            both(),
            &[],
            Some("macosx_10_13_universal2"),
            &[],
        ),
        ("macosx_10_9_x86_64", "a.so", old, &[], Some("macosx_10_9_x86_64"), &[]),
        (
            "macosx_11_0_universal2",
            "a.so",
            arm((11, 0)),
            &[],
            Some("macosx_11_0_arm64"),
            &["Error cpu-missing a.so"],
        ),
        // A library that nothing in the wheel loads may be for one of the CPUs.
        (
            "macosx_11_0_universal2",
            "a.dylib",
            arm((11, 0)),
            &[],
            Some("macosx_11_0_arm64"),
            &["Warning cpu-missing a.dylib"],
        ),
        ("macosx_11_0_arm64", "a.so", intel(), &[], None, &["Error cpu-missing a.so"]),
        ("macosx_11_0_arm64", "a.dylib", intel(), &[], None, &["Info foreign-object a.dylib"]),
        (
            "macosx_11_0_arm64",
            "a.so",
            arm((12, 0)),
            &[],
            Some("macosx_12_0_arm64"),
            &["Error macos-version a.so"],
        ),
        // No tag names the minor version.
        (
            "macosx_11_0_arm64",
            "a.so",
            arm((11, 3)),
            &[],
            Some("macosx_11_0_arm64"),
            &["Warning macos-version a.so"],
        ),
        ("macosx_10_16_arm64", "a.so", arm((11, 0)), &[], Some("macosx_11_0_arm64"), &[]),
        (
            "macosx_11_0_arm64",
            "a.so",
            unsigned,
            &[],
            Some("macosx_11_0_arm64"),
            &["Error code-unsigned a.so"],
        ),
        ("macosx_11_0_arm64", "a.so", ios.clone(), &[], None, &["Error cpu-missing a.so"]),
        ("ios_13_0_arm64_iphoneos", "a.so", ios, &[], Some("ios_13_0_arm64_iphoneos"), &[]),
        (
            "macosx_11_0_arm64",
            "a.so",
            arm((11, 0)),
            &["macosx_10_15", "macosx_10_9_x86_64"],
            Some("macosx_11_0_arm64"),
            &[],
        ),
        (
            "macosx_11_0_arm64",
            "a.so",
            arm((11, 0)),
            &["win_amd64", "manylinux_2_28"],
            Some("macosx_11_0_arm64"),
            &["Error wrong-platform -"],
        ),
    ];
    for (platform, path, bytes, required, tag, findings) in table {
        let audited = audit(platform, &[(path, bytes)], required);
        let expected = (tag.map(str::to_owned), findings.iter().map(|&it| it.to_owned()).collect());
        assert_eq!(outcome(&audited), expected, "{platform} {required:?}");
    }
}

#[test]
fn libraries_are_found_in_the_wheel_alone() {
    let module = |more: &[Command]| slice(ARM64, BUNDLE, (11, 0), more);
    let library = |more: &[Command]| slice(ARM64, DYLIB, (11, 0), more);
    let program = |more: &[Command]| slice(ARM64, EXECUTE, (11, 0), more);
    let outside = "Error external-library p/a.so";
    let table: [(&str, Vec<Command>, &[&str]); 19] = [
        (
            "the system",
            vec![
                needs("/usr/lib/libc++.1.dylib"),
                needs("/System/Library/Frameworks/A.framework/A"),
            ],
            &[],
        ),
        ("beside it", vec![needs("@loader_path/.dylibs/libz.dylib")], &[]),
        ("with dots", vec![needs("@loader_path/../p/./.dylibs/libz.dylib")], &[]),
        ("moved by the installer", vec![needs("@loader_path/../q/libq.dylib")], &[]),
        ("by an rpath", vec![needs("@rpath/libz.dylib"), rpath("@loader_path/.dylibs")], &[]),
        (
            "by the second rpath",
            vec![needs("@rpath/libz.dylib"), rpath("@loader_path"), rpath("@loader_path/.dylibs/")],
            &[],
        ),
        ("without an rpath", vec![needs("@rpath/libz.dylib")], &[outside]),
        ("missing", vec![needs("@loader_path/libz.dylib")], &[outside]),
        ("out of the wheel", vec![needs("@loader_path/../../libz.dylib")], &[outside]),
        ("weak", vec![dylib(0x8000_0018, "@rpath/libweak.dylib")], &[]),
        ("of Homebrew", vec![needs("/opt/homebrew/lib/libomp.dylib")], &[outside]),
        ("of the user", vec![needs("/usr/local/lib/libomp.dylib")], &[outside]),
        (
            "by an rpath of Homebrew",
            vec![needs("@rpath/libomp.dylib"), rpath("/opt/homebrew/lib")],
            &[outside, "Warning absolute-runpath p/a.so"],
        ),
        ("of Swift", vec![needs("@rpath/libswiftCore.dylib"), rpath("/usr/lib/swift")], &[]),
        ("relative", vec![needs("libz.dylib")], &[outside]),
        ("of the program", vec![needs("@executable_path/libz.dylib")], &[outside]),
        (
            "of Python",
            vec![needs("/Library/Frameworks/Python.framework/Versions/3.12/Python")],
            &[outside],
        ),
        ("of another wheel", vec![needs("@rpath/libtorch.dylib")], &[]),
        (
            "an rpath that leaves",
            vec![rpath("@loader_path/../../lib")],
            &["Warning rpath-leaves-wheel p/a.so"],
        ),
    ];
    for (name, commands, findings) in table {
        let files = [
            ("p/a.so", module(&commands)),
            ("p/.dylibs/libz.dylib", library(&[])),
            ("d-1.data/platlib/q/libq.dylib", library(&[])),
        ];
        let (tag, found) = outcome(&audit("macosx_11_0_arm64", &files, &[]));
        assert_eq!(
            (tag, found),
            (
                Some("macosx_11_0_arm64".to_owned()),
                findings.iter().map(|&it| it.to_owned()).collect()
            ),
            "{name}"
        );
    }
    // The file that loads a library passes its search paths on; a program knows its own directory.
    let files = [
        ("p/a.so", module(&[needs("@loader_path/libx.dylib"), rpath("@loader_path/deep")])),
        ("p/libx.dylib", library(&[needs("@rpath/liby.dylib")])),
        ("p/deep/liby.dylib", library(&[])),
        ("d-1.data/scripts/tool", program(&[needs("@executable_path/../lib/libt.dylib")])),
        ("d-1.data/data/lib/libt.dylib", library(&[])),
    ];
    assert_eq!(outcome(&audit("macosx_11_0_arm64", &files, &[])).1, Vec::<String>::new());
    // A library for one CPU only, which a module for both loads.
    let both = universal(&[
        (X86_64, slice(X86_64, BUNDLE, (10, 13), &[needs("@loader_path/libx.dylib")])),
        (ARM64, module(&[needs("@loader_path/libx.dylib")])),
    ]);
    let files = [("a.so", both), ("libx.dylib", library(&[]))];
    let (tag, found) = outcome(&audit("macosx_10_13_universal2", &files, &[]));
    assert_eq!(
        (tag, found),
        (Some("macosx_11_0_arm64".to_owned()), vec!["Error cpu-missing libx.dylib".to_owned()])
    );
}

#[test]
fn windows_has_cpus_and_dlls() {
    let pe = |machine, needed: &[&str], delayed: &[&str]| {
        Pe { machine, needed, delayed, exports: &["PyInit_a"], is_dotnet: false }.bytes()
    };
    let x64 = |needed: &[&str]| pe(0x8664, needed, &[]);
    let table: [(&str, &str, Vec<u8>, Option<&str>, &[&str]); 15] = [
        (
            "win_amd64",
            "a.pyd",
            x64(&["KERNEL32.dll", "python312.dll", "VCRUNTIME140.dll"]),
            Some("win_amd64"),
            &[],
        ),
        ("win_amd64", "a.pyd", x64(&["api-ms-win-crt-math-l1-1-0.dll"]), Some("win_amd64"), &[]),
        ("win_amd64", "a.pyd", x64(&["Own.DLL"]), Some("win_amd64"), &[]),
        (
            "win_amd64",
            "a.pyd",
            x64(&["torch_cpu.dll"]),
            Some("win_amd64"),
            &["Error external-library a.pyd"],
        ),
        (
            "win_amd64",
            "a.pyd",
            pe(0x8664, &[], &["torch_cpu.dll"]),
            Some("win_amd64"),
            &["Warning external-library a.pyd"],
        ),
        (
            "win_amd64",
            "a.pyd",
            x64(&["MSVCP140.dll"]),
            Some("win_amd64"),
            &["Error c-runtime a.pyd"],
        ),
        (
            "win_amd64",
            "a.pyd",
            x64(&["ucrtbased.dll"]),
            Some("win_amd64"),
            &["Error debug-runtime a.pyd"],
        ),
        (
            "win_amd64",
            "a.pyd",
            x64(&["python311.dll"]),
            Some("win_amd64"),
            &["Error python-library a.pyd"],
        ),
        ("win_amd64", "a.pyd", x64(&["libtorch.dylib"]), Some("win_amd64"), &[]),
        (
            "win32",
            "a.pyd",
            pe(0x14C, &["vcruntime140_1.dll"], &[]),
            Some("win32"),
            &["Error c-runtime a.pyd"],
        ),
        ("win_arm64", "a.pyd", pe(0xAA64, &[], &[]), Some("win_arm64"), &[]),
        (
            "win_arm64",
            "a.pyd",
            x64(&[]),
            None,
            &["Error cpu-missing a.pyd", "Info foreign-object own.dll"],
        ),
        (
            "win_amd64",
            "a.pyd",
            pe(0x14C, &[], &[]),
            Some("win_amd64"),
            &["Error cpu-missing a.pyd"],
        ),
        (
            "win_amd64",
            "a.dll",
            pe(0x14C, &["none.dll"], &[]),
            Some("win_amd64"),
            &["Info foreign-object a.dll"],
        ),
        (
            "win32.win_amd64",
            "a.pyd",
            pe(0x14C, &[], &[]),
            None,
            &["Info foreign-object a.pyd", "Info foreign-object own.dll"],
        ),
    ];
    for (platform, path, bytes, tag, findings) in table {
        let machine = match platform {
            "win32" => 0x14C,
            "win_arm64" if tag.is_some() => 0xAA64,
            _ => 0x8664,
        };
        let files = [(path, bytes), ("own.dll", pe(machine, &[], &[]))];
        let expected = (tag.map(str::to_owned), findings.iter().map(|&it| it.to_owned()).collect());
        assert_eq!(outcome(&audit(platform, &files, &[])), expected, "{platform} {path}");
    }
}

#[test]
fn a_wheel_without_code_runs_on_any_version() {
    let audited = audit("macosx_11_0_arm64", &[], &[]);
    assert!(matches!(audited.judgement, Judgement::OtherPlatform(_)));
    assert!(audited.findings.is_empty());
    let audited = audit("win_amd64", &[("a.pyd", Pe::default().bytes()[..0x100].to_vec())], &[]);
    let (_, found) = outcome(&audited);
    assert_eq!(found, ["Error object-damaged a.pyd"]);
}
