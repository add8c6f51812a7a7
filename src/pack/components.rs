//! Where the members of a declared wheel come from, and the bills of materials that say so.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use super::arguments::{SbomArguments, SbomOutput};
use super::dest_src::DestSrc;
use super::error::ArgumentsError;
use crate::context::Context;
use crate::error::Error;
use crate::sbom::{Component, ComponentWheel, WheelComponents};
use crate::source_date_epoch::timestamp_seconds;
use crate::wheel::{MemberPath, WheelFilename};
use crate::wheel_writer::{Member, MemberSource, dist_info_member};
use crate::zip::Timestamp;

/// The components that files come from, and the members that were made of these files.
pub(super) struct Origins {
    /// Descriptions by the identifier that they name.
    described: BTreeMap<String, Component>,
    /// Identifiers of components, by file or directory.
    by_source: HashMap<PathBuf, BTreeSet<String>>,
    /// The members of each component.
    held: BTreeMap<String, BTreeSet<MemberPath>>,
}

impl Origins {
    /// Parses the options. Without `--sbom`, there are no origins.
    pub(super) fn new(arguments: &SbomArguments, context: &Context<'_>) -> Result<Self, Error> {
        let mut described = BTreeMap::<String, Component>::new();
        for text in &arguments.components {
            let component = Component::parse(text)?;
            described.entry(component.id.clone()).or_default().merge(component);
        }
        let mut by_source = HashMap::<PathBuf, BTreeSet<String>>::new();
        for text in &arguments.origins {
            let DestSrc { destination: id, source } = DestSrc::parse("--sbom-origin", text)?;
            if id.is_empty() {
                return Err(ArgumentsError::NoComponent.into());
            }
            by_source.entry(context.resolve(source.as_ref())).or_default().insert(id);
        }
        Ok(Self { described, by_source, held: BTreeMap::new() })
    }

    /// Records the components of the members that are files. Call it before their content is edited: then they are files
    /// no more.
    pub(super) fn record(&mut self, members: &[Member]) {
        if self.by_source.is_empty() {
            return;
        }
        for member in members {
            let MemberSource::File(input) = &member.source else { continue };
            let found = input.path().ancestors().filter_map(|path| self.by_source.get(path));
            for id in found.flatten() {
                self.held.entry(id.clone()).or_default().insert(member.path.clone());
            }
        }
    }

    /// Returns the documents that `--sbom` asks for, as members.
    pub(super) fn documents(
        self,
        arguments: &SbomArguments,
        filename: &WheelFilename,
        context: &Context<'_>,
    ) -> Result<Vec<Member>, Error> {
        let Self { described, held, .. } = self;
        let mut contained = WheelComponents::default();
        for (id, members) in held {
            let mut component = Component::of_repository(&id);
            // A user knows the apparent name of a repository, a build system the canonical one.
            let apparent = component.name.clone().filter(|name| *name != id);
            let known = [Some(id), apparent].into_iter().flatten();
            known.filter_map(|id| described.get(&id)).for_each(|it| component.merge(it.clone()));
            contained.add(component, members);
        }
        let wheel = ComponentWheel::new(filename);
        let forms: BTreeSet<SbomOutput> = arguments.forms.iter().copied().collect();
        let documents = forms.into_iter().map(|form| {
            let (path, text) = match form {
                SbomOutput::CycloneDx => (wheel.cyclonedx_path(), contained.cyclonedx(&wheel)),
                SbomOutput::Spdx => {
                    let seconds = timestamp_seconds(None, context)?;
                    let created = seconds.map_or(Timestamp::EPOCH, Timestamp::from_unix);
                    (wheel.spdx_path(), contained.spdx(&wheel, &created.to_string()))
                }
            };
            let path = dist_info_member(&filename.dist_info_dir(), &path)?;
            Ok(Member::generated(path, text))
        });
        documents.collect()
    }
}
