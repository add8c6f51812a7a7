//! Whether the oldest versions that requirements admit load, and if not, which bound does.

use std::collections::BTreeMap;

use super::binding_problems::described;
use super::candidate::{Candidate, Shelf};
use super::check::{Settings, check};
use super::choice::{Choice, Described, key};
use super::problem::Problem;
use super::rules;
use super::transfer::WheelTransfer;
use super::wheel::{ClosureWheel, DescribedWheel};
use crate::context::Context;
use crate::error::Error;
use crate::findings::Severity;
use crate::judge::Limits;

/// Maximum number of versions of one package that are tried.
const MAX_TRIED: usize = 64;

/// Reads wheels, each once.
pub(super) struct Stock<'a> {
    pub(super) described: Described,
    pub(super) loaded: BTreeMap<(String, String), ClosureWheel>,
    pub(super) limits: Limits,
    pub(super) context: &'a Context<'a>,
}

impl Stock<'_> {
    /// Returns a wheel with the facts of its ELF files.
    pub(super) fn wheel(&mut self, candidate: &Candidate) -> Result<ClosureWheel, Error> {
        let key = key(candidate);
        if let Some(wheel) = self.loaded.get(&key) {
            return Ok(wheel.clone());
        }
        let described = match self.described.remove(&key) {
            Some(described) => described,
            None => DescribedWheel::read(candidate.clone(), self.context)?,
        };
        let wheel = described.load(self.limits, self.context)?;
        self.loaded.insert(key, wheel.clone());
        Ok(wheel)
    }

    /// Returns what was transferred for wheels on servers, by their package and address.
    pub(super) fn transfers(&self) -> Vec<WheelTransfer> {
        self.loaded.values().filter_map(|wheel| wheel.transfer.clone()).collect()
    }

    /// Returns the wheels of a choice, by package.
    pub(super) fn wheels(&mut self, choice: &Choice) -> Result<Vec<ClosureWheel>, Error> {
        choice.chosen.values().map(|candidate| self.wheel(candidate)).collect()
    }
}

/// The closures that are compared.
pub(super) struct Floors<'a> {
    /// The closure of the newest versions, and its problems.
    pub(super) newest: &'a [ClosureWheel],
    pub(super) problems: &'a [Problem],
    pub(super) oldest: &'a Choice,
    pub(super) shelf: &'a Shelf,
    pub(super) settings: Settings<'a>,
}

/// An error that tells closures apart: the package, and what is wrong.
type Failure = (String, &'static str, Option<String>, Option<String>);

impl Floors<'_> {
    /// Adds a problem for each requirement that admits a version with which something does not load that loads with the
    /// newest versions.
    pub(super) fn add(
        &self,
        stock: &mut Stock<'_>,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Error> {
        let oldest = stock.wheels(self.oldest)?;
        let versions = |wheels: &[ClosureWheel]| -> BTreeMap<String, Candidate> {
            let each = wheels.iter().map(|wheel| wheel.candidate.clone());
            each.map(|candidate| (candidate.package.clone(), candidate)).collect()
        };
        let newest = versions(self.newest);
        let differing: Vec<&String> = self
            .oldest
            .chosen
            .iter()
            .filter(|(package, old)| newest.get(*package).is_some_and(|new| new != *old))
            .map(|(package, _)| package)
            .collect();
        if differing.is_empty() {
            return Ok(());
        }
        let known = failures(self.problems, self.newest);
        let mut failing = self.failures_of(&oldest, stock, &known)?;
        for package in differing {
            if failing.is_empty() {
                break;
            }
            let replaced = |with: ClosureWheel| -> Vec<ClosureWheel> {
                let is_it = |wheel: &ClosureWheel| wheel.candidate.package == *package;
                let each = oldest.iter().map(|it| if is_it(it) { &with } else { it });
                each.cloned().collect()
            };
            let Some(new) = newest.get(package) else { continue };
            let with_newest = replaced(stock.wheel(new)?);
            let left = self.failures_of(&with_newest, stock, &known)?;
            let cured: Vec<&Failure> =
                failing.keys().filter(|failure| !left.contains_key(*failure)).collect();
            if cured.is_empty() {
                continue;
            }
            let is_cure = |candidate: &Candidate, stock: &mut Stock<'_>| {
                let tried = replaced(stock.wheel(candidate)?);
                let left = self.failures_of(&tried, stock, &known)?;
                Ok::<_, Error>(cured.iter().all(|failure| !left.contains_key(*failure)))
            };
            let bound = self.bound(package, new, stock, is_cure)?;
            let details = cured.iter().filter_map(|failure| failing.get(*failure).cloned());
            let details: Vec<String> = details.collect();
            self.report(package, &bound, &details, problems);
            failing.retain(|failure, _| left.contains_key(failure));
        }
        for ((package, rule, ..), detail) in failing {
            let at = self.newest.iter().position(|wheel| wheel.candidate.package == package);
            let detail = format!("with the oldest versions at hand ({rule}): {detail}");
            let rule = &rules::FLOOR_TOO_LOW;
            problems.push(Problem::new(rule, at.unwrap_or_default(), None, package, detail));
        }
        Ok(())
    }

    /// Returns the lowest version of a package, above the oldest and up to `new`, that is a cure.
    fn bound(
        &self,
        package: &str,
        new: &Candidate,
        stock: &mut Stock<'_>,
        is_cure: impl Fn(&Candidate, &mut Stock<'_>) -> Result<bool, Error>,
    ) -> Result<String, Error> {
        let old = self.oldest.chosen.get(package);
        let is_between = |it: &&Candidate| {
            it.version < new.version && old.is_some_and(|old| old.version < it.version)
        };
        let between = self.shelf.versions(package).iter().filter(is_between);
        for candidate in between.take(MAX_TRIED) {
            if is_cure(candidate, stock)? {
                return Ok(candidate.version.to_string());
            }
        }
        Ok(new.version.to_string())
    }

    /// Returns the errors of a closure that are not known, with their details.
    fn failures_of(
        &self,
        wheels: &[ClosureWheel],
        stock: &Stock<'_>,
        known: &BTreeMap<Failure, String>,
    ) -> Result<BTreeMap<Failure, String>, Error> {
        let settings = Settings { bindings: false, ..self.settings };
        let checked = check(wheels, settings, stock.context)?;
        let mut found = failures(&checked.problems, wheels);
        found.retain(|failure, _| !known.contains_key(failure));
        Ok(found)
    }

    /// Adds a problem for each wheel that requires the package.
    fn report(&self, package: &str, bound: &str, details: &[String], problems: &mut Vec<Problem>) {
        let Some(old) = self.oldest.chosen.get(package) else { return };
        let first = details.first().map_or("", String::as_str);
        let more = match details.len() {
            0 | 1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        for demand in self.oldest.demands.get(package).into_iter().flatten() {
            let by = self.newest.iter().position(|wheel| wheel.candidate.package == demand.by);
            let detail = format!(
                "`{}` admits {}: require `{package}>={bound}`; with {} {first}{more}",
                demand.requirement, old.version, old.version
            );
            let at = by.unwrap_or_default();
            problems.push(Problem::new(&rules::FLOOR_TOO_LOW, at, None, package, detail));
        }
    }
}

/// Returns the errors about loading, with their details.
fn failures(problems: &[Problem], wheels: &[ClosureWheel]) -> BTreeMap<Failure, String> {
    let is_loading = |problem: &&Problem| {
        problem.severity() == Severity::Error
            && rules::LOADING.iter().any(|rule| rule.id == problem.rule.id)
    };
    let each = problems.iter().filter(is_loading).map(|problem| {
        let package = wheels[problem.wheel].candidate.package.clone();
        let failure = (package, problem.rule.id, problem.file.clone(), problem.name.clone());
        let file = problem.file.as_deref().map_or_else(
            || described(&wheels[problem.wheel]),
            |file| format!("`{file}` of {}", described(&wheels[problem.wheel])),
        );
        (failure, format!("{file}: {}", problem.detail))
    });
    each.collect()
}

/// Adds a problem for each requirement whose only versions at hand lack symbols: the bound is above them.
pub(super) fn explain(
    wheels: &[ClosureWheel],
    choice: &Choice,
    given: &BTreeMap<String, Candidate>,
    problems: &mut Vec<Problem>,
) {
    let mut failing: BTreeMap<(usize, usize), Vec<&Problem>> = BTreeMap::new();
    for problem in problems.iter() {
        if let Some(provider) = problem.provider {
            failing.entry((problem.wheel, provider)).or_default().push(problem);
        }
    }
    let mut found = Vec::new();
    for ((wheel, provider), problems) in failing {
        let package = &wheels[wheel].candidate.package;
        let provider = &wheels[provider].candidate;
        let mut demands = choice.demands.get(&provider.package).into_iter().flatten();
        let Some(demand) = demands.find(|demand| demand.by == *package) else { continue };
        if given.contains_key(&provider.package) {
            continue;
        }
        let first = problems.first().and_then(|problem| problem.name.as_deref());
        let detail = format!(
            "`{0}` admits {1}: require `{4}>{1}`; it lacks {2} needed symbols or versions, such as `{3}`, and no \
             version at hand has them",
            demand.requirement,
            provider.version,
            problems.len(),
            first.unwrap_or_default(),
            provider.package
        );
        let (rule, name) = (&rules::FLOOR_TOO_LOW, provider.package.as_str());
        found.push(Problem::new(rule, wheel, None, name, detail));
    }
    problems.extend(found);
}
