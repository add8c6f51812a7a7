//! Judges one wheel: from its contents to a verdict and findings.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archived;
use super::audited::{Audited, Judgement};
use super::config::AuditConfig;
use super::contents::Contents;
use super::device_code::{self, CodeRequirements};
use super::error::JudgeError;
use super::exclusions::Exclusions;
use super::foreign::Foreign;
use super::host::Host;
use super::hygiene;
use super::members::Limits;
use super::providers::{MetadataOf, Provided, Providers};
use super::read::read;
use super::required_tag::RequiredTag;
use super::requirement::{PolicyOptions, other_system};
use super::system_tag::SystemTag;
use super::systems::{self, SystemDemand};
use super::trees::{Elves, Found, Lookup};
use super::verdict::Verdict;
use crate::context::Context;
use crate::elf::FileLocation;
use crate::error::{Diagnose as _, Error};
use crate::exec::CancelFlag;
use crate::findings::{Finding, Selection, sort_by_member};
use crate::opened_wheel::Archive;
use crate::platform::{Libc, Machine};
use crate::policy::PolicyFile;
use crate::wheel::PlatformTag;

/// Judges wheels with the same settings.
#[derive(Debug)]
pub(crate) struct Judge {
    host: Host,
    /// The host of Android wheels, which are never built on the system they run on.
    android_host: Host,
    pub(super) exclude: Exclusions,
    pub(super) providers: Providers,
    pub(super) policy_file: Option<PolicyFile>,
    check_isa: bool,
    required_tags: Vec<RequiredTag>,
    require_declared: bool,
    device_code: CodeRequirements,
    selection: Selection,
    is_strict: bool,
    limits: Limits,
}

impl Judge {
    pub(crate) fn new(config: AuditConfig) -> Self {
        let locations = |paths: Vec<PathBuf>| -> Vec<FileLocation> {
            paths.iter().map(|path| FileLocation::host(path)).collect()
        };
        let library_dirs = config.library_dirs.map(locations);
        let environment = locations(config.environment_dirs);
        Self {
            android_host: Host::new(
                config.scope.clone(),
                config.given.clone(),
                Some(library_dirs.clone().unwrap_or_default()),
                environment.clone(),
            ),
            host: Host::new(config.scope, config.given, library_dirs, environment),
            exclude: config.exclude,
            providers: config.providers,
            policy_file: config.policy_file,
            check_isa: config.check_isa,
            required_tags: config.required_tags,
            require_declared: config.require_declared,
            device_code: config.device_code,
            selection: config.selection,
            is_strict: config.is_strict,
            limits: config.limits,
        }
    }

    /// Reads the contents of an archive, and verifies the length and CRC-32 of every member: inflates each to
    /// its end, on all threads.
    pub(crate) fn read_whole(
        &self,
        archive: &Archive,
        context: &Context<'_>,
    ) -> Result<Contents, Error> {
        archived::read_archive(archive, self.limits.whole(), context)
    }

    /// Reads the Mach-O and PE files of a wheel that was written to `path`, if it is for macOS, iOS or Windows alone.
    pub(crate) fn add_objects(
        &self,
        contents: &mut Contents,
        path: &Path,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        if SystemTag::of_wheel(&contents.platform_tags()).is_some() {
            archived::add_objects(contents, path, self.limits, context)?;
        }
        Ok(())
    }

    /// Reads and judges one wheel: an archive, or the directory of an unpacked one.
    pub(crate) fn audit(&self, path: &Path, context: &Context<'_>) -> Result<Audited, Error> {
        let contents = read(path, self.limits, context)?;
        self.judge(&contents, MetadataOf::Wheel(&context.resolve(path)), context)
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns a warning for each setting that had no effect on the wheels that were judged.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.exclude.unused().chain(self.providers.unused()).collect()
    }

    /// Returns the libraries that other wheels bring for a wheel.
    pub(super) fn provided_to(
        &self,
        metadata: MetadataOf<'_>,
        context: &Context<'_>,
    ) -> Result<Provided, Error> {
        self.providers.provided_to(metadata, context)
    }

    pub(super) fn policy_options<'a>(&'a self, provided: &'a Provided) -> PolicyOptions<'a> {
        PolicyOptions {
            policy_file: self.policy_file.as_ref(),
            check_isa: self.check_isa,
            provided,
        }
    }

    /// Returns where the files of a wheel for a C library are found, in the layout of the archive.
    pub(super) fn lookup<'a>(&'a self, contents: &'a Contents, libc: Option<Libc>) -> Lookup<'a> {
        Lookup {
            contents,
            host: if libc == Some(Libc::Android) { &self.android_host } else { &self.host },
            exclude: &self.exclude,
            installed: None,
        }
    }

    /// Judges the contents of a wheel. `metadata` counts only if other wheels bring libraries.
    pub(crate) fn judge(
        &self,
        contents: &Contents,
        metadata: MetadataOf<'_>,
        context: &Context<'_>,
    ) -> Result<Audited, Error> {
        self.judge_for(&self.required_tags, contents, metadata, context)
    }

    /// Judges the contents of a wheel, with these required tags instead of the settings'.
    pub(crate) fn judge_for(
        &self,
        required_tags: &[RequiredTag],
        contents: &Contents,
        metadata: MetadataOf<'_>,
        context: &Context<'_>,
    ) -> Result<Audited, Error> {
        let cancel = context.cancel;
        let provided = self.provided_to(metadata, context)?;
        let options = self.policy_options(&provided);
        let tags = contents.platform_tags();
        let mut required = required_tags.to_vec();
        let mut not_judged = Vec::new();
        // Of a wheel for another system with ELF files alone, these decide, as in auditwheel.
        let has_own = contents
            .objects()
            .is_some_and(|objects| !objects.is_empty() || contents.elves().next().is_none());
        let own = SystemTag::of_wheel(&tags).filter(|_| has_own);
        if self.require_declared && own.is_none() {
            let (declared, others) = RequiredTag::declared(&tags, self.policy_file.as_ref())?;
            required.extend(declared);
            not_judged = others;
        }
        let mut audited = Audited {
            met: (!required.is_empty()).then_some(true),
            required: required.iter().map(|tag| tag.as_str().to_owned()).collect(),
            not_judged,
            device_code: contents.codes().cloned(),
            demands_device_code: self.device_code.is_demand(),
            is_strict: self.is_strict,
            ..Audited::new(contents.name())
        };
        if let Some(own) = own {
            self.judge_system(&mut audited, contents, (own, required_tags), &provided)?;
            return Ok(audited);
        }
        let (machine, libc) = (machine_of(&tags), libc_of(&tags));
        let lookup = self.lookup(contents, libc);
        let recorded = contents.recorded_elves();
        let elves = match Elves::find(recorded, machine, libc, &lookup, cancel)? {
            Found::Elves(elves) => elves,
            Found::NoElf(foreign) => {
                without_elf(&mut audited, &foreign, contents);
                judge_system(required_tags, &tags, &mut audited);
                audited.findings.extend(device_code::findings(contents, &self.device_code));
                self.select(&mut audited);
                return Ok(audited);
            }
        };
        let (verdict, elves) = judged(elves, options, &tags, &lookup, cancel)?;
        audited.provided = used(&provided, &elves);
        // The verdict is by the paths in the archive, as auditwheel's. What is required must hold where the
        // files are once installed.
        let lookup = Lookup { installed: contents.installed()?.map(Arc::new), ..lookup };
        let installed = judged_installed(recorded, (machine, libc), options, &lookup, cancel)?;
        let (own, located) = installed.as_ref().map_or((&verdict, &elves), |(own, it)| (own, it));
        audited.findings = hygiene::findings(contents, located, own);
        audited.findings.extend(hygiene::differences(&elves, located, &verdict.policies));
        let mut found = options.obstacles(&required, located, own)?;
        judge_unrecorded(own, options, &required, &lookup, &mut found, cancel)?;
        audited.findings.extend(found);
        judge_system(required_tags, &tags, &mut audited);
        audited.findings.extend(device_code::findings(contents, &self.device_code));
        self.select(&mut audited);
        sort_by_member(&mut audited.findings);
        audited.findings.dedup();
        audited.judgement = Judgement::Verdict(Box::new(verdict));
        Ok(audited)
    }

    /// Judges a wheel that is for macOS, iOS or Windows alone.
    fn judge_system(
        &self,
        audited: &mut Audited,
        contents: &Contents,
        (own, required): (Vec<SystemTag>, &[RequiredTag]),
        provided: &Provided,
    ) -> Result<(), Error> {
        let tags = contents.platform_tags();
        let declared = if self.require_declared { &tags[..] } else { &[] };
        let exclude = &self.exclude;
        systems::judge(
            audited,
            contents,
            &SystemDemand { own, required, declared, exclude, provided },
        )?;
        for &tag in declared {
            if !audited.required.iter().any(|required| required == tag) {
                audited.required.push(tag.to_owned());
            }
        }
        audited.met = (!audited.required.is_empty()).then_some(true);
        audited.findings.extend(device_code::findings(contents, &self.device_code));
        self.select(audited);
        sort_by_member(&mut audited.findings);
        audited.findings.dedup();
        Ok(())
    }

    /// Removes the findings of other rules than the selected ones. A required tag is met unless an error
    /// is left that is not about device code.
    fn select(&self, audited: &mut Audited) {
        audited.findings.retain(|finding| self.selection.has(finding.rule));
        let has_error = audited.errors_about_tags() > 0;
        audited.met = audited.met.map(|_| !has_error);
    }
}

/// Adds a finding if tags for Linux are required of a wheel whose own tags are all for other systems: no
/// installer takes it on Linux.
fn judge_system(required: &[RequiredTag], tags: &[&str], audited: &mut Audited) {
    let is_for_linux = |tag: &&str| *tag == "any" || is_linux(tag);
    if !required.is_empty() && !tags.is_empty() && !tags.iter().any(is_for_linux) {
        audited.findings.push(other_system(required, tags));
    }
}

/// Returns the verdict on the ELF files at `paths` in the lookup's layout; `None` if that is the archive's.
fn judged_installed(
    paths: &[String],
    (machine, libc): (Option<Machine>, Option<Libc>),
    options: PolicyOptions<'_>,
    lookup: &Lookup<'_>,
    cancel: &CancelFlag,
) -> Result<Option<(Verdict, Elves)>, Error> {
    if lookup.installed.is_none() {
        return Ok(None);
    }
    match Elves::find(paths, machine, libc, lookup, cancel)? {
        Found::Elves(elves) => {
            let tags = lookup.contents.platform_tags();
            judged(elves, options, &tags, lookup, cancel).map(Some)
        }
        Found::NoElf(_) => Ok(None),
    }
}

/// Returns the verdict on ELF files.
fn judged(
    mut elves: Elves,
    options: PolicyOptions<'_>,
    tags: &[&str],
    lookup: &Lookup<'_>,
    cancel: &CancelFlag,
) -> Result<(Verdict, Elves), Error> {
    // As in `auditwheel`, files that need no C library are judged by the policies for the host's.
    let libc = elves.libc.unwrap_or_else(|| lookup.host.libc());
    // As in `auditwheel`, a verdict for musl names its latest version, for any tag.
    let tags = if libc == Libc::Android { tags } else { &[] };
    let policies = options.policies(libc, elves.machine, tags)?;
    elves.complete_trees(&policies, lookup, cancel)?;
    Ok((Verdict::of(&elves, policies, options.check_isa), elves))
}

/// Judges the ELF files that are not in RECORD: they are installed, too.
fn judge_unrecorded(
    verdict: &Verdict,
    options: PolicyOptions<'_>,
    required: &[RequiredTag],
    lookup: &Lookup<'_>,
    found: &mut Vec<Finding>,
    cancel: &CancelFlag,
) -> Result<(), Error> {
    let paths = lookup.contents.unrecorded_elves();
    found.extend(paths.iter().map(|path| hygiene::unrecorded(path)));
    if paths.is_empty() {
        return Ok(());
    }
    let (machine, libc) = (Some(verdict.policies.machine()), Some(verdict.policies.libc()));
    let Found::Elves(elves) = Elves::find(paths, machine, libc, lookup, cancel)? else {
        return Ok(());
    };
    let tags = lookup.contents.platform_tags();
    let (own, elves) = judged(elves, options, &tags, lookup, cancel)?;
    found.extend(options.obstacles(required, &elves, &own)?);
    Ok(())
}

/// Returns the provided libraries that a file needs and the wheel itself does not have.
fn used(provided: &Provided, elves: &Elves) -> Provided {
    let own: HashSet<&str> = elves.counted.iter().map(|elf| elf.location.file_name()).collect();
    let needed = elves.counted.iter().flat_map(|elf| &elf.facts.needed);
    needed
        .filter(|name| !own.contains(name.as_str()))
        .filter_map(|name| Some((name.clone(), provided.get(name)?.clone())))
        .collect()
}

/// Sets the result for a wheel without an ELF file for its platform.
fn without_elf(audited: &mut Audited, foreign: &[Foreign], contents: &Contents) {
    let tags = contents.platform_tags();
    audited.judgement = if tags.iter().all(|&tag| tag == "any") {
        if !audited.not_judged.is_empty() {
            // A wheel without machine code runs on any platform.
            audited.required.append(&mut audited.not_judged);
            audited.met = Some(true);
        }
        Judgement::Pure
    } else if tags.iter().any(|tag| is_linux(tag)) {
        let error =
            JudgeError::NoElf { wheel: contents.name().to_owned(), foreign: foreign.to_vec() };
        Judgement::NoElf(error.message_with_hint())
    } else {
        Judgement::OtherPlatform(tags.iter().map(|&tag| tag.to_owned()).collect())
    };
    let is_all_there_is = matches!(audited.judgement, Judgement::NoElf(_));
    // For a CPU without policies, such as Android's 32-bit ARM, any code counts as foreign.
    let is_error = is_all_there_is && audited.not_judged.is_empty();
    audited.findings = foreign.iter().map(|it| hygiene::foreign(it, is_error)).collect();
    let unrecorded = contents.unrecorded_elves();
    audited.findings.extend(unrecorded.iter().map(|path| hygiene::unrecorded(path)));
}

fn is_linux(tag: &str) -> bool {
    PlatformTag::parse_lenient(tag).is_linux()
}

/// Returns the machine that all platform tags name.
pub(super) fn machine_of(tags: &[&str]) -> Option<Machine> {
    the_only(tags.iter().map(|tag| PlatformTag::parse_lenient(tag).machine()))
}

/// Returns the C library of the platform tags, if those that name one agree.
pub(super) fn libc_of(tags: &[&str]) -> Option<Libc> {
    the_only(tags.iter().filter_map(|tag| PlatformTag::parse_lenient(tag).libc()).map(Some))
}

fn the_only<T: PartialEq>(mut values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = values.next()??;
    values.all(|value| value.as_ref() == Some(&first)).then_some(first)
}
