//! Tests of `PlatformTag`.

use proptest::prelude::*;

use super::*;
use crate::platform::Libc::{Android, Glibc, Musl};
use crate::platform::Machine::{Aarch64, Armv7l, I686, Ppc64, Ppc64le, S390x, X86_64};
use crate::wheel::{TagError, TagKind};

fn parse(tag: &str) -> PlatformTag {
    PlatformTag::parse_lenient(tag)
}

#[test]
fn families_are_recognized() {
    let x86_64 = || "x86_64".into();
    let table = [
        ("any", PlatformTag::Any),
        ("linux_x86_64", PlatformTag::Linux { architecture: x86_64() }),
        (
            "manylinux2010_x86_64",
            PlatformTag::LegacyManylinux {
                standard: LegacyManylinux::Manylinux2010,
                architecture: x86_64(),
            },
        ),
        (
            "manylinux_2_34_x86_64_v3",
            PlatformTag::Manylinux { glibc: (2, 34), architecture: "x86_64_v3".into() },
        ),
        ("musllinux_1_2_x86_64", PlatformTag::Musllinux { musl: (1, 2), architecture: x86_64() }),
        ("android_24_arm64_v8a", PlatformTag::Android { api_level: 24, abi: "arm64_v8a".into() }),
        (
            "macosx_11_0_universal2",
            PlatformTag::Macos { version: (11, 0), architecture: "universal2".into() },
        ),
        (
            "ios_13_0_x86_64_iphonesimulator",
            PlatformTag::Ios { version: (13, 0), architecture: x86_64(), sdk: IosSdk::Simulator },
        ),
        ("win32", PlatformTag::Win32),
        ("win_amd64", PlatformTag::Windows { architecture: "amd64".into() }),
        (
            "pyemscripten_2026_0_wasm32",
            PlatformTag::Wasm {
                runtime: WasmRuntime::Pyemscripten,
                version: [2026, 0].into(),
                architecture: "wasm32".into(),
            },
        ),
        (
            "emscripten_3_1_45_wasm32",
            PlatformTag::Wasm {
                runtime: WasmRuntime::Emscripten,
                version: [3, 1, 45].into(),
                architecture: "wasm32".into(),
            },
        ),
        ("pyodide_wasm32", PlatformTag::Other("pyodide_wasm32".into())),
        ("freebsd_14_0_release_amd64", PlatformTag::Other("freebsd_14_0_release_amd64".into())),
    ];
    for (tag, expected) in table {
        assert_eq!(parse(tag), expected, "{tag}");
        assert_eq!(expected.to_string(), tag);
    }
}

#[test]
fn a_tag_must_have_the_form_of_its_family() {
    for (tag, expected) in [
        ("any_x86_64", "`any`"),
        ("linux", "`linux_ARCH`"),
        ("linux_64", "`linux_ARCH`"),
        ("manylinux2014", "`manylinux2014_ARCH`"),
        (
            "manylinux_2_28",
            "`manylinux_2_Y_ARCH`, `manylinux1_ARCH`, `manylinux2010_ARCH` or `manylinux2014_ARCH`",
        ),
        ("musllinux1_2_x86_64", "`musllinux_1_Y_ARCH`"),
        ("android_arm64_v8a", "`android_LEVEL_ABI`"),
        ("macosx_11_arm64", "`macosx_X_Y_ARCH`"),
        ("ios_13_0_arm64", "`ios_X_Y_ARCH_iphoneos` or `…_iphonesimulator`"),
        ("win32_amd64", "`win32`"),
        ("win", "`win_ARCH`"),
    ] {
        let refused = TagError::Form { kind: TagKind::Platform, tag: tag.to_owned(), expected };
        assert_eq!(tag.parse::<PlatformTag>(), Err(refused), "{tag}");
        assert_eq!(PlatformTag::parse_lenient(tag), PlatformTag::Other(tag.into()));
    }
    for tag in ["", "_", "linux-x86_64", "linux_x86_64 "] {
        let error = tag.parse::<PlatformTag>().unwrap_err();
        assert!(matches!(error, TagError::Malformed { .. }), "{tag}: {error}");
    }
}

#[test]
fn tags_name_machine_and_c_library() {
    let table = [
        ("manylinux_2_17_x86_64", Some(X86_64), Some(Glibc)),
        ("manylinux2014_i686", Some(I686), Some(Glibc)),
        ("manylinux_2_34_x86_64_v3", Some(X86_64), Some(Glibc)),
        ("ManyLinux_2_17_X86_64", Some(X86_64), Some(Glibc)),
        ("musllinux_1_2_armv7l", Some(Armv7l), Some(Musl)),
        ("android_24_arm64_v8a", Some(Aarch64), Some(Android)),
        ("android_21_armeabi_v7a", None, Some(Android)),
        ("linux_ppc64", Some(Ppc64), None),
        ("linux_ppc64le", Some(Ppc64le), None),
        ("linux_x86_64_v5", None, None),
        ("manylinux_2_28_banana_x86_64", None, Some(Glibc)),
        ("linux_powerppc64", None, None),
        ("Linux_S390X", Some(S390x), None),
        ("macosx_10_9_x86_64", Some(X86_64), None),
        ("macosx_11_0_arm64", None, None),
        ("win_amd64", None, None),
        // Texts that are no whole tags.
        ("manylinux_2_28", None, Some(Glibc)),
        ("manylinux_acme", None, Some(Glibc)),
        ("manylinux_acme_x86_64", Some(X86_64), Some(Glibc)),
        ("musllinux", None, Some(Musl)),
        ("android_24", None, Some(Android)),
        ("linux", None, None),
        ("x86_64", None, None),
        ("_x86_64", Some(X86_64), None),
        ("any", None, None),
        ("", None, None),
    ];
    for (tag, machine, libc) in table {
        let parsed = PlatformTag::parse_lenient(tag);
        assert_eq!((parsed.machine(), parsed.libc()), (machine, libc), "{tag}");
    }
    for machine in Machine::ALL {
        assert_eq!(parse(&format!("linux_{machine}")).machine(), Some(machine));
    }
}

#[test]
fn an_architecture_may_be_missing() {
    for (text, tag) in [
        ("manylinux_2_28", Some("manylinux_2_28_aarch64")),
        ("manylinux2014", Some("manylinux2014_aarch64")),
        ("android_24", Some("android_24_aarch64")),
        ("linux", Some("linux_aarch64")),
        ("musllinux_1_2_x86_64", Some("musllinux_1_2_x86_64")),
        ("any", Some("any")),
        ("acme", Some("acme")),
        ("manylinux_acme", None),
        ("manylinux_2", None),
        ("", None),
    ] {
        let found = PlatformTag::parse_for(Aarch64, text).map(|found| found.to_string());
        assert_eq!(found.as_deref(), tag, "{text}");
    }
}

#[test]
fn manylinux_and_musllinux_tags_name_a_version() {
    for (tag, version) in [
        ("manylinux1_x86_64", Some((Glibc, (2, 5)))),
        ("manylinux2010_x86_64", Some((Glibc, (2, 12)))),
        ("manylinux2014_x86_64", Some((Glibc, (2, 17)))),
        ("manylinux_2_28_x86_64", Some((Glibc, (2, 28)))),
        ("manylinux_2_99999999999_x86_64", Some((Glibc, (2, u32::MAX)))),
        ("musllinux_1_2_x86_64", Some((Musl, (1, 2)))),
        ("linux_x86_64", None),
        ("android_24_x86_64", None),
        ("macosx_11_0_x86_64", None),
    ] {
        assert_eq!(parse(tag).libc_version(), version, "{tag}");
    }
}

#[test]
fn a_system_is_linux_apples_or_windows() {
    let table = [
        ("linux_x86_64", [true, false, false]),
        ("manylinux2014_x86_64", [true, false, false]),
        ("musllinux_1_2_x86_64", [true, false, false]),
        ("android_24_x86_64", [true, false, false]),
        ("macosx_11_0_arm64", [false, true, false]),
        ("ios_13_0_arm64_iphoneos", [false, true, false]),
        ("win32", [false, false, true]),
        ("win_arm64", [false, false, true]),
        ("any", [false; 3]),
        ("pyemscripten_2026_0_wasm32", [false; 3]),
        ("freebsd_14_0_release_amd64", [false; 3]),
    ];
    for (tag, expected) in table {
        let tag = parse(tag);
        assert_eq!([tag.is_linux(), tag.is_apple(), tag.is_windows()], expected, "{tag}");
    }
    assert!(PlatformTag::parse_lenient("linux").is_linux());
}

#[test]
fn linux_and_android_run_code_for_their_own_cpu() {
    for (tag, machines) in [
        ("linux_x86_64", &[X86_64][..]),
        ("linux_i386", &[I686]),
        ("linux_armv6l", &[Armv7l]),
        ("linux_armv8l", &[Armv7l]),
        ("linux_aarch64", &[Aarch64]),
        ("linux_sparc64", &[]),
        ("manylinux1_i686", &[I686]),
        ("manylinux2014_ppc64", &[Ppc64]),
        ("manylinux2014_ppc64le", &[Ppc64le]),
        ("manylinux_2_34_x86_64_v2", &[X86_64]),
        ("manylinux_2_34_x86_64_v3", &[X86_64]),
        ("manylinux_2_34_x86_64_v4", &[X86_64]),
        ("musllinux_1_2_s390x", &[S390x]),
        ("android_21_arm64_v8a", &[Aarch64]),
        ("android_21_armeabi_v7a", &[Armv7l]),
        ("android_21_x86", &[I686]),
        ("android_21_x86_64", &[X86_64]),
        ("any", &Machine::ALL),
        ("macosx_11_0_arm64", &Machine::ALL),
        ("ios_13_0_arm64_iphoneos", &Machine::ALL),
        ("win_amd64", &Machine::ALL),
        ("win32", &Machine::ALL),
        ("pyemscripten_2026_0_wasm32", &Machine::ALL),
        ("freebsd_14_0_release_amd64", &Machine::ALL),
    ] {
        let tag = parse(tag);
        let found: Vec<Machine> =
            Machine::ALL.into_iter().filter(|machine| tag.may_run(*machine)).collect();
        assert_eq!(found, machines, "{tag}");
    }
}

#[test]
fn pypi_accepts() {
    for tag in [
        "any",
        "win32",
        "win_amd64",
        "win_arm64",
        "win_ia64",
        "linux_armv6l",
        "linux_armv7l",
        "manylinux1_i686",
        "manylinux2010_x86_64",
        "manylinux2014_x86_64",
        "manylinux2014_ppc64",
        "manylinux_2_17_ppc64",
        "manylinux_2_39_riscv64",
        "musllinux_1_2_s390x",
        "macosx_10_9_x86_64",
        "macosx_10_6_intel",
        "macosx_11_0_arm64",
        "macosx_26_0_universal2",
        "ios_13_0_arm64_iphoneos",
        "ios_13_0_x86_64_iphonesimulator",
        "android_21_arm64_v8a",
        "android_24_x86_64",
        "pyemscripten_2026_0_wasm32",
    ] {
        assert!(parse(tag).is_accepted_by_pypi(), "{tag}");
    }
}

#[test]
fn pypi_does_not_accept() {
    for tag in [
        "win_arm32",
        "linux_x86_64",
        "linux_armv5",
        "manylinux1_aarch64",
        "manylinux2010_s390x",
        "manylinux2014_riscv64",
        "manylinux_2_17_sparc64",
        "manylinux_2_36_loongarch64",
        "musllinux_1_2_sparc",
        "musllinux_1_2_ppc64",
        "macosx_10_9_bogus",
        "macosx_10_6_fat32",
        "macosx_11_1_arm64",
        "macosx_9_0_ppc",
        "macosx_16_0_arm64",
        "ios_13_0_armv7_iphoneos",
        "android_21_sparc",
        "pyodide_2025_0_wasm32",
        "pyemscripten_2026_0_wasm64",
        "pyemscripten_x_0_wasm32",
        "emscripten_3_1_32_wasm32",
        "freebsd_14_amd64",
    ] {
        assert!(!parse(tag).is_accepted_by_pypi(), "{tag}");
    }
}

proptest! {
    #[test]
    fn displayed_values_parse_to_the_same(
        tag in "(any|win32|win_amd64|(manylinux(1|2010|2014|_2_[1-9][0-9])|musllinux_1_[0-9]|linux\
                |android_[1-9][0-9]|macosx_1[0-9]_[0-9]|(pyodide|pyemscripten)_20[2-9][0-9]_[0-9]\
                |(emscripten|wasi)_[0-9]_[0-9]_[0-9]|solaris)_[a-z]{1,6}[0-9]{0,3}(_[a-z0-9]{1,3})?\
                |ios_1[0-9]_[0-9]_[a-z]{1,6}_(iphoneos|iphonesimulator))",
    ) {
        prop_assert_eq!(parse(&tag).to_string(), tag);
    }

    #[test]
    fn a_lenient_parse_takes_any_text(text in "\\PC{0,40}") {
        let tag = PlatformTag::parse_lenient(&text);
        prop_assert_eq!(&PlatformTag::parse_lenient(&tag.to_string()), &tag);
        let _ = (tag.machine(), tag.libc(), tag.libc_version(), tag.is_accepted_by_pypi());
    }
}
