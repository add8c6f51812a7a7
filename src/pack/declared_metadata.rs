//! Generates the dist-info directory of a declared wheel: METADATA, WHEEL, entry points, licence files.

use std::ffi::OsStr;
use std::path::Path;
use std::str::FromStr;

use super::arguments::MetadataArguments;
use super::placement::Placement;
use super::{dest_src, requirements};
use crate::context::Context;
use crate::declared_file::split_destination;
use crate::error::Error;
use crate::escape::escape_truncated;
use crate::source::{Input, read_small};
use crate::wheel::{
    Description, DescriptionType, EntryPoint, EntryPoints, License, MemberPath, Metadata,
    MetadataFields, WheelError, WheelFile, WheelFilename,
};
use crate::wheel_writer::{Member, dist_info_member};

/// The dist-info directory of a declared wheel, all but RECORD.
pub(super) struct DeclaredMetadata {
    pub(super) members: Vec<Member>,
    /// Files that were read and are no members.
    pub(super) other_inputs: Vec<Input>,
    pub(super) warnings: Vec<String>,
}

/// Generates the members of the dist-info directory, all but RECORD.
pub(super) fn declared_metadata(
    given: &MetadataArguments,
    filename: &WheelFilename,
    placement: &Placement<'_>,
    context: &Context<'_>,
) -> Result<DeclaredMetadata, Error> {
    let directory = filename.dist_info_dir();
    let mut fields = fields(given, filename)?;
    let mut members = Vec::new();
    for text in &given.license_files {
        let (name, source) = license_file(text, placement)?;
        let input = Input::find(&placement.resolve(source))?;
        let path = dist_info_member(&directory, &format!("licenses/{name}"))?;
        members.push(Member::from_program_or_data(path, input));
        fields.license_files.push(name);
    }
    fields.license_files.sort();
    fields.license_files.dedup();
    let mut other_inputs = Vec::new();
    requirements::read(given, &mut fields, &mut other_inputs, context)?;
    let content_type: Option<DescriptionType> = parsed(given.description_content_type.as_deref())?;
    if let Some(file) = &given.description_file {
        let path = context.resolve(file);
        let (input, bytes) = read_small(&path)?;
        other_inputs.push(input);
        fields.description =
            Some(Description::from_file(&path, bytes, content_type).map_err(WheelError::from)?);
    } else {
        fields.description = content_type.map(Description::empty);
    }
    let warnings = warnings(&fields);
    let metadata = Metadata::try_from(fields).map_err(WheelError::from)?;
    let wheel = WheelFile::new(filename.tags.clone(), filename.build.clone());
    let entry_points: Vec<EntryPoint> = parsed_all(&given.entry_points)?;
    let entry_points = EntryPoints::new(entry_points).map_err(WheelError::from)?;

    let mut generate = |name, text: String| -> Result<(), Error> {
        members.push(Member::generated(dist_info_member(&directory, name)?, text));
        Ok(())
    };
    generate("METADATA", metadata.to_string())?;
    generate("WHEEL", wheel.to_string())?;
    if !entry_points.is_empty() {
        generate("entry_points.txt", entry_points.to_string())?;
    }
    Ok(DeclaredMetadata { members, other_inputs, warnings })
}

/// Returns the path of a `--license-file` below `licenses`, and its source.
fn license_file<'a>(
    text: &'a OsStr,
    placement: &Placement<'_>,
) -> Result<(MemberPath, &'a str), Error> {
    let text = dest_src::utf8("--license-file", text)?;
    if let Some((destination, source)) = split_destination(text) {
        return Ok((placement.path(&destination, "")?, source));
    }
    let name = Path::new(text).file_name().unwrap_or_default();
    Ok((MemberPath::from_os_str(name).map_err(WheelError::from)?, text))
}

/// Returns the fields of METADATA that come from options alone.
fn fields(
    given: &MetadataArguments,
    filename: &WheelFilename,
) -> Result<MetadataFields, WheelError> {
    Ok(MetadataFields {
        summary: parsed(given.summary.as_deref())?,
        keywords: parsed_all(&given.keywords)?,
        home_page: parsed(given.home_page.as_deref())?,
        author: parsed(given.author.as_deref())?,
        author_email: parsed(given.author_email.as_deref())?,
        license: parsed(given.license.as_deref())?,
        classifiers: parsed_all(&given.classifiers)?,
        requires_python: parsed(given.requires_python.as_deref())?,
        requires_dist: parsed_all(&given.requires_dist)?,
        project_urls: parsed_all(&given.project_urls)?,
        extras: parsed_all(&given.extras)?,
        ..MetadataFields::new(filename.distribution.clone(), filename.version.clone())
    })
}

fn warnings(fields: &MetadataFields) -> Vec<String> {
    let Some(License::Text(text)) = &fields.license else { return Vec::new() };
    vec![format!(
        "the licence `{}` is no SPDX expression and becomes the older field `License`\n\
         hint: write it like `Apache-2.0`, or like `MIT AND BSD-3-Clause`",
        escape_truncated(text)
    )]
}

fn parsed<T>(text: Option<&str>) -> Result<Option<T>, WheelError>
where
    T: FromStr,
    WheelError: From<T::Err>,
{
    Ok(text.map(str::parse).transpose()?)
}

fn parsed_all<T>(texts: &[String]) -> Result<Vec<T>, WheelError>
where
    T: FromStr,
    WheelError: From<T::Err>,
{
    Ok(texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
}
