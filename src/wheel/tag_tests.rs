//! Tests of `tag.rs`.

use proptest::prelude::*;

use super::*;
use crate::error::Diagnose as _;

#[test]
fn sets_are_sorted_and_expand() {
    for (written, canonical, expanded) in [
        ("py3-none-any", "py3-none-any", vec!["py3-none-any"]),
        ("py3.py2.py3-none-any", "py2.py3-none-any", vec!["py2-none-any", "py3-none-any"]),
        (
            "cp315-abi3t.abi3-linux_x86_64.any",
            "cp315-abi3.abi3t-any.linux_x86_64",
            vec![
                "cp315-abi3-any",
                "cp315-abi3-linux_x86_64",
                "cp315-abi3t-any",
                "cp315-abi3t-linux_x86_64",
            ],
        ),
    ] {
        let tags: WheelTags = written.parse().unwrap();
        assert_eq!(tags.to_string(), canonical);
        assert_eq!(tags.expand().map(|tag| tag.to_string()).collect::<Vec<_>>(), expanded);
    }
}

#[test]
fn a_wheel_without_abi_and_platform_runs_everywhere() {
    for (tags, expected) in [
        ("py3-none-any", true),
        ("py2.py3-none-any", true),
        ("cp313-none-any", true),
        ("cp313-abi3-any", false),
        ("py3-none-win32", false),
        ("py3-none-any.win32", false),
        ("py3-abi3.none-any", false),
    ] {
        assert_eq!(tags.parse::<WheelTags>().unwrap().is_any(), expected, "{tags}");
    }
}

#[test]
fn platform_tags_of_known_families_have_their_form() {
    for tag in [
        "any",
        "manylinux1_i686",
        "manylinux2010_x86_64",
        "manylinux2014_aarch64",
        "manylinux_2_17_x86_64",
        "manylinux_2_27_riscv64",
        "musllinux_1_2_armv7l",
        "macosx_10_9_x86_64",
        "macosx_11_0_universal2",
        "win32",
        "win_amd64",
        "win_arm64",
        "android_21_arm64_v8a",
        "android_24_x86_64",
        "ios_13_0_arm64_iphoneos",
        "ios_13_0_x86_64_iphonesimulator",
        "linux_x86_64",
        "linux_armv7l",
        "freebsd_14_0_release_amd64",
        "aix_7304_2348_1234_64",
        "emscripten_3_1_45_wasm32",
        "pyodide_2024_0_wasm32",
        "solaris_2_11_i86pc",
    ] {
        assert!(TagSet::parse(TagKind::Platform, tag).is_ok(), "{tag}");
    }
    for tag in [
        "any_x86_64",
        "manylinux2014",
        "manylinux2015_x86_64",
        "manylinux_2_x86_64",
        "manylinux_2_17",
        "manylinux_2_17_64",
        "manylinux217_x86_64",
        "musllinux_x86_64",
        "musllinux1_2_x86_64",
        "macosx_arm64",
        "macosx_11_arm64",
        "win32_amd64",
        "win",
        "android_arm64_v8a",
        "ios_13_0_arm64",
        "ios_arm64_iphoneos",
        "linux",
        "linux_64",
    ] {
        let error = TagSet::parse(TagKind::Platform, tag).unwrap_err();
        assert!(matches!(error, TagError::Platform { .. }), "{tag}: {error}");
        assert!(TagSet::parse(TagKind::Abi, tag).is_ok(), "{tag} is only bad as a platform");
    }
}

#[test]
fn malformed_tags_are_refused() {
    for tag in ["", ".", "py3.", "py3 ", "py/3", "_py3", "py3_", "py__3", "py3\n", "pý3", "py3-x"]
    {
        for kind in [TagKind::Python, TagKind::Abi, TagKind::Platform] {
            assert!(TagSet::parse(kind, tag).is_err(), "{kind} {tag:?}");
        }
    }
    for tags in ["", "py3", "py3-none", "py3-none-any-x", "--", "py3--any"] {
        assert!(tags.parse::<WheelTags>().is_err(), "{tags:?}");
    }
}

#[test]
fn the_number_of_combinations_is_limited() {
    let set = |count: usize| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>().join(".");
    assert!(WheelTags::new(&set(16), &set(16), &set(16)).is_ok());
    assert_eq!(
        WheelTags::new(&set(17), &set(16), &set(16)).map_err(|error| match error {
            TagError::TooMany { count, .. } => count,
            _ => 0,
        }),
        Err(17 * 16 * 16)
    );
}

#[test]
fn messages() {
    let message = |text: &str| text.parse::<WheelTags>().unwrap_err().message_with_hint();
    insta::assert_snapshot!(message("py 3-none-any"), @r"
    `py 3` is not a Python tag: expected ASCII letters and digits, in words joined by `_`
    hint: join the tags of a set by `.`, as in `py2.py3`
    ");
    insta::assert_snapshot!(message("py3-none-manylinux2014"), @r"
    `manylinux2014` is not a platform tag: expected `manylinux2014_ARCH`
    hint: no installer would ever select it; tags look like `manylinux_2_27_x86_64`, `macosx_11_0_arm64`, `win_amd64`, `any`
    ");
    insta::assert_snapshot!(message("py3-any"), @r"
    `py3-any` is not a set of tags: expected `PYTHON-ABI-PLATFORM`
    hint: a wheel of pure Python has `py3-none-any`
    ");
}

proptest! {
    #[test]
    fn displayed_values_parse_to_the_same(
        python in "(py3|cp3[0-9]{2}|pp311)(\\.[a-z]{2}[0-9])?",
        abi in "(none|abi3|cp313t)(\\.[a-z0-9]{1,6}(_[a-z0-9]{1,4})?)?",
        platform in "(any|win32|(manylinux|musllinux)_2_[0-9]{1,2}_x86_64)(\\.linux_[a-z]{3}64)?",
    ) {
        let tags = WheelTags::new(&python, &abi, &platform).unwrap();
        prop_assert_eq!(&tags.to_string().parse::<WheelTags>().unwrap(), &tags);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = text.parse::<WheelTags>();
    }
}
