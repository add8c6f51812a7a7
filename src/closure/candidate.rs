//! The wheels at hand: what their names, or the dist-info directories of unpacked ones, say of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ClosureError;
use super::target::Target;
use crate::context::Context;
use crate::error::{Diagnose, Error};
use crate::judge::dist_info_file;
use crate::remote::{Client, RemoteUrl};
use crate::wheel::{MetadataHeaders, Requirement, Version, WheelFilename, WheelHeaders, WheelTags};

/// A wheel that could be in the closure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The path as it was given; of a wheel on a server its address, without credentials.
    pub(super) path: PathBuf,
    /// `None` for a wheel of this machine.
    pub(super) remote: Option<RemoteSource>,
    /// The package's name, normalised.
    pub(super) package: String,
    pub(super) version: Version,
    pub(super) tags: WheelTags,
    /// Whether its name has a variant label.
    is_variant: bool,
}

/// A wheel on a server.
#[derive(Debug, Clone)]
pub(super) struct RemoteSource {
    pub(super) url: RemoteUrl,
    pub(super) client: Arc<Client>,
}

impl PartialEq for RemoteSource {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for RemoteSource {}

impl Candidate {
    /// Returns the candidate at an address.
    pub(super) fn remote(argument: &Path, client: &Arc<Client>) -> Result<Self, Error> {
        let url = RemoteUrl::parse(&argument.to_string_lossy())?;
        let name: WheelFilename = url.file_name().parse()?;
        Ok(Self {
            path: url.to_string().into(),
            package: name.distribution.normalized(),
            version: name.version,
            tags: name.tags,
            is_variant: name.variant.is_some(),
            remote: Some(RemoteSource { url, client: Arc::clone(client) }),
        })
    }

    /// Returns the candidate at a path: an archive, or the directory of an unpacked wheel.
    pub(super) fn read(path: &Path, context: &Context<'_>) -> Result<Self, Error> {
        let resolved = context.resolve(path);
        if resolved.is_dir() {
            return Self::unpacked(path, &resolved, context);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name: WheelFilename = name.parse()?;
        Ok(Self {
            path: path.to_owned(),
            package: name.distribution.normalized(),
            version: name.version,
            tags: name.tags,
            is_variant: name.variant.is_some(),
            remote: None,
        })
    }

    fn unpacked(path: &Path, resolved: &Path, context: &Context<'_>) -> Result<Self, Error> {
        let metadata = dist_info_file(resolved, "METADATA", context)?;
        let metadata = MetadataHeaders::parse(&metadata).map_err(|it| wrong(path, &it))?;
        let wheel = dist_info_file(resolved, "WHEEL", context)?;
        let headers = WheelHeaders::parse(&wheel).map_err(|it| wrong(path, &it))?;
        Ok(Self {
            path: path.to_owned(),
            package: metadata.name.normalized(),
            version: metadata.version,
            tags: headers.tags().map_err(|it| wrong(path, &it))?,
            is_variant: false,
            remote: None,
        })
    }

    /// Returns the file name of the wheel, or the name of the directory.
    pub(super) fn file_name(&self) -> String {
        if let Some(remote) = &self.remote {
            return remote.url.file_name();
        }
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }
}

fn wrong(path: &Path, error: &impl Diagnose) -> Error {
    let (wheel, problem) = (path.to_owned(), error.to_string());
    ClosureError::Metadata { wheel, problem, hint: error.hint() }.into()
}

/// The wheels of `--with` that fit the environment, by package, in ascending order of versions.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    by_package: BTreeMap<String, Vec<Candidate>>,
    /// Wheels for other environments.
    pub(super) skipped: Vec<PathBuf>,
}

impl Shelf {
    /// Sorts candidates. Of those with the same version, one without a variant label is taken, then the one with the
    /// first file name.
    pub(super) fn new(candidates: Vec<Candidate>, target: &Target) -> Self {
        let mut shelf = Self::default();
        for candidate in candidates {
            if target.installs(&candidate.tags) {
                shelf.by_package.entry(candidate.package.clone()).or_default().push(candidate);
            } else {
                shelf.skipped.push(candidate.path);
            }
        }
        for versions in shelf.by_package.values_mut() {
            versions.sort_by(|one, other| {
                let order = one.version.cmp(&other.version);
                let order = order.then_with(|| one.is_variant.cmp(&other.is_variant));
                order.then_with(|| one.file_name().cmp(&other.file_name()))
            });
            versions.dedup_by(|next, kept| next.version == kept.version);
        }
        shelf.skipped.sort_unstable();
        shelf
    }

    /// Returns the versions of a package, in ascending order.
    pub(super) fn versions(&self, package: &str) -> &[Candidate] {
        self.by_package.get(package).map_or(&[], Vec::as_slice)
    }

    /// Returns the versions of a package that all of these requirements admit, in ascending order. Pre-releases
    /// only if there is nothing else, as installers do.
    pub(super) fn admitted(&self, package: &str, requirements: &[&Requirement]) -> Vec<&Candidate> {
        let is_admitted = |it: &&Candidate| requirements.iter().all(|one| one.admits(&it.version));
        let admitted: Vec<&Candidate> = self.versions(package).iter().filter(is_admitted).collect();
        let is_final = |it: &&&Candidate| !it.version.is_prerelease();
        let finals: Vec<&Candidate> = admitted.iter().filter(is_final).copied().collect();
        if finals.is_empty() { admitted } else { finals }
    }

    /// Iterates over all candidates.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.by_package.values().flatten()
    }
}
