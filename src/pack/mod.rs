//! `wheelworks pack` and `repack`: files and metadata, or the members of another wheel, become a wheel.
//!
//! ```text
//! arguments → PackPlan → wheel_writer → audit → rename
//! ```
//!
//! With `--repair`, the plan of the repaired wheel takes the place of the plan.
//!
//! `retag` copies a wheel without a plan: only its name, WHEEL and RECORD change. A plan comes from an unpacked wheel (`tree_plan`), from files that are named one by one
//! (`declared_plan`), or from a wheel (`repack_plan`). The pipeline is `Job::pack`. `pack --unpacked` writes the files
//! of a declared plan to a directory; `wheelworks sdist` and `wheelworks editable` write them as a source tree.

mod arguments;
mod audit;
mod base;
mod components;
mod declared_members;
mod declared_metadata;
mod declared_plan;
mod dest_src;
mod editable;
mod error;
mod foreign_code;
mod init_files;
mod job;
mod leftovers;
mod origin;
mod output_directory;
mod outputs;
mod patterns;
mod placement;
mod plan;
mod repack_plan;
mod requirements;
mod retag;
mod sdist;
mod source_dist_info;
mod source_tree;
mod stamp;
mod substitute;
mod summary;
mod tree_plan;
mod unpacked;

use std::time::Instant;

pub use self::arguments::{
    ContentArguments, DeclaredArguments, EditableArguments, MetadataArguments, PackArguments,
    PackAuditArguments, RepackArguments, RetagArguments, SbomArguments, SbomOutput, SdistArguments,
    StampArguments, WriteArguments,
};
pub use self::editable::run as run_editable;
use self::error::ArgumentsError;
use self::job::Job;
use self::outputs::Outputs;
use self::plan::PackPlan;
pub use self::retag::run as run_retag;
pub use self::sdist::run as run_sdist;
use crate::context::{Context, Report};
use crate::created_directories::CreatedDirectories;
use crate::error::Error;
use crate::temporary;
use crate::wheel::WheelFilename;

/// Packs a wheel.
pub fn run(arguments: &PackArguments, context: &Context<'_>) -> Result<Report, Error> {
    if let (true, Some(out)) = (arguments.unpacked, &arguments.out) {
        return unpacked::run(arguments, &context.resolve(out), context);
    }
    let wheel_dir = arguments.out.is_none().then(|| context.resolve(&arguments.wheel_dir));
    // Dropped after the temporary file in it.
    let _created = wheel_dir.as_deref().map(CreatedDirectories::create).transpose()?;
    let job = Job::new(&arguments.write, arguments.out.as_deref(), context)?;
    let began = Instant::now();
    let plan = plan(arguments, context)?;
    refuse_nested_scripts(&plan)?;
    let finished = job.pack(plan, began)?;
    let filename = finished.filename();
    let named = job.publish(finished)?;
    let report = job.report(vec![named], arguments.tree.is_some())?;
    if let Some(name_file) = &arguments.declared.stamp.name_file {
        temporary::publish(&context.resolve(name_file), &filename)?;
    }
    Ok(report)
}

/// Refuses scripts that are not directly in the directory for scripts.
fn refuse_nested_scripts(plan: &PackPlan) -> Result<(), ArgumentsError> {
    let scripts = format!("{}/scripts/", plan.wheel.filename.data_dir());
    let mut paths = plan.wheel.members.iter().map(|member| &member.path);
    match paths.find(|it| it.as_str().strip_prefix(&scripts).is_some_and(|it| it.contains('/'))) {
        Some(path) => Err(ArgumentsError::NestedScript { path: path.clone() }),
        None => Ok(()),
    }
}

/// Packs wheels again that other tools built. All are written before the first gets its name.
pub fn run_repack(arguments: &RepackArguments, context: &Context<'_>) -> Result<Report, Error> {
    let wheel_dir = arguments.wheel_dir.as_ref().filter(|_| arguments.out.is_none());
    let wheel_dir = wheel_dir.map(|directory| context.resolve(directory));
    // Dropped after the temporary files in it.
    let _created = wheel_dir.as_deref().map(CreatedDirectories::create).transpose()?;
    let job = Job::new(&arguments.write, arguments.out.as_deref(), context)?;
    let mut finished = Vec::with_capacity(arguments.wheels.len());
    let inputs = repack_plan::inputs(arguments, context)?;
    let mut outputs = Outputs::default();
    for input in &inputs {
        let began = Instant::now();
        let plan = repack_plan::plan(input, arguments, context)?;
        if !arguments.force {
            outputs::refuse_inputs(&plan.wheel.out, inputs.iter().cloned())?;
        }
        outputs.claim(&plan.wheel.out)?;
        finished.push(job.pack(plan, began)?);
    }
    let named = finished.into_iter().map(|wheel| job.publish(wheel));
    job.report(named.collect::<Result<_, _>>()?, arguments.out.is_none())
}

/// Plans the wheel of the tree or of the declared members in the arguments.
fn plan(arguments: &PackArguments, context: &Context<'_>) -> Result<PackPlan, Error> {
    match (&arguments.tree, &arguments.out) {
        (_, Some(out)) => {
            let inputs = arguments.declared.inputs().map(|input| context.resolve(input));
            outputs::refuse_inputs(&context.resolve(out), inputs)?;
            let expected = &WheelFilename::to_string as &dyn Fn(&WheelFilename) -> String;
            // The name of a repaired wheel is known later.
            let expected = Some(expected).filter(|_| arguments.write.repair.is_empty());
            declared_plan::plan(&arguments.declared, &context.resolve(out), expected, context)
        }
        (Some(tree), None) => {
            let wheel_dir = context.resolve(&arguments.wheel_dir);
            let excluded = &arguments.declared.contents.excludes;
            tree_plan::plan(&context.resolve(tree), &wheel_dir, excluded, context.cancel)
        }
        (None, None) => Err(Error::Internal("neither a tree nor an output was named".to_owned())),
    }
}
