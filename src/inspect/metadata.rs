//! The main fields of METADATA and WHEEL.

use serde::Serialize;

use super::inventory::Problem;
use crate::context::Context;
use crate::error::Error;
use crate::opened_wheel::Archive;
use crate::wheel::Headers;

/// The fields that the report shows.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct About {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) license: Option<String>,
    pub(super) requires_python: Option<String>,
    pub(super) requires_dist: Vec<String>,
    pub(super) generator: Option<String>,
    pub(super) tags: Vec<String>,
}

impl About {
    /// Reads the fields; `None` unless there is exactly one dist-info directory. A missing file has no fields, and a
    /// damaged one is among the problems.
    pub(super) fn read(
        archive: &Archive,
        problems: &mut Vec<Problem>,
        context: &Context<'_>,
    ) -> Result<Option<Self>, Error> {
        let Ok(dist_info) = archive.dist_info() else { return Ok(None) };
        let mut read = |name: &str| -> Result<Headers, Error> {
            let path = format!("{dist_info}/{name}");
            let is_there = archive.directory().entries().iter().any(|entry| entry.name == path);
            let bytes = match archive.read_named(&path, context.cancel) {
                Ok(bytes) => bytes,
                Err(Error::Refused(error)) => {
                    let problem = error.to_string();
                    problems.extend(is_there.then_some(Problem { path, problem }));
                    Vec::new()
                }
                Err(error) => return Err(error),
            };
            Ok(Headers::parse(&bytes))
        };
        let (metadata, wheel) = (read("METADATA")?, read("WHEEL")?);
        let first = |headers: &Headers, name: &str| headers.get(name).map(str::to_owned);
        let all =
            |headers: &Headers, name: &str| headers.get_all(name).map(str::to_owned).collect();
        Ok(Some(Self {
            name: first(&metadata, "Name"),
            version: first(&metadata, "Version"),
            summary: first(&metadata, "Summary"),
            license: first(&metadata, "License-Expression").or_else(|| first(&metadata, "License")),
            requires_python: first(&metadata, "Requires-Python"),
            requires_dist: all(&metadata, "Requires-Dist"),
            generator: first(&wheel, "Generator"),
            tags: all(&wheel, "Tag"),
        }))
    }
}
