//! The facts of Mach-O and PE files, whole, in parts and damaged.

use super::sample::{
    ARM64, BUNDLE, Command, DSYM, DYLIB, Pe, X86_64, build_version, dylib, mach_o, needs, rpath,
    signature, universal, version_min,
};
use super::{
    AppleCpu, ApplePlatform, AppleVersion, MachOFacts, MachOLink, MachOType, ObjectFacts,
    ObjectFile as _, PeCpu, PeFacts,
};
use crate::elf::{MAX_ROUNDS, Sparse, Unfinished};
use crate::platform::Machine;

/// Reads a file by the parts that are asked for.
fn in_parts(bytes: &[u8]) -> Option<ObjectFacts> {
    let len = bytes.len() as u64;
    let mut parts = Sparse::new(len);
    for _ in 0..MAX_ROUNDS {
        match ObjectFacts::read_parts(&parts, len) {
            Ok(facts) => return facts,
            Err(Unfinished::Missing(ranges)) => {
                for range in ranges {
                    let within =
                        usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                    parts.insert(range.start, bytes[within].to_vec());
                }
            }
            Err(Unfinished::Wrong(error)) => panic!("{error}"),
        }
    }
    panic!("more requests than there are stages")
}

fn library() -> Vec<u8> {
    let commands: Vec<Command> = vec![
        dylib(0xD, "@rpath/libown.dylib"),
        needs("/usr/lib/libSystem.B.dylib"),
        dylib(0x8000_0018, "@rpath/libweak.dylib"),
        dylib(0x8000_001F, "@loader_path/libagain.dylib"),
        dylib(0x8000_0023, "libup.dylib"),
        rpath("@loader_path/.dylibs"),
        rpath("/opt/homebrew/lib"),
        build_version(1, (11, 3)),
        signature(),
    ];
    mach_o(ARM64, DYLIB, &commands, &["PyInit_sample", "other", "_cffi_pypyinit_sample"])
}

#[test]
fn a_mach_o_file_says_what_it_is_for_and_needs() {
    let facts = MachOFacts::read(&library()).unwrap();
    assert_eq!((facts.slices.len(), facts.is_universal, &facts.problem), (1, false, &None));
    let slice = &facts.slices[0];
    assert_eq!((slice.cpu, slice.file_type), (AppleCpu::Arm64, MachOType::Library));
    assert_eq!(slice.install_name.as_deref(), Some("@rpath/libown.dylib"));
    let links: Vec<_> = slice.libraries.iter().map(|it| (it.name.as_str(), it.link)).collect();
    assert_eq!(
        links,
        [
            ("/usr/lib/libSystem.B.dylib", MachOLink::Required),
            ("@rpath/libweak.dylib", MachOLink::Weak),
            ("@loader_path/libagain.dylib", MachOLink::Reexported),
            ("libup.dylib", MachOLink::Upward),
        ]
    );
    assert_eq!(slice.libraries[0].compatibility, AppleVersion(1, 0, 0));
    assert_eq!(slice.libraries[0].current.to_string(), "2.3.1");
    assert_eq!(slice.rpaths, ["@loader_path/.dylibs", "/opt/homebrew/lib"]);
    assert_eq!(slice.platform, Some(ApplePlatform::Macos));
    assert!(slice.is_signed);
    assert_eq!(slice.entry_points, ["PyInit_sample", "_cffi_pypyinit_sample"]);
    assert_eq!(slice.machine(), Some(Machine::Aarch64));
    assert_eq!(slice.needed_libraries().len(), 4);
    assert!(slice.minimum_system().eq([("macOS", "11.3".into())]));
}

#[test]
fn a_universal_file_has_slices() {
    let intel = mach_o(X86_64, BUNDLE, &[version_min((10, 9))], &["PyInit_a"]);
    let arm = mach_o(ARM64, BUNDLE, &[build_version(1, (11, 0)), signature()], &["PyInit_b"]);
    let facts = MachOFacts::read(&universal(&[(X86_64, intel), (ARM64, arm)])).unwrap();
    assert!(facts.is_universal && facts.problem.is_none());
    let slices: Vec<_> = facts
        .slices
        .iter()
        .map(|it| (it.cpu.name(), it.minimum_version, it.is_signed, it.entry_points[0].as_str()))
        .collect();
    let version = |major, minor| Some(AppleVersion(major, minor, 0));
    let expected = [
        ("x86_64", version(10, 9), false, "PyInit_a"),
        ("arm64", version(11, 0), true, "PyInit_b"),
    ];
    assert_eq!(slices, expected);
}

#[test]
fn a_pe_file_says_what_it_is_for_and_needs() {
    let file = Pe {
        machine: 0x8664,
        needed: &["KERNEL32.dll", "python312.dll"],
        delayed: &["late.dll"],
        exports: &["PyInit_sample", "other"],
        is_dotnet: false,
    };
    let facts = PeFacts::read(&file.bytes()).unwrap();
    assert_eq!(
        (facts.cpu, facts.is_library, facts.subsystem_version),
        (PeCpu::Amd64, true, (6, 2))
    );
    assert_eq!(
        (&facts.needed[..], &facts.delay_loaded[..]),
        (
            &["KERNEL32.dll".to_owned(), "python312.dll".to_owned()][..],
            &["late.dll".to_owned()][..]
        )
    );
    assert_eq!(facts.export_name.as_deref(), Some("sample.dll"));
    assert_eq!(facts.entry_points, ["PyInit_sample"]);
    assert_eq!((facts.is_dotnet, facts.is_portable, &facts.problem), (false, false, &None));
    assert!(facts.minimum_system().eq([("Windows", "6.2".into())]));
    let cases = [
        (0x14C, "win32", Some(Machine::I686)),
        (0x8664, "win_amd64", Some(Machine::X86_64)),
        (0xAA64, "win_arm64", Some(Machine::Aarch64)),
        (0xA641, "win_amd64", Some(Machine::X86_64)),
    ];
    for (machine, tag, expected) in cases {
        let facts = PeFacts::read(&Pe { machine, ..file.clone() }.bytes()).unwrap();
        assert_eq!((facts.cpu.platform_tag(), facts.machine()), (Some(tag), expected));
        assert_eq!(facts.needed.len(), 2, "{tag}");
    }
    let portable = Pe { machine: 0x14C, is_dotnet: true, ..Pe::default() };
    let facts = PeFacts::read(&portable.bytes()).unwrap();
    assert!(facts.is_dotnet && facts.is_portable && facts.machine().is_none());
}

#[test]
fn parts_are_enough_and_damage_is_no_panic() {
    let pe = Pe {
        machine: 0xAA64,
        needed: &["a.dll", "b.dll"],
        delayed: &["c.dll"],
        exports: &["PyInit_a", "PyInit_b"],
        is_dotnet: false,
    };
    let thin = library();
    let files = [thin.clone(), universal(&[(ARM64, thin.clone()), (X86_64, thin)]), pe.bytes()];
    for file in &files {
        assert_eq!(in_parts(file), ObjectFacts::read(file));
        for len in 0..file.len() {
            assert_eq!(in_parts(&file[..len]), ObjectFacts::read(&file[..len]), "{len} bytes");
        }
        for at in 0..file.len().min(0x1200) {
            for byte in [0, 0x7F, 0xFF] {
                let mut damaged = file.clone();
                damaged[at] = byte;
                assert_eq!(in_parts(&damaged), ObjectFacts::read(&damaged), "byte {at}");
            }
        }
    }
    let problem = |bytes: &[u8]| match ObjectFacts::read(bytes) {
        Some(ObjectFacts::MachO(facts)) => facts.problem.is_some(),
        Some(ObjectFacts::Pe(facts)) => facts.problem.is_some(),
        None => false,
    };
    assert!(files.iter().all(|file| !problem(file)));
    assert!(
        problem(&files[0][..100]) && problem(&files[1][..0x2000]) && problem(&files[2][..0x100])
    );
}

#[test]
fn other_files_have_no_facts() {
    // A Java class of version 65; a program for DOS.
    let mut dos = vec![0; 128];
    dos[..2].copy_from_slice(b"MZ");
    let others: [&[u8]; 5] = [b"", b"\x7FELF", b"\xCA\xFE\xBA\xBE\0\0\0\x41", b"MZ", &dos];
    for bytes in others {
        assert_eq!(ObjectFacts::read(bytes), None, "{bytes:?}");
    }
    let debug = MachOFacts::read(&mach_o(ARM64, DSYM, &[], &[])).unwrap();
    assert_eq!(debug.slices[0].file_type, MachOType::NotLoaded);
}
