//! The plan of a declared distribution: what the Bazel rules ask for.

use std::ffi::OsStr;
use std::path::Path;

use super::contents::{Contents, contents};
use super::dist_info::{DistInfo, dist_info};
use super::error::PackError;
use super::placing::Placing;
use super::stamp::Stamps;
use super::{DeclaredArguments, MetadataArguments, Plan};
use crate::context::Context;
use crate::error::Error;
use crate::temporary::folder_of;
use crate::wheel::{WheelError, WheelFilename, WheelTags};
use crate::wheel_writer::Members;

/// Plans the wheel that `arguments` declare. `expected` gives the name that the output must have.
pub(super) fn plan(
    arguments: &DeclaredArguments,
    out: &Path,
    expected: Option<&dyn Fn(&WheelFilename) -> String>,
    context: &Context<'_>,
) -> Result<Plan, Error> {
    if let Some(expected) = expected {
        // The build system knows the output's name before anything is stamped.
        let constant = Stamps::constant().apply(&arguments.metadata)?;
        check_output_name(out, expected(&filename(&constant)?))?;
    }
    let mut consulted = Vec::new();
    let stamps = Stamps::read(&arguments.stamp.status_files, context, &mut consulted)?;
    let metadata = stamps.apply(&arguments.metadata)?;
    let filename = filename(&metadata)?;
    let placing = Placing::new(&arguments.contents, context)?;
    let Contents { mut members, consulted: edited } =
        contents(&arguments.contents, &placing, &filename, context)?;
    consulted.extend(edited);
    let DistInfo { members: generated, consulted: read, warnings } =
        dist_info(&metadata, &filename, &placing, context)?;
    members.extend(generated);
    consulted.extend(read);
    let members = Members::new(
        members,
        consulted,
        &filename.dist_info_dir(),
        folder_of(out),
        context.cancel,
    )?;
    Ok(Plan { filename, out: out.to_owned(), members, warnings, origin: None })
}

fn filename(metadata: &MetadataArguments) -> Result<WheelFilename, WheelError> {
    let distribution = metadata.distribution.as_deref().unwrap_or_default();
    let version = metadata.version.as_deref().unwrap_or_default();
    Ok(WheelFilename {
        distribution: distribution.parse()?,
        version: version.parse()?,
        build: metadata.build_tag.as_deref().map(str::parse).transpose()?,
        tags: WheelTags::new(&metadata.python_tag, &metadata.abi_tag, &metadata.platform_tag)?,
    })
}

/// Refuses an output whose name is not the one that its content asks for.
fn check_output_name(out: &Path, expected: String) -> Result<(), PackError> {
    if out.file_name() == Some(OsStr::new(&expected)) {
        return Ok(());
    }
    Err(PackError::OutputName { out: out.to_owned(), expected })
}
