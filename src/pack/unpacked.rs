//! `wheelworks pack --unpacked`: the files of a declared wheel in a directory, without an archive.

use std::path::Path;
use std::time::Instant;

use super::arguments::PackArguments;
use super::output_directory::OutputDirectory;
use super::plan::PackPlan;
use super::summary::{Phases, Summary};
use super::{declared_plan, foreign_code, refuse_nested_scripts};
use crate::context::{Context, Report};
use crate::error::Error;
use crate::metrics::Counts;
use crate::repair::{PlanRepair, UnverifiedRepair};
use crate::wheel_writer::write_files;
use crate::{json, temporary};

/// Writes the directory `out`. It has what an unzipped wheel has.
pub(super) fn run(
    arguments: &PackArguments,
    out: &Path,
    context: &Context<'_>,
) -> Result<Report, Error> {
    let Context { pool, cancel, metrics, .. } = *context;
    let mut phases = Phases::begin(Instant::now());
    let plan = declared_plan::plan(&arguments.declared, out, None, context)?;
    refuse_nested_scripts(&plan)?;
    let PackPlan { mut wheel, name, mut warnings, .. } = plan;
    let mut repair = None;
    if let Some(of_plan) = PlanRepair::new(&arguments.write.repair, out)? {
        let repaired = of_plan.plan(wheel, &name, context)?;
        warnings.extend(repaired.warnings);
        wheel = repaired.wheel;
        repair = Some(repaired.repair);
    }
    let wheel = &wheel;
    let directory = OutputDirectory::create(out)?;
    phases.end("plan");
    let progress = context.progress_bar(wheel.members.total_len());
    let written = write_files(wheel, directory.root(), pool, cancel, &|len| progress.add(len))?;
    drop(progress);
    phases.end("write");
    wheel.members.verify_unchanged(&written.rows, cancel)?;
    phases.end("verify_inputs");
    if let Some(repair) = &repair {
        warnings.extend(repair.verify_files(directory.root(), context)?);
        phases.end("audit");
    }
    cancel.check()?;
    directory.persist()?;
    repair.map(UnverifiedRepair::publish).transpose()?;
    if let Some(name_file) = &arguments.declared.stamp.name_file {
        temporary::publish(&context.resolve(name_file), &wheel.filename.to_string())?;
    }
    phases.end("rename");
    phases.add_to(metrics);
    let members = written.rows.len() as u64 + 1;
    let (bytes_in, bytes_out) = (written.bytes, written.bytes);
    metrics.count(&Counts { members, bytes_in, bytes_out, ..Counts::default() });

    let mut report = Report { warnings, ..Report::default() };
    report.warnings.extend(foreign_code::warnings(&wheel.filename.tags, &written.machines));
    if arguments.write.report.is_json() {
        report.stdout = json::document(vec![Summary {
            wheel: out.display().to_string(),
            members,
            bytes_in,
            bytes_reused: 0,
            bytes_out,
            compression_level: 0,
            threads: pool.current_num_threads(),
            seconds: phases.finish(),
        }])?;
    }
    Ok(report)
}
