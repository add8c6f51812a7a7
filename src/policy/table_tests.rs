//! Tests of the built-in tables: each fact once, each policy allows what the policies above it allow.

use super::step::{Machines, split_words};
use super::*;

const LIBCS: [Libc; 3] = [Libc::Glibc, Libc::Musl, Libc::Android];

/// Returns the policies of every C library and machine.
fn all_policies() -> impl Iterator<Item = (Libc, Machine, Vec<Policy>)> {
    LIBCS.into_iter().flat_map(|libc| {
        Machine::ALL.into_iter().map(move |machine| (libc, machine, policies(libc, machine)))
    })
}

#[test]
fn priorities_descend_and_names_are_unique() {
    for libc in LIBCS {
        let steps = table(libc).steps;
        assert!(steps.is_sorted_by(|one, next| one.priority > next.priority), "{libc}");
        assert!(steps.iter().all(|step| step.priority > 0 && !step.name.is_empty()), "{libc}");
    }
    let names: Vec<&&str> = LIBCS
        .iter()
        .flat_map(|libc| table(*libc).steps)
        .flat_map(|step| std::iter::once(&step.name).chain(step.aliases))
        .collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn each_policy_allows_what_those_above_it_allow() {
    let mut count = 0;
    for (libc, machine, list) in all_policies() {
        for pair in list.windows(2) {
            let [above, policy] = pair else { continue };
            count += 1;
            let name = format!("{libc} {}", policy.name);
            assert!(above.whitelist.is_subset(&policy.whitelist), "{name}");
            assert!(above.symbol_versions.keys().eq(policy.symbol_versions.keys()), "{name}");
            for (prefix, versions) in &above.symbol_versions {
                assert!(versions.is_subset(&policy.symbol_versions[prefix]), "{name} {prefix}");
            }
            for (library, symbols) in &policy.blacklist {
                assert!(symbols.is_subset(&above.blacklist[library]), "{name} {library}");
            }
        }
        assert!(list.iter().all(|policy| policy.name.ends_with(&format!("_{machine}"))));
    }
    assert!(count > 100, "{count}");
}

/// Somebody would correct a doubled fact in one place only.
#[test]
fn a_table_states_each_fact_once() {
    let mut seen = BTreeSet::new();
    for (libc, machine) in all_policies().map(|(libc, machine, _)| (libc, machine)) {
        let table = table(libc);
        for step in table.steps {
            let lines = step.versions.iter().filter(|(_, machines, _)| machines.contains(machine));
            for (prefix, _, versions) in lines {
                assert!(table.prefixes.contains(prefix), "{} {prefix}", step.name);
                for version in split_words(versions) {
                    let fact = (libc, machine, *prefix, version);
                    assert!(seen.insert(fact.clone()), "{} {fact:?}", step.name);
                }
            }
        }
    }
    assert!(seen.len() > 1000, "{}", seen.len());
    for libc in LIBCS {
        let mut libraries = BTreeSet::new();
        let mut private = BTreeSet::new();
        for step in table(libc).steps {
            for library in split_words(step.libraries) {
                assert!(libraries.insert(library.clone()), "{} {library}", step.name);
            }
            for (library, symbols) in step.private_symbols {
                for symbol in split_words(symbols) {
                    assert!(libraries.contains(*library), "{} {library}", step.name);
                    assert!(private.insert((*library, symbol)), "{} {symbols}", step.name);
                }
            }
            for (library, symbols) in step.public_symbols {
                for symbol in split_words(symbols) {
                    assert!(private.remove(&(*library, symbol)), "{} {symbols}", step.name);
                }
            }
        }
    }
}

/// A line without effect is a mistake.
#[test]
fn every_line_is_for_machines_that_have_the_policy() {
    for libc in LIBCS {
        let table = table(libc);
        for step in table.steps {
            for (prefix, machines, versions) in step.versions {
                // A machine may join after its line, but not leave before it.
                let later = table.steps.iter().skip_while(|later| later.name != step.name);
                let is_used = |machine: Machine| {
                    machines.contains(machine)
                        && later.clone().any(|later| table.covers(later.name, machine))
                };
                assert!(Machine::ALL.into_iter().any(is_used), "{} {prefix} {versions}", step.name);
                if let Machines::Only(only) = machines {
                    assert!(
                        only.iter().all(|it| is_used(*it)),
                        "{} {prefix} {versions}",
                        step.name
                    );
                }
            }
        }
    }
}

/// The limits that the standards themselves state.
#[test]
fn policies_have_the_limits_of_the_standards() {
    let cases: [(&str, &[&str], &[&str]); 4] = [
        // PEP 513.
        (
            "manylinux_2_5",
            &["GLIBC_2.5", "CXXABI_1.3.1", "GLIBCXX_3.4.8", "GCC_4.2.0"],
            &["GLIBC_2.6", "CXXABI_1.3.2", "GLIBCXX_3.4.9", "GCC_4.3.0"],
        ),
        // PEP 571.
        (
            "manylinux_2_12",
            &["GLIBC_2.12", "CXXABI_1.3.3", "GLIBCXX_3.4.13", "GCC_4.3.0"],
            &["GLIBC_2.13", "CXXABI_1.3.4", "GLIBCXX_3.4.14", "GCC_4.7.0"],
        ),
        // PEP 599.
        (
            "manylinux_2_17",
            &["GLIBC_2.17", "CXXABI_1.3.7", "CXXABI_TM_1", "GLIBCXX_3.4.19", "GCC_4.8.0"],
            &["GLIBC_2.18", "CXXABI_1.3.8", "GLIBCXX_3.4.20", "GCC_7.0.0"],
        ),
        // PEP 600: what a mainstream distribution with glibc 2.28 has.
        (
            "manylinux_2_28",
            &["GLIBC_2.28", "GLIBCXX_3.4.24", "CXXABI_1.3.11", "CXXABI_FLOAT128"],
            &["GLIBC_2.29", "GLIBCXX_3.4.25", "CXXABI_1.3.12", "GLIBC_PRIVATE"],
        ),
    ];
    let list = policies(Libc::Glibc, Machine::X86_64);
    for (name, allowed, forbidden) in cases {
        let policy = list.iter().find(|policy| policy.name == tag(name, Machine::X86_64)).unwrap();
        for version in allowed {
            assert!(!policy.forbids(version), "{name} {version}");
        }
        for version in forbidden {
            assert!(policy.forbids(version), "{name} {version}");
        }
    }
}

#[test]
fn machines_join_and_leave() {
    let first_and_last = |libc, machine| {
        let list = policies(libc, machine);
        list.first()
            .map(|first| (first.name.clone(), list.last().unwrap().name.clone(), list.len()))
    };
    let table = [
        (Libc::Glibc, Machine::X86_64, "manylinux_2_5_x86_64 manylinux_2_41_x86_64 16"),
        (Libc::Glibc, Machine::Ppc64, "manylinux_2_17_ppc64 manylinux_2_17_ppc64 1"),
        (Libc::Glibc, Machine::Aarch64, "manylinux_2_17_aarch64 manylinux_2_41_aarch64 14"),
        (Libc::Glibc, Machine::Riscv64, "manylinux_2_31_riscv64 manylinux_2_41_riscv64 9"),
        (Libc::Musl, Machine::I686, "musllinux_1_1_i686 musllinux_1_2_i686 2"),
        (Libc::Musl, Machine::Ppc64, ""),
        (Libc::Musl, Machine::Loongarch64, "musllinux_1_2_loongarch64 musllinux_1_2_loongarch64 1"),
        (Libc::Android, Machine::Aarch64, "android_21_aarch64 android_27_aarch64 4"),
        (Libc::Android, Machine::I686, ""),
    ];
    for (libc, machine, expected) in table {
        let found = first_and_last(libc, machine)
            .map_or_else(String::new, |(first, last, count)| format!("{first} {last} {count}"));
        assert_eq!(found, expected, "{libc} {machine}");
    }
}

#[test]
fn tables_and_policies_agree() {
    for (libc, machine, list) in all_policies() {
        let table = table(libc);
        for step in table.steps {
            let policy = list.iter().find(|policy| policy.name == tag(step.name, machine));
            assert_eq!(table.covers(step.name, machine), policy.is_some(), "{}", step.name);
            let Some(policy) = policy else { continue };
            for prefix in ["GLIBC", "GLIBCXX", "LIBATOMIC", "OPENSSL"] {
                let versions = table.versions(step.name, machine, prefix);
                assert_eq!(versions.as_ref(), policy.symbol_versions.get(prefix), "{prefix}");
            }
            let libraries = table.libraries(step.name).into_iter();
            let libraries: BTreeSet<String> =
                libraries.map(|name| soname(name, libc, machine)).collect();
            assert_eq!(libraries, policy.whitelist, "{}", policy.name);
        }
        assert!(!table.covers("manylinux_2_99", machine));
        assert_eq!(table.versions("manylinux_2_99", machine, "GLIBC"), None);
    }
}

#[test]
fn musl_is_named_after_the_machine() {
    let table = [
        (Libc::Musl, Machine::I686, "libc.so", "libc.musl-x86.so.1"),
        (Libc::Musl, Machine::Armv7l, "libc.so", "libc.musl-armv7.so.1"),
        (Libc::Musl, Machine::Ppc64le, "libc.so", "libc.musl-ppc64le.so.1"),
        (Libc::Musl, Machine::X86_64, "libz.so.1", "libz.so.1"),
        (Libc::Android, Machine::X86_64, "libc.so", "libc.so"),
    ];
    for (libc, machine, name, expected) in table {
        assert_eq!(soname(name, libc, machine), expected);
    }
}
