//! Which file defines each symbol that another one needs.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde_json::{Value, json};

use super::installed::Installed;
use super::links::Library;
use super::loader::OF_PYTHON;
use super::outside::is_loader;
use super::process::{Module, Process};
use super::symbols::{Binder, MAX_STEPS, OutsideDefiner};
use super::wheel::ClosureWheel;
use crate::context::Context;
use crate::elf::{Reference, SymbolName};
use crate::error::Error;
use crate::platform::Libc;

/// Who defines a symbol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Definer {
    /// An object, by its index.
    Object(usize),
    /// A library from outside, or the interpreter.
    Outside(String),
}

/// The undefined symbols of one object as `name` or `name@version`, by who defines them in a process that loads it alone.
#[derive(Debug, Default)]
pub(super) struct Bindings(BTreeMap<Definer, Vec<String>>);

/// Returns the bindings of all objects, in their order.
///
/// # Errors
/// The command is cancelled.
pub(super) fn all(
    binder: &Binder<'_>,
    processes: &[Process],
    context: &Context<'_>,
) -> Result<Vec<Bindings>, Error> {
    context.pool.install(|| {
        let objects = (0..processes.len()).into_par_iter();
        let each = |object: usize| {
            context.cancel.check()?;
            Ok(binder.bindings(object, &processes[object]))
        };
        objects.map(each).collect()
    })
}

impl Binder<'_> {
    fn bindings(&self, object: usize, process: &Process) -> Bindings {
        let mut found = Bindings::default();
        let Some(linkage) = &self.installed.objects[object].facts.linkage else { return found };
        let positions = Positions::of(self.installed, process);
        let before = self.steps.load(Ordering::Relaxed);
        let mut steps = 0;
        for reference in linkage.references() {
            steps += 1;
            if before.saturating_add(steps) > MAX_STEPS {
                break;
            }
            let definer = self.definer(&reference, process, &positions, &mut steps);
            if let Some(definer) = definer {
                let mut symbol = String::from_utf8_lossy(reference.name).into_owned();
                if let Some(version) = reference.version {
                    symbol += "@";
                    symbol += &version.name;
                }
                found.0.entry(definer).or_default().push(symbol);
            }
        }
        self.steps.fetch_add(steps, Ordering::Relaxed);
        found.0.values_mut().for_each(|symbols| symbols.sort_unstable());
        found
    }

    /// Returns the file that glibc or musl takes a definition from: the first of the process that has one.
    fn definer(
        &self,
        reference: &Reference<'_>,
        process: &Process,
        positions: &Positions,
        steps: &mut u64,
    ) -> Option<Definer> {
        let name = SymbolName::new(reference.name);
        let text = String::from_utf8_lossy(reference.name);
        let version = reference.version.filter(|_| self.libc != Libc::Musl);
        let library = version.and_then(|version| version.library.as_deref());
        let outside = |name: &str| Some(Definer::Outside(name.to_owned()));
        let of_process = match library {
            Some(library) if OF_PYTHON.contains(&library) || is_loader(library) => outside(library),
            None if version.is_none() => match self.outside_definer(&text, process) {
                OutsideDefiner::Certain(name) => outside(name),
                _ => None,
            },
            _ => None,
        };
        // The interpreter and its libraries come before any file that it loads.
        if of_process.is_some() && !self.is_program(process) {
            return of_process;
        }
        let defining = self.index.objects(name).filter_map(|object| {
            let position = positions.of_object(object)?;
            self.defines(object, name, version, steps).then_some((position, object))
        });
        let object = defining.min();
        let named = library.and_then(|library| of_outside(process, library));
        match (object, named) {
            (Some((position, _)), Some(before)) if before < position => outside(library?),
            (Some((_, object)), _) => Some(Definer::Object(object)),
            (None, Some(_)) => outside(library?),
            (None, None) if version.is_none() => match self.outside_definer(&text, process) {
                OutsideDefiner::Certain(name) | OutsideDefiner::Assumed(name) => outside(name),
                OutsideDefiner::None => None,
            },
            (None, None) => None,
        }
    }
}

/// The positions of objects in the scope of a process.
struct Positions(Vec<Option<usize>>);

impl Positions {
    fn of(installed: &Installed, process: &Process) -> Self {
        let mut positions = vec![None; installed.objects.len()];
        for (position, module) in process.scope.iter().enumerate() {
            if let Module::Object(object) = module {
                positions[*object] = Some(position);
            }
        }
        Self(positions)
    }

    fn of_object(&self, object: usize) -> Option<usize> {
        self.0.get(object).copied().flatten()
    }
}

/// Returns the position of a library from outside in the scope of a process.
fn of_outside(process: &Process, library: &str) -> Option<usize> {
    let is_it = |module: &Module| matches!(module, Module::Outside(name, _) if name == library);
    process.scope.iter().position(is_it)
}

/// Returns the bindings as JSON: for each file, who defines which symbols.
pub(super) fn to_json(
    bindings: &[Bindings],
    libraries: &[Library],
    wheels: &[ClosureWheel],
) -> Value {
    let file = |at: usize| {
        let library = libraries.get(at)?;
        let wheel = wheels.get(library.wheel)?.candidate.file_name();
        Some((wheel, library.path.clone()))
    };
    let of_object = |(at, Bindings(bindings)): (usize, &Bindings)| {
        let (wheel, path) = file(at)?;
        let defined = bindings.iter().map(|(definer, symbols)| match definer {
            Definer::Object(by) => {
                let (wheel, path) = file(*by).unzip();
                json!({"wheel": wheel, "file": path, "outside": null, "symbols": symbols})
            }
            Definer::Outside(name) => {
                json!({"wheel": null, "file": null, "outside": name, "symbols": symbols})
            }
        });
        let defined: Vec<Value> = defined.collect();
        Some(json!({"wheel": wheel, "file": path, "defined_by": defined}))
    };
    bindings.iter().enumerate().filter_map(of_object).collect()
}
