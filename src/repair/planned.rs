//! Repairs a wheel before it is written: the plan of a wheel becomes that of the repaired one. `pack` and `repack` do
//! so with `--repair`; no other wheel is written and read again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;

use super::arguments::RepairArguments;
use super::debug_files::DebugFiles;
use super::error::RepairError;
use super::plan::Parts;
use super::provenance::Provenance;
use super::session::{Session, Unrepairable};
use super::tags;
use super::verify::{self, Before};
use super::wheel::Wheel;
use crate::context::Context;
use crate::error::Error;
use crate::judge::{Contents, Judge, Limits, MetadataOf, RequiredTag};
use crate::temporary::folder_of;
use crate::wheel::WheelFilename;
use crate::wheel_writer::{
    Member, Scratch, UnpublishedWheel, WheelPlan, dist_info_member, elf_facts_of_members,
};

/// The options of `repair` that stand in `--repair`.
#[derive(Debug, Parser)]
#[command(
    name = "--repair",
    no_binary_name = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
struct RepairOptions {
    #[command(flatten)]
    arguments: RepairArguments,
}

/// The repair of wheels that are planned.
pub(crate) struct PlanRepair {
    arguments: RepairArguments,
    directory: PathBuf,
}

/// The plan of a repaired wheel.
pub(crate) struct RepairedPlan {
    /// What is written.
    pub(crate) wheel: WheelPlan,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
    /// What the repaired wheel is compared with.
    pub(crate) repair: UnverifiedRepair,
}

/// A repair whose result is not verified yet.
pub(crate) struct UnverifiedRepair {
    judge: Judge,
    /// The name that the path of the wheel must have.
    name: String,
    required: Vec<RequiredTag>,
    /// The wheel before.
    contents: Contents,
    metadata: Vec<u8>,
    debug: Option<DebugFiles>,
}

impl PlanRepair {
    /// Returns the repair with these options of `repair`, of a wheel or a directory at the path `out`; `None` without
    /// options.
    ///
    /// # Errors
    /// If `repair` has no such option, or one that has no meaning for a wheel that is being written.
    pub(crate) fn new(options: &[OsString], out: &Path) -> Result<Option<Self>, Error> {
        if options.is_empty() {
            return Ok(None);
        }
        let of_wheel = [OsString::from("--out"), out.into(), OsString::from("--"), out.into()];
        let parsed = RepairOptions::try_parse_from(options.iter().cloned().chain(of_wheel));
        let RepairOptions { arguments } = parsed.map_err(|error| {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            RepairError::Option(line.trim_start_matches("error: ").to_owned())
        })?;
        arguments.check()?;
        if let Some(option) = arguments.for_written_wheels() {
            let problem = format!("`{option}` has no meaning for a wheel that is being written");
            return Err(RepairError::Option(problem).into());
        }
        Ok(Some(Self { arguments, directory: folder_of(out).to_owned() }))
    }

    /// Plans the repaired wheel. `name` is the name before the repair that the build system knows, which a stamped
    /// wheel does not have.
    ///
    /// # Errors
    /// As `repair`.
    pub(crate) fn plan(
        &self,
        plan: WheelPlan,
        name: &WheelFilename,
        context: &Context<'_>,
    ) -> Result<RepairedPlan, Error> {
        let WheelPlan { filename, out, members } = plan;
        let dist_info = filename.dist_info_dir();
        let (members, other_inputs) = members.into_parts();
        let scratch = Scratch { directory: &self.directory, cancel: context.cancel, pool: None };
        let facts = elf_facts_of_members(&members, context.pool, scratch)?;
        let contents = Contents::of_members(&filename, facts)?;
        let file = |name: &str| read(&members, &dist_info, name, scratch);
        let (metadata, headers) = (file("METADATA")?, file("WHEEL")?);
        let session = Session::new(&self.arguments, &self.directory, context)?;
        // What `repair` prints. A build system prints what its actions print.
        let mut log = Vec::new();
        let of = MetadataOf::Text(&metadata);
        let analysis = session.analyze(&contents, of, &mut log).map_err(|why| match why {
            Unrepairable::NoElf { machine, foreign } => {
                RepairError::without_code(machine, &foreign, &contents).into()
            }
            Unrepairable::Error(error) => error,
        })?;
        let wheel =
            Wheel { given: &out, name: name.to_string(), dist_info, headers, contents: &contents };
        let new = session.plan(&wheel, &analysis, &mut log)?;
        let mut warnings = new.warnings.clone();
        let root = self.arguments.system_root(context);
        let licenses = self.arguments.graft_licenses;
        let provenance = Provenance::find(&new.grafts, root.as_deref(), licenses, &mut warnings)?;
        let mut debug = self.arguments.debug_files(context);
        let parts = Parts {
            dist_info: &wheel.dist_info,
            contents: &contents,
            new: &new,
            scratch,
            keeps_compressed: false,
        };
        let mut members = parts.repaired(members, &mut debug)?;
        let true_name = tags::with_tags_of(&filename.to_string(), &new.name.name);
        provenance.add_members(&wheel, None, &true_name, context, &mut members)?;
        let filename = true_name.parse()?;
        let wheel = WheelPlan::with_dist_info(
            filename,
            out.clone(),
            members,
            other_inputs,
            &wheel.dist_info,
            context.cancel,
        )?;
        let (name, required) = (new.name.name, new.required);
        drop(analysis);
        let judge = session.into_judge();
        let repair = UnverifiedRepair { judge, name, required, contents, metadata, debug };
        Ok(RepairedPlan { wheel, warnings, repair })
    }
}

impl RepairedPlan {
    /// Returns an error unless the path of the wheel has its name.
    pub(crate) fn check_path(&self) -> Result<(), Error> {
        if self.wheel.out.file_name().is_some_and(|name| name == self.repair.name.as_str()) {
            return Ok(());
        }
        let (name, out) = (self.repair.name.clone(), self.wheel.out.clone());
        Err(RepairError::OtherName { name, out }.into())
    }
}

impl UnverifiedRepair {
    /// Judges the repaired wheel, which has no name yet, and returns warnings about settings without effect.
    ///
    /// # Errors
    /// If the wheel does not meet its tags, or has an error that the wheel before the repair does not have.
    pub(crate) fn verify(
        &self,
        wheel: &mut UnpublishedWheel,
        context: &Context<'_>,
    ) -> Result<Vec<String>, Error> {
        let name = wheel.plan().filename.to_string();
        let contents = verify::contents_of(wheel)?;
        let after = (&contents, MetadataOf::Wheel(wheel.temporary_path()));
        let before = self.before();
        verify::audit(after, &self.required, &self.judge, &before, context)?;
        verify::check(wheel, &name, &before, context)?;
        Ok(self.judge.warnings())
    }

    /// Judges the files of the repaired wheel in a directory, which has no name yet, as [`Self::verify`].
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub(crate) fn verify_files(
        &self,
        directory: &Path,
        context: &Context<'_>,
    ) -> Result<Vec<String>, Error> {
        let contents = Contents::of_directory(directory, Limits::of_tables(u64::MAX), context)?;
        let after = (&contents, MetadataOf::Wheel(directory));
        verify::audit(after, &self.required, &self.judge, &self.before(), context)?;
        Ok(self.judge.warnings())
    }

    fn before(&self) -> Before<'_> {
        let metadata = MetadataOf::Text(&self.metadata);
        Before { contents: &self.contents, metadata, file: None }
    }

    /// Gives the files of `--debug-dir` their names.
    pub(crate) fn publish(self) -> Result<(), Error> {
        Ok(self.debug.map_or(Ok(()), DebugFiles::publish)?)
    }
}

/// Returns the content of a file of the dist-info directory.
fn read(
    members: &[Member],
    dist_info: &str,
    name: &str,
    scratch: Scratch<'_>,
) -> Result<Vec<u8>, Error> {
    let path = dist_info_member(dist_info, name)?;
    let member = members.iter().find(|member| member.path == path);
    let missing = || Error::Internal(format!("a planned wheel has no {name}"));
    member.ok_or_else(missing)?.read(scratch)
}
