//! Symbol versions of system libraries that platform tags do not promise.

use super::installed::Installed;
use super::outside::{Outside, Provider};
use super::problem::Problem;
use super::process::{Module, Process};
use super::rules;
use super::wheel::ClosureWheel;

/// Adds the versions that files need of the system and that the tags of their wheels do not promise.
pub(super) fn add(
    wheels: &[ClosureWheel],
    installed: &Installed,
    processes: &[Process],
    outside: &Outside<'_>,
    problems: &mut Vec<Problem>,
) {
    for (object, process) in installed.objects.iter().zip(processes) {
        let Some(policy) = outside.policy(object.wheel) else { continue };
        let is_tagged =
            wheels[object.wheel].candidate.tags.platforms().any(|tag| tag.libc_version().is_some());
        if !is_tagged {
            continue;
        }
        for needed in &object.facts.verneed {
            let module = process.named(&needed.library);
            if !matches!(module, Some(Module::Outside(_, Provider::System))) {
                continue;
            }
            for version in needed.versions.iter().filter(|version| policy.forbids(&version.name)) {
                let detail = format!(
                    "it needs `{}` of `{}`, which `{}` does not promise",
                    version.name, needed.library, policy.name
                );
                let rule = &rules::VERSION_NOT_PROMISED;
                let file = Some(object.member.as_str());
                problems.push(Problem::new(rule, object.wheel, file, &*version.name, detail));
            }
        }
    }
}
