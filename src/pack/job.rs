//! The pipeline of `pack` and `repack`: a plan becomes a wheel, is checked, and gets its name.

use std::path::Path;
use std::time::Instant;

use super::arguments::WriteArguments;
use super::audit::{Auditor, PassedAudit};
use super::base::{self, Base};
use super::foreign_code;
use super::origin::archived;
use super::plan::PackPlan;
use super::summary::{Phases, Summary};
use crate::context::{Context, Report};
use crate::deflate::Level;
use crate::error::Error;
use crate::json;
use crate::repair::{PlanRepair, UnverifiedRepair};
use crate::source_date_epoch::timestamp_seconds;
use crate::wheel_writer::{self, UnpublishedWheel, WriteOptions};
use crate::zip::Timestamp;

/// The options and threads of a command that writes wheels.
pub(super) struct Job<'a> {
    arguments: &'a WriteArguments,
    timestamp: Timestamp,
    repair: Option<PlanRepair>,
    base: Base,
    context: &'a Context<'a>,
}

/// A wheel that is complete and checked, without its name.
pub(super) struct FinishedWheel {
    wheel: UnpublishedWheel,
    warnings: Vec<String>,
    audit: Option<PassedAudit>,
    repair: Option<UnverifiedRepair>,
    phases: Phases,
}

/// A wheel that has its name.
pub(super) struct NamedWheel {
    summary: Summary,
    warnings: Vec<String>,
}

impl<'a> Job<'a> {
    /// Returns the job of a command that writes a wheel to `out`, if the command names its path.
    pub(super) fn new(
        arguments: &'a WriteArguments,
        out: Option<&Path>,
        context: &'a Context<'a>,
    ) -> Result<Self, Error> {
        let seconds = timestamp_seconds(arguments.timestamp, context)?;
        let timestamp = seconds.map_or(Timestamp::EPOCH, Timestamp::from_unix);
        let repair = out.map(|out| PlanRepair::new(&arguments.repair, &context.resolve(out)));
        let repair = repair.transpose()?.flatten();
        let base = base::open(&arguments.base, context)?;
        Ok(Self { arguments, timestamp, repair, base, context })
    }

    /// Writes a wheel to a temporary file and checks it. `began` is when its planning began.
    pub(super) fn pack(&self, plan: PackPlan, began: Instant) -> Result<FinishedWheel, Error> {
        let context = self.context;
        let mut phases = Phases::begin(began);
        let auditor = Auditor::new(&self.arguments.audit, context)?;
        let (plan, repair) = self.repaired(plan)?;
        phases.end("plan");
        let options = WriteOptions {
            level: Level::new(self.arguments.compression_level),
            timestamp: self.timestamp,
            collect_facts: auditor.is_some() || repair.is_some(),
            chunk_tables: !self.arguments.no_chunk_table,
            pool: context.pool,
            cancel: context.cancel,
            cache: context.cache,
            digests: context.digests,
            base: self.base.wheels.as_ref(),
        };
        let PackPlan { wheel, mut warnings, origin, .. } = plan;
        let progress = context.progress_bar(wheel.members.total_len());
        let mut wheel = wheel_writer::write(wheel, &options, &mut |bytes| progress.set(bytes))?;
        drop(progress);
        phases.end("write");
        if let Some(origin) = &origin {
            origin.verify(&wheel)?;
        }
        let audit = auditor.map(|auditor| auditor.judge(&mut wheel, context)).transpose()?;
        if let Some(audit) = &audit {
            warnings.extend_from_slice(&audit.warnings);
            phases.end("audit");
        }
        if let Some(repair) = &repair {
            warnings.extend(repair.verify(&mut wheel, context)?);
            phases.end("audit");
        }
        if context.environment.validate_output {
            wheel.validate(context.cancel)?;
            phases.end("validate");
        }
        wheel.verify_inputs(context.cancel)?;
        phases.end("verify_inputs");
        if wheel.prepare_cache_entry(context.cache) {
            phases.end("remember");
        }
        let tags = &wheel.plan().filename.tags;
        warnings.extend(foreign_code::warnings(tags, &wheel.written().machines));
        Ok(FinishedWheel { wheel, warnings, audit, repair, phases })
    }

    /// Returns the plan of the repaired wheel, if one was asked for.
    fn repaired(&self, plan: PackPlan) -> Result<(PackPlan, Option<UnverifiedRepair>), Error> {
        let Some(repair) = &self.repair else { return Ok((plan, None)) };
        let PackPlan { wheel, name, mut warnings, mut origin } = plan;
        let before = archived(&wheel);
        let repaired = repair.plan(wheel, &name, self.context)?;
        repaired.check_path()?;
        warnings.extend(repaired.warnings);
        if let Some(origin) = &mut origin {
            origin.add_replaced(before, &repaired.wheel);
        }
        let plan = PackPlan { wheel: repaired.wheel, name, warnings, origin };
        Ok((plan, Some(repaired.repair)))
    }

    /// Gives a wheel its name and writes its audit.
    pub(super) fn publish(&self, finished: FinishedWheel) -> Result<NamedWheel, Error> {
        let FinishedWheel { wheel, warnings, audit, repair, mut phases } = finished;
        self.context.cancel.check()?;
        if let Some(audit) = audit {
            audit.save(self.context)?;
        }
        let mut published = wheel.publish(self.context.cache)?;
        repair.map(UnverifiedRepair::publish).transpose()?;
        phases.end("rename");
        published.cache_members(self.context.cache);
        let counts = &published.written.counts;
        self.context.metrics.count(counts);
        phases.add_to(self.context.metrics);
        let summary = Summary {
            wheel: published.plan.out.display().to_string(),
            members: counts.members,
            bytes_in: counts.bytes_in,
            bytes_reused: counts.bytes_reused,
            bytes_out: counts.bytes_out,
            compression_level: self.arguments.compression_level,
            threads: self.context.pool.current_num_threads(),
            seconds: phases.finish(),
        };
        Ok(NamedWheel { summary, warnings })
    }

    /// Returns the report on wheels: their summaries as JSON, or their paths if `print_paths` is true.
    pub(super) fn report(
        &self,
        wheels: Vec<NamedWheel>,
        print_paths: bool,
    ) -> Result<Report, Error> {
        let mut report = Report { warnings: self.base.warnings.clone(), ..Report::default() };
        let mut summaries = Vec::with_capacity(wheels.len());
        for wheel in wheels {
            report.warnings.extend(wheel.warnings);
            summaries.push(wheel.summary);
        }
        if self.arguments.report.is_json() {
            report.stdout = json::document(summaries)?;
        } else if print_paths && !self.context.common.quiet {
            report.stdout = summaries.iter().flat_map(|it| [it.wheel.as_str(), "\n"]).collect();
        }
        Ok(report)
    }
}

impl FinishedWheel {
    /// Returns the wheel's name, from its METADATA and WHEEL.
    pub(super) fn filename(&self) -> String {
        self.wheel.plan().filename.to_string()
    }
}
