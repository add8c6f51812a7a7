//! Where grafts come from: the packages that own them, for the SBOM and the licence texts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::grafts::{Graft, Grafts};
use super::wheel::Wheel;
use crate::context::Context;
use crate::error::{Diagnose as _, Error};
use crate::opened_wheel::Archive;
use crate::packages::{self, Package};
use crate::sbom::{self, GraftLicenses, SbomSubject};
use crate::temporary::folder_of;
use crate::wheel::{FilenameParts, MemberPath};
use crate::wheel_writer::{Member, Scratch, dist_info_member};

/// The packages that own the grafts of a wheel.
#[derive(Debug, Default)]
pub(super) struct Provenance {
    owners: BTreeMap<PathBuf, Package>,
    licenses: GraftLicenses,
}

impl Provenance {
    /// Finds the owners in the system at `root`; without one, nothing. `with_licenses` reads the licence texts as
    /// well. A database that cannot be read is a warning if no text was asked for.
    pub(super) fn find(
        grafts: &Grafts,
        root: Option<&Path>,
        with_licenses: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let Some(root) = root else { return Ok(Self::default()) };
        let files: Vec<PathBuf> =
            grafts.list.iter().map(|graft| graft.library.location.clone()).collect();
        let owners = match packages::find_owners(root, &files) {
            Ok(owners) => owners,
            Err(error) if with_licenses => return Err(error.into()),
            Err(error) => {
                let message = error.message_with_hint();
                warnings.push(format!("the wheel gets no SBOM of its grafts: {message}"));
                return Ok(Self::default());
            }
        };
        let licenses = if with_licenses {
            GraftLicenses::read(root, &owners)?
        } else {
            GraftLicenses::default()
        };
        let missing = licenses.missing.iter();
        warnings.extend(missing.map(|name| {
            format!("the package `{name}`, which owns grafts, has no licence text on this system")
        }));
        Ok(Self { owners, licenses })
    }

    /// Returns the package URL of a graft's owner.
    pub(super) fn package(&self, graft: &Graft) -> Option<String> {
        self.owners.get(&graft.library.location).map(Package::url)
    }

    /// Adds the SBOM and the licence texts to the members of a wheel that gets a name. An earlier SBOM, in the archive or
    /// among the members of a planned wheel, is merged. A member that the wheel has already under the path of a licence text stays.
    pub(super) fn add_members(
        self,
        wheel: &Wheel<'_>,
        archive: Option<&Archive>,
        name: &str,
        context: &Context<'_>,
        members: &mut Vec<Member>,
    ) -> Result<(), Error> {
        let dist_info = &wheel.dist_info;
        let path = dist_info_member(dist_info, sbom::MEMBER)?;
        let earlier = members.iter().find(|member| member.path == path);
        let read = |member: &Member| {
            if let Some(archive) = archive {
                return archive.read_named(path.as_str(), context.cancel);
            }
            let directory = folder_of(wheel.given);
            member.read(Scratch { directory, cancel: context.cancel, pool: None })
        };
        let earlier = earlier.filter(|_| !self.owners.is_empty()).map(read).transpose()?;
        if let Some(document) = sbom::document(subject(name), &self.owners, earlier.as_deref()) {
            members.retain(|member| member.path != path);
            members.push(Member::generated(path, document));
        }
        for (name, text) in self.licenses.texts {
            // The name of a package can have characters that no path in a wheel has.
            let Ok(path) = format!("{dist_info}/{name}").parse::<MemberPath>() else { continue };
            if members.iter().all(|member| member.path != path) {
                members.push(Member::generated(path, text));
            }
        }
        Ok(())
    }
}

/// Returns the wheel with a file name, as the SBOM describes it.
fn subject(file_name: &str) -> SbomSubject<'_> {
    let parts = FilenameParts::split(file_name);
    let (name, version) = parts.map_or(("", ""), |parts| (parts.distribution, parts.version));
    SbomSubject { name, version, file_name }
}
