//! Chooses the policy that a wheel is repaired for, and its new tags.

use std::path::Path;

use super::error::{Forbidden, RepairError};
use crate::error::Error;
use crate::judge::{Criteria, Platform, RequiredTag};
use crate::platform::{Libc, Machine};
use crate::policy::Policies;
use crate::wheel::PlatformTag;

/// The platform that the user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The most portable one that the wheel can meet.
    Auto,
    /// A tag. Its machine may be missing.
    Tag(String),
}

/// What a wheel is repaired for. Numbers are indices into the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// The requested tag.
    pub(super) name: String,
    /// The policy that was asked for.
    pub(super) requested: usize,
    /// The policy whose external libraries are grafted.
    pub(super) grafted: usize,
    /// The most portable policy that the wheel can meet.
    pub(super) overall: usize,
    /// The new tags, the most portable policy's first.
    pub(super) tags: Vec<String>,
}

impl Wanted {
    /// Parses the value of `--plat`.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let tag = PlatformTag::parse_lenient(text);
        if tag.is_linux() && tag.libc().is_none() {
            return Err(RepairError::Platform(text.to_owned()).into());
        }
        Ok(Self::Tag(text.to_ascii_lowercase()))
    }

    /// Returns the platform of a wheel, from its name and this request. Returns an error if they differ.
    pub(super) fn platform(
        &self,
        of_wheel: Platform,
        wheel: &str,
    ) -> Result<Platform, RepairError> {
        let Self::Tag(text) = self else { return Ok(of_wheel) };
        let whole = PlatformTag::parse_form(text).ok().and_then(|tag| tag.machine());
        if let (Some(found), Some(wanted)) = (of_wheel.machine, whole)
            && found != wanted
        {
            return Err(RepairError::Machine { wheel: wheel.to_owned(), found, wanted });
        }
        // A text without a machine stands for the wheel's own; which one decides nothing about the C library.
        let machine = of_wheel.machine.or(whole);
        let tag = PlatformTag::parse_for(machine.unwrap_or(Machine::X86_64), text);
        let libc = tag.as_ref().and_then(PlatformTag::libc);
        if let (Some(found), Some(wanted)) = (of_wheel.libc, libc)
            && found != wanted
        {
            return Err(RepairError::Libc { wheel: wheel.to_owned(), found, wanted });
        }
        let tag = tag.filter(|_| machine.is_some());
        Ok(Platform { machine, libc: of_wheel.libc.or(libc), tag })
    }

    /// Returns an error if no policy can have this tag.
    pub(super) fn check(&self, file: Option<&crate::policy::PolicyFile>) -> Result<(), Error> {
        if let Self::Tag(text) = self {
            RequiredTag::parse_all(std::slice::from_ref(text), file)?;
        }
        Ok(())
    }
}

/// Chooses the policy and the tags for the wheel at a path.
pub(super) fn choose(
    policies: &Policies,
    criteria: &Criteria,
    wanted: &Wanted,
    only_plat: bool,
    wheel: &Path,
) -> Result<Choice, RepairError> {
    let list: Vec<_> = policies.iter().collect();
    let top = list.len() - 1;
    let no_policy = || RepairError::NoPolicy {
        wheel: wheel.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        libc: policies.libc(),
        machine: policies.machine(),
    };
    if top == 0 {
        return Err(no_policy());
    }
    let given = match wanted {
        Wanted::Auto => None,
        Wanted::Tag(text) => {
            let with_machine = format!("{text}_{}", policies.machine());
            let has_name =
                |it: &&crate::policy::Policy| it.has_name(text) || it.has_name(&with_machine);
            let at = list.iter().position(has_name).filter(|at| *at > 0);
            Some(at.ok_or_else(|| RepairError::Platform(text.clone()))?)
        }
    };
    let python = if criteria.uses_ucs2 || criteria.uses_pyfpe { 0 } else { top };
    let own = criteria.symbols.min(criteria.blacklist).min(criteria.machine).min(python);
    let overall = own.min(graft_policy(&criteria.externals, given));
    // If the wheel meets no policy, the refusal by the least portable one names the cause.
    let requested = given.unwrap_or(overall.max(1));
    // Messages name an alias that was asked for as it is.
    let name = match wanted {
        Wanted::Tag(text) if list[requested].has_name(text) => text.clone(),
        Wanted::Tag(text) => format!("{text}_{}", policies.machine()),
        Wanted::Auto => list[requested].name.clone(),
    };
    let checks = [
        (requested > criteria.symbols, Forbidden::Symbols),
        (criteria.uses_ucs2, Forbidden::Ucs2),
        (requested > criteria.blacklist, Forbidden::Blacklist),
        (requested > criteria.machine, Forbidden::Isa),
        (criteria.uses_pyfpe, Forbidden::Pyfpe),
    ];
    if let Some((_, why)) = checks.into_iter().find(|(is_forbidden, _)| *is_forbidden) {
        return Err(RepairError::Policy { wheel: wheel.to_owned(), plat: name, why });
    }
    let grafted = if only_plat { requested } else { requested.max(overall) };
    let mut tags = Vec::new();
    for at in [grafted, requested] {
        let policy = list[at];
        for tag in std::iter::once(&policy.name).chain(&policy.aliases) {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
    }
    Ok(Choice { name, requested, grafted, overall, tags })
}

/// Returns the most portable policy that needs no more grafts than the requested one, or than the one with the
/// fewest.
fn graft_policy(externals: &[usize], given: Option<usize>) -> usize {
    let fewest = || externals.iter().skip(1).min().copied();
    let limit = given.and_then(|at| externals.get(at).copied()).or_else(fewest).unwrap_or(0);
    externals.iter().rposition(|count| *count <= limit).unwrap_or(0)
}

/// Returns the tag that a repaired wheel no longer has: that of any Linux of its machine.
pub(super) fn replaced_tag(policies: &Policies) -> Option<String> {
    (policies.libc() != Libc::Android).then(|| format!("linux_{}", policies.machine()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criteria(symbols: usize, externals: &[usize]) -> Criteria {
        Criteria {
            symbols,
            blacklist: externals.len() - 1,
            machine: externals.len() - 1,
            uses_ucs2: false,
            uses_pyfpe: false,
            externals: externals.to_vec(),
        }
    }

    fn glibc() -> Policies {
        Policies::new(Libc::Glibc, Machine::X86_64, &[], None).unwrap()
    }

    fn tags(wanted: &str, only_plat: bool, criteria: &Criteria) -> Result<String, String> {
        let wanted = Wanted::parse(wanted).unwrap();
        let choice = choose(&glibc(), criteria, &wanted, only_plat, Path::new("a.whl"));
        choice.map(|it| it.tags.join(".")).map_err(|error| error.to_string())
    }

    /// The rows are those of `auditwheel repair` 6.8.2, but that an alias is the same as its policy.
    #[test]
    fn tags_follow_from_the_request_and_the_verdict() {
        let policies = glibc();
        let top = policies.iter().len() - 1;
        let any = vec![0; top + 1];
        let one_graft = vec![1; top + 1];
        let best = "manylinux_2_5_x86_64.manylinux1_x86_64";
        let both =
            "manylinux_2_5_x86_64.manylinux1_x86_64.manylinux_2_17_x86_64.manylinux2014_x86_64";
        for (wanted, only_plat, externals, expected) in [
            ("auto", false, &any, best),
            ("auto", true, &any, best),
            (
                "manylinux_2_28_x86_64",
                false,
                &any,
                "manylinux_2_5_x86_64.manylinux1_x86_64.manylinux_2_28_x86_64",
            ),
            ("manylinux_2_28_x86_64", true, &any, "manylinux_2_28_x86_64"),
            ("manylinux_2_28", true, &any, "manylinux_2_28_x86_64"),
            ("manylinux2014_x86_64", false, &any, both),
            ("manylinux2014_x86_64", false, &one_graft, both),
            ("manylinux_2_17_x86_64", false, &one_graft, both),
            ("manylinux2014_x86_64", true, &any, "manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ] {
            let found = tags(wanted, only_plat, &criteria(top, externals)).unwrap();
            assert_eq!(found, expected, "{wanted} {only_plat}");
        }
    }

    #[test]
    fn a_library_that_later_policies_allow_is_not_grafted_for_an_earlier_tag() {
        let policies = glibc();
        let at = policies.iter().position(|it| it.name == "manylinux_2_12_x86_64").unwrap();
        let externals: Vec<usize> =
            (0..policies.iter().len()).map(|policy| usize::from(policy > at)).collect();
        let criteria = criteria(externals.len() - 1, &externals);
        assert_eq!(
            tags("auto", false, &criteria).unwrap(),
            "manylinux_2_12_x86_64.manylinux2010_x86_64"
        );
        assert_eq!(
            tags("manylinux_2_5_x86_64", false, &criteria).unwrap(),
            "manylinux_2_5_x86_64.manylinux1_x86_64"
        );
    }

    #[test]
    fn what_forbids_a_policy_is_said_in_this_order() {
        let top = glibc().iter().len() - 1;
        let mut criteria = criteria(1, &vec![0; top + 1]);
        criteria.blacklist = 0;
        criteria.machine = 0;
        criteria.uses_pyfpe = true;
        let message =
            |criteria: &Criteria| tags("manylinux_2_5_x86_64", false, criteria).unwrap_err();
        assert!(message(&criteria).contains("too-recent versioned symbols"));
        criteria.symbols = top;
        criteria.uses_ucs2 = true;
        assert!(message(&criteria).contains("UCS2 build"));
        criteria.uses_ucs2 = false;
        assert!(message(&criteria).ends_with("because it depends on black-listed symbols."));
        criteria.blacklist = top;
        assert!(message(&criteria).ends_with("because it depends on unsupported ISA extensions."));
        criteria.machine = top;
        assert!(message(&criteria).contains("--with-fpectl"));
        criteria.uses_pyfpe = false;
        assert!(tags("manylinux_2_5_x86_64", false, &criteria).is_ok());
        assert!(matches!(Wanted::parse("linux_x86_64"), Err(Error::Refused(_))));
    }
}
