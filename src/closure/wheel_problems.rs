//! What is wrong with the choice of wheels, before any file is loaded.

use super::candidate::Shelf;
use super::choice::Choice;
use super::problem::Problem;
use super::rules;
use super::wheel::ClosureWheel;

/// Adds missing wheels, requirements that are not met, and wheels at hand that are not in the closure.
pub(super) fn add(
    wheels: &[ClosureWheel],
    choice: &Choice,
    shelf: &Shelf,
    problems: &mut Vec<Problem>,
) {
    let index = |package: &str| {
        wheels.iter().position(|wheel| wheel.candidate.package == package).unwrap_or_default()
    };
    for unmet in &choice.unmet {
        let (requirement, by) = (&unmet.demand.requirement, &unmet.demand.by);
        let package = requirement.name().normalized();
        let (rule, detail) = if unmet.found.is_empty() {
            (&rules::WHEEL_MISSING, format!("`{requirement}`: no wheel at hand"))
        } else {
            let found = unmet.found.join(", ");
            (&rules::REQUIREMENT_NOT_MET, format!("`{requirement}`: at hand is {found}"))
        };
        problems.push(Problem::new(rule, index(by), None, package, detail));
    }
    for candidate in shelf.iter() {
        if !choice.chosen.contains_key(&candidate.package) {
            let detail = format!("`{}` is at hand, and nothing requires it", candidate.file_name());
            let (rule, name) = (&rules::WHEEL_NOT_REQUIRED, candidate.package.as_str());
            problems.push(Problem::new(rule, 0, None, name, detail));
        }
    }
    for path in &shelf.skipped {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let detail = format!("`{name}` is for another environment");
        problems.push(Problem::new(&rules::WHEEL_SKIPPED, 0, None, name, detail));
    }
}
