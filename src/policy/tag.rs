//! What a platform tag says about the machine and the C library.

use crate::elf::{Libc, Machine};

/// All machines that have policies.
pub(super) const MACHINES: [Machine; 9] = [
    Machine::X86_64,
    Machine::I686,
    Machine::Aarch64,
    Machine::Armv7l,
    Machine::Ppc64,
    Machine::Ppc64le,
    Machine::S390x,
    Machine::Riscv64,
    Machine::Loongarch64,
];

/// All C libraries, by what the tags for them begin with.
const PREFIXES: [(&str, Libc); 3] =
    [("manylinux", Libc::Glibc), ("musllinux", Libc::Musl), ("android", Libc::Android)];

/// Ends of tags, besides the machine's own name. Levels of x86-64 count as their baseline.
const OTHER_ENDS: [(&str, Machine); 4] = [
    ("x86_64_v2", Machine::X86_64),
    ("x86_64_v3", Machine::X86_64),
    ("x86_64_v4", Machine::X86_64),
    // Android's name.
    ("arm64_v8a", Machine::Aarch64),
];

/// The machine that a platform tag ends in. `None` for `any`, and for machines without policies.
///
/// The system does not count: `macosx_11_0_x86_64` is for x86-64 as well.
#[must_use]
pub fn machine_of_tag(tag: &str) -> Option<Machine> {
    let tag = tag.to_ascii_lowercase();
    let ends_in = |end: &str| tag.strip_suffix(end).is_some_and(|rest| rest.ends_with('_'));
    let own = MACHINES.into_iter().find(|machine| ends_in(&machine.to_string()));
    own.or_else(|| OTHER_ENDS.iter().find(|(end, _)| ends_in(end)).map(|(_, machine)| *machine))
}

/// The C library that a platform tag begins with. `None` for `linux_…`, which may be for any, and
/// for other systems.
#[must_use]
pub fn libc_of_tag(tag: &str) -> Option<Libc> {
    let tag = tag.to_ascii_lowercase();
    PREFIXES.iter().find(|(prefix, _)| tag.starts_with(prefix)).map(|(_, libc)| *libc)
}

/// The API level of an Android tag: what stands after `android_`, as far as it is a number.
pub(super) fn android_level(tag: &str) -> Option<u32> {
    let tag = tag.to_ascii_lowercase();
    let rest = tag.strip_prefix("android_")?;
    let digits = rest.chars().map_while(|character| character.to_digit(10));
    digits.fold(None, |level, digit| {
        Some(level.unwrap_or(0_u32).saturating_mul(10).saturating_add(digit))
    })
}

/// Whether a name without its machine is `android_LEVEL`.
pub(super) fn is_android_policy(name: &str) -> bool {
    android_level(name).is_some_and(|level| name == format!("android_{level}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_machine_and_libc() {
        let table = [
            ("manylinux_2_17_x86_64", Some(Machine::X86_64), Some(Libc::Glibc)),
            ("manylinux2014_i686", Some(Machine::I686), Some(Libc::Glibc)),
            ("manylinux_2_34_x86_64_v3", Some(Machine::X86_64), Some(Libc::Glibc)),
            ("ManyLinux_2_17_X86_64", Some(Machine::X86_64), Some(Libc::Glibc)),
            ("musllinux_1_2_armv7l", Some(Machine::Armv7l), Some(Libc::Musl)),
            ("android_24_arm64_v8a", Some(Machine::Aarch64), Some(Libc::Android)),
            ("android_21_armeabi_v7a", None, Some(Libc::Android)),
            ("linux_ppc64", Some(Machine::Ppc64), None),
            ("linux_ppc64le", Some(Machine::Ppc64le), None),
            ("linux_x86_64_v5", None, None),
            ("linux_powerppc64", None, None),
            ("macosx_10_9_x86_64", Some(Machine::X86_64), None),
            ("macosx_11_0_arm64", None, None),
            ("win_amd64", None, None),
            ("x86_64", None, None),
            ("_x86_64", Some(Machine::X86_64), None),
            ("any", None, None),
            ("", None, None),
        ];
        for (tag, machine, libc) in table {
            assert_eq!((machine_of_tag(tag), libc_of_tag(tag)), (machine, libc), "{tag}");
        }
    }

    #[test]
    fn every_machine_is_found_in_its_tag() {
        for machine in MACHINES {
            assert_eq!(machine_of_tag(&format!("linux_{machine}")), Some(machine));
        }
    }

    #[test]
    fn android_tags_have_levels() {
        let table = [
            ("android_24_arm64_v8a", Some(24)),
            ("Android_3", Some(3)),
            ("android_99999999999_x86_64", Some(u32::MAX)),
            ("android_x86_64", None),
            ("android24", None),
            ("linux_x86_64", None),
        ];
        for (tag, level) in table {
            assert_eq!(android_level(tag), level, "{tag}");
        }
    }
}
