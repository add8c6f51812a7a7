//! Judges one wheel: from its contents to a verdict and findings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::audited::{Audited, Judgement};
use super::config::AuditConfig;
use super::contents::Contents;
use super::error::JudgeError;
use super::foreign::Foreign;
use super::host::Host;
use super::hygiene;
use super::members::Limits;
use super::read::read;
use super::requirement::{Requirement, obstacles, other_platform, requirement};
use super::trees::{Elves, Found, Lookup};
use super::verdict::Verdict;
use crate::context::Context;
use crate::elf::{self, Detail, ElfFacts, FileLocation, Tree};
use crate::error::{Diagnose as _, Error};
use crate::exec::CancelFlag;
use crate::findings::{Finding, Severity, sort_by_member};
use crate::platform::{Libc, Machine};
use crate::policy::{Policies, PolicyFile};
use crate::source::Input;
use crate::wheel::PlatformTag;

/// Judges wheels with the same settings.
#[derive(Debug)]
pub(crate) struct Judge {
    host: Host,
    /// The host of Android wheels, which are never built on the system they run on.
    android_host: Host,
    exclude: Vec<glob::Pattern>,
    policy_file: Option<PolicyFile>,
    check_isa: bool,
    required_tags: Vec<String>,
    require_declared: bool,
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
                Some(library_dirs.clone().unwrap_or_default()),
                environment.clone(),
            ),
            host: Host::new(config.scope, library_dirs, environment),
            exclude: config.exclude,
            policy_file: config.policy_file,
            check_isa: config.check_isa,
            required_tags: config.required_tags,
            require_declared: config.require_declared,
            limits: config.limits,
        }
    }

    /// Reads and judges one wheel: an archive, or the directory of an unpacked one.
    pub(crate) fn audit(&self, path: &Path, context: &Context<'_>) -> Result<Audited, Error> {
        let contents = read(path, self.limits, context)?;
        self.judge(&contents, context.cancel)
    }

    /// Judges the contents of one wheel.
    pub(crate) fn judge(&self, contents: &Contents, cancel: &CancelFlag) -> Result<Audited, Error> {
        let tags = contents.platform_tags();
        let is_asked = self.require_declared || !self.required_tags.is_empty();
        let mut required = self.required_tags.clone();
        if self.require_declared {
            required.extend(tags.iter().filter(|tag| is_linux(tag)).map(|&tag| tag.to_owned()));
        }
        let mut audited = Audited {
            wheel: contents.name().to_owned(),
            judgement: Judgement::Pure,
            findings: Vec::new(),
            met: is_asked.then_some(true),
            required,
        };
        let (machine, libc) = (machine_of(&tags), libc_of(&tags));
        let lookup = Lookup {
            contents,
            host: if libc == Some(Libc::Android) { &self.android_host } else { &self.host },
            exclude: &self.exclude,
        };
        let recorded = contents.recorded_elves();
        let elves = match Elves::find(&recorded, machine, libc, &lookup, cancel)? {
            Found::Elves(elves) => elves,
            Found::NoElf(foreign) => return Ok(without_elf(audited, &foreign, contents)),
        };
        let (verdict, elves) = self.verdict(elves, &tags, &lookup, cancel)?;
        audited.findings = hygiene::findings(contents, &elves, &verdict);
        let mut found = self.obstacles(&audited.required, &elves, &verdict)?;
        self.judge_unrecorded(&verdict, &audited.required, &lookup, &mut found, cancel)?;
        if found.iter().any(|finding| finding.severity == Severity::Error) {
            audited.met = Some(false);
        }
        audited.findings.extend(found);
        sort_by_member(&mut audited.findings);
        audited.findings.dedup();
        audited.judgement = Judgement::Verdict(Box::new(verdict));
        Ok(audited)
    }

    fn verdict(
        &self,
        mut elves: Elves,
        tags: &[&str],
        lookup: &Lookup<'_>,
        cancel: &CancelFlag,
    ) -> Result<(Verdict, Elves), Error> {
        // Files that need no C library run with any; glibc has the most policies.
        let libc = elves.libc.unwrap_or(Libc::Glibc);
        // As in `auditwheel`, a verdict for musl names its latest version, for any tag.
        let tags = if libc == Libc::Android { tags } else { &[] };
        let policies = self.policies(libc, elves.machine, tags)?;
        elves.complete_trees(&policies, lookup, cancel)?;
        Ok((Verdict::of(&elves, policies, self.check_isa), elves))
    }

    fn policies(
        &self,
        libc: Libc,
        machine: Machine,
        tags: &[&str],
    ) -> Result<Policies, JudgeError> {
        Ok(Policies::new(libc, machine, tags, self.policy_file.as_ref())?)
    }

    /// Returns findings about everything that keeps the files from the required tags.
    fn obstacles(
        &self,
        required: &[String],
        elves: &Elves,
        verdict: &Verdict,
    ) -> Result<Vec<Finding>, JudgeError> {
        let (libc, machine) = (verdict.policies.libc(), verdict.policies.machine());
        let mut found = Vec::new();
        let mut is_any_for_this_machine = required.is_empty();
        for tag in required {
            let is_known = |tag: &str| self.is_known(tag, machine);
            let obstacles = if libc == Libc::Musl {
                // The policies for musl depend on the tag.
                let with_machine = format!("{tag}_{machine}");
                let policies = self.policies(libc, machine, &[tag, &with_machine])?;
                let own = Verdict::of(elves, policies, self.check_isa);
                obstacles_to(tag, elves, &own, is_known)?
            } else {
                obstacles_to(tag, elves, verdict, is_known)?
            };
            is_any_for_this_machine |= obstacles.is_some();
            found.extend(obstacles.unwrap_or_default());
        }
        if !is_any_for_this_machine {
            found.push(other_platform(&required.join("`, `"), &verdict.policies));
        }
        Ok(found)
    }

    /// Judges the ELF files that are not in RECORD: they are installed, too.
    fn judge_unrecorded(
        &self,
        verdict: &Verdict,
        required: &[String],
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
        let Found::Elves(elves) = Elves::find(&paths, machine, libc, lookup, cancel)? else {
            return Ok(());
        };
        let tags = lookup.contents.platform_tags();
        let (own, elves) = self.verdict(elves, &tags, lookup, cancel)?;
        found.extend(self.obstacles(required, &elves, &own)?);
        Ok(())
    }

    /// Returns whether there is a policy of this name. `machine` is used for names without one.
    fn is_known(&self, tag: &str, machine: Machine) -> bool {
        let parsed = PlatformTag::parse_lenient(tag);
        let machine = parsed.machine().unwrap_or(machine);
        let Some(libc) = parsed.libc() else { return parsed.is_linux() };
        self.policies(libc, machine, &[tag])
            .is_ok_and(|known| requirement(tag, &known, |_| false).is_ok())
    }
}

/// Returns findings about everything that keeps the files from a tag; `None` if the tag is for another
/// machine.
fn obstacles_to(
    tag: &str,
    elves: &Elves,
    verdict: &Verdict,
    is_known: impl Fn(&str) -> bool,
) -> Result<Option<Vec<Finding>>, JudgeError> {
    Ok(requirement(tag, &verdict.policies, is_known)?.map(|requirement| match requirement {
        Requirement::Policy(at) => obstacles(elves, verdict, at),
        Requirement::Other(tag) => vec![other_platform(&tag, &verdict.policies)],
    }))
}

/// Trees of libraries, for `wheelworks lddtree`.
impl Judge {
    /// Returns the trees of all ELF files in a wheel.
    pub(crate) fn trees(
        &self,
        path: &Path,
        context: &Context<'_>,
    ) -> Result<Vec<(Option<Libc>, Tree)>, Error> {
        let contents = read(path, self.limits, context)?;
        let lookup = Lookup { contents: &contents, host: &self.host, exclude: &self.exclude };
        let mut paths = contents.recorded_elves();
        paths.extend(contents.unrecorded_elves());
        let mut trees = Vec::new();
        for path in paths {
            context.cancel.check()?;
            if let Some(facts) = contents.elf(&path) {
                trees.push(tree(&FileLocation::Inner(path), facts, &lookup));
            }
        }
        Ok(trees)
    }

    /// Returns the tree of an ELF file on this machine.
    pub(crate) fn tree_of_file(&self, path: &Path) -> Result<(Option<Libc>, Tree), Error> {
        let input = Input::find(path)?;
        let content = input.open()?;
        let facts = ElfFacts::read(content.bytes(), Detail::Loading);
        if !content.is_intact() {
            return Err(input.faulted().into());
        }
        let facts = facts.map_err(|source| JudgeError::Elf { path: path.to_owned(), source })?;
        let contents = Contents::empty();
        let lookup = Lookup { contents: &contents, host: &self.host, exclude: &self.exclude };
        let location =
            FileLocation::host(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        Ok(tree(&location, &Arc::new(facts), &lookup))
    }
}

fn tree(
    location: &FileLocation,
    facts: &Arc<ElfFacts>,
    lookup: &Lookup<'_>,
) -> (Option<Libc>, Tree) {
    let libc = Libc::of(facts, location.file_name()).unwrap_or(None);
    (libc, elf::resolve(location, facts, libc, lookup))
}

/// Returns the result for a wheel without an ELF file for its platform.
fn without_elf(mut audited: Audited, foreign: &[Foreign], contents: &Contents) -> Audited {
    let tags = contents.platform_tags();
    audited.judgement = if tags.iter().all(|&tag| tag == "any") {
        Judgement::Pure
    } else if tags.iter().any(|tag| is_linux(tag)) {
        let error =
            JudgeError::NoElf { wheel: contents.name().to_owned(), foreign: foreign.to_vec() };
        Judgement::NoElf(error.message_with_hint())
    } else {
        Judgement::OtherPlatform
    };
    let is_all_there_is = matches!(audited.judgement, Judgement::NoElf(_));
    audited.findings = foreign.iter().map(|it| hygiene::foreign(it, is_all_there_is)).collect();
    let unrecorded = contents.unrecorded_elves();
    audited.findings.extend(unrecorded.iter().map(|path| hygiene::unrecorded(path)));
    audited
}

fn is_linux(tag: &str) -> bool {
    PlatformTag::parse_lenient(tag).is_linux()
}

/// Returns the machine that all platform tags name.
fn machine_of(tags: &[&str]) -> Option<Machine> {
    the_only(tags.iter().map(|tag| PlatformTag::parse_lenient(tag).machine()))
}

/// Returns the C library of the platform tags, if those that name one agree.
fn libc_of(tags: &[&str]) -> Option<Libc> {
    the_only(tags.iter().filter_map(|tag| PlatformTag::parse_lenient(tag).libc()).map(Some))
}

fn the_only<T: PartialEq>(mut values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = values.next()??;
    values.all(|value| value.as_ref() == Some(&first)).then_some(first)
}
