//! Whether the symbols that a file needs are defined in its scope, as glibc looks them up (`elf/dl-lookup.c`,
//! `elf/dl-version.c`), and musl (`ldso/dynlink.c`).
//!
//! All symbols are bound at once, as `dlopen` with `RTLD_NOW` does: so Python imports extension modules and so
//! `ctypes` opens libraries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use super::c_library::is_c_library_name;
use super::installed::Installed;
use super::outside::{Provider, is_loader, is_versioned};
use super::process::{Module, Process};
use super::symbol_index::SymbolIndex;
use super::symbol_name::namespace;
use crate::elf::{Linkage, Reference, RequiredVersion, SymbolName, Visibility};
use crate::platform::Libc;
use crate::python_api;
use crate::wheel::PythonVersion;

/// What the names of symbols of libstdc++ begin with that are in no namespace: allocation functions, the run-time library of
/// the C++ ABI.
const CPP_RUNTIME: [&str; 4] = ["_Zn", "_Zd", "__cxa_", "__gxx_"];

/// What the names of symbols of `libgcc_s` begin with: unwinding.
const UNWINDING: [&str; 2] = ["_Unwind_", "__gcc_"];

/// The namespaces of libstdc++.
const CPP_NAMESPACES: [&str; 3] = ["std", "__gnu_cxx", "__cxxabiv1"];

/// The libraries of GCC that C++ code needs.
const LIBSTDCPP: &str = "libstdc++.so.6";
const LIBGCC: &str = "libgcc_s.so.1";

/// Returns the run-time library of C++ that defines a symbol without a version in a process, if one does.
fn runtime_of(name: &str, process: &Process) -> Option<&'static str> {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let is_cpp = || namespace(name).is_some_and(|namespace| CPP_NAMESPACES.contains(&namespace));
    let has = |library: &str| {
        let is_it =
            |module: &Module| matches!(module, Module::Outside(soname, _) if soname == library);
        process.scope.iter().any(is_it)
    };
    if begins(&UNWINDING) {
        // libstdc++ needs libgcc_s.
        (has(LIBGCC) || has(LIBSTDCPP)).then_some(LIBGCC)
    } else if begins(&CPP_RUNTIME) || is_cpp() {
        has(LIBSTDCPP).then_some(LIBSTDCPP)
    } else {
        None
    }
}

/// Why a file is refused, once all of its libraries were found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unbound {
    /// The object that needs it.
    pub(super) object: usize,
    /// The symbol; `None` for a version as a whole.
    pub(super) symbol: Option<String>,
    /// The version that the symbol must have, or that is missing.
    pub(super) version: Option<String>,
    /// The library that must define the version.
    pub(super) library: Option<String>,
    /// The object that has the library's name.
    pub(super) found: Option<usize>,
}

/// The interpreter, as the definer of symbols.
const PYTHON: &str = "the Python interpreter";

/// Who defines a symbol without a version outside of the closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutsideDefiner<'a> {
    /// Nobody.
    None,
    /// A library, or the interpreter, that is known to define it.
    Certain(&'a str),
    /// One whose symbols are not known.
    Assumed(&'a str),
}

/// Symbols that are taken to be defined outside: their number, by library and who brings it.
pub(super) type Assumed = BTreeMap<(String, Provider), BTreeSet<String>>;

/// Maximum number of steps of all lookups together. A step is a reference, 32 bytes of its name, or a definition with the
/// hash of its name; those of torch and all that it requires are 70,000. In a malicious wheel, a million references
/// and a million definitions can have one name; so many steps take seconds.
pub(super) const MAX_STEPS: u64 = 200_000_000;

/// Bytes of a name that are one step.
const NAME_STEP: usize = 32;

/// Looks up symbols.
#[derive(Debug)]
pub(super) struct Binder<'a> {
    pub(super) installed: &'a Installed,
    pub(super) index: &'a SymbolIndex,
    pub(super) libc: Libc,
    pub(super) python: PythonVersion,
    /// The number of steps of all lookups.
    pub(super) steps: AtomicU64,
}

impl Binder<'_> {
    /// Returns what an object needs and does not find in a process. Adds what is taken to be defined outside to
    /// `assumed`.
    pub(super) fn unbound(
        &self,
        object: usize,
        process: &Process,
        assumed: &mut Assumed,
    ) -> Vec<Unbound> {
        let Some(linkage) = &self.installed.objects[object].facts.linkage else {
            return Vec::new();
        };
        let before = self.steps.load(Ordering::Relaxed);
        if before > MAX_STEPS {
            return Vec::new();
        }
        let mut found = Vec::new();
        if self.libc != Libc::Musl {
            self.add_versions(object, linkage, process, &mut found);
        }
        let mut scope = vec![false; self.installed.objects.len()];
        process.objects().for_each(|object| scope[object] = true);
        let refused: BTreeSet<String> = found.iter().filter_map(|it| it.version.clone()).collect();
        let mut steps = (scope.len() / NAME_STEP) as u64;
        // No file needs to define a weak symbol, and no other file can define a hidden one.
        let is_needed = |reference: &Reference<'_>| {
            !reference.is_weak && reference.visibility != Visibility::Hidden
        };
        for reference in linkage.references().filter(is_needed) {
            // A missing version is one problem, not one for each of its symbols.
            let version = reference.version.map(|version| &*version.name);
            if version.is_some_and(|version| refused.contains(version)) {
                continue;
            }
            steps += (1 + reference.name.len() / NAME_STEP) as u64;
            if before.saturating_add(steps) > MAX_STEPS {
                break;
            }
            if !self.is_bound(&reference, process, &scope, &mut steps, assumed) {
                found.push(Self::unbound_symbol(object, &reference, process));
            }
        }
        self.steps.fetch_add(steps, Ordering::Relaxed);
        found
    }

    /// Returns a symbol that is not found.
    fn unbound_symbol(object: usize, reference: &Reference<'_>, process: &Process) -> Unbound {
        let library = reference.version.and_then(|version| version.library.as_deref());
        let found = library.and_then(|library| match process.named(library) {
            Some(Module::Object(found)) => Some(*found),
            _ => None,
        });
        Unbound {
            object,
            symbol: Some(String::from_utf8_lossy(reference.name).into_owned()),
            version: reference.version.map(|version| version.name.to_string()),
            library: library.map(str::to_owned),
            found,
        }
    }

    /// Adds the versions that a library of the closure does not define. One without versions meets all.
    fn add_versions(
        &self,
        object: usize,
        linkage: &Linkage,
        process: &Process,
        found: &mut Vec<Unbound>,
    ) {
        for version in linkage.required_versions().iter().filter(|version| !version.is_weak) {
            let Some(library) = version.library.as_deref() else { continue };
            let Some(module) = process.named(library) else {
                // glibc does not expect this: an assertion ends the process. One that was not found is reported as such.
                if process.missing.is_empty() && !is_loader(library) {
                    found.push(Unbound {
                        object,
                        symbol: None,
                        version: Some(version.name.to_string()),
                        library: Some(library.to_owned()),
                        found: None,
                    });
                }
                continue;
            };
            let Module::Object(of) = module else { continue };
            let of_library = self.installed.objects[*of].facts.linkage.as_ref();
            if of_library.is_some_and(|linkage| !linkage.accepts_requirement(version)) {
                found.push(Unbound {
                    object,
                    symbol: None,
                    version: Some(version.name.to_string()),
                    library: Some(library.to_owned()),
                    found: Some(*of),
                });
            }
        }
    }

    /// Returns whether a symbol is defined in a process. `scope`: whether each object is in it. Adds to `steps`.
    fn is_bound(
        &self,
        reference: &Reference<'_>,
        process: &Process,
        scope: &[bool],
        steps: &mut u64,
        assumed: &mut Assumed,
    ) -> bool {
        let name = SymbolName::new(reference.name);
        if let Some(version) = reference.version
            && let Some(library) = version.library.as_deref()
            && self.libc != Libc::Musl
        {
            match process.named(library) {
                // What a library from outside must define follows from the version, which is judged as a whole. One
                // that was not found is reported as such.
                Some(Module::Outside(..)) | None => return true,
                Some(Module::Object(of)) if self.defines(*of, name, Some(version), steps) => {
                    return true;
                }
                Some(Module::Object(_)) => {}
            }
        }
        let mut last = None;
        for other in self.index.objects(name) {
            *steps += 1;
            // An object comes once for each of its definitions.
            if last.replace(other) == Some(other) || !scope[other] {
                continue;
            }
            if self.defines(other, name, reference.version, steps) {
                return true;
            }
        }
        reference.version.is_none() && self.is_outside(reference, process, assumed)
    }

    pub(super) fn defines(
        &self,
        object: usize,
        name: SymbolName<'_>,
        version: Option<&RequiredVersion>,
        steps: &mut u64,
    ) -> bool {
        let linkage = self.installed.objects[object].facts.linkage.as_ref();
        linkage.is_some_and(|linkage| {
            *steps += linkage.count_with_hash(name) as u64;
            match self.libc {
                Libc::Musl => linkage.lookup_by_musl(name).is_some(),
                _ => linkage.lookup(name, version).is_some(),
            }
        })
    }

    /// Returns whether a symbol without a version may be defined outside.
    fn is_outside(
        &self,
        reference: &Reference<'_>,
        process: &Process,
        assumed: &mut Assumed,
    ) -> bool {
        let name = String::from_utf8_lossy(reference.name);
        match self.outside_definer(&name, process) {
            OutsideDefiner::Certain(_) => true,
            OutsideDefiner::None => false,
            OutsideDefiner::Assumed(PYTHON) => {
                let key = ("libpython".to_owned(), Provider::Python);
                assumed.entry(key).or_default().insert(name.into_owned());
                true
            }
            OutsideDefiner::Assumed(_) => {
                for (soname, provider) in self.unversioned(process) {
                    let symbols = assumed.entry((soname.to_owned(), provider)).or_default();
                    symbols.insert(name.clone().into_owned());
                }
                true
            }
        }
    }

    /// Returns who defines a symbol without a version outside of the closure.
    pub(super) fn outside_definer<'p>(
        &self,
        name: &str,
        process: &'p Process,
    ) -> OutsideDefiner<'p> {
        if python_api::is_api_name(name) && !self.is_program(process) {
            return match self.exports(name) {
                Some(true) => OutsideDefiner::Certain(PYTHON),
                Some(false) => OutsideDefiner::None,
                None => OutsideDefiner::Assumed(PYTHON),
            };
        }
        // Each process has the C library, and Python its mathematical functions.
        if is_c_library_name(name) {
            return OutsideDefiner::Certain("the C library");
        }
        if let Some((soname, _)) = self.unversioned(process).next() {
            return OutsideDefiner::Assumed(soname);
        }
        runtime_of(name, process).map_or(OutsideDefiner::None, OutsideDefiner::Assumed)
    }

    /// Iterates over the libraries from outside, in the order of the scope, that define symbols without versions.
    fn unversioned<'p>(
        &self,
        process: &'p Process,
    ) -> impl Iterator<Item = (&'p str, Provider)> + use<'p> {
        let is_musl = self.libc == Libc::Musl;
        process.scope.iter().filter_map(move |module| match module {
            Module::Outside(soname, provider) if is_musl || !is_versioned(soname) => {
                Some((&**soname, *provider))
            }
            _ => None,
        })
    }

    /// Returns whether the interpreter exports a name of CPython's API; `None` if that is not known: releases and builds
    /// of one minor version differ in private names.
    fn exports(&self, name: &str) -> Option<bool> {
        let (major, minor) = self.python.numbers();
        let minor = u8::try_from(minor).ok().filter(|_| major == 3)?;
        let is_exported = python_api::is_exported(name, minor)?;
        (is_exported || !name.starts_with('_')).then_some(is_exported)
    }

    pub(super) fn is_program(&self, process: &Process) -> bool {
        let first = process.objects().next();
        first.is_some_and(|first| self.installed.objects[first].is_program())
    }
}
