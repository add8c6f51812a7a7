//! The verdict on a wheel: the policies that it meets, and the obstacles to the others.
//!
//! Each of these criteria allows policies up to a highest one: symbol versions, external libraries,
//! blacklisted symbols, the instruction set, and builds of Python 2. The verdict is the lowest of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::trees::{Elves, Extension, VersionedSymbols, add_versions, is_loader};
use crate::elf::{ElfFacts, FileLocation, Tree, is_libpython, is_musl_itself};
use crate::platform::Libc;
use crate::policy::{Policies, Policy};

/// The obstacles between a wheel, or one of its files, and one policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Externals {
    /// Libraries that are not in the wheel and that the policy does not allow, with their locations on
    /// the host.
    pub(super) libraries: BTreeMap<String, Option<FileLocation>>,
    /// Used symbols that the policy forbids, by library.
    pub(super) blacklisted: BTreeMap<String, BTreeSet<String>>,
}

/// The verdict. Numbers are indices into `policies`.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(super) policies: Policies,
    pub(super) overall: usize,
    pub(super) symbols: usize,
    /// The highest policy that the used symbols allow.
    pub(super) blacklist: usize,
    /// The highest policy that the instruction sets allow.
    pub(super) machine: usize,
    pub(super) versioned_symbols: VersionedSymbols,
    pub(super) uses_ucs2: bool,
    pub(super) uses_pyfpe: bool,
    /// The obstacles, by policy.
    pub(super) externals: Vec<Externals>,
}

impl Verdict {
    pub(super) fn of(elves: &Elves, policies: Policies, check_isa: bool) -> Self {
        let externals: Vec<Externals> =
            policies.iter().map(|policy| externals_of_all(elves, policy, &policies)).collect();
        let libraries = external_libraries(&externals, elves);
        let (symbols, versioned_symbols) =
            symbol_verdict(elves.versioned_symbols(), &policies, &externals, &libraries);
        let top = externals.len().saturating_sub(1);
        let highest =
            |fits: &dyn Fn(&Externals) -> bool| externals.iter().rposition(fits).unwrap_or(0);
        let reference = highest(&|it| it.libraries.is_empty());
        let blacklist = highest(&|it| it.blacklisted.is_empty());
        let machine = if check_isa { machine_verdict(elves, &policies, &libraries) } else { top };
        let extensions = || elves.counted.iter().filter(|elf| elf.extension.is_some());
        let uses_pyfpe = extensions().any(|elf| elf.facts.uses_pyfpe);
        let uses_ucs2 = extensions()
            .any(|elf| elf.extension == Some(Extension::Python2) && elf.facts.uses_ucs2);
        let python = if uses_pyfpe || uses_ucs2 { 0 } else { top };
        let overall = symbols.min(reference).min(blacklist).min(machine).min(python);
        Self {
            policies,
            overall,
            symbols,
            blacklist,
            machine,
            versioned_symbols,
            uses_ucs2,
            uses_pyfpe,
            externals,
        }
    }

    /// Returns whether the instruction sets allow no policy.
    pub(super) fn has_unsupported_isa(&self) -> bool {
        self.machine == 0
    }

    /// Returns the policy with an index.
    pub(super) fn policy(&self, at: usize) -> &Policy {
        self.policies.iter().nth(at).unwrap_or_else(|| self.policies.linux())
    }

    /// Returns the platform tag that the wheel is consistent with.
    pub(crate) fn tag(&self) -> &str {
        &self.policy(self.overall).name
    }

    /// Returns the policies above the verdict, with the obstacles.
    pub(super) fn above(&self) -> impl Iterator<Item = (&Policy, &Externals)> {
        self.policies.iter().zip(&self.externals).skip(self.overall + 1)
    }
}

/// Returns the obstacles between one file and a policy.
pub(super) fn externals_of(tree: &Tree, policy: &Policy, libc: Libc) -> Externals {
    if policy.priority == 0 {
        return Externals::default();
    }
    let blacklisted = policy
        .blacklist
        .iter()
        .filter(|(library, _)| tree.needed.contains(library))
        .filter_map(|(library, symbols)| {
            let used = symbols
                .iter()
                .filter(|symbol| *symbol == "*" || tree.facts.undefined.contains(symbol));
            let used: BTreeSet<String> = used.cloned().collect();
            (!used.is_empty()).then(|| (library.clone(), used))
        })
        .collect();
    Externals { libraries: external_closure(tree, policy, libc), blacklisted }
}

/// Returns the external libraries of a tree. Libraries that the policy allows, and those that only these
/// need, do not count.
fn external_closure(
    tree: &Tree,
    policy: &Policy,
    libc: Libc,
) -> BTreeMap<String, Option<FileLocation>> {
    let counts = |soname: &&String| {
        let is_provided = match libc {
            Libc::Glibc => false,
            Libc::Musl => is_musl_itself(soname),
            Libc::Android => is_libpython(soname),
        };
        !(is_loader(soname) || policy.whitelist.contains(*soname) || is_provided)
    };
    let mut found = BTreeMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut pending: Vec<&String> = tree.needed.iter().filter(counts).collect();
    while let Some(soname) = pending.pop() {
        if !seen.insert(soname) {
            continue;
        }
        let Some(library) = tree.library(soname) else { continue };
        pending.extend(library.needed.iter().filter(counts));
        if !library.real.as_ref().is_some_and(FileLocation::is_inner) {
            found.insert(soname.clone(), library.real.clone());
        }
    }
    found
}

fn externals_of_all(elves: &Elves, policy: &Policy, policies: &Policies) -> Externals {
    let mut all = Externals::default();
    // If two files resolve one soname differently, the later one wins; extension modules are first.
    let extensions = elves.roots().filter(|(elf, _)| elf.extension.is_some());
    for (_, tree) in extensions.chain(elves.roots().filter(|(elf, _)| elf.extension.is_none())) {
        let own = externals_of(tree, policy, policies.libc());
        all.libraries.extend(own.libraries);
        for (library, symbols) in own.blacklisted {
            all.blacklisted.entry(library).or_default().extend(symbols);
        }
    }
    all
}

/// Returns the facts of the external libraries on the host, by soname. If one file has several sonames,
/// only the first is returned.
fn external_libraries(externals: &[Externals], elves: &Elves) -> HashMap<String, Arc<ElfFacts>> {
    let mut by_location: HashMap<&FileLocation, &Arc<ElfFacts>> = HashMap::new();
    for library in elves.roots().flat_map(|(_, tree)| &tree.libraries) {
        if let (Some(real), Some(facts)) = (&library.real, &library.facts) {
            by_location.entry(real).or_insert(facts);
        }
    }
    let mut taken: HashSet<&FileLocation> = HashSet::new();
    let mut found = HashMap::new();
    for (soname, location) in externals.iter().flat_map(|it| &it.libraries) {
        let Some(location) = location else { continue };
        if let Some(facts) = by_location.get(location).filter(|_| taken.insert(location)) {
            found.insert(soname.clone(), Arc::clone(facts));
        }
    }
    found
}

/// Returns the highest policy that symbol versions allow, and those versions: of the wheel, and of the
/// external libraries that it would have to include for that policy.
fn symbol_verdict(
    own: VersionedSymbols,
    policies: &Policies,
    externals: &[Externals],
    libraries: &HashMap<String, Arc<ElfFacts>>,
) -> (usize, VersionedSymbols) {
    let position = |wanted: &Policy| {
        policies.iter().position(|policy| policy.name == wanted.name).unwrap_or(0)
    };
    let mut best: Option<(usize, VersionedSymbols)> = None;
    for (at, external) in externals.iter().enumerate().skip(1) {
        let mut all = own.clone();
        for library in external.libraries.keys().filter_map(|soname| libraries.get(soname)) {
            add_versions(&mut all, &**library);
        }
        // The white list of one policy must not lead to a policy that allows fewer libraries.
        let allowed = at.min(position(policies.symbols_policy(&all)));
        if best.as_ref().is_none_or(|(best, _)| allowed > *best) {
            best = Some((allowed, all));
        }
    }
    best.unwrap_or_else(|| (position(policies.symbols_policy(&own)), own))
}

/// Returns the highest policy that the files' instruction sets allow. Platform tags are for the baseline
/// only.
fn machine_verdict(
    elves: &Elves,
    policies: &Policies,
    libraries: &HashMap<String, Arc<ElfFacts>>,
) -> usize {
    let mut result = policies.iter().len().saturating_sub(1);
    if elves.roots().any(|(elf, _)| elf.facts.isa_needed.is_some()) {
        return 0;
    }
    for (soname, facts) in libraries {
        if facts.isa_needed.is_some() {
            let allowing = policies.iter().rposition(|policy| policy.whitelist.contains(soname));
            result = result.min(allowing.unwrap_or(0));
        }
    }
    result
}
