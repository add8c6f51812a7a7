//! Compares the names of extension modules with the wheel's tags.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::archive::Archive;
use super::dist_info::WheelDirectories;
use super::filename::ParsedName;
use super::identifier::is_identifier;
use super::layout::module_stem;
use super::rules;
use crate::findings::Findings;
use crate::wheel::{
    AbiTag, ExtensionSuffix, Headers, ImportedBy, PlatformTag, PythonTag, RequiresPython, WheelTags,
};

/// The largest number of files that are checked. Real wheels have fewer than 1000.
const MAX_FILES: usize = 4096;

/// The newest minor version of Python 3 that a `Requires-Python` is compared with.
const NEWEST_MINOR: u8 = 40;

/// The files of one module whose name has an ABI.
#[derive(Default)]
struct Module<'a> {
    /// The paths in the archive.
    files: Vec<(&'a str, ExtensionSuffix)>,
    /// Whether there is also Python code, or an extension without an ABI in its name.
    has_fallback: bool,
}

/// The Pythons that install the wheel.
struct Installing<'a> {
    /// The Python and ABI tags that belong together.
    pairs: Vec<(PythonTag, AbiTag)>,
    platforms: Vec<PlatformTag>,
    requires: Option<RequiresPython>,
    tags: &'a WheelTags,
}

/// Reports modules that the wheel's Pythons do not import under their name.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    name: &ParsedName,
    metadata: Option<&Headers>,
    findings: &mut Findings<'_>,
) {
    let requires = metadata.and_then(|it| it.get("Requires-Python")?.parse().ok());
    let tags = &name.parsed.tags;
    let mut pythons: Vec<_> = tags.python().iter().filter_map(|tag| tag.parse().ok()).collect();
    let is_python_3 = |it: &PythonTag| matches!(it, PythonTag::Language { major: 3, .. });
    if pythons.iter().any(is_python_3) {
        // `py2.py3` says little about Python 2: build tools wrote it for every wheel.
        pythons.retain(|it| !matches!(it, PythonTag::Language { major: 2, .. }));
    }
    let abis: Vec<_> = tags.abi().iter().filter_map(|tag| tag.parse().ok()).collect();
    let pairs = pythons.iter().flat_map(|python| {
        let abis = abis.iter().filter(|abi: &&AbiTag| abi.is_for(python));
        abis.map(|abi| (python.clone(), abi.clone()))
    });
    let (pairs, platforms) = (pairs.collect(), tags.platforms().collect());
    let installing = Installing { pairs, platforms, requires, tags };
    // Tags that no installer looks for have a rule of their own, and so has machine code for any platform.
    if installing.pairs.is_empty() || installing.platforms.contains(&PlatformTag::Any) {
        return;
    }
    for module in modules(archive, dist_info).values() {
        check_module(module, &installing, findings);
    }
}

/// Returns the modules that have an ABI in the name of a file, by path without suffix.
fn modules<'a>(
    archive: &'a Archive<'_>,
    dist_info: &WheelDirectories,
) -> BTreeMap<&'a str, Module<'a>> {
    let mut modules: BTreeMap<&str, Module<'_>> = BTreeMap::new();
    let files = archive.files().filter_map(|file| {
        let path = file.name.as_ref();
        let suffix = ExtensionSuffix::of(path)?;
        let stem = dist_info.installed(path).and_then(module_stem)?;
        stem.split('/').all(is_identifier).then_some((stem, path, suffix))
    });
    for (stem, path, suffix) in files.take(MAX_FILES) {
        modules.entry(stem).or_default().files.push((path, suffix));
    }
    if modules.is_empty() {
        return modules;
    }
    let installed: HashSet<&str> =
        archive.files().filter_map(|file| dist_info.installed(&file.name)).collect();
    for (stem, module) in &mut modules {
        module.has_fallback = [".py", ".so", ".pyd", "/__init__.py"]
            .iter()
            .any(|suffix| installed.contains(format!("{stem}{suffix}").as_str()));
    }
    modules
}

fn check_module(module: &Module<'_>, installing: &Installing<'_>, findings: &mut Findings<'_>) {
    let files: Vec<Vec<ImportedBy>> =
        module.files.iter().map(|(_, suffix)| installing.imports_of(suffix)).collect();
    let is_served = module.has_fallback
        || files.iter().any(|pairs| pairs.iter().all(|by| *by == ImportedBy::All));
    let is_imported = is_served
        || installing.pairs.iter().enumerate().all(|(at, (python, _))| {
            files.iter().any(|pairs| pairs[at] == ImportedBy::All)
                || installing.is_covered(python, &module.versions(|file| files[file][at]))
        });
    let has_versions = module.versions(|_| ImportedBy::Some).len() > 1;
    for ((path, suffix), pairs) in module.files.iter().zip(&files) {
        let by = pairs.iter().max().copied().unwrap_or(ImportedBy::None);
        // A module with several versions is meant to have one for each Python.
        let is_meant = by == ImportedBy::All || has_versions || !is_served;
        if is_imported && is_meant && by != ImportedBy::None {
            continue;
        }
        let some = if by == ImportedBy::None { "no Python" } else { "not every Python" };
        let found = format!("{some} of `{}` imports `{}`", installing.tags, suffix.text);
        let rule = if is_imported { &rules::EXTENSION_UNUSED } else { &rules::EXTENSION_SUFFIX };
        findings.add_at(rule, path, found);
    }
}

impl Module<'_> {
    /// Returns the versions of CPython of the files that some Pythons import.
    fn versions(&self, by: impl Fn(usize) -> ImportedBy) -> BTreeSet<(u8, u8)> {
        let files = self.files.iter().enumerate();
        files
            .filter(|(file, _)| by(*file) == ImportedBy::Some)
            .filter_map(|(_, (_, suffix))| suffix.version())
            .collect()
    }
}

impl Installing<'_> {
    /// Returns which Pythons import a file, for each of the pairs.
    fn imports_of(&self, suffix: &ExtensionSuffix) -> Vec<ImportedBy> {
        let fits = self.platforms.iter().any(|platform| suffix.fits(platform));
        let by = |(python, abi): &(PythonTag, AbiTag)| {
            if fits { suffix.imported_by(python, abi) } else { ImportedBy::None }
        };
        self.pairs.iter().map(by).collect()
    }

    /// Returns whether files for these versions are enough for all Pythons that install the wheel by a
    /// Python tag.
    fn is_covered(&self, python: &PythonTag, versions: &BTreeSet<(u8, u8)>) -> bool {
        // Which versions there should be is unknown, unless `Requires-Python` says so.
        versions.len() > 1
            || self.requires.as_ref().is_some_and(|it| admits_only(it, python, versions))
    }
}

/// Returns whether a wheel with a Python tag is installed on these versions of CPython only.
fn admits_only(
    requires: &RequiresPython,
    python: &PythonTag,
    versions: &BTreeSet<(u8, u8)>,
) -> bool {
    let (major, first) = match python {
        PythonTag::Language { major, minor } => (*major, minor.unwrap_or(0)),
        PythonTag::CPython { major, minor } => (*major, *minor),
        PythonTag::Other(_) => return false,
    };
    let mut admitted = (first..=NEWEST_MINOR)
        .map(|minor| (major, minor))
        .filter(|(major, minor)| requires.admits(*major, *minor));
    !versions.is_empty() && admitted.all(|version| versions.contains(&version))
}
