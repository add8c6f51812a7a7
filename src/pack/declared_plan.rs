//! Plans a declared distribution, as the Bazel rules do.

use std::ffi::OsStr;
use std::path::Path;

use super::arguments::{DeclaredArguments, MetadataArguments};
use super::components::Origins;
use super::declared_members::{declared_members, unused_warning};
use super::declared_metadata::declared_metadata;
use super::error::{ArgumentsError, OutputError};
use super::placement::Placement;
use super::plan::PackPlan;
use super::stamp::Stamps;
use crate::context::Context;
use crate::error::Error;
use crate::wheel::{WheelError, WheelFilename, WheelTags};
use crate::wheel_writer::WheelPlan;

/// Plans the wheel that `arguments` declare. `expected` computes the name that the output must have.
pub(super) fn plan(
    arguments: &DeclaredArguments,
    out: &Path,
    expected: Option<&dyn Fn(&WheelFilename) -> String>,
    context: &Context<'_>,
) -> Result<PackPlan, Error> {
    // The build system fixes the output's name before the status files are written.
    let name = filename(&Stamps::constant().apply(&arguments.metadata)?)?;
    if let Some(expected) = expected {
        check_output_name(out, expected(&name))?;
    }
    let mut other_inputs = Vec::new();
    let stamps = Stamps::read(&arguments.stamp.status_files, context, &mut other_inputs)?;
    let metadata = stamps.apply(&arguments.metadata)?;
    let filename = filename(&metadata)?;
    let placement = Placement::new(&arguments.contents, context)?;
    let mut origins = Origins::new(&arguments.sbom, context)?;
    let contents = &arguments.contents;
    let declared = declared_members(contents, &placement, &filename, &mut origins, context)?;
    let is_empty = declared.members.is_empty() && !has_more_than_members(&metadata);
    let metadata = declared_metadata(&metadata, &filename, &placement, context)?;
    if is_empty {
        return Err(ArgumentsError::Empty.into());
    }
    origins.record(&metadata.members);
    let mut members = declared.members;
    members.extend(metadata.members);
    members.extend(origins.documents(&arguments.sbom, &filename, context)?);
    other_inputs.extend(declared.other_inputs);
    other_inputs.extend(metadata.other_inputs);
    let wheel = WheelPlan::new(filename, out.to_owned(), members, other_inputs, context.cancel)?;
    let unused = placement.unused_prefixes();
    let unused = unused.map(|prefix| unused_warning("--strip-path-prefix", prefix));
    let warnings = declared.warnings.into_iter().chain(unused).chain(metadata.warnings).collect();
    Ok(PackPlan { wheel, name, warnings, origin: None })
}

/// Whether a distribution without members has a use: it requires others, has entry points, or licence files.
fn has_more_than_members(metadata: &MetadataArguments) -> bool {
    let texts = [&metadata.requires_dist, &metadata.extra_requires, &metadata.entry_points];
    let files = [&metadata.extra_requires_files, &metadata.license_files];
    texts.iter().any(|texts| !texts.is_empty())
        || files.iter().any(|files| !files.is_empty())
        || !metadata.requires_files.is_empty()
}

fn filename(metadata: &MetadataArguments) -> Result<WheelFilename, WheelError> {
    let distribution = metadata.distribution.as_deref().unwrap_or_default();
    let version = metadata.version.as_deref().unwrap_or_default();
    let tags = WheelTags::new(&metadata.python_tag, &metadata.abi_tag, &metadata.platform_tag)?;
    tags.check()?;
    Ok(WheelFilename {
        distribution: distribution.parse()?,
        version: version.parse()?,
        build: metadata.build_tag.as_deref().map(str::parse).transpose()?,
        tags,
        variant: None,
    })
}

/// Returns an error unless the output has the expected name.
fn check_output_name(out: &Path, expected: String) -> Result<(), OutputError> {
    if out.file_name() == Some(OsStr::new(&expected)) {
        return Ok(());
    }
    Err(OutputError::WrongName { out: out.to_owned(), expected })
}
