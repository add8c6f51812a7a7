//! Which wheels are installed together: the given ones, and those that their METADATA requires, among the wheels at
//! hand.
//!
//! This is no solver: each package is taken once, in the newest or the oldest version that the requirements known by
//! then admit. What an installer would choose may differ where requirements contradict each other; a finding says so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::candidate::{Candidate, Shelf};
use super::target::Target;
use super::wheel::DescribedWheel;
use crate::context::Context;
use crate::error::Error;
use crate::wheel::Requirement;

/// Which version of a package is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preference {
    Newest,
    Oldest,
}

/// A requirement, and the package that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand {
    /// The package that requires.
    pub(super) by: String,
    pub(super) requirement: Requirement,
}

/// A requirement that no wheel at hand meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unmet {
    pub(super) demand: Demand,
    /// The versions at hand, in ascending order. Empty if there is no wheel of the package.
    pub(super) found: Vec<String>,
}

/// The wheels that are installed together.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// By package.
    pub(super) chosen: BTreeMap<String, Candidate>,
    /// The requirements of the chosen wheels that count, by the required package.
    pub(super) demands: BTreeMap<String, Vec<Demand>>,
    pub(super) unmet: Vec<Unmet>,
}

/// The metadata of wheels that were read, by package and version.
pub(super) type Described = BTreeMap<(String, String), DescribedWheel>;

/// Returns the key of a wheel among those that were read.
pub(super) fn key(candidate: &Candidate) -> (String, String) {
    (candidate.package.clone(), candidate.path.to_string_lossy().into_owned())
}

/// What a closure is chosen from.
pub(super) struct Sources<'a> {
    /// The given wheels, by package. They are in every closure.
    pub(super) given: &'a BTreeMap<String, Candidate>,
    /// The extras of the given wheels, normalised.
    pub(super) extras: &'a BTreeSet<String>,
    pub(super) shelf: &'a Shelf,
    pub(super) target: &'a Target,
}

impl Sources<'_> {
    /// Chooses the wheels, and adds the metadata of those that were not read yet to `described`.
    pub(super) fn choose_all(
        &self,
        preference: Preference,
        described: &mut Described,
        context: &Context<'_>,
    ) -> Result<Choice, Error> {
        let mut choice = Choice { chosen: self.given.clone(), ..Choice::default() };
        let mut seen: BTreeSet<(String, BTreeSet<String>)> = BTreeSet::new();
        let given = self.given.keys().map(|package| (package.clone(), self.extras.clone()));
        let mut pending: VecDeque<(String, BTreeSet<String>)> = given.collect();
        while let Some((package, extras)) = pending.pop_front() {
            if !seen.insert((package.clone(), extras.clone())) {
                continue;
            }
            let Some(candidate) = choice.chosen.get(&package) else { continue };
            let key = key(candidate);
            if !described.contains_key(&key) {
                described.insert(key.clone(), DescribedWheel::read(candidate.clone(), context)?);
            }
            let Some(wheel) = described.get(&key) else { continue };
            let mut required = Vec::new();
            for requirement in &*wheel.requirements {
                if !requirement.applies(&self.target.markers, &extras) {
                    continue;
                }
                let name = requirement.name().normalized();
                let demand = Demand { by: package.clone(), requirement: requirement.clone() };
                let demands = choice.demands.entry(name.clone()).or_default();
                if !demands.contains(&demand) {
                    demands.push(demand.clone());
                }
                required.push((name, demand));
            }
            // All of them are known before one is chosen: a package may be required several times.
            for (name, demand) in required {
                pending.push_back((name.clone(), demand.requirement.requested_extras()));
                self.choose(&name, demand, preference, &mut choice);
            }
        }
        Ok(choice)
    }

    /// Chooses a wheel for a requirement, unless there is one.
    fn choose(&self, package: &str, demand: Demand, preference: Preference, choice: &mut Choice) {
        if let Some(chosen) = choice.chosen.get(package) {
            if !demand.requirement.admits(&chosen.version) {
                let found = vec![chosen.version.to_string()];
                choice.unmet.push(Unmet { demand, found });
            }
            return;
        }
        let demands = choice.demands.get(package).map_or(&[][..], Vec::as_slice);
        let requirements: Vec<&Requirement> = demands.iter().map(|it| &it.requirement).collect();
        let admitted = self.shelf.admitted(package, &requirements);
        let picked = match preference {
            Preference::Newest => admitted.last(),
            Preference::Oldest => admitted.first(),
        };
        if let Some(candidate) = picked {
            choice.chosen.insert(package.to_owned(), (*candidate).clone());
            return;
        }
        let versions = self.shelf.versions(package).iter();
        let found: Vec<String> = versions.map(|it| it.version.to_string()).collect();
        let is_known = |it: &Unmet| it.demand.requirement.name().normalized() == package;
        if !found.is_empty() || !choice.unmet.iter().any(is_known) {
            choice.unmet.push(Unmet { demand, found });
        }
    }
}
