//! Tests of `requirement.rs`.

use proptest::prelude::*;

use super::*;

#[test]
fn requirements_are_kept_as_written_but_for_their_own_extras() {
    for (text, written, name, extras) in [
        ("numpy", "numpy", "numpy", vec![]),
        (" NumPy >=2.0,\n  <3 ", "NumPy >=2.0, <3", "numpy", vec![]),
        ("a[b,C_d]~=1.0; extra=='X_y'", "a[b,C_d]~=1.0; extra=='x-y'", "a", vec!["x-y"]),
        (
            "a ; (extra == 'z' or extra == \"b\") and sys_platform == 'linux'",
            "a ; (extra == 'z' or extra == \"b\") and sys_platform == 'linux'",
            "a",
            vec!["b", "z"],
        ),
        ("a @ https://e.org/${HOME}/a.whl", "a @ https://e.org/${HOME}/a.whl", "a", vec![]),
        (
            "a@https://e.org/x;y ; extra == 'z'",
            "a@https://e.org/x;y ; extra == 'z'",
            "a",
            vec!["z"],
        ),
        ("a; platform_version == 'x  y'", "a; platform_version == 'x  y'", "a", vec![]),
        ("jax (>=0.4)", "jax (>=0.4)", "jax", vec![]),
        ("foo>=1,", "foo>=1,", "foo", vec![]),
        ("foo (>=1,)", "foo (>=1,)", "foo", vec![]),
        ("foo[]===1.0-custom", "foo[]===1.0-custom", "foo", vec![]),
    ] {
        let requirement: Requirement = text.parse().unwrap();
        assert_eq!(requirement.to_string(), written);
        assert_eq!(requirement.name().normalized(), name);
        assert_eq!(requirement.marker_extras().collect::<Vec<_>>(), extras);
    }
}

#[test]
fn wrong_requirements_are_refused() {
    for text in [
        "",
        "numpy>>2",
        "a b",
        "a,",
        "a>=1,,<2",
        "a (>=1",
        "a[b,]",
        "a; extra = 'x'",
        "a; nonsense == 'x'",
        "a[b",
        "a @ not a url",
        "./wheel.whl",
        "foo->=1",
        "foo[bar-]",
        "foo [ok, bar.",
        "a @ https://e.org; extra == 'x'",
        "a;",
        "a; extra == 'x\ny'",
    ] {
        assert!(text.parse::<Requirement>().is_err(), "{}", escape_truncated(text));
    }
}

#[test]
fn python_versions_are_kept_as_written() {
    for (text, written) in [
        (">=3.11", ">=3.11"),
        (" >= 3.11 ,\n!=3.12.* ", ">= 3.11 , !=3.12.*"),
        (">=3.8,", ">=3.8,"),
        ("", ""),
    ] {
        assert_eq!(text.parse::<RequiresPython>().unwrap().as_str(), written);
    }
    let control_characters = ["===a\0", "===\u{10}a", "===a\u{7f}", ">=3.8, ===a\u{85}b"];
    for text in ["3.11", ">=3.11;<4", ">=3.11.*", "=>3"].into_iter().chain(control_characters) {
        assert!(text.parse::<RequiresPython>().is_err(), "{text:?}");
    }
}

#[test]
fn messages() {
    insta::assert_snapshot!("numpy>>2".parse::<Requirement>().unwrap_err().message_with_hint(), @r#"
    `numpy>>2` is not a requirement: no such comparison operator ">>", must be one of ~= == != <= >= < > ===
    hint: write it as PEP 508 has it, such as `numpy>=2.0`, or `jax[cuda12]==0.8; python_version >= "3.12"`
    "#);
    insta::assert_snapshot!("a-; extra == 'x'".parse::<Requirement>().unwrap_err().message_with_hint(), @r#"
    `a-; extra == 'x'` is not a requirement: expected a distribution's name in front, found `a-`
    hint: write it as PEP 508 has it, such as `numpy>=2.0`, or `jax[cuda12]==0.8; python_version >= "3.12"`
    "#);
    insta::assert_snapshot!("3.11".parse::<RequiresPython>().unwrap_err().message_with_hint(), @r"
    `3.11` does not specify versions of Python: Unexpected end of version specifier, expected operator
    hint: use a PEP 440 form, such as `>=3.11` or `>=3.11,<4`
    ");
}

proptest! {
    #[test]
    fn no_text_panics(
        text in "[a-c]{0,2}[-. ]{0,2}(\\[[a-b,. -]{0,4}\\])?[<>=~!@]{0,2}[0-9.*a]{0,5}(; ?[a-z_ ]{0,8}[=<>~ ]{0,3}['\"]?[0-9a-z.é]{0,5}['\"]?)?",
        any in "\\PC{0,30}",
    ) {
        let _ = text.parse::<Requirement>();
        let _ = any.parse::<Requirement>();
        let _ = any.parse::<RequiresPython>();
    }
}

#[test]
fn restricting_to_an_extra_keeps_marker_extras_and_url() {
    for (text, expected) in [
        ("numpy>=2", "numpy>=2; extra == 'cuda-12'"),
        ("jax[cuda12] == 0.8", "jax[cuda12] == 0.8; extra == 'cuda-12'"),
        ("a; python_version>'3'", "a; python_version>'3' and extra == 'cuda-12'"),
        (
            "a ; os_name=='nt' or extra == 'x'",
            "a; (os_name=='nt' or extra == 'x') and extra == 'cuda-12'",
        ),
        ("a @ https://e.org/a;b", "a @ https://e.org/a;b ; extra == 'cuda-12'"),
        (
            "a @ https://e.org/a ; os_name=='nt'",
            "a @ https://e.org/a ; os_name=='nt' and extra == 'cuda-12'",
        ),
    ] {
        let requirement: Requirement = text.parse().unwrap();
        let with_extra = requirement.with_extra(&"Cuda_12".parse().unwrap());
        assert_eq!(with_extra.to_string(), expected);
        let again: Requirement = expected.parse().unwrap();
        assert_eq!(again, with_extra, "{expected}");
    }
}

#[test]
fn requested_extras_are_normalised() {
    for (text, expected) in [
        ("jax[cuda12_pip, K8s]>=0.4 ; extra == 'x'", &["cuda12-pip", "k8s"][..]),
        ("cuda-toolkit [cublas]==13.2.2; platform_system == 'Linux'", &["cublas"]),
        ("jax", &[]),
        ("jax[]", &[]),
        ("a @ https://example.org/a[b].whl", &[]),
    ] {
        let requirement: Requirement = text.parse().unwrap();
        assert!(requirement.requested_extras().iter().eq(expected), "{text}");
    }
}

#[test]
fn versions_are_admitted() {
    for (requirement, versions, version, expected) in [
        ("a", "", "1.0", true),
        ("a>=2", ">=2", "1.9", false),
        ("a [x, y] >=2,<3 ; os_name == 'nt'", ">=2,<3", "2.5", true),
        ("a (==12.1.*)", "==12.1.*", "12.1.105", true),
        ("a (==12.1.*)", "==12.1.*", "12.2", false),
        ("a==2.15.0", "==2.15.0", "2.15.0+cu128", true),
        ("a>=2,", ">=2,", "1.0", false),
        ("a>=2.0", ">=2.0", "2.1rc1", true),
        ("a===1.0", "===1.0", "1.0", true),
        ("a @ https://example.org/a-1.0-py3-none-any.whl", "", "3", true),
    ] {
        let parsed: Requirement = requirement.parse().unwrap();
        assert_eq!(parsed.versions(), versions, "{requirement}");
        assert_eq!(parsed.admits(&version.parse().unwrap()), expected, "{requirement}");
    }
}
