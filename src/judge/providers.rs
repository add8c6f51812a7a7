//! `--provided-by`: libraries that other wheels bring.
//!
//! A wheel may leave a library to a wheel that it requires: the installer puts it there, and the package
//! loads it. Such a library is not external. It counts only if METADATA names the wheel that brings it,
//! directly or through another one that brings libraries: the rest may be missing on other machines.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use super::known_wheels::{self, KnownWheel};
use super::layout::SiteLibrary;
use super::members::Limits;
use super::read::read;
use super::unpacked_files::files_below;
use crate::context::Context;
use crate::elf::{Detail, ElfFacts, is_elf};
use crate::error::{Diagnose, Error, FileError};
use crate::escape::escape_path;
use crate::object_file::ObjectFacts;
use crate::opened_wheel::{Archive, ArchiveError, max_dist_info_file_bytes};
use crate::slash_path::file_name;
use crate::source::{Input, SourceError};
use crate::wheel::{Headers, RecordRows, Requirement};

/// The word for the built-in table.
const KNOWN: &str = "known";

/// Libraries of NVIDIA's driver. No wheel can bring them: they must match the kernel module.
const DRIVER: [&str; 2] = ["libcuda.so.1", "libnvidia-ml.so.1"];

/// Who brings [`DRIVER`], for reports.
const DRIVER_NAME: &str = "the NVIDIA driver";

/// Wheels that bring libraries.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    /// By normalised name.
    wheels: BTreeMap<String, Provider>,
    /// Whether the built-in table counts.
    with_known: bool,
}

/// What one wheel brings.
#[derive(Debug, Default)]
struct Provider {
    /// The path that was given.
    path: PathBuf,
    version: String,
    requirements: Vec<Requirement>,
    /// By file name and soname.
    libraries: BTreeMap<String, Option<SiteLibrary>>,
    /// Whether an audited wheel requires it.
    is_required: AtomicBool,
}

/// Where the METADATA of a wheel is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MetadataOf<'a> {
    /// In the wheel at a resolved path. It is read only if other wheels bring libraries.
    Wheel(&'a Path),
    /// Here.
    Text(&'a [u8]),
}

/// The libraries that other wheels bring for one wheel: who brings it, by soname.
pub(super) type Provided = BTreeMap<String, String>;

impl Providers {
    /// Returns the built-in table of wheels.
    pub(crate) fn known() -> Self {
        Self { with_known: true, ..Self::default() }
    }

    /// Reads the wheels of `--provided-by`: wheels, directories of installed or unpacked wheels, and the
    /// word `known`.
    pub(crate) fn read(
        given: &[PathBuf],
        limits: Limits,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let mut providers = Self::default();
        for path in given {
            context.cancel.check()?;
            let resolved = context.resolve(path);
            if path.as_os_str() == KNOWN {
                providers.with_known = true;
            } else if resolved.is_dir() {
                providers.add_directory(path, &resolved, context)?;
            } else {
                let metadata = Headers::parse(&dist_info_file(&resolved, "METADATA", context)?);
                let wheel = dist_info_file(&resolved, "WHEEL", context).unwrap_or_default();
                let wheel = Headers::parse(&wheel);
                let contents = read(path, limits, context)?;
                let libraries = contents.site_libraries(is_purelib(&wheel));
                providers.add(path, &metadata, libraries);
            }
        }
        Ok(providers)
    }

    /// Returns whether nothing was given.
    pub(super) fn is_empty(&self) -> bool {
        self.wheels.is_empty() && !self.with_known
    }

    /// Adds the wheels that are installed or unpacked in a directory. A file that no RECORD names
    /// belongs to each wheel without a RECORD: Bazel's rules leave it out.
    fn add_directory(
        &mut self,
        path: &Path,
        root: &Path,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let files = files_below(root, context)?;
        let libraries: Vec<&String> = files.iter().filter(|file| is_library_name(file)).collect();
        let metadata: Vec<&String> = files.iter().filter(|file| is_metadata(file)).collect();
        if metadata.is_empty() {
            return Err(ProvidersError(path.to_owned()).into());
        }
        let mut recorded = BTreeSet::new();
        let mut wheels = Vec::new();
        for member in metadata {
            let headers = Headers::parse(&read_file(root, member)?);
            let wheel = member.replace("/METADATA", "/WHEEL");
            let wheel = if files.contains(&wheel) { read_file(root, &wheel)? } else { Vec::new() };
            let is_purelib = is_purelib(&Headers::parse(&wheel));
            let record = member.replace("/METADATA", "/RECORD");
            let rows = if files.contains(&record) {
                Some(record_paths(&read_file(root, &record)?))
            } else {
                None
            };
            recorded.extend(rows.iter().flatten().cloned());
            wheels.push((headers, is_purelib, rows));
        }
        for (headers, is_purelib, rows) in wheels {
            let is_own = |file: &str| match &rows {
                Some(rows) => rows.contains(file),
                None => !recorded.contains(file),
            };
            let mut names = BTreeMap::new();
            for file in libraries.iter().filter(|file| is_own(file)) {
                context.cancel.check()?;
                let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
                let library = SiteLibrary { directory: directory.to_owned(), is_purelib };
                for name in
                    soname_of(&root.join(file))?.into_iter().chain([file_name(file).to_owned()])
                {
                    names.entry(name).or_insert_with(|| Some(library.clone()));
                }
            }
            self.add(path, &headers, names);
        }
        Ok(())
    }

    fn add(
        &mut self,
        path: &Path,
        metadata: &Headers,
        libraries: BTreeMap<String, Option<SiteLibrary>>,
    ) {
        let provider = self.wheels.entry(normalized(metadata.get("Name").unwrap_or_default()));
        let provider = provider.or_default();
        path.clone_into(&mut provider.path);
        metadata.get("Version").unwrap_or_default().clone_into(&mut provider.version);
        provider.requirements.extend(requirements(metadata));
        provider.libraries.extend(libraries);
    }

    /// Returns the libraries that other wheels bring for a wheel.
    pub(super) fn provided_to(
        &self,
        metadata: MetadataOf<'_>,
        context: &Context<'_>,
    ) -> Result<Provided, Error> {
        if self.is_empty() {
            return Ok(Provided::new());
        }
        let metadata = match metadata {
            MetadataOf::Wheel(path) => Headers::parse(&dist_info_file(path, "METADATA", context)?),
            MetadataOf::Text(text) => Headers::parse(text),
        };
        Ok(self.provided(&requirements(&metadata)))
    }

    /// Returns the libraries that other wheels bring for a wheel with these requirements. Those of its
    /// extras count: who needs the library installs the extra.
    fn provided(&self, requirements: &[Requirement]) -> Provided {
        let mut provided: Provided =
            DRIVER.iter().map(|name| ((*name).to_owned(), DRIVER_NAME.to_owned())).collect();
        let mut seen = BTreeSet::new();
        let of = |it: &Requirement| (normalized(it.name().as_str()), it.requested_extras());
        let mut pending: Vec<_> = requirements.iter().map(of).collect();
        while let Some((name, extras)) = pending.pop() {
            if !seen.insert((name.clone(), extras.clone())) {
                continue;
            }
            if let Some(wheel) = self.wheels.get(&name) {
                wheel.is_required.store(true, Ordering::Relaxed);
                for library in wheel.libraries.keys() {
                    provided.entry(library.clone()).or_insert_with(|| name.clone());
                }
                let is_installed = |it: &&Requirement| {
                    let mut of_marker = it.marker_extras().peekable();
                    of_marker.peek().is_none() || of_marker.any(|extra| extras.contains(extra))
                };
                pending.extend(wheel.requirements.iter().filter(is_installed).map(of));
            } else if let Some(wheel) = known_wheels::find(&name).filter(|_| self.with_known) {
                for library in wheel.libraries() {
                    provided.entry(library.to_owned()).or_insert_with(|| name.clone());
                }
                let required = |name: &str| (name.to_owned(), BTreeSet::new());
                pending.extend(wheel.required(&extras).map(required));
            }
        }
        provided
    }

    /// Returns where a library of a wheel is once that is installed; `None` if it is not in site-packages.
    pub(super) fn location(&self, wheel: &str, library: &str) -> Option<SiteLibrary> {
        if let Some(provider) = self.wheels.get(wheel) {
            return provider.libraries.get(library)?.clone();
        }
        let known = known_wheels::find(wheel).filter(|_| self.with_known)?;
        Some(SiteLibrary { directory: known.directory()?, is_purelib: known.is_purelib() })
    }

    /// Returns the requirements that METADATA lacks for a library to count: one for each wheel that brings it.
    pub(super) fn missing_requirements(&self, library: &str) -> Vec<String> {
        let given = self.wheels.iter().filter(|(_, wheel)| wheel.libraries.contains_key(library));
        let given = given.map(|(name, wheel)| format!("{name}=={}", wheel.version));
        let has_library = |wheel: &&KnownWheel| wheel.libraries().any(|name| name == library);
        let is_given = |name: &str| self.wheels.contains_key(name);
        let known = known_wheels::WHEELS.iter().filter(has_library);
        let known = known.filter(|wheel| self.with_known && !is_given(wheel.name));
        given.chain(known.map(|wheel| wheel.name.to_owned())).collect()
    }

    /// Returns a warning for each given wheel that no audited wheel requires.
    pub(crate) fn unused(&self) -> impl Iterator<Item = String> {
        let unused = self.wheels.iter().filter(|(_, it)| !it.is_required.load(Ordering::Relaxed));
        unused.map(|(name, provider)| {
            format!(
                "--provided-by `{}`: no audited wheel requires `{name}`, so its libraries do not count",
                escape_path(&provider.path)
            )
        })
    }
}

/// Returns whether `--provided-by known` can provide a library, if the wheel requires the right wheel.
pub(super) fn is_known(library: &str) -> bool {
    DRIVER.contains(&library)
        || known_wheels::WHEELS.iter().flat_map(KnownWheel::libraries).any(|name| name == library)
}

/// Returns a file of the dist-info directory of a wheel: an archive, or the directory of an unpacked one.
pub(crate) fn dist_info_file(
    path: &Path,
    name: &str,
    context: &Context<'_>,
) -> Result<Vec<u8>, Error> {
    if !path.is_dir() {
        let archive = Archive::open(path)?;
        let member = format!("{}/{name}", archive.dist_info()?);
        let bytes = archive.read_named(&member, context.cancel)?;
        archive.check_unchanged()?;
        return Ok(bytes);
    }
    let entries = std::fs::read_dir(path).map_err(FileError::on("read", path))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".dist-info"))
        .collect();
    names.sort_unstable();
    match names.first() {
        Some(dist_info) => read_file(path, &format!("{dist_info}/{name}")),
        None => Ok(Vec::new()),
    }
}

/// Returns whether WHEEL says that the root of the archive is pure Python.
fn is_purelib(wheel: &Headers) -> bool {
    wheel.get("Root-Is-Purelib").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Reads a file of a dist-info directory.
fn read_file(root: &Path, member: &str) -> Result<Vec<u8>, Error> {
    let input = Input::find(&root.join(member))?;
    let (limit, found) = (max_dist_info_file_bytes(member), input.len());
    if found > limit {
        let (archive, member) = (root.to_owned(), member.to_owned());
        return Err(ArchiveError::LongMetadata { archive, member, limit, found }.into());
    }
    Ok(input.read()?)
}

/// Returns the requirements in METADATA. Lines that are none are left out: `check` reports them.
fn requirements(metadata: &Headers) -> Vec<Requirement> {
    metadata.get_all("Requires-Dist").filter_map(|line| line.parse().ok()).collect()
}

/// Returns the paths in a RECORD. Damaged rows are left out: `check` reports them.
fn record_paths(record: &[u8]) -> BTreeSet<String> {
    let rows = RecordRows::new(record).filter_map(Result::ok);
    rows.map(|row| String::from_utf8_lossy(row.path()).into_owned()).collect()
}

fn is_metadata(file: &str) -> bool {
    let directory = file.strip_suffix("/METADATA");
    directory.is_some_and(|name| name.ends_with(".dist-info") && !name.contains('/'))
}

fn is_library_name(file: &str) -> bool {
    let name = file_name(file).to_ascii_lowercase();
    name.contains(".so.") || [".so", ".dylib", ".dll"].iter().any(|end| name.ends_with(end))
}

/// Returns the name by which other files need a library on disk: its soname, the last component of its install name, or
/// the name of a DLL in lower case. `None` if it is no library.
fn soname_of(path: &Path) -> Result<Option<String>, SourceError> {
    let content = Input::find(path)?.open()?;
    if !is_elf(content.bytes()) {
        let facts = ObjectFacts::read(content.bytes());
        return Ok(facts.and_then(|facts| facts.library_name(&path.to_string_lossy())));
    }
    let facts = ElfFacts::read(content.bytes(), Detail::Loading).ok();
    Ok(facts.and_then(|facts| facts.soname))
}

/// Returns a name as PEP 503 normalises it.
fn normalized(name: &str) -> String {
    name.parse().map_or_else(
        |_| name.to_ascii_lowercase(),
        |name: crate::wheel::DistributionName| name.normalized(),
    )
}

/// A directory of `--provided-by` without a wheel.
#[derive(Debug, Error)]
#[error(
    "--provided-by `{}`: expected a wheel, or a directory with a `*.dist-info` directory, found none",
    escape_path(.0)
)]
pub(crate) struct ProvidersError(PathBuf);

impl Diagnose for ProvidersError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(
            "name the directory that wheels are installed in, such as `site-packages`, or `known`"
                .into(),
        )
    }
}
