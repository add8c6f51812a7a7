//! Whether a wheel meets a platform tag, and the obstacles if not.

use super::error::JudgeError;
use super::external::{External, externals, remedy};
use super::providers::{self, Provided};
use super::required_tag::{Demand, RequiredTag};
use super::rules;
use super::text::in_order;
use super::trees::{Elf, Elves, Extension, is_versioned_loader};
use super::verdict::{Verdict, externals_of};
use crate::elf::{IsaLevel, Tree};
use crate::findings::Finding;
use crate::platform::{Libc, Machine};
use crate::policy::{Policies, Policy, PolicyFile};
use crate::wheel::PlatformTag;

/// Maximum number of symbols in a finding for each version.
const MAX_SYMBOLS: usize = 4;

/// The policies of an audit of one wheel.
#[derive(Debug, Clone, Copy)]
pub(super) struct PolicyOptions<'a> {
    pub(super) policy_file: Option<&'a PolicyFile>,
    /// Whether code for more than the baseline instruction set fails every policy.
    pub(super) check_isa: bool,
    /// Libraries that count as promised, because other wheels bring them.
    pub(super) provided: &'a Provided,
}

impl PolicyOptions<'_> {
    /// Returns the policies for wheels of a C library and machine.
    pub(super) fn policies(
        self,
        libc: Libc,
        machine: Machine,
        tags: &[&str],
    ) -> Result<Policies, JudgeError> {
        let mut policies = Policies::new(libc, machine, tags, self.policy_file)?;
        policies.promise(self.provided.keys());
        Ok(policies)
    }

    /// Returns the policies by which a tag is judged, and the index of its own; `None` if there is none.
    pub(super) fn policies_for(
        self,
        libc: Libc,
        machine: Machine,
        tag: &PlatformTag,
    ) -> Result<Option<(Policies, usize)>, JudgeError> {
        let mut found = Policies::for_tag(libc, machine, tag, self.policy_file)?;
        if let Some((policies, _)) = &mut found {
            policies.promise(self.provided.keys());
        }
        Ok(found)
    }

    /// Returns findings about everything that keeps the files from the required tags. Of several tags,
    /// those for the wheel's machine count.
    pub(super) fn obstacles(
        self,
        required: &[RequiredTag],
        elves: &Elves,
        verdict: &Verdict,
    ) -> Result<Vec<Finding>, JudgeError> {
        let mut found = Vec::new();
        let mut is_any_for_this_machine = required.is_empty();
        for tag in required {
            let obstacles = self.obstacles_to(tag, elves, verdict)?;
            is_any_for_this_machine |= obstacles.is_some();
            found.extend(obstacles.unwrap_or_default());
        }
        if !is_any_for_this_machine {
            found.push(other_platform(required, &verdict.policies));
        }
        Ok(found)
    }

    /// Returns the findings for one tag; `None` if it is for another machine.
    fn obstacles_to(
        self,
        tag: &RequiredTag,
        elves: &Elves,
        verdict: &Verdict,
    ) -> Result<Option<Vec<Finding>>, JudgeError> {
        let policies = &verdict.policies;
        let other = || vec![other_platform(std::slice::from_ref(tag), policies)];
        let machine = policies.machine();
        // A file that needs no C library runs with that of the tag.
        let is_static = elves.counted.iter().all(|elf| elf.facts.is_static());
        let libcs = [policies.libc(), Libc::Glibc, Libc::Musl];
        let fits = |&libc: &Libc| tag.demand(libc, machine) != Demand::OtherPlatform;
        let libc = libcs.into_iter().find(|libc| !is_static || fits(libc));
        let libc = libc.unwrap_or(policies.libc());
        let wanted = match tag.demand(libc, machine) {
            Demand::OtherMachine => return Ok(None),
            Demand::Nothing => return Ok(Some(Vec::new())),
            Demand::OtherPlatform => return Ok(Some(other())),
            Demand::Custom(name) => {
                let with_machine = format!("{name}_{}", policies.machine());
                let at = policies
                    .iter()
                    .position(|policy| policy.has_name(&name) || policy.has_name(&with_machine));
                return Ok(Some(at.map_or_else(other, |at| obstacles(elves, verdict, at))));
            }
            Demand::Tag(wanted) => wanted,
        };
        // For glibc, most tags have a policy that the verdict knows.
        let name = wanted.to_string();
        let known = policies.iter().position(|policy| policy.has_name(&name));
        if let Some(at) = known.filter(|_| policies.libc() == Libc::Glibc) {
            return Ok(Some(obstacles(elves, verdict, at)));
        }
        let Some((policies, at)) = self.policies_for(libc, machine, &wanted)? else {
            let (tag, problem) = (tag.as_str().to_owned(), format!("none for {machine}"));
            return Err(JudgeError::UnknownTag { tag, problem });
        };
        let own = Verdict::of(elves, policies, self.check_isa);
        Ok(Some(obstacles(elves, &own, at)))
    }
}

/// Returns findings about everything that keeps a wheel from a policy; empty if it meets the policy.
fn obstacles(elves: &Elves, verdict: &Verdict, at: usize) -> Vec<Finding> {
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
            if verdict.has_unsupported_isa() {
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

/// Returns the finding for tags for another C library or machine than the wheel's.
fn other_platform(tags: &[RequiredTag], policies: &Policies) -> Finding {
    let message = format!(
        "the code in the wheel is for {} on {}, and {} is for another platform",
        policies.libc(),
        policies.machine(),
        quoted(tags)
    );
    Finding::new(&rules::WRONG_PLATFORM, None, message)
}

/// Returns the finding for tags for Linux that are required of a wheel for other systems.
pub(super) fn other_system(tags: &[RequiredTag], of_wheel: &[&str]) -> Finding {
    let message =
        format!("the wheel is for `{}`, and {} is for Linux", of_wheel.join("`, `"), quoted(tags));
    Finding::new(&rules::WRONG_PLATFORM, None, message)
}

fn quoted(tags: &[RequiredTag]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| format!("`{}`", tag.as_str())).collect();
    tags.join(", ")
}

/// Returns the name of the strictest policy for which `allows` holds.
fn strictest(verdict: &Verdict, allows: impl Fn(&Policy) -> bool) -> Option<String> {
    let mut policies: Vec<&Policy> = verdict.policies.iter().skip(1).collect();
    policies.reverse();
    policies.into_iter().find(|policy| allows(policy)).map(|policy| policy.name.clone())
}

fn about_versions(elf: &Elf, policy: &Policy, verdict: &Verdict, found: &mut Vec<Finding>) {
    for needed in elf.facts.verneed.iter().filter(|it| !is_versioned_loader(&it.library)) {
        let mut forbidden: Vec<_> =
            needed.versions.iter().filter(|version| policy.forbids(&version.name)).collect();
        forbidden.sort_by_key(|version| in_order(&version.name));
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
        finding.needs.forbidden_by = Some(policy.name.clone());
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
        finding.needs.forbidden_by = Some(policy.name.clone());
        finding.needs.allowed_by = strictest(verdict, |policy| policy.whitelist.contains(&soname));
        if providers::is_known(&soname) {
            finding.fix = "pass `--provided-by known` if the driver or a wheel in Requires-Dist brings it; \
                           else require that wheel, or graft the library with `wheelworks repair`";
        }
        finding.fix = remedy(&soname).unwrap_or(finding.fix);
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
        finding.needs.forbidden_by = Some(policy.name.clone());
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
