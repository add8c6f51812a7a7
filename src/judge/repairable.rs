//! What a repair needs to know of a wheel: the criteria of its verdict, and the external libraries of each
//! of its files.
//!
//! A verdict has the trees of roots only. A repair edits every file, so it needs the trees of all.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contents::Contents;
use super::foreign::Foreign;
use super::layout::SiteLibrary;
use super::pipeline::{Judge, libc_of, machine_of};
use super::providers::{MetadataOf, Provided, Providers};
use super::requirement::PolicyOptions;
use super::trees::{Elf, Elves, Found, Lookup, completed, lenders};
use super::verdict::{Verdict, externals_of};
use crate::context::Context;
use crate::elf::{self, ElfFacts, FileLocation, Files as _, Tree};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::platform::{Libc, Machine};
use crate::policy::{Policies, PolicyFile};
use crate::wheel::PlatformTag;

/// The platform that a wheel is repaired for, as far as it is known before its files are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Platform {
    /// Its machine.
    pub(crate) machine: Option<Machine>,
    /// Its C library.
    pub(crate) libc: Option<Libc>,
    /// The requested tag, with its machine.
    pub(crate) tag: Option<PlatformTag>,
}

impl Platform {
    /// Returns the platform that the tags of a wheel's name agree on.
    pub(crate) fn of_tags(tags: &[&str]) -> Self {
        Self { machine: machine_of(tags), libc: libc_of(tags), tag: None }
    }
}

/// The result of an analysis.
#[derive(Debug)]
pub(crate) enum Analyzed<'a> {
    /// The wheel has ELF files for its platform. Boxed: it is far larger than the rest.
    Elves(Box<Analysis<'a>>),
    /// It has none, but perhaps some for other platforms.
    NoElf(Vec<Foreign>),
    /// It has machine code in `*.data/purelib`.
    Purelib(Vec<String>),
}

/// The ELF files of a wheel, with where their libraries are.
#[derive(Debug)]
pub(crate) struct Analysis<'a> {
    lookup: Lookup<'a>,
    elves: Elves,
    verdict: Verdict,
    provided: Provided,
    providers: &'a Providers,
    cancel: &'a CancelFlag,
}

/// The criteria of a verdict. Numbers are indices into the policies: the highest one that is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Criteria {
    /// By symbol versions, with those of the libraries that would be included.
    pub(crate) symbols: usize,
    /// By symbols that not every build of a library has.
    pub(crate) blacklist: usize,
    /// By instruction sets.
    pub(crate) machine: usize,
    /// Whether an extension module is for a Python with narrow Unicode.
    pub(crate) uses_ucs2: bool,
    /// Whether an extension module is for a Python with `fpectl`.
    pub(crate) uses_pyfpe: bool,
    /// The number of external libraries, by policy.
    pub(crate) externals: Vec<usize>,
}

/// A library on this machine or in the sysroot.
#[derive(Debug, Clone)]
pub(crate) struct FoundLibrary {
    /// Its path on its own system, with symbolic links followed.
    pub(crate) location: PathBuf,
    /// Its path on this machine.
    pub(crate) file: PathBuf,
    /// Its facts.
    pub(crate) facts: Arc<ElfFacts>,
}

/// One ELF file of the wheel, with its external libraries under one policy.
#[derive(Debug)]
pub(crate) struct ElfLibraries {
    /// The path in the archive.
    pub(crate) path: String,
    /// Its facts.
    pub(crate) facts: Arc<ElfFacts>,
    /// The libraries that it needs, directly or not, and that are neither in the wheel nor promised by the
    /// policy. `None` for those that were not found.
    pub(crate) external: BTreeMap<String, Option<FoundLibrary>>,
    /// The needed libraries that are not in the wheel and that another wheel brings, by soname.
    pub(crate) provided: BTreeMap<String, ProvidedLibrary>,
    /// Whether it can open libraries that no file names: it calls `dlopen`.
    pub(crate) opens_libraries: bool,
}

/// A library that another wheel brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProvidedLibrary {
    /// The wheel, or the NVIDIA driver.
    pub(crate) wheel: String,
    /// Where it is once it is installed; `None` outside of site-packages.
    pub(crate) place: Option<SiteLibrary>,
}

impl Judge {
    /// Returns the names and paths of libraries that were excluded since the last call, sorted.
    pub(crate) fn take_excluded(&self) -> BTreeSet<String> {
        self.exclude.take_excluded()
    }

    /// Returns the policies of the user.
    pub(crate) fn policy_file(&self) -> Option<&PolicyFile> {
        self.policy_file.as_ref()
    }

    /// Analyzes the contents of a wheel.
    pub(crate) fn analyze<'a>(
        &'a self,
        contents: &'a Contents,
        metadata: MetadataOf<'_>,
        platform: &Platform,
        context: &Context<'a>,
    ) -> Result<Analyzed<'a>, Error> {
        let cancel = context.cancel;
        let mut paths = contents.recorded_elves().to_vec();
        paths.extend_from_slice(contents.unrecorded_elves());
        let purelib = contents.data_directory().map(|data| format!("{data}/purelib/"));
        let in_purelib =
            |path: &&String| purelib.as_ref().is_some_and(|purelib| path.starts_with(purelib));
        let misplaced: Vec<String> = paths.iter().filter(in_purelib).cloned().collect();
        if !misplaced.is_empty() {
            return Ok(Analyzed::Purelib(misplaced));
        }
        let provided = self.provided_to(metadata, context)?;
        let lookup = Lookup {
            installed: contents.installed()?.map(Arc::new),
            ..self.lookup(contents, platform.libc)
        };
        let found = Elves::find(&paths, platform.machine, platform.libc, &lookup, cancel)?;
        let mut elves = match found {
            Found::Elves(elves) => elves,
            Found::NoElf(foreign) => return Ok(Analyzed::NoElf(foreign)),
        };
        let libc = elves.libc.unwrap_or_else(|| lookup.host.libc());
        let tags = contents.platform_tags();
        let options = self.policy_options(&provided);
        let policies = policies(options, libc, elves.machine, &tags, platform)?;
        elves.complete_trees(&policies, &lookup, cancel)?;
        let verdict = Verdict::of(&elves, policies, options.check_isa);
        Ok(Analyzed::Elves(Box::new(Analysis {
            lookup,
            elves,
            verdict,
            provided,
            providers: &self.providers,
            cancel,
        })))
    }
}

/// Returns the policies that a wheel can be repaired for: with one for the requested tag.
fn policies(
    options: PolicyOptions<'_>,
    libc: Libc,
    machine: Machine,
    tags: &[&str],
    platform: &Platform,
) -> Result<Policies, Error> {
    let tags = if libc == Libc::Android { tags } else { &[] };
    let usual = options.policies(libc, machine, tags)?;
    let Some(wanted) = &platform.tag else { return Ok(usual) };
    if usual.by_name(&wanted.to_string()).is_some() {
        return Ok(usual);
    }
    let of_tag = options.policies_for(libc, machine, wanted)?;
    Ok(of_tag.map_or(usual, |(policies, _)| policies))
}

impl Analysis<'_> {
    /// Returns the policies, in ascending order.
    pub(crate) fn policies(&self) -> &Policies {
        &self.verdict.policies
    }

    /// Returns the criteria of the verdict.
    pub(crate) fn criteria(&self) -> Criteria {
        let verdict = &self.verdict;
        Criteria {
            symbols: verdict.symbols,
            blacklist: verdict.blacklist,
            machine: verdict.machine,
            uses_ucs2: verdict.uses_ucs2,
            uses_pyfpe: verdict.uses_pyfpe,
            externals: verdict.externals.iter().map(|it| it.libraries.len()).collect(),
        }
    }

    /// Returns the files for other platforms, which a repair leaves as they are.
    pub(crate) fn foreign(&self) -> &[Foreign] {
        &self.elves.foreign
    }

    /// Returns the files of the wheel, extension modules first, with their external libraries under the
    /// policy with an index.
    pub(crate) fn libraries(&self, policy: usize) -> Result<Vec<ElfLibraries>, Error> {
        let lenders = OnceCell::new();
        let mut found = Vec::new();
        let extensions = self.elves.counted.iter().filter(|elf| elf.extension.is_some());
        let others = self.elves.counted.iter().filter(|elf| elf.extension.is_none());
        for elf in extensions.chain(others) {
            self.cancel.check()?;
            let tree = self.tree(elf, &lenders)?;
            found.push(self.libraries_of(elf, &tree, policy));
        }
        Ok(found)
    }

    /// Returns the tree of a file. Its missing libraries are resolved through other trees.
    fn tree(
        &self,
        elf: &Elf,
        lenders_once: &OnceCell<HashMap<FileLocation, usize>>,
    ) -> Result<Tree, Error> {
        let tree = elf.tree(&self.lookup).into_owned();
        if tree.is_resolved() || elf.extension.is_some() || elf.tree.is_some() {
            return Ok(tree);
        }
        if lenders_once.get().is_none() {
            let found = lenders(&self.elves.counted, &self.lookup, self.policies(), self.cancel)?;
            let _ = lenders_once.set(found);
        }
        let lender = lenders_once.get().and_then(|lenders| lenders.get(&elf.location));
        Ok(match lender.and_then(|&at| self.elves.counted.get(at)) {
            Some(lender) => completed(&tree, &lender.tree(&self.lookup)),
            None => tree,
        })
    }

    fn libraries_of(&self, elf: &Elf, tree: &Tree, policy: usize) -> ElfLibraries {
        let is_inner = |soname: &str| {
            let real = tree.library(soname).and_then(|library| library.real.as_ref());
            real.is_some_and(FileLocation::is_inner)
        };
        let needed = elf.facts.needed.iter().filter(|soname| !is_inner(soname));
        let provided = needed.filter_map(|soname| Some((soname.clone(), self.provided(soname)?)));
        ElfLibraries {
            path: elf.path.clone(),
            facts: Arc::clone(&elf.facts),
            external: self.external(tree, policy),
            provided: provided.collect(),
            opens_libraries: ["dlopen", "dlmopen"]
                .iter()
                .any(|it| elf.facts.undefined.contains(it)),
        }
    }

    /// Returns the external libraries of a tree under the policy with an index.
    fn external(&self, tree: &Tree, policy: usize) -> BTreeMap<String, Option<FoundLibrary>> {
        let policy = self.verdict.policy(policy);
        let external = externals_of(tree, policy, self.policies().libc()).libraries;
        let found = |(soname, location): (String, Option<FileLocation>)| {
            let facts = tree.library(&soname).and_then(|library| library.facts.as_ref());
            let library =
                location.zip(facts).and_then(|(location, facts)| self.found(location, facts));
            (soname, library)
        };
        external.into_iter().map(found).collect()
    }

    fn found(&self, location: FileLocation, facts: &Arc<ElfFacts>) -> Option<FoundLibrary> {
        let FileLocation::Host(location) = location else { return None };
        let file = self.lookup.host.on_machine(&location);
        Some(FoundLibrary { file, location, facts: Arc::clone(facts) })
    }

    /// Returns the library of a soname, if another wheel brings it.
    pub(crate) fn provided(&self, soname: &str) -> Option<ProvidedLibrary> {
        let wheel = self.provided.get(soname)?.clone();
        let place = self.providers.location(&wheel, soname);
        Some(ProvidedLibrary { wheel, place })
    }

    /// Returns the requirements with which other wheels would bring a library.
    pub(crate) fn missing_requirements(&self, soname: &str) -> Vec<String> {
        self.providers.missing_requirements(soname)
    }

    /// Returns the library of a name that loaders find for every file, in the environment's or the configured
    /// directories, or at a path; and its external libraries under the policy with an index.
    pub(crate) fn find(
        &self,
        name: &str,
        policy: usize,
    ) -> Option<(FoundLibrary, BTreeMap<String, Option<FoundLibrary>>)> {
        let libc = Some(self.policies().libc());
        let paths = self.lookup.search_paths(libc);
        let root = FileLocation::host(Path::new("/"));
        let directories: Vec<&FileLocation> = if name.contains('/') {
            vec![&root]
        } else {
            paths.environment.iter().chain(&paths.configured).collect()
        };
        let (real, facts) = directories.into_iter().find_map(|directory| {
            let (real, facts) = self.lookup.elf(&directory.join(name)?)?;
            let is_same = facts.platform.machine == Some(self.policies().machine());
            is_same.then_some((real, facts))
        })?;
        let tree = elf::resolve(&real, &facts, libc, &self.lookup);
        let external = self.external(&tree, policy);
        Some((self.found(real, &facts)?, external))
    }
}
