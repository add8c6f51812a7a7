//! `inspect --policies`: the platform policies that a wheel meets, and the obstacles to the others.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::text_table::Table;
use crate::context::Context;
use crate::error::Error;
use crate::judge::{AuditConfig, Judge, PolicyRow, Providers};

/// The audit of a wheel alone.
#[derive(Debug, Serialize)]
pub(super) struct PolicyAudit {
    /// The platform tag that it is consistent with; `None` where no policy applies.
    tag: Option<String>,
    /// The policies, from `linux` to the one that runs on the most systems.
    policies: Option<Vec<PolicyRow>>,
    /// Libraries that other wheels bring, with their names.
    provided: BTreeMap<String, String>,
}

impl PolicyAudit {
    /// Audits a wheel without a library of this machine, so that the verdict depends on the wheel alone. Libraries of
    /// NVIDIA's wheels and of torch count as present if the wheel requires them.
    pub(super) fn of(path: &Path, context: &Context<'_>) -> Result<Self, Error> {
        let providers = Providers::known();
        let config = AuditConfig { providers, ..AuditConfig::of_wheel_alone() };
        let audited =
            context.metrics.during("audit", || Judge::new(config).audit(path, context))?;
        Ok(Self {
            tag: audited.judgement.tag().map(str::to_owned),
            policies: audited.judgement.policy_rows(),
            provided: audited.provided,
        })
    }

    /// Renders the policies as text, the one that runs on the most systems first.
    pub(super) fn render(&self, text: &mut String) {
        let Some(policies) = &self.policies else {
            text.push_str("\nplatform policies: none applies\n");
            return;
        };
        let titles = ["platform policies", "met", "symbol versions", "libraries missing", "other"];
        let mut table = Table::new(titles);
        let answer = |holds: bool| if holds { "yes" } else { "no" }.to_owned();
        for policy in policies.iter().rev() {
            let others =
                [policy.blacklisted_symbols.is_empty(), policy.instruction_set, policy.python];
            table.row([
                policy.name.clone(),
                answer(policy.met),
                answer(policy.symbol_versions),
                policy.external_libraries.len().to_string(),
                answer(others.into_iter().all(|holds| holds)),
            ]);
        }
        table.render(text);
    }
}
