//! Tests of `tag.rs`.

use proptest::prelude::*;

use super::*;
use crate::error::Diagnose;

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
fn wheels_of_other_tools_may_have_any_tags() {
    let tags: WheelTags = "python3-abi312-manylinux_2_28.manylinx_2_28_x86_64".parse().unwrap();
    let problems = tags.problems();
    let bad: Vec<&str> = problems
        .iter()
        .filter_map(|problem| match problem {
            TagError::Form { tag, .. } => Some(tag.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(bad, ["python3", "abi312", "manylinux_2_28", "manylinx_2_28_x86_64"]);
}

#[test]
fn a_misspelt_tag_has_a_suggestion() {
    for (tags, suggestion) in [
        ("python3-none-any", "py3"),
        ("cpython312-none-any", "cp312"),
        ("CP312-none-any", "cp312"),
        ("py3-none-linux_amd64", "linux_x86_64"),
        ("py3-none-manylinux_2_28_arm64", "manylinux_2_28_aarch64"),
        ("py3-none-macosx_11_0_aarch64", "macosx_11_0_arm64"),
        ("py3-none-macos_11_0_arm64", "macosx_11_0_arm64"),
        ("py3-none-win_x86_64", "win_amd64"),
        ("py3-none-win_x64", "win_amd64"),
        ("py3-none-win64", "win_amd64"),
        ("py3-none-linux_x86", "linux_i686"),
    ] {
        let problems = tags.parse::<WheelTags>().unwrap().problems();
        let hints: Vec<_> = problems.iter().filter_map(Diagnose::hint).collect();
        assert_eq!(hints, [format!("write `{suggestion}`")], "{tags}");
    }
}

#[test]
fn malformed_tags_are_refused() {
    for tag in ["", ".", "py3.", "py3 ", "py/3", "_py3", "py3_", "py__3", "py3\n", "pý3", "py3-x"]
    {
        for kind in [TagKind::Python, TagKind::Abi, TagKind::Platform] {
            assert!(TagSet::parse(kind, tag).is_err(), "{kind:?} {tag:?}");
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
    insta::assert_snapshot!(message("py3-any"), @r"
    `py3-any` is not a set of tags: expected `PYTHON-ABI-PLATFORM`
    hint: a wheel of pure Python has `py3-none-any`
    ");
    let problem = |text: &str| text.parse::<WheelTags>().unwrap().problems()[0].message_with_hint();
    insta::assert_snapshot!(problem("py3-none-manylinux2014"), @r"
    `manylinux2014` is not a platform tag: expected `manylinux2014_ARCH`
    hint: no installer would ever select the wheel by it
    ");
    insta::assert_snapshot!(problem("3.12-none-any"), @r"
    `12` is not a Python tag: expected an interpreter and its version, such as `py3`, `cp312` or `pp311`
    hint: write Python 3.12 as `py312` or `cp312`; `.` joins the tags of a set
    ");
    insta::assert_snapshot!(problem("py3-cp312-any"), @r"
    no installer takes a wheel with the tags `py3-cp312-any`
    hint: `pyX` goes with the ABI `none`, `cpXY` with `cpXY`, `abi3` or `none`, and the platform `any` with the ABI `none`
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
