//! The matrix of a verdict: every platform policy, and each criterion that a wheel meets or not.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::audited::Judgement;
use super::verdict::Externals;
use crate::policy::Policy;

/// One platform policy: whether the wheel meets it, and each criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a criterion of its own")]
pub(crate) struct PolicyRow {
    /// Its platform tag.
    pub(crate) name: String,
    pub(crate) met: bool,
    /// Whether it allows the symbol versions that the wheel needs.
    pub(crate) symbol_versions: bool,
    /// Libraries that are neither in the wheel nor promised by the policy.
    pub(crate) external_libraries: Vec<String>,
    /// Used symbols that it forbids, by library.
    pub(crate) blacklisted_symbols: BTreeMap<String, BTreeSet<String>>,
    /// Whether the baseline instruction set is enough.
    pub(crate) instruction_set: bool,
    /// Whether it allows the build of Python that the wheel is for.
    pub(crate) python: bool,
}

impl Judgement {
    /// Returns the platform tag that the wheel is consistent with; `None` without a verdict.
    pub(crate) fn tag(&self) -> Option<&str> {
        match self {
            Self::Verdict(verdict) => Some(verdict.tag()),
            Self::System(verdict) => verdict.tag(),
            Self::Pure | Self::OtherPlatform(_) | Self::NoElf(_) => None,
        }
    }

    /// Returns every platform policy for the wheel's machine, from `linux` to the one that runs on the most systems;
    /// `None` without a verdict.
    pub(crate) fn policy_rows(&self) -> Option<Vec<PolicyRow>> {
        let Self::Verdict(verdict) = self else { return None };
        let row = |(at, (policy, externals)): (usize, (&Policy, &Externals))| PolicyRow {
            name: policy.name.clone(),
            met: at <= verdict.overall,
            symbol_versions: at <= verdict.symbols,
            external_libraries: externals.libraries.keys().cloned().collect(),
            blacklisted_symbols: externals.blacklisted.clone(),
            instruction_set: at <= verdict.machine,
            python: at == 0 || !(verdict.uses_pyfpe || verdict.uses_ucs2),
        };
        Some(verdict.policies.iter().zip(&verdict.externals).enumerate().map(row).collect())
    }
}
