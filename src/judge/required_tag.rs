//! A platform tag that a wheel must meet, parsed before any wheel is read.

use super::error::JudgeError;
use super::system_tag::SystemTag;
use crate::platform::{Libc, Machine};
use crate::policy::PolicyFile;
use crate::wheel::PlatformTag;

/// A platform tag that a wheel must meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequiredTag {
    /// As it was written.
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// A tag of Linux or Android with its CPU.
    Tag(PlatformTag),
    /// A tag without its CPU, in lower case.
    AnyMachine(String),
    /// A name from the policy file.
    Custom(String),
    /// A tag of macOS, iOS or Windows.
    System(SystemTag),
}

/// What a required tag asks of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Demand {
    /// Nothing: `linux` is met by any wheel for Linux.
    Nothing,
    /// The policy of this name, from the policy file.
    Custom(String),
    /// The policy for this tag.
    Tag(PlatformTag),
    /// Nothing: the tag is for another machine, so it does not apply to this wheel.
    OtherMachine,
    /// The tag is for another C library, or is not defined for the wheel's machine.
    OtherPlatform,
}

impl RequiredTag {
    /// Parses a tag, which may lack its CPU.
    ///
    /// # Errors
    ///
    /// The tag names a platform or a CPU that no policy is for, or has not the form of its family.
    pub(super) fn parse(text: &str, policy_file: Option<&PolicyFile>) -> Result<Self, JudgeError> {
        let lower = text.to_ascii_lowercase();
        let kind = match kind_of(&lower) {
            Ok(kind) => kind,
            Err(_) if policy_file.is_some_and(|file| file.has_name(text)) => {
                Kind::Custom(text.to_owned())
            }
            Err(problem) => {
                return Err(JudgeError::UnknownTag { tag: text.to_owned(), problem });
            }
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// Parses the tags of an option.
    ///
    /// # Errors
    ///
    /// See [`RequiredTag::parse`].
    pub(crate) fn parse_all(
        texts: &[String],
        policy_file: Option<&PolicyFile>,
    ) -> Result<Vec<Self>, JudgeError> {
        texts.iter().map(|text| Self::parse(text, policy_file)).collect()
    }

    /// Returns the platform tags of a wheel that it must meet, and those that no policy can judge:
    /// `any`, other systems, and CPUs without policies.
    ///
    /// # Errors
    ///
    /// A manylinux or musllinux tag is misspelt.
    pub(super) fn declared(
        tags: &[&str],
        policy_file: Option<&PolicyFile>,
    ) -> Result<(Vec<Self>, Vec<String>), JudgeError> {
        let (mut required, mut not_judged) = (Vec::new(), Vec::new());
        for tag in tags {
            let parsed = PlatformTag::parse_lenient(tag);
            let is_judged = match parsed.libc() {
                None => parsed.is_linux() && is_for_known_machine(&parsed),
                Some(Libc::Android) => parsed.machine().is_some(),
                Some(_) => true,
            };
            if is_judged {
                required.push(Self::parse(tag, policy_file)?);
            } else {
                not_judged.push((*tag).to_owned());
            }
        }
        Ok((required, not_judged))
    }

    /// Returns the tag as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns a tag of macOS, iOS or Windows, and as it was written; `None` for tags of Linux.
    pub(super) fn system(&self) -> Option<(&SystemTag, &str)> {
        match &self.kind {
            Kind::System(tag) => Some((tag, &self.text)),
            _ => None,
        }
    }

    /// Returns what the tag asks of a wheel for Linux, for a C library and machine.
    pub(super) fn demand(&self, libc: Libc, machine: Machine) -> Demand {
        let tag = match &self.kind {
            Kind::System(_) => return Demand::OtherPlatform,
            Kind::Tag(tag) => tag.clone(),
            Kind::AnyMachine(text) => match PlatformTag::parse_for(machine, text) {
                Some(tag) => tag,
                None => return Demand::OtherPlatform,
            },
            Kind::Custom(name) => {
                let of_name = PlatformTag::parse_lenient(name).machine();
                return match of_name.filter(|of_name| *of_name != machine) {
                    Some(_) => Demand::OtherMachine,
                    None => Demand::Custom(name.clone()),
                };
            }
        };
        if matches!(self.kind, Kind::Tag(_)) && !tag.may_run(machine) {
            return Demand::OtherMachine;
        }
        match tag.libc() {
            None => Demand::Nothing,
            Some(of_tag) if of_tag == libc && is_defined(&tag) => Demand::Tag(tag),
            Some(_) => Demand::OtherPlatform,
        }
    }
}

/// Returns the kind of a tag in lower case, or what is wrong with it.
fn kind_of(text: &str) -> Result<Kind, String> {
    if let Some(tag) = SystemTag::parse(text) {
        return Ok(Kind::System(tag));
    }
    let parsed = PlatformTag::parse_form(text);
    if let Ok(tag) = &parsed
        && tag.is_linux()
    {
        let architecture = tag.architecture().unwrap_or_default();
        if !is_for_known_machine(tag) {
            return Err(format!("the CPU `{architecture}`, for which there is no policy"));
        }
        if !is_defined(tag) {
            return Err(format!("a tag that is not defined for {architecture}"));
        }
        check_version(tag)?;
        return Ok(Kind::Tag(tag.clone()));
    }
    // Any machine completes the tag; which one makes no difference here.
    match PlatformTag::parse_for(Machine::X86_64, text) {
        Some(tag) if tag.is_linux() => {
            check_version(&tag)?;
            Ok(Kind::AnyMachine(text.to_owned()))
        }
        _ => Err("none of that name".to_owned()),
    }
}

/// Returns whether a tag of Linux names a CPU that code in a wheel can be for.
fn is_for_known_machine(tag: &PlatformTag) -> bool {
    match tag.libc() {
        // Also under the other names that Linux and Android give a CPU.
        None | Some(Libc::Android) => Machine::ALL.iter().any(|machine| tag.may_run(*machine)),
        Some(Libc::Glibc | Libc::Musl) => tag.machine().is_some(),
    }
}

/// Returns whether a tag is defined for its own CPU: the first manylinux tags are for few CPUs.
fn is_defined(tag: &PlatformTag) -> bool {
    match tag {
        PlatformTag::LegacyManylinux { standard, architecture } => {
            standard.has_architecture(architecture)
        }
        _ => true,
    }
}

/// Refuses versions of a C library that do not exist: every glibc is a 2.x, every musl with a policy a
/// 1.1 or later.
fn check_version(tag: &PlatformTag) -> Result<(), String> {
    match tag.libc_version() {
        Some((Libc::Glibc, (major, minor))) if major != 2 => {
            Err(format!("version {major}.{minor} of glibc, of which there are versions 2.x only"))
        }
        Some((Libc::Musl, (major, minor))) if major != 1 || minor == 0 => Err(format!(
            "version {major}.{minor} of musl, of which only 1.1 and later have a policy"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Diagnose as _;

    fn demand(tag: &str, libc: Libc, machine: Machine) -> Demand {
        RequiredTag::parse(tag, None).unwrap().demand(libc, machine)
    }

    fn tag(text: &str) -> Demand {
        Demand::Tag(text.parse().unwrap())
    }

    #[test]
    fn a_tag_asks_for_the_policy_of_its_platform() {
        use Libc::{Android, Glibc, Musl};
        use Machine::{Aarch64, Armv7l, Riscv64, X86_64};
        let table = [
            ("linux", Musl, Riscv64, Demand::Nothing),
            ("linux_x86_64", Musl, X86_64, Demand::Nothing),
            ("linux_x86_64", Glibc, Aarch64, Demand::OtherMachine),
            // The names of older CPUs of 32-bit ARM, whose code ELF does not tell apart.
            ("linux_armv6l", Glibc, Armv7l, Demand::Nothing),
            ("manylinux_2_28", Glibc, Riscv64, tag("manylinux_2_28_riscv64")),
            ("ManyLinux_2_28_X86_64", Glibc, X86_64, tag("manylinux_2_28_x86_64")),
            ("manylinux_2_28_x86_64", Glibc, Aarch64, Demand::OtherMachine),
            ("manylinux_2_28_x86_64", Musl, Aarch64, Demand::OtherMachine),
            ("manylinux_2_28_x86_64", Musl, X86_64, Demand::OtherPlatform),
            ("manylinux2014", Glibc, Armv7l, tag("manylinux2014_armv7l")),
            // PEP 513 and 571 are for x86 only, PEP 599 not for RISC-V.
            ("manylinux1", Glibc, Armv7l, Demand::OtherPlatform),
            ("manylinux2010", Glibc, Aarch64, Demand::OtherPlatform),
            ("manylinux2014", Glibc, Riscv64, Demand::OtherPlatform),
            ("musllinux_1_2", Musl, Aarch64, tag("musllinux_1_2_aarch64")),
            ("android_24_arm64_v8a", Android, Aarch64, tag("android_24_arm64_v8a")),
            ("android_24", Glibc, Aarch64, Demand::OtherPlatform),
        ];
        for (text, libc, machine, expected) in table {
            assert_eq!(demand(text, libc, machine), expected, "{text} {libc} {machine}");
        }
    }

    #[test]
    fn tags_of_a_name_that_no_policy_can_judge() {
        let table = [
            ("manylinux_2_17_x86_64", true),
            ("linux_armv6l", true),
            ("android_24_arm64_v8a", true),
            ("any", false),
            ("win_amd64", false),
            ("macosx_11_0_arm64", false),
            ("freebsd_14_0_release_amd64", false),
            ("linux_sparc64", false),
            ("android_23_armeabi_v7a", false),
        ];
        for (tag, is_judged) in table {
            let (required, not_judged) = RequiredTag::declared(&[tag], None).unwrap();
            assert_eq!((required.len(), not_judged.len()), (is_judged.into(), (!is_judged).into()));
        }
        for misspelt in ["manylinux_2_28_arm64", "musllinux_1_2_banana"] {
            assert!(RequiredTag::declared(&[misspelt], None).is_err(), "{misspelt}");
        }
    }

    #[test]
    fn other_texts_are_no_tags_to_require() {
        let no_policy = |cpu: &str| format!("the CPU `{cpu}`, for which there is no policy");
        let unnamed = || "none of that name".to_owned();
        let table = [
            ("banana", unnamed()),
            ("any", unnamed()),
            ("win_ia64", unnamed()),
            ("macosx_11_arm64", unnamed()),
            ("macosx_11_0_banana", unnamed()),
            ("manylinux", unnamed()),
            ("manylinux_2", unnamed()),
            ("manylinux_2_28_", unnamed()),
            ("manylinux_2_28_x86-64", unnamed()),
            ("manylinux2015_x86_64", unnamed()),
            ("manylinux_2_28_arm64", no_policy("arm64")),
            ("manylinux_2_28_i386", no_policy("i386")),
            ("manylinux_2_28_banana", no_policy("banana")),
            ("manylinux_2_28_banana_x86_64", no_policy("banana_x86_64")),
            ("linux_banana", no_policy("banana")),
            // PEP 513 is for x86 alone.
            ("manylinux1_aarch64", "a tag that is not defined for aarch64".to_owned()),
            (
                "manylinux_3_1",
                "version 3.1 of glibc, of which there are versions 2.x only".to_owned(),
            ),
            (
                "musllinux_1_0",
                "version 1.0 of musl, of which only 1.1 and later have a policy".to_owned(),
            ),
        ];
        for (text, expected) in table {
            let error = RequiredTag::parse(text, None).unwrap_err();
            let JudgeError::UnknownTag { tag, problem } = &error else { panic!("{error}") };
            assert_eq!((tag.as_str(), problem), (text, &expected));
        }
        let error = RequiredTag::parse("manylinux_2_28_arm64", None).unwrap_err();
        insta::assert_snapshot!(error.message_with_hint(), @"
        required platform tag `manylinux_2_28_arm64`: expected one with a policy, such as `manylinux_2_28`, `musllinux_1_2_x86_64` or `macosx_11_0`, found the CPU `arm64`, for which there is no policy
        hint: `manylinux_2_28` is for any CPU; the CPUs are x86_64, i686, aarch64, armv7l, ppc64, ppc64le, s390x, riscv64, loongarch64
        ");
    }
}
