//! The budget of `--budget`, and the baseline that a wheel beyond it is compared with.

use std::path::Path;

use super::arguments::CheckArguments;
use super::rules;
use crate::budget::{Budget, Outcome, WheelSizes};
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;

/// The limits on sizes; none without `--budget`.
#[derive(Debug, Default)]
pub(super) struct Limits {
    budget: Option<Budget>,
    baseline: Option<WheelSizes>,
}

impl Limits {
    pub(super) fn read(arguments: &CheckArguments, context: &Context<'_>) -> Result<Self, Error> {
        let budget = arguments.budget.as_ref().map(|path| Budget::read(&context.resolve(path)));
        let baseline = arguments.baseline.as_ref();
        let baseline = baseline.map(|path| WheelSizes::of_baseline(path, context));
        Ok(Self { budget: budget.transpose()?, baseline: baseline.transpose()? })
    }

    /// Compares a wheel with the budget, and adds a finding for each limit that it exceeds.
    pub(super) fn check(
        &self,
        path: &Path,
        findings: &mut Findings<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Outcome>, Error> {
        let Some(budget) = self.budget.as_ref().filter(|_| findings.want(&[&rules::BUDGET])) else {
            return Ok(None);
        };
        let sizes = WheelSizes::of_wheel(path, context)?;
        let outcome = Outcome::of(budget, &sizes, self.baseline.as_ref());
        outcome.problems().for_each(|problem| findings.add(&rules::BUDGET, problem));
        Ok(Some(outcome))
    }
}
