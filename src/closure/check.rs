//! Judges the wheels of one closure: loads each file in a process of its own, and binds its symbols.
//!
//! | file | is loaded |
//! |---|---|
//! | an extension module, a program | by the interpreter, or as the program |
//! | a library that no other file needs | by `ctypes` or `dlopen` |
//! | any other library | with a file that needs it |
//!
//! A problem of a library that others need counts if it is there in the process of one of the first two kinds. One that
//! is there only when the library is loaded alone is a note.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::iter::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

use super::binding_problems::{Role, absence_problem, unbound_problem};
use super::bindings::Bindings;
use super::error::ClosureError;
use super::installed::Installed;
use super::links::{Library, LibraryLink};
use super::loader::{Loader, MAX_SEARCHES};
use super::outside::{Outside, Provider};
use super::problem::Problem;
use super::process::{FoundBy, Link, Missing, Module, Process};
use super::refusal::Refusal;
use super::roots::{Roots, is_module};
use super::rules;
use super::symbol_index::SymbolIndex;
use super::symbols::{Assumed, Binder, MAX_STEPS, Unbound};
use super::target::Target;
use super::wheel::ClosureWheel;
use super::{bindings, clash, edges, hints, hwcaps, links, promises, shared_files};
use crate::context::Context;
use crate::error::Error;
use crate::judge::Exclusions;

/// What a closure is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) target: &'a Target,
    /// Libraries that are taken to come from outside.
    pub(super) exclude: &'a Exclusions,
    /// Packages whose libraries are in each process before any other file.
    pub(super) preloaded: &'a BTreeSet<String>,
    /// Packages that require one without a wheel at hand.
    pub(super) incomplete: &'a BTreeSet<String>,
    /// Whether to find out which file defines each symbol.
    pub(super) bindings: bool,
}

/// The result for one closure.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) problems: Vec<Problem>,
    /// The number of needed libraries and symbols that were not found.
    pub(super) unresolved: usize,
    /// What is taken to be defined outside.
    pub(super) assumed: Assumed,
    /// The libraries of all wheels.
    pub(super) libraries: Vec<Library>,
    /// How each needed library was found.
    pub(super) links: Vec<LibraryLink>,
    /// Who defines the symbols of each library; empty unless asked for.
    pub(super) bindings: Vec<Bindings>,
}

/// Judges wheels that are installed together.
pub(super) fn check(
    wheels: &[ClosureWheel],
    settings: Settings<'_>,
    context: &Context<'_>,
) -> Result<Checked, Error> {
    let target = settings.target;
    let installed = Installed::new(wheels, target)?;
    let outside = Outside::new(wheels, target, settings.exclude)?;
    let index = SymbolIndex::new(&installed);
    let machines = Machines {
        wheels,
        installed: &installed,
        outside: &outside,
        preloaded: preloaded(wheels, &installed, settings.preloaded),
        index: &index,
        settings,
    };
    let (processes, mut checked) = machines.load(&[], context)?;
    // Variants for later processors are judged on these.
    let is_variant = |it: &Problem| it.file.as_deref().is_some_and(hwcaps::is_variant);
    checked.problems.retain(|problem| !is_variant(problem));
    for subdirectories in hwcaps::levels(&installed, target) {
        let (_, on_level) = machines.load(subdirectories, context)?;
        checked.add_level(on_level, subdirectories);
    }
    checked.unresolved = checked.problems.iter().filter(|it| !it.is_note()).count();
    add_refusals(&installed, target, &mut checked.problems);
    add_outside_needs(&installed, &processes, &mut checked);
    let links = own_links(&processes);
    // The two take about as long as each other.
    let (mut of_clashes, mut of_files) = (Vec::new(), Vec::new());
    let added = context.pool.install(|| {
        let clashes = || clash::add(wheels, &installed, &index, &mut of_clashes);
        let others = || {
            let problems = &mut of_files;
            promises::add(wheels, &installed, &processes, &outside, problems);
            edges::add(wheels, &installed, &links, target, problems);
            hints::add(wheels, &machines.loader(&[]), &processes, problems);
            hints::add_preloads(wheels, &installed, &outside, settings.preloaded, problems);
            shared_files::add(wheels, &installed, context, problems)
        };
        rayon::join(clashes, others).1
    });
    added?;
    checked.problems.extend(of_files);
    checked.problems.extend(of_clashes);
    (checked.libraries, checked.links) = links::libraries(&installed, links);
    checked.problems.sort_by(|one, other| one.key().cmp(&other.key()));
    checked.problems.dedup_by(|next, kept| next.key() == kept.key());
    Ok(checked)
}

/// Returns the libraries that are in each process before any other file.
fn preloaded(
    wheels: &[ClosureWheel],
    installed: &Installed,
    packages: &BTreeSet<String>,
) -> Vec<usize> {
    let is_preloaded = |&at: &usize| {
        let object = &installed.objects[at];
        packages.contains(&wheels[object.wheel].candidate.package)
            && !object.is_program()
            && !is_module(installed, at)
    };
    (0..installed.objects.len()).filter(is_preloaded).collect()
}

/// What is judged on machines with different processors.
struct Machines<'a> {
    wheels: &'a [ClosureWheel],
    installed: &'a Installed,
    outside: &'a Outside<'a>,
    preloaded: Vec<usize>,
    index: &'a SymbolIndex,
    settings: Settings<'a>,
}

impl Machines<'_> {
    fn loader(&self, hwcaps: &'static [&'static str]) -> Loader<'_> {
        Loader {
            installed: self.installed,
            outside: self.outside,
            libc: self.settings.target.libc,
            preloaded: &self.preloaded,
            hwcaps,
            searches: AtomicUsize::new(0),
        }
    }

    /// Loads all files, and binds their symbols, where the loader searches these subdirectories of `glibc-hwcaps`.
    fn load(
        &self,
        hwcaps: &'static [&'static str],
        context: &Context<'_>,
    ) -> Result<(Vec<Process>, Checked), Error> {
        let (installed, target) = (self.installed, self.settings.target);
        let loader = self.loader(hwcaps);
        let processes: Vec<Process> = context.pool.install(|| {
            let load = |object| {
                context.cancel.check()?;
                Ok(loader.load(object))
            };
            (0..installed.objects.len()).into_par_iter().map(load).collect::<Result<_, Error>>()
        })?;
        if loader.searches.load(Ordering::Relaxed) > MAX_SEARCHES {
            return Err(ClosureError::TooManyLibraries { limit: MAX_SEARCHES }.into());
        }
        let roots = Roots::of(installed, &processes);
        let (libc, python) = (target.libc, target.python);
        let steps = AtomicU64::new(0);
        let binder = Binder { installed, index: self.index, libc, python, steps };
        let closure = Closure {
            wheels: self.wheels,
            installed,
            processes: &processes,
            roots: &roots,
            incomplete: self.settings.incomplete,
        };
        let mut checked = Checked::default();
        closure.add_absences(&mut checked);
        closure.add_unbound(&binder, &mut checked, context)?;
        if self.settings.bindings && hwcaps.is_empty() {
            checked.bindings = bindings::all(&binder, &processes, context)?;
        }
        let steps = binder.steps.into_inner();
        tracing::debug!("{steps} steps to look up symbols");
        if steps > MAX_STEPS {
            return Err(ClosureError::TooManySteps { limit: MAX_STEPS }.into());
        }
        Ok((processes, checked))
    }
}

impl Checked {
    /// Adds the problems that only machines have whose loader searches these subdirectories of `glibc-hwcaps`.
    fn add_level(&mut self, on_level: Self, subdirectories: &[&str]) {
        let level = subdirectories.first().unwrap_or(&"");
        for mut problem in on_level.problems {
            if !self.problems.iter().any(|known| known.key() == problem.key()) {
                problem.detail =
                    format!("{}; on machines that search `glibc-hwcaps/{level}`", problem.detail);
                self.problems.push(problem);
            }
        }
        for (outside, symbols) in on_level.assumed {
            self.assumed.entry(outside).or_default().extend(symbols);
        }
    }
}

/// Adds the files that the loader refuses, however it has found them.
fn add_refusals(installed: &Installed, target: &Target, problems: &mut Vec<Problem>) {
    for object in installed.objects.iter().filter(|object| !object.is_program()) {
        if let Some(refusal) = Refusal::of(&object.facts, target.libc, true) {
            let (rule, file) = (&rules::FILE_NOT_LOADABLE, Some(object.member.as_str()));
            let detail = format!("it {}", refusal.text());
            problems.push(Problem::new(rule, object.wheel, file, "", detail));
        }
    }
}

/// Adds the libraries of drivers and of the interpreter that files need.
fn add_outside_needs(installed: &Installed, processes: &[Process], checked: &mut Checked) {
    for (object, process) in processes.iter().enumerate() {
        for link in process.links.iter().filter(|link| link.object == object) {
            let rule = match link.by {
                FoundBy::Outside(Provider::Driver) => &rules::NEEDS_DRIVER,
                FoundBy::Outside(Provider::Python) => &rules::NEEDS_LIBPYTHON,
                _ => continue,
            };
            let object = &installed.objects[object];
            let detail = format!("it needs `{}`", link.name);
            let file = Some(object.member.as_str());
            checked.problems.push(Problem::new(rule, object.wheel, file, &*link.name, detail));
        }
    }
}

/// Returns how each object finds its libraries in its own process.
fn own_links(processes: &[Process]) -> Vec<Link> {
    let own = processes.iter().enumerate();
    own.flat_map(|(object, process)| {
        process.links.iter().filter(move |link| link.object == object).cloned()
    })
    .collect()
}

/// The closure that is judged.
struct Closure<'a> {
    wheels: &'a [ClosureWheel],
    installed: &'a Installed,
    processes: &'a [Process],
    roots: &'a Roots,
    incomplete: &'a BTreeSet<String>,
}

impl Closure<'_> {
    fn root_processes(&self) -> impl Iterator<Item = (usize, &Process)> {
        self.processes.iter().enumerate().filter(|(object, _)| self.roots.is_root[*object])
    }

    /// Adds the needed libraries that are not found.
    fn add_absences(&self, checked: &mut Checked) {
        let mut found: BTreeMap<(usize, &str), &Missing> = BTreeMap::new();
        for (_, process) in self.root_processes() {
            for missing in &process.missing {
                found.entry((missing.object, &missing.name)).or_insert(missing);
            }
        }
        for missing in found.values() {
            let wheel = &self.wheels[self.installed.objects[missing.object].wheel];
            let role = Role {
                is_plugin: !self.roots.is_needed[missing.object]
                    && !is_module(self.installed, missing.object),
                is_complete: !self.incomplete.contains(&wheel.candidate.package),
            };
            let problem = absence_problem(missing, role, self.installed, self.wheels);
            checked.problems.push(problem);
        }
        for (object, process) in self.processes.iter().enumerate() {
            let alone = process.missing.iter().filter(|missing| {
                missing.object == object && !found.contains_key(&(object, missing.name.as_str()))
            });
            for missing in alone {
                let detail = format!("alone, it does not find `{}`", missing.name);
                checked.problems.push(self.note(object, &missing.name, detail));
            }
        }
    }

    fn note(&self, object: usize, name: &str, detail: String) -> Problem {
        let object = &self.installed.objects[object];
        let rule = &rules::LOADS_AFTER_OTHERS;
        Problem::new(rule, object.wheel, Some(&object.member), name, detail)
    }

    /// Adds the symbols and versions that are not defined.
    fn add_unbound(
        &self,
        binder: &Binder<'_>,
        checked: &mut Checked,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let bound: Vec<(Vec<Unbound>, Assumed)> = context.pool.install(|| {
            let bind = |object: usize| {
                context.cancel.check()?;
                let mut assumed = Assumed::new();
                let own = &self.processes[object];
                let unbound = binder.unbound(object, own, &mut assumed);
                Ok((unbound, assumed))
            };
            let objects: Vec<usize> = (0..self.installed.objects.len()).collect();
            objects.par_iter().map(|object| bind(*object)).collect::<Result<_, Error>>()
        })?;
        let mut is_unbound = vec![false; bound.len()];
        for (object, (unbound, assumed)) in bound.iter().enumerate() {
            is_unbound[object] = !unbound.is_empty();
            for (outside, symbols) in assumed {
                checked.assumed.entry(outside.clone()).or_default().extend(symbols.iter().cloned());
            }
        }
        let found = self.unbound_in_roots(binder, &bound, &is_unbound, context)?;
        for (unbound, root) in &found {
            // A library that is missing may have defined it.
            let is_certain = unbound.found.is_some() || self.processes[*root].missing.is_empty();
            if !is_certain {
                continue;
            }
            let process = &self.processes[*root];
            let problem = unbound_problem(unbound, *root, process, self.installed, self.wheels);
            checked.problems.push(problem);
        }
        for (object, (unbound, _)) in bound.iter().enumerate() {
            let alone = unbound.iter().filter(|unbound| !found.contains_key(unbound));
            checked.problems.extend(self.alone_note(object, &alone.collect::<Vec<_>>()));
        }
        Ok(())
    }

    /// Returns what is not defined in the processes of files that are loaded by themselves, and the first of these files.
    fn unbound_in_roots(
        &self,
        binder: &Binder<'_>,
        bound: &[(Vec<Unbound>, Assumed)],
        is_unbound: &[bool],
        context: &Context<'_>,
    ) -> Result<BTreeMap<Unbound, usize>, Error> {
        let mut found: BTreeMap<Unbound, usize> = BTreeMap::new();
        for (root, process) in self.root_processes() {
            context.cancel.check()?;
            let differs = self.differs_from_own(process);
            for object in process.objects() {
                if object == root {
                    for unbound in &bound[root].0 {
                        found.entry(unbound.clone()).or_insert(root);
                    }
                } else if is_unbound[object] || differs {
                    for unbound in binder.unbound(object, process, &mut Assumed::new()) {
                        found.entry(unbound).or_insert(root);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Returns the note on symbols that a library lacks only when it is loaded alone.
    fn alone_note(&self, object: usize, unbound: &[&Unbound]) -> Option<Problem> {
        let first = unbound.first().filter(|_| self.processes[object].missing.is_empty())?;
        let name = first.symbol.as_deref().or(first.version.as_deref()).unwrap_or_default();
        let detail = format!(
            "alone, it lacks {} symbols or versions, such as `{name}`, which other files that are loaded with it \
             define",
            unbound.len()
        );
        Some(self.note(object, name, detail))
    }

    /// Returns whether a process has another file for a needed library than the process of the file that needs it.
    fn differs_from_own(&self, process: &Process) -> bool {
        let others = process.links.iter();
        others.filter(|link| matches!(link.module, Module::Object(_))).any(|link| {
            let own = self.processes[link.object].named(&link.name);
            own.is_some_and(|module| *module != link.module)
        })
    }
}
