//! Tests of the policies that a policy file adds and replaces.

use std::collections::BTreeMap;

use super::*;
use crate::error::Diagnose as _;
use crate::policy::Policies;

fn parse(text: &str) -> Result<PolicyFile, String> {
    PolicyFile::parse(Path::new("p.toml"), text).map_err(|error| error.message_with_hint())
}

fn policies(libc: Libc, machine: Machine, tag: &str, text: &str) -> Policies {
    Policies::new(libc, machine, &[tag], Some(&parse(text).unwrap())).unwrap()
}

fn glibc(text: &str) -> Policies {
    policies(Libc::Glibc, Machine::X86_64, "linux_x86_64", text)
}

fn plain() -> Policies {
    Policies::new(Libc::Glibc, Machine::X86_64, &[], None).unwrap()
}

#[test]
fn a_policy_equal_to_its_base_changes_nothing() {
    let file = "[[policy]]\nname = 'manylinux_2_28'\nbased-on = 'manylinux_2_28'";
    assert_eq!(glibc(file), plain());
    let file = "[[policy]]\nname = 'manylinux_2_17'\nbased-on = 'manylinux_2_17'";
    assert_eq!(glibc(file), plain());
    // Another C library.
    let file = "[[policy]]\nname = 'musllinux_1_2'\nsymbol-versions.x86_64 = {}";
    assert_eq!(glibc(file), plain());
}

#[test]
fn a_policy_replaces_the_built_in_one_of_its_name() {
    let file = "[[policy]]\nname = 'manylinux_2_17'\naliases = ['acme', 'manylinux2014']\n\
                symbol-versions.x86_64.GLIBC = ['2.17', '2.17']\nallow-libraries = ['libc.so.6']";
    let found = glibc(file);
    assert_eq!(found.iter().count(), plain().iter().count());
    let expected = Policy {
        name: "manylinux_2_17_x86_64".to_owned(),
        aliases: ["manylinux2014_x86_64", "acme_x86_64"].map(str::to_owned).into(),
        priority: 80,
        symbol_versions: [("GLIBC".to_owned(), ["2.17".to_owned()].into())].into(),
        whitelist: ["libc.so.6".to_owned()].into(),
        blacklist: BTreeMap::new(),
    };
    assert_eq!(found.by_name("manylinux2014_x86_64"), Some(&expected));
    // The policy is missing on machines that the file does not list.
    let found = policies(Libc::Glibc, Machine::Aarch64, "linux_aarch64", file);
    assert_eq!(found.by_name("manylinux_2_17_aarch64"), None);
    assert_eq!(found.highest().name, "manylinux_2_24_aarch64");
}

#[test]
fn a_new_name_adds_a_policy() {
    let file = "[[policy]]\nname = 'acme'\nlibc = 'glibc'\nbased-on = 'manylinux_2_31'\n\
                priority = 1000\nallow-libraries = ['liba.so']\n\
                forbid-libraries = ['libz.so.1']\n\
                symbol-versions.x86_64 = { ZLIB = [], NEW = ['1'], GCC.like = 'manylinux_2_5' }\n\
                forbid-symbols = { 'liba.so' = ['f'], 'libm.so.6' = ['g', 'h'] }";
    let found = glibc(file);
    let acme = found.highest();
    let base = plain().by_name("manylinux_2_31_x86_64").unwrap().clone();
    assert_eq!((acme.name.as_str(), acme.priority), ("acme_x86_64", 1000));
    let added: Vec<&String> = acme.whitelist.difference(&base.whitelist).collect();
    let removed: Vec<&String> = base.whitelist.difference(&acme.whitelist).collect();
    assert_eq!(added, ["liba.so"]);
    assert_eq!(removed, ["libz.so.1"]);
    for (prefix, versions) in &base.symbol_versions {
        let is_same = acme.symbol_versions[prefix] == *versions;
        assert_eq!(is_same, !["ZLIB", "GCC"].contains(&prefix.as_str()), "{prefix}");
    }
    assert!(acme.forbids("ZLIB_1.2.0") && acme.forbids("NEW_2") && !acme.forbids("NEW_1"));
    assert!(acme.forbids("GCC_4.3.0") && !acme.forbids("GCC_4.2.0"));
    // Forbidding a library removes its symbols.
    let symbols: Vec<(&str, usize)> =
        acme.blacklist.iter().map(|(library, symbols)| (library.as_str(), symbols.len())).collect();
    assert_eq!(symbols, [("liba.so", 1), ("libm.so.6", 2)]);
    // Versions of one machine do not change another's.
    let found = policies(Libc::Glibc, Machine::Riscv64, "linux_riscv64", file);
    assert!(!found.highest().forbids("ZLIB_1.2.0"));
    let found = policies(Libc::Glibc, Machine::Ppc64, "linux_ppc64", file);
    assert_eq!(found.by_name("acme_ppc64"), None);
}

#[test]
fn a_file_adds_versions_of_musl() {
    let file = "[[policy]]\nname = 'musllinux_1_3'\nbased-on = 'musllinux_1_2'\npriority = 80\n\
                [[policy]]\nname = 'musllinux_acme'\nbased-on = 'musllinux_1_2'\npriority = 85\n\
                forbid-libraries = ['libc.so']";
    let names = |tag: &str| -> Vec<String> {
        let found = policies(Libc::Musl, Machine::I686, tag, file);
        found.iter().skip(1).map(|policy| policy.name.clone()).collect()
    };
    assert_eq!(names("linux_i686"), ["musllinux_1_3_i686", "musllinux_acme_i686"]);
    assert_eq!(names("musllinux_1_1_i686"), ["musllinux_acme_i686", "musllinux_1_1_i686"]);
    let found = policies(Libc::Musl, Machine::I686, "musllinux_1_3_i686", file);
    let libraries = |tag| found.by_name(tag).unwrap().whitelist.iter().collect::<Vec<_>>();
    assert_eq!(libraries("musllinux_1_3_i686"), ["libc.musl-x86.so.1", "libz.so.1"]);
    assert_eq!(libraries("musllinux_acme_i686"), ["libz.so.1"]);
}

#[test]
fn a_file_adds_api_levels_of_android() {
    let file = "[[policy]]\nname = 'android_30'\nbased-on = 'android_27'\npriority = 70\n\
                allow-libraries = ['libnew.so']";
    for (tag, has_it) in [("android_29_x86_64", false), ("android_31_x86_64", true)] {
        let found = policies(Libc::Android, Machine::X86_64, tag, file);
        assert_eq!(found.highest().name, tag);
        assert_eq!(found.highest().whitelist.contains("libnew.so"), has_it, "{tag}");
    }
}

#[test]
fn files_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p.toml");
    let read = || {
        let root = format!("{}/", directory.path().display());
        PolicyFile::read(&path).map_err(|error| error.message_with_hint().replace(&root, ""))
    };
    insta::assert_snapshot!(read().unwrap_err(), @r#"
    cannot read the policy file `p.toml`: No such file or directory (os error 2)
    hint: check the path
    "#);
    let text = "[[policy]]\nname = 'manylinux_2_28'\nbased-on = 'manylinux_2_28'\n#";
    fs_err::write(&path, text).unwrap();
    assert_eq!(read(), parse(text));
    let largest = usize::try_from(MAX_BYTES).unwrap();
    fs_err::write(&path, format!("{text}{}", " ".repeat(largest - text.len()))).unwrap();
    assert_eq!(read(), parse(text));
    fs_err::write(&path, format!("{text}{}", " ".repeat(largest - text.len() + 1))).unwrap();
    insta::assert_snapshot!(read().unwrap_err(), @r#"
    the policy file `p.toml` is too large: expected at most 262144 bytes
    hint: say with `based-on` and `like` what a policy shares with a built-in one
    "#);
    fs_err::write(&path, b"a = 1\n\n# \xff").unwrap();
    insta::assert_snapshot!(read().unwrap_err(), @r#"
    the policy file `p.toml` is not TOML in line 3: it is not UTF-8
    hint: values are quoted texts, numbers, lists in `[…]` or tables
    "#);
    fs_err::remove_file(&path).unwrap();
    fs_err::create_dir(&path).unwrap();
    insta::assert_snapshot!(read().unwrap_err(), @r#"
    cannot read the policy file `p.toml`: it is no regular file
    hint: write the policies to a file
    "#);
}
