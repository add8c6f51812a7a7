//! The plan of declared members and metadata: what the Bazel rules ask for.

use std::ffi::OsStr;
use std::path::Path;

use super::dist_info::{DistInfo, dist_info};
use super::error::PackError;
use super::member::{Member, Members};
use super::{PackArguments, Plan, folder_of};
use crate::context::Context;
use crate::declared::split;
use crate::error::Error;
use crate::source::Input;
use crate::wheel::{MemberPath, WheelError, WheelFilename, WheelTags};

/// Plans the wheel that `arguments` declare.
pub(super) fn plan(
    arguments: &PackArguments,
    out: &Path,
    context: &Context<'_>,
) -> Result<Plan, Error> {
    let filename = filename(arguments)?;
    check_output_name(out, &filename)?;
    let mut members = Vec::with_capacity(arguments.members.len() + 4);
    for text in &arguments.members {
        context.cancel.check()?;
        members.push(member(text, &arguments.strip_path_prefixes, context)?);
    }
    let DistInfo { members: generated, consulted, warnings } =
        dist_info(&arguments.metadata, &filename, context)?;
    members.extend(generated);
    let members = Members::new(
        members,
        consulted,
        &filename.dist_info_dir(),
        folder_of(out),
        context.cancel,
    )?;
    Ok(Plan { filename, out: out.to_owned(), members, warnings, origin: None })
}

fn filename(arguments: &PackArguments) -> Result<WheelFilename, WheelError> {
    let metadata = &arguments.metadata;
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
fn check_output_name(out: &Path, filename: &WheelFilename) -> Result<(), PackError> {
    let expected = filename.to_string();
    if out.file_name() == Some(OsStr::new(&expected)) {
        return Ok(());
    }
    Err(PackError::OutputName { out: out.to_owned(), expected })
}

/// The member that one `--member=DEST=SRC` names.
fn member(text: &OsStr, prefixes: &[String], context: &Context<'_>) -> Result<Member, Error> {
    let bad =
        |expected| PackError::MemberForm { text: text.to_string_lossy().into_owned(), expected };
    let text = text.to_str().ok_or_else(|| bad("UTF-8"))?;
    let (destination, source) = split(text).ok_or_else(|| bad("DEST=SRC"))?;
    if source.is_empty() {
        return Err(PackError::NoSource(text.to_owned()).into());
    }
    let path = member_path(&destination, prefixes)?;
    let input = Input::find(&context.resolve(Path::new(source))).map_err(PackError::from)?;
    Ok(Member::from_program_or_data(path, input))
}

/// The destination without the first prefix that it has.
fn member_path(destination: &str, prefixes: &[String]) -> Result<MemberPath, Error> {
    let mut stripped = prefixes
        .iter()
        .filter_map(|prefix| Some((prefix, destination.strip_prefix(prefix.as_str())?)));
    let Some((prefix, stripped)) = stripped.next() else {
        return Ok(destination.parse().map_err(WheelError::from)?);
    };
    stripped.parse().map_err(|source| {
        PackError::Stripped {
            prefix: prefix.clone(),
            destination: destination.to_owned(),
            stripped: stripped.to_owned(),
            source,
        }
        .into()
    })
}
