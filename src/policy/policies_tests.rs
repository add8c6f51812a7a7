//! Tests of `policies.rs` and `choose.rs`: the policies of a wheel, and which of them its symbol versions
//! allow.

use super::*;
use crate::error::Diagnose as _;

fn policies(libc: Libc, machine: Machine, tags: &[&str]) -> Policies {
    Policies::new(libc, machine, tags, None).unwrap()
}

fn glibc(machine: Machine) -> Policies {
    policies(Libc::Glibc, machine, &[])
}

fn names(policies: &Policies) -> Vec<&str> {
    policies.iter().map(|policy| policy.name.as_str()).collect()
}

fn needed(versions: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let versions = versions.iter().map(|version| (*version).to_owned()).collect();
    BTreeMap::from([("lib.so".to_owned(), versions)])
}

#[test]
fn priorities_ascend_from_linux() {
    let policies = glibc(Machine::X86_64);
    assert_eq!((policies.libc(), policies.machine()), (Libc::Glibc, Machine::X86_64));
    assert!(policies.iter().is_sorted_by(|one, next| one.priority < next.priority));
    assert_eq!(policies.linux().name, "linux_x86_64");
    assert_eq!(policies.linux().priority, 0);
    assert_eq!(policies.lowest().name, "manylinux_2_41_x86_64");
    assert_eq!(policies.highest().name, "manylinux_2_5_x86_64");
    assert_eq!((&policies).into_iter().count(), 17);
}

#[test]
fn names_and_aliases_are_found() {
    let policies = glibc(Machine::X86_64);
    let table = [
        ("manylinux_2_17_x86_64", Some(80)),
        ("manylinux2014_x86_64", Some(80)),
        ("ManyLinux2014_X86_64", Some(80)),
        ("manylinux1_x86_64", Some(100)),
        ("linux_x86_64", Some(0)),
        ("manylinux_2_17_i686", None),
        ("manylinux_2_17", None),
        ("manylinux_2_18_x86_64", None),
        ("", None),
    ];
    for (tag, expected) in table {
        assert_eq!(policies.by_name(tag).map(|policy| policy.priority), expected, "{tag}");
    }
}

#[test]
fn one_musl_policy_is_selected() {
    let table: [(Machine, &[&str], &[&str]); 10] = [
        (Machine::X86_64, &[], &["musllinux_1_2"]),
        (Machine::X86_64, &["linux_x86_64"], &["musllinux_1_2"]),
        (Machine::X86_64, &["musllinux_1_2_x86_64"], &["musllinux_1_2"]),
        (Machine::X86_64, &["musllinux_1_1_x86_64"], &["musllinux_1_1"]),
        (Machine::X86_64, &["MuslLinux_1_1_x86_64"], &["musllinux_1_1"]),
        (Machine::X86_64, &["musllinux_1_2_x86_64", "musllinux_1_1_x86_64"], &["musllinux_1_1"]),
        // No policy has this version, or none of this machine.
        (Machine::X86_64, &["musllinux_1_3_x86_64"], &["musllinux_1_2"]),
        (Machine::X86_64, &["musllinux_1_1_i686"], &["musllinux_1_2"]),
        (Machine::Loongarch64, &["musllinux_1_1_loongarch64"], &["musllinux_1_2"]),
        (Machine::Ppc64, &["musllinux_1_2_ppc64"], &[]),
    ];
    for (machine, tags, expected) in table {
        let mut all = vec![format!("linux_{machine}")];
        all.extend(expected.iter().map(|name| format!("{name}_{machine}")));
        assert_eq!(names(&policies(Libc::Musl, machine, tags)), all, "{tags:?}");
    }
}

#[test]
fn whitelists_name_musl_after_the_machine() {
    let policies = policies(Libc::Musl, Machine::Armv7l, &[]);
    let whitelist: Vec<&String> = policies.highest().whitelist.iter().collect();
    assert_eq!(whitelist, ["libc.musl-armv7.so.1", "libz.so.1"]);
}

#[test]
fn an_android_policy_has_the_name_of_the_tag() {
    let table = [
        ("android_21_x86_64", 79),
        ("android_23_x86_64", 79),
        ("android_24_x86_64", 76),
        ("android_25_x86_64", 76),
        ("android_26_x86_64", 74),
        ("android_27_x86_64", 73),
        ("Android_40_x86_64", 73),
        ("android_99999999999999_x86_64", 73),
    ];
    for (tag, priority) in table {
        let policies = policies(Libc::Android, Machine::X86_64, &[tag]);
        assert_eq!(names(&policies), ["linux_x86_64", &tag.to_lowercase()]);
        assert_eq!(policies.lowest().priority, priority, "{tag}");
        assert_eq!(policies.highest(), policies.lowest());
    }
    let policies = policies(Libc::Android, Machine::Aarch64, &["android_24_arm64_v8a"; 2]);
    assert_eq!(policies.highest().name, "android_24_arm64_v8a");
    assert!(policies.highest().whitelist.contains("libvulkan.so"));
    assert!(!policies.highest().whitelist.contains("libaaudio.so"));
}

#[test]
fn an_android_wheel_has_one_tag_with_an_api_level() {
    let refused = |tags: &[&str]| {
        Policies::new(Libc::Android, Machine::X86_64, tags, None).unwrap_err().message_with_hint()
    };
    insta::assert_snapshot!(refused(&[]), @r#"
    the platform tags of an Android wheel: expected exactly one, found none
    hint: the tag says which API level to judge by; build one wheel for each
    "#);
    insta::assert_snapshot!(refused(&["android_24_x86_64", "android_21_x86_64"]), @r#"
    the platform tags of an Android wheel: expected exactly one, found `android_24_x86_64`, `android_21_x86_64`
    hint: the tag says which API level to judge by; build one wheel for each
    "#);
    insta::assert_snapshot!(refused(&["linux_x86_64"]), @r#"
    the platform tag `linux_x86_64` of an Android wheel: expected `android_LEVEL_ABI`
    hint: name the API level, as in `android_24_arm64_v8a`
    "#);
    insta::assert_snapshot!(refused(&["android_20_x86_64"]), @r#"
    the platform tag `android_20_x86_64`: expected an API level of at least 21
    hint: raise the level that the wheel is built for; Python itself supports no lower one
    "#);
}

#[test]
fn a_machine_without_policies_has_linux_only() {
    let table: [(Libc, Machine, &[&str]); 3] = [
        (Libc::Musl, Machine::Ppc64, &[]),
        (Libc::Android, Machine::I686, &["android_24_i686"]),
        (Libc::Android, Machine::Riscv64, &["android_1_riscv64"]),
    ];
    for (libc, machine, tags) in table {
        let policies = policies(libc, machine, tags);
        let linux = format!("linux_{machine}");
        assert_eq!(names(&policies), [&linux]);
        let all = [policies.linux(), policies.lowest(), policies.highest()];
        assert_eq!(all.map(|policy| policy.name.as_str()), [&linux; 3]);
        assert_eq!(policies.symbols_policy(&needed(&["GLIBC_2.99"])).name, linux);
    }
}

#[test]
fn a_policy_forbids_versions_of_its_prefixes() {
    let mut policy = table::linux(Machine::X86_64);
    assert!(!policy.forbids("GLIBC_2.5"));
    let allowed = ["2.5", "ABI_DT_RELR"].map(str::to_owned);
    policy.symbol_versions.insert("GLIBC".to_owned(), allowed.into());
    policy.symbol_versions.insert("ZLIB".to_owned(), BTreeSet::new());
    let table = [
        ("GLIBC_2.5", false),
        ("GLIBC_ABI_DT_RELR", false),
        ("GLIBC_ABI", true),
        ("GLIBC_2.6", true),
        ("GLIBC_2", true),
        ("GLIBC_", true),
        // A prefix without a version.
        ("GLIBC", true),
        ("ZLIB_1.2.9", true),
        ("glibc_2.6", false),
        ("GLIBCXX_3.4", false),
        ("OPENSSL_1.1", false),
        ("_2.6", false),
        ("", false),
    ];
    for (version, expected) in table {
        assert_eq!(policy.forbids(version), expected, "{version}");
    }
}

#[test]
fn symbol_versions_select_the_most_portable_policy() {
    let table: [(Machine, &[&str], &str); 9] = [
        (Machine::X86_64, &[], "manylinux_2_5_x86_64"),
        (Machine::X86_64, &["GLIBC_2.2.5", "GLIBC_2.5"], "manylinux_2_5_x86_64"),
        (Machine::X86_64, &["GLIBC_2.2.5", "GLIBC_2.6"], "manylinux_2_12_x86_64"),
        (Machine::X86_64, &["GLIBC_2.17", "OPENSSL_9"], "manylinux_2_17_x86_64"),
        (Machine::X86_64, &["GLIBC_2.2.5", "GLIBCXX_3.4.30"], "manylinux_2_35_x86_64"),
        (Machine::X86_64, &["GLIBC_ABI_DT_RELR"], "manylinux_2_36_x86_64"),
        (Machine::Aarch64, &["GLIBC_2.18"], "manylinux_2_17_aarch64"),
        (Machine::X86_64, &["GLIBC_PRIVATE"], "linux_x86_64"),
        (Machine::Ppc64, &["GLIBC_2.18"], "linux_ppc64"),
    ];
    for (machine, versions, expected) in table {
        let found = glibc(machine);
        assert_eq!(found.symbols_policy(&needed(versions)).name, expected, "{versions:?}");
    }
    let mut versions = needed(&["GLIBC_2.5"]);
    versions.insert("libother.so".to_owned(), ["GLIBC_2.28".to_owned()].into());
    let policies = glibc(Machine::X86_64);
    assert_eq!(policies.symbols_policy(&versions).name, "manylinux_2_28_x86_64");
}

/// A tag's policy allows exactly the symbol versions of glibc up to the tag's: PEP 600.
#[test]
fn a_tag_without_a_policy_gets_one() {
    use Machine::{Aarch64, Armv7l, Loongarch64, X86_64};
    let table: [(&str, Machine, &[&str], &[&str]); 8] = [
        (
            "manylinux_2_18",
            X86_64,
            &["GLIBC_2.18", "GLIBC_2.2.5"],
            &["GLIBC_2.22", "GLIBCXX_3.4.20"],
        ),
        ("manylinux_2_18", Aarch64, &["GLIBC_2.18"], &["GLIBC_2.22"]),
        ("manylinux_2_30", X86_64, &["GLIBC_2.30", "GLIBCXX_3.4.24"], &["GLIBC_2.31"]),
        ("manylinux_2_33", X86_64, &["GLIBC_2.33"], &["GLIBC_2.34", "GLIBC_ABI_DT_RELR"]),
        ("manylinux_2_99", X86_64, &["GLIBC_2.38", "GLIBC_ABI_DT_RELR"], &["GLIBC_PRIVATE"]),
        // Older than every policy of the machine.
        ("manylinux_2_4", X86_64, &["GLIBC_2.4", "GLIBC_2.3.4"], &["GLIBC_2.5"]),
        ("manylinux_2_5", Armv7l, &["GLIBC_2.4"], &["GLIBC_2.7", "GLIBC_2.17"]),
        // glibc 2.36 is the first one for this machine.
        ("manylinux_2_35", Loongarch64, &[], &["GLIBC_2.36", "GLIBC_ABI_DT_RELR"]),
    ];
    for (tag, machine, allowed, forbidden) in table {
        let tag = PlatformTag::parse_for(machine, tag).unwrap();
        let (policies, at) = Policies::for_tag(Libc::Glibc, machine, &tag, None).unwrap().unwrap();
        let policy = policies.iter().nth(at).unwrap();
        assert_eq!(policy.name, tag.to_string());
        for version in allowed {
            assert!(!policy.forbids(version), "{tag} {version}");
        }
        for version in forbidden {
            assert!(policy.forbids(version), "{tag} {version}");
        }
        // Each policy allows what the more portable ones allow.
        let glibc = |policy: &Policy| policy.symbol_versions.get("GLIBC").cloned();
        let chain: Vec<_> = policies.iter().skip(1).map(glibc).collect();
        let (before, after) = (at.checked_sub(2).map(|at| &chain[at]), chain.get(at));
        let own = glibc(policy).unwrap();
        assert!(before.is_none_or(|older| older.as_ref().unwrap().is_superset(&own)), "{tag}");
        assert!(after.is_none_or(|newer| newer.as_ref().unwrap().is_subset(&own)), "{tag}");
    }
    let at = |tag: &str, libc| {
        let tag: PlatformTag = tag.parse().unwrap();
        let found = Policies::for_tag(libc, X86_64, &tag, None).unwrap();
        found.map(|(policies, at)| policies.iter().nth(at).unwrap().name.clone())
    };
    assert_eq!(at("musllinux_1_1_x86_64", Libc::Musl).as_deref(), Some("musllinux_1_1_x86_64"));
    assert_eq!(at("musllinux_1_3_x86_64", Libc::Musl).as_deref(), Some("musllinux_1_2_x86_64"));
    assert_eq!(at("musllinux_1_0_x86_64", Libc::Musl), None);
    assert_eq!(at("android_30_x86_64", Libc::Android).as_deref(), Some("android_30_x86_64"));
}
