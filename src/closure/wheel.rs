//! A wheel of a closure: its metadata, and the facts of its ELF files.

use std::sync::Arc;

use super::candidate::Candidate;
use crate::context::Context;
use crate::error::Error;
use crate::judge::{Contents, Limits, dist_info_file, read_archive, read_contents};
use crate::opened_wheel::Archive;
use crate::wheel::{Headers, Requirement};

/// A wheel whose metadata was read.
#[derive(Debug)]
pub(super) struct DescribedWheel {
    pub(super) candidate: Candidate,
    /// The lines of `Requires-Dist` that are requirements; `check` reports the others.
    pub(super) requirements: Vec<Requirement>,
    /// Whether the root of the archive goes to purelib.
    pub(super) is_purelib: bool,
    /// `None` for an unpacked wheel.
    archive: Option<Archive>,
}

impl DescribedWheel {
    /// Reads METADATA and WHEEL.
    pub(super) fn read(candidate: Candidate, context: &Context<'_>) -> Result<Self, Error> {
        context.cancel.check()?;
        let resolved = context.resolve(&candidate.path);
        let (archive, metadata, wheel) = if resolved.is_dir() {
            let file = |name| dist_info_file(&resolved, name, context);
            (None, file("METADATA")?, file("WHEEL")?)
        } else {
            let archive = Archive::open(&resolved)?;
            let dist_info = archive.dist_info()?;
            let file = |name| archive.read_named(&format!("{dist_info}/{name}"), context.cancel);
            let (metadata, wheel) = (file("METADATA")?, file("WHEEL")?);
            (Some(archive), metadata, wheel)
        };
        let metadata = Headers::parse(&metadata);
        let lines = metadata.get_all("Requires-Dist");
        let requirements = lines.filter_map(|line| line.parse().ok()).collect();
        let wheel = Headers::parse(&wheel);
        let root = wheel.get("Root-Is-Purelib").unwrap_or_default();
        let is_purelib = root.eq_ignore_ascii_case("true");
        Ok(Self { candidate, requirements, is_purelib, archive })
    }

    /// Reads the facts of its ELF files.
    pub(super) fn load(self, limits: Limits, context: &Context<'_>) -> Result<ClosureWheel, Error> {
        context.cancel.check()?;
        let Self { candidate, is_purelib, archive, .. } = self;
        let contents = match &archive {
            Some(archive) => read_archive(archive, limits, context)?,
            None => read_contents(&candidate.path, limits, context)?,
        };
        Ok(ClosureWheel { candidate, is_purelib, contents: Arc::new(contents) })
    }
}

/// A wheel of a closure.
#[derive(Debug, Clone)]
pub(super) struct ClosureWheel {
    pub(super) candidate: Candidate,
    pub(super) is_purelib: bool,
    pub(super) contents: Arc<Contents>,
}
