//! Whether a wheel meets a platform tag, and the obstacles if not.

use super::error::JudgeError;
use super::external::{External, externals};
use super::rules;
use super::trees::{Elf, Elves, Extension, is_versioned_loader};
use super::verdict::{Verdict, externals_of};
use crate::elf::{IsaLevel, Tree};
use crate::findings::Finding;
use crate::policy::{Policies, Policy};
use crate::wheel::PlatformTag;

/// Maximum number of symbols in a finding for each version.
const MAX_SYMBOLS: usize = 4;

/// The meaning of a required tag for a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Requirement {
    /// The policy with this index.
    Policy(usize),
    /// A policy for another C library or machine than the wheel's.
    Other(String),
}

/// Returns the requirement of a tag; `None` if it is for another machine, and so does not apply to this
/// wheel.
pub(super) fn requirement(
    tag: &str,
    policies: &Policies,
    is_known: impl Fn(&str) -> bool,
) -> Result<Option<Requirement>, JudgeError> {
    if let Some(at) = policies.iter().position(|policy| is_called(policy, tag, policies)) {
        return Ok(Some(Requirement::Policy(at)));
    }
    if tag == "linux" {
        return Ok(Some(Requirement::Policy(0)));
    }
    if let Some(at) = next_stricter(tag, policies) {
        return Ok(Some(Requirement::Policy(at)));
    }
    if !is_known(tag) {
        return Err(JudgeError::UnknownTag(tag.to_owned()));
    }
    match PlatformTag::parse_lenient(tag).machine() {
        Some(machine) if machine != policies.machine() => Ok(None),
        _ => Ok(Some(Requirement::Other(tag.to_owned()))),
    }
}

/// Returns whether a policy has this name, with or without the machine.
fn is_called(policy: &Policy, tag: &str, policies: &Policies) -> bool {
    let with_machine = format!("{tag}_{}", policies.machine());
    let names = || std::iter::once(&policy.name).chain(&policy.aliases);
    names().any(|name| name == tag || *name == with_machine)
}

/// Returns the policy for a tag between two policies, such as `manylinux_2_30`: that with the newest
/// version of the C library that is not newer than the tag's. A wheel that meets it meets the tag.
fn next_stricter(tag: &str, policies: &Policies) -> Option<usize> {
    let machine = policies.machine();
    if PlatformTag::parse_lenient(tag).machine().is_some_and(|of_tag| of_tag != machine) {
        return None;
    }
    let (libc, wanted) = PlatformTag::parse_for(machine, tag)?.libc_version()?;
    let version_of = |policy: &Policy| {
        let version = PlatformTag::parse_for(machine, &policy.name)?.libc_version();
        version.filter(|(of_policy, _)| *of_policy == libc)
    };
    policies
        .iter()
        .enumerate()
        .filter_map(|(at, policy)| Some((version_of(policy)?.1, at)))
        .filter(|(version, _)| *version <= wanted)
        .max()
        .map(|(_, at)| at)
}

/// Returns findings about everything that keeps a wheel from a policy; empty if it meets the policy.
pub(super) fn obstacles(elves: &Elves, verdict: &Verdict, at: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    if at == 0 {
        return found;
    }
    let policy = verdict.policy(at);
    about_libraries(elves, policy, verdict, &mut found);
    for elf in &elves.counted {
        about_versions(elf, policy, verdict, &mut found);
        if let Some(tree) = &elf.tree {
            about_symbols(elf, tree, policy, verdict, &mut found);
            if verdict.unsupported_isa {
                about_isa(elf, &mut found);
            }
        }
        about_python(elf, &mut found);
    }
    if found.is_empty() && verdict.overall < at {
        // An external library of a policy between the verdict and this one is the obstacle.
        let message = format!(
            "the libraries that the wheel would have to bring along allow `{}` at most",
            verdict.tag()
        );
        let mut finding = Finding::new(&rules::EXTERNAL_LIBRARY, None, message);
        finding.fix = "run with `--verbose` to see which libraries each tag asks to eliminate";
        found.push(finding);
    }
    found
}

/// Returns the finding for a tag for another C library or machine than the wheel's.
pub(super) fn other_platform(tag: &str, policies: &Policies) -> Finding {
    Finding::new(
        &rules::WRONG_PLATFORM,
        None,
        format!(
            "the code in the wheel is for {} on {}, and `{tag}` is for another platform",
            policies.libc(),
            policies.machine()
        ),
    )
}

/// Returns the name of the strictest policy for which `allows` holds.
fn strictest(verdict: &Verdict, allows: impl Fn(&Policy) -> bool) -> Option<String> {
    let mut policies: Vec<&Policy> = verdict.policies.iter().skip(1).collect();
    policies.reverse();
    policies.into_iter().find(|policy| allows(policy)).map(|policy| policy.name.clone())
}

fn about_versions(elf: &Elf, policy: &Policy, verdict: &Verdict, found: &mut Vec<Finding>) {
    for needed in elf.facts.verneed.iter().filter(|it| !is_versioned_loader(&it.library)) {
        let forbidden: Vec<_> =
            needed.versions.iter().filter(|version| policy.forbids(&version.name)).collect();
        if forbidden.is_empty() {
            continue;
        }
        let symbols: Vec<String> = forbidden
            .iter()
            .flat_map(|version| {
                let symbols = version.symbols.iter().take(MAX_SYMBOLS);
                symbols.map(|symbol| format!("{symbol}@{}", version.name))
            })
            .collect();
        let versions: Vec<String> = forbidden.iter().map(|it| it.name.clone()).collect();
        let mut finding = Finding::new(
            &rules::SYMBOL_VERSION,
            Some(&elf.path),
            format!(
                "it needs {} of `{}`, which `{}` does not promise",
                versions.join(", "),
                needed.library,
                policy.name
            ),
        );
        finding.needs.allowed_by = strictest(verdict, |policy| {
            needed.versions.iter().all(|version| !policy.forbids(&version.name))
        });
        finding.needs.library = Some(needed.library.clone());
        finding.needs.versions = versions;
        finding.needs.symbols = symbols;
        found.push(finding);
    }
}

fn about_libraries(elves: &Elves, policy: &Policy, verdict: &Verdict, found: &mut Vec<Finding>) {
    for external in externals(elves, policy, verdict.policies.libc()) {
        let External { elf, soname, location, through } = external;
        let whence = location.map_or_else(
            || "and it was not found".to_owned(),
            |location| format!("here it is `{location}`"),
        );
        let through = through.map_or_else(String::new, |it| format!(" through `{it}`"));
        let mut finding = Finding::new(
            &rules::EXTERNAL_LIBRARY,
            Some(&elf),
            format!(
                "it needs `{soname}`{through}, which `{}` does not promise; {whence}",
                policy.name
            ),
        );
        finding.needs.allowed_by = strictest(verdict, |policy| policy.whitelist.contains(&soname));
        finding.needs.library = Some(soname);
        found.push(finding);
    }
}

fn about_symbols(
    elf: &Elf,
    tree: &Tree,
    policy: &Policy,
    verdict: &Verdict,
    found: &mut Vec<Finding>,
) {
    let libc = verdict.policies.libc();
    for (library, symbols) in externals_of(tree, policy, libc).blacklisted {
        let symbols: Vec<String> = symbols.into_iter().collect();
        let mut finding = Finding::new(
            &rules::BLACKLISTED_SYMBOL,
            Some(&elf.path),
            format!(
                "it uses {} of `{library}`, which are not in every build of that library",
                symbols.join(", ")
            ),
        );
        finding.needs.allowed_by = strictest(verdict, |policy| {
            let forbidden = policy.blacklist.get(&library);
            !symbols.iter().any(|symbol| forbidden.is_some_and(|them| them.contains(symbol)))
        });
        finding.needs.library = Some(library);
        finding.needs.symbols = symbols;
        found.push(finding);
    }
}

fn about_isa(elf: &Elf, found: &mut Vec<Finding>) {
    let level = match elf.facts.isa_needed {
        None => return,
        Some(IsaLevel::V2) => "x86-64-v2",
        Some(IsaLevel::V3) => "x86-64-v3",
        Some(IsaLevel::V4) => "x86-64-v4",
        Some(IsaLevel::Unknown) => "a level of x86-64 that has no name",
    };
    found.push(Finding::new(
        &rules::ISA_LEVEL,
        Some(&elf.path),
        format!("it says that it needs {level}; a platform tag promises the baseline only"),
    ));
}

fn about_python(elf: &Elf, found: &mut Vec<Finding>) {
    if elf.extension.is_some() && elf.facts.uses_pyfpe {
        found.push(Finding::new(
            &rules::PYFPE,
            Some(&elf.path),
            "it is made for a Python that was configured `--with-fpectl`".to_owned(),
        ));
    }
    if elf.extension == Some(Extension::Python2) && elf.facts.uses_ucs2 {
        found.push(Finding::new(
            &rules::UCS2,
            Some(&elf.path),
            "it is made for a Python with narrow Unicode (UCS-2)".to_owned(),
        ));
    }
}
