//! Repairs one wheel after another with the same settings: reads, chooses, collects, and hands over to the output.

use std::path::Path;
use std::sync::Arc;

use super::arguments::RepairArguments;
use super::choice::{self, Choice, Wanted};
use super::edits::{FileEdit, Layout, OpenedBy};
use super::error::RepairError;
use super::grafts::{Added, Grafts};
use super::notes;
use super::output::Output;
use super::report::Repaired;
use super::tags::{self, NewName, NewWheelFile};
use super::wheel::{NewWheel, OpenedArchive, Wheel};
use crate::context::Context;
use crate::elf_edit::{SearchPathKind, Strip};
use crate::error::Error;
use crate::judge::{
    Analysis, Analyzed, AuditConfig, Contents, ElfLibraries, Foreign, Judge, MetadataOf, Platform,
    RequiredTag,
};
use crate::opened_wheel::{Archive, UnpackedTotal};
use crate::platform::{Libc, Machine};
use crate::slash_path::file_name;
use crate::wheel::{FilenameParts, PlatformTag, WheelError, WheelFilename};
use crate::wheel_writer::dist_info_member;

/// The first API level of Android whose loader knows `DT_RUNPATH`.
const FIRST_WITH_RUNPATH: u32 = 24;

/// The settings of a run.
pub(super) struct Session<'a> {
    arguments: &'a RepairArguments,
    context: &'a Context<'a>,
    judge: Judge,
    wanted: Wanted,
    keep: Vec<glob::Pattern>,
    may_edit: bool,
    output: Output<'a>,
}

/// Why a wheel is not repaired.
pub(super) enum Unrepairable {
    /// It has no code for its platform.
    NoElf {
        /// Its machine, if its name says it.
        machine: Option<Machine>,
        /// The files for other platforms.
        foreign: Vec<Foreign>,
    },
    /// Another error.
    Error(Error),
}

impl From<Error> for Unrepairable {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl<'a> Session<'a> {
    pub(super) fn new(
        arguments: &'a RepairArguments,
        directory: &'a Path,
        context: &'a Context<'a>,
    ) -> Result<Self, Error> {
        let config = AuditConfig {
            given: arguments.given_libraries(context)?,
            ..arguments.lookup.config(context)?
        };
        let wanted = Wanted::parse(arguments.platform(context))?;
        wanted.check(config.policy_file.as_ref())?;
        let keep = arguments.keep_rpath.iter().map(|pattern| {
            glob::Pattern::new(pattern)
                .map_err(|error| RepairError::Pattern(pattern.clone(), error.msg))
        });
        Ok(Self {
            arguments,
            context,
            judge: Judge::new(config),
            wanted,
            keep: keep.collect::<Result<_, _>>()?,
            may_edit: arguments.may_edit(context)?,
            output: Output::new(arguments, directory, context)?,
        })
    }

    /// Returns a warning for each setting that had no effect.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.judge.warnings()
    }

    /// Returns the judge, for the audit of the repaired wheel.
    pub(super) fn into_judge(self) -> Judge {
        self.judge
    }

    /// Analyzes the contents of a wheel.
    pub(super) fn analyze<'c>(
        &'c self,
        contents: &'c Contents,
        metadata: MetadataOf<'_>,
        log: &mut Vec<String>,
    ) -> Result<Box<Analysis<'c>>, Unrepairable> {
        let name = contents.name();
        let of_name = Platform::of_tags(&contents.platform_tags());
        if of_name.machine.is_none() {
            log.push("The architecture could not be deduced from the wheel filename".to_owned());
        }
        let platform = self.wanted.platform(of_name, name).map_err(Error::from)?;
        log.push(format!("Repairing {name}"));
        match self.judge.analyze(contents, metadata, &platform, self.context)? {
            Analyzed::Elves(analysis) => {
                log.extend(notes::ignored(analysis.foreign()));
                log.extend(notes::excluded(&self.judge.take_excluded()));
                Ok(analysis)
            }
            Analyzed::Purelib(members) => {
                let names = members.iter().map(|path| file_name(path).to_owned());
                Err(Error::from(RepairError::Purelib(names.collect())).into())
            }
            Analyzed::NoElf(foreign) => {
                Err(Unrepairable::NoElf { machine: platform.machine, foreign })
            }
        }
    }

    /// Repairs one wheel. Adds what was done to the log.
    pub(super) fn repair(&self, given: &Path, log: &mut Vec<String>) -> Result<Repaired, Error> {
        self.planned(
            given,
            log,
            |file, name| self.output.copy(given, file, name),
            |wheel, opened, new, log| self.output.write(wheel, opened, new, &self.judge, log),
        )
    }

    /// Returns the name that a wheel gets, and writes nothing.
    pub(super) fn new_name(&self, given: &Path) -> Result<String, Error> {
        let name = |_: &Path, name: &str| Ok(name.to_owned());
        self.planned(given, &mut Vec::new(), name, |_, _, new, _| Ok(new.name.name.clone()))
    }

    /// Plans the repair of one wheel. Calls `copy` with its file and name if it has no machine code, else `write`.
    fn planned<T>(
        &self,
        given: &Path,
        log: &mut Vec<String>,
        copy: impl FnOnce(&Path, &str) -> Result<T, Error>,
        write: impl FnOnce(
            &Wheel<'_>,
            &OpenedArchive<'_>,
            &NewWheel,
            &mut Vec<String>,
        ) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let file = self.context.resolve(given);
        if !file.is_file() {
            return Err(RepairError::NoFile(given.to_owned()).into());
        }
        let archive = Arc::new(Archive::open(&file)?);
        let members = UnpackedTotal::new(self.arguments.limits.limits()).check(&archive)?;
        let contents = self.judge.read_whole(&archive, self.context)?;
        let name = contents.name().to_owned();
        // Tags stay, and the writer refuses wrong ones.
        name.parse::<WheelFilename>()?.tags.check().map_err(WheelError::from)?;
        let analysis = match self.analyze(&contents, MetadataOf::Wheel(&file), log) {
            Ok(analysis) => analysis,
            Err(Unrepairable::Error(error)) => return Err(error),
            Err(Unrepairable::NoElf { machine, foreign }) => {
                let error = RepairError::without_code(machine, &foreign, &contents);
                log.extend(notes::ignored(&foreign));
                if self.arguments.allow_pure_python_wheel && error.is_pure() {
                    log.push(error.to_string());
                    return copy(&file, &name);
                }
                return Err(error.into());
            }
        };
        let opened = OpenedArchive { file: &file, archive, members };
        let (dist_info, headers) = self.dist_info(&opened.archive)?;
        let wheel = Wheel { given, name, dist_info, headers, contents: &contents };
        let new = self.plan(&wheel, &analysis, log)?;
        write(&wheel, &opened, &new, log)
    }

    /// Returns the name of the dist-info directory, and WHEEL.
    fn dist_info(&self, archive: &Archive) -> Result<(String, Vec<u8>), Error> {
        let dist_info = archive.dist_info()?;
        let path = dist_info_member(&dist_info, "WHEEL")?;
        let headers = archive.read_named(path.as_str(), self.context.cancel)?;
        Ok((dist_info, headers))
    }

    /// Decides what a wheel becomes. Adds what is done to the log.
    pub(super) fn plan(
        &self,
        wheel: &Wheel<'_>,
        analysis: &Analysis<'_>,
        log: &mut Vec<String>,
    ) -> Result<NewWheel, Error> {
        let policies = analysis.policies();
        let criteria = analysis.criteria();
        let only = self.arguments.only_plat;
        let choice = choice::choose(policies, &criteria, &self.wanted, only, wheel.given)?;
        log.extend(notes::eligible(&choice, policies));
        let elves = analysis.libraries(choice.grafted)?;
        check_requirements(&elves, analysis)?;
        let added = self.added(analysis, &choice)?;
        let provided = |soname: &str| analysis.provided(soname);
        let layout = self.layout(wheel, &elves, policies.libc());
        let directories = layout.graft_directories(&elves);
        let grafts = Grafts::collect(&elves, &added, &directories, provided, self.context)?;
        let edits: Vec<_> = elves.iter().filter_map(|elf| layout.edit(elf, &grafts)).collect();
        self.check_edits(&edits, &choice)?;
        layout.check(&grafts)?;
        let mut warnings = grafts.warnings.clone();
        warnings.extend(notes::removals(&edits));
        warnings.extend(notes::lost(&edits));
        warnings.extend(notes::removals_of_grafts(&grafts, &layout));
        warnings.extend(notes::about_grafts(&grafts, wheel.contents, layout.clear_execstack));
        log.extend(notes::grafts(&grafts));
        log.extend(notes::dropped(&edits));
        let (name, wheel_file) = self.tags(wheel, &layout, &choice, analysis);
        if !self.arguments.no_update_tags {
            log.extend(notes::tags(&name, &wheel_file));
            warnings.extend(notes::broken_tags(&name, &choice, policies));
        }
        Ok(NewWheel {
            policy: choice.name.clone(),
            required: RequiredTag::parse_all(&choice.tags, self.judge.policy_file())?,
            name,
            layout,
            grafts,
            edits,
            wheel_file,
            warnings,
        })
    }

    /// Finds the libraries of `--add-library`.
    fn added(&self, analysis: &Analysis<'_>, choice: &Choice) -> Result<Vec<Added>, RepairError> {
        let names = self.arguments.add_library.iter();
        names
            .map(|name| {
                let path = if name.contains('/') {
                    let path = self.context.resolve(Path::new(name));
                    std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
                } else {
                    name.clone()
                };
                let (library, external) = analysis
                    .find(&path, choice.grafted)
                    .ok_or_else(|| RepairError::AddedNotFound(name.clone()))?;
                let name = file_name(name).to_owned();
                Ok(Added { library, name, external })
            })
            .collect()
    }

    /// Returns the new name and WHEEL.
    fn tags(
        &self,
        wheel: &Wheel<'_>,
        layout: &Layout,
        choice: &Choice,
        analysis: &Analysis<'_>,
    ) -> (NewName, NewWheelFile) {
        if self.arguments.no_update_tags {
            let name = NewName::unchanged(&wheel.name);
            return (name, NewWheelFile::new(&wheel.headers, &[], &[], false));
        }
        let replaced = choice::replaced_tag(analysis.policies());
        let name = NewName::new(&wheel.name, replaced.as_deref(), &choice.tags);
        let mut removed: Vec<&str> = replaced.iter().map(String::as_str).collect();
        if name.drops_any {
            removed.push("any");
        }
        let has_code_in_root = wheel.contents.elves().any(|(path, _)| layout.is_in_root(path));
        let is_wrong = has_code_in_root && tags::is_purelib(&wheel.headers);
        let becomes_platlib = name.drops_any || is_wrong;
        let wheel_file = NewWheelFile::new(&wheel.headers, &removed, &choice.tags, becomes_platlib);
        (name, wheel_file)
    }

    /// Refuses edits that `--patcher none` forbids, or that the loader of the platform does not know.
    fn check_edits(&self, edits: &[FileEdit], choice: &Choice) -> Result<(), RepairError> {
        let edited = edits.iter().filter(|edit| edit.edits.concern_loaders());
        let files: Vec<String> = edited.map(|edit| edit.path.clone()).collect();
        if !self.may_edit && !files.is_empty() {
            return Err(RepairError::NoPatcher(files));
        }
        let tag = PlatformTag::parse_lenient(&choice.name);
        let PlatformTag::Android { api_level: level, .. } = tag else { return Ok(()) };
        let sets_path = edits.iter().any(|edit| edit.edits.search_path.is_some());
        if level < FIRST_WITH_RUNPATH && sets_path {
            return Err(RepairError::AndroidLevel);
        }
        Ok(())
    }

    fn layout(&self, wheel: &Wheel<'_>, elves: &[ElfLibraries], libc: Libc) -> Layout {
        let parts = FilenameParts::split(&wheel.name);
        let name = parts.map_or("", |parts| parts.distribution).to_owned();
        let is_android = libc == Libc::Android;
        let mut layout = Layout {
            data: wheel.contents.data_directory(),
            libs: format!("{name}{}", self.arguments.lib_sdir),
            name,
            site: String::new(),
            kind: if is_android { SearchPathKind::Runpath } else { SearchPathKind::Rpath },
            keep: self.keep.clone(),
            clear_execstack: self.arguments.clear_execstack,
            strip: self.arguments.strip.then_some(Strip::All),
            python: wheel.contents.python().map(str::to_owned),
            opened_by: if self.arguments.add_library.is_empty() {
                OpenedBy::Nothing
            } else if elves.iter().any(|elf| elf.opens_libraries) {
                OpenedBy::Callers
            } else {
                OpenedBy::All
            },
        };
        // The root stays pure Python only if all machine code is elsewhere.
        if let Some(data) = &layout.data
            && tags::is_purelib(&wheel.headers)
            && !elves.iter().any(|elf| layout.is_in_root(&elf.path))
        {
            layout.site = format!("{data}/platlib");
        }
        layout
    }
}

/// Returns an error if a library would be grafted that another wheel brings.
fn check_requirements(elves: &[ElfLibraries], analysis: &Analysis<'_>) -> Result<(), RepairError> {
    for elf in elves {
        for soname in elf.external.keys() {
            let requirements = analysis.missing_requirements(soname);
            if !requirements.is_empty() {
                let (soname, member) = (soname.clone(), elf.path.clone());
                return Err(RepairError::MissingRequirement { soname, member, requirements });
            }
        }
    }
    Ok(())
}
