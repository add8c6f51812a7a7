//! The plan of declared members and metadata: what the Bazel rules ask for.

use std::ffi::OsStr;
use std::path::Path;

use super::error::PackError;
use super::member::{Member, Members, dist_info_member};
use super::{PackArguments, Plan, check_output_name};
use crate::context::Context;
use crate::error::Error;
use crate::source::{Input, read_file};
use crate::wheel::{
    Description, EntryPoint, EntryPoints, MemberPath, Metadata, MetadataFields, WheelError,
    WheelFile, WheelFilename, WheelTags,
};

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
    members.extend(dist_info_members(arguments, &filename, context)?);
    let members = Members::new(members, &filename.dist_info_dir())?;
    Ok(Plan { filename, out: out.to_owned(), members })
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

/// The member that one `--member=DEST=SRC` names.
fn member(text: &OsStr, prefixes: &[String], context: &Context<'_>) -> Result<Member, Error> {
    let bad =
        |expected| PackError::MemberForm { text: text.to_string_lossy().into_owned(), expected };
    let text = text.to_str().ok_or_else(|| bad("UTF-8"))?;
    let (destination, source) = split(text).ok_or_else(|| bad("DEST=SRC"))?;
    let stripped = prefixes
        .iter()
        .find_map(|prefix| destination.strip_prefix(prefix.as_str()))
        .unwrap_or(&destination);
    let path: MemberPath = stripped.parse().map_err(WheelError::from)?;
    let input = Input::find(&context.resolve(Path::new(source))).map_err(PackError::from)?;
    Ok(Member::from_program_or_data(path, input))
}

/// Splits at the first `=` that no backslash stands before; unescapes the part in front of it.
fn split(text: &str) -> Option<(String, &str)> {
    let mut destination = String::with_capacity(text.len());
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '=' => return Some((destination, characters.as_str())),
            '\\' => destination.push(characters.next()?),
            character => destination.push(character),
        }
    }
}

/// METADATA, WHEEL and, if there are entry points, `entry_points.txt`.
fn dist_info_members(
    arguments: &PackArguments,
    filename: &WheelFilename,
    context: &Context<'_>,
) -> Result<Vec<Member>, Error> {
    let dist_info = filename.dist_info_dir();
    let wheel = WheelFile::new(filename.tags.clone(), filename.build.clone());
    let mut members = vec![
        Member::generated(
            dist_info_member(&dist_info, "METADATA")?,
            metadata(arguments, filename, context)?.to_string(),
        ),
        Member::generated(dist_info_member(&dist_info, "WHEEL")?, wheel.to_string()),
    ];
    let entry_points = arguments.metadata.entry_points.iter().map(|text| text.parse());
    let entry_points: Vec<EntryPoint> =
        entry_points.collect::<Result<_, _>>().map_err(WheelError::from)?;
    let entry_points = EntryPoints::new(entry_points).map_err(WheelError::from)?;
    if !entry_points.is_empty() {
        let path = dist_info_member(&dist_info, "entry_points.txt")?;
        members.push(Member::generated(path, entry_points.to_string()));
    }
    Ok(members)
}

fn metadata(
    arguments: &PackArguments,
    filename: &WheelFilename,
    context: &Context<'_>,
) -> Result<Metadata, Error> {
    let given = &arguments.metadata;
    let mut fields = MetadataFields::new(filename.distribution.clone(), filename.version.clone());
    fields.summary = parsed(given.summary.as_deref())?;
    fields.license = parsed(given.license.as_deref())?;
    fields.requires_python = parsed(given.requires_python.as_deref())?;
    fields.requires_dist = given
        .requires_dist
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()
        .map_err(WheelError::from)?;
    if let Some(file) = &given.description_file {
        let path = context.resolve(file);
        let bytes = read_file(&path).map_err(PackError::from)?;
        let description = Description::from_file(&path, bytes).map_err(WheelError::from)?;
        fields.description = Some(description);
    }
    Ok(Metadata::try_from(fields).map_err(WheelError::from)?)
}

fn parsed<T>(text: Option<&str>) -> Result<Option<T>, WheelError>
where
    T: std::str::FromStr,
    WheelError: From<T::Err>,
{
    text.map(str::parse).transpose().map_err(WheelError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_arguments_split_at_the_first_bare_equals_sign() {
        let cases: [(&str, Option<(&str, &str)>); 8] = [
            ("a=b", Some(("a", "b"))),
            ("a=b=c", Some(("a", "b=c"))),
            ("a\\=b=c", Some(("a=b", "c"))),
            ("a\\\\=c", Some(("a\\", "c"))),
            ("ä b;c=ö d\\e", Some(("ä b;c", "ö d\\e"))),
            ("=c", Some(("", "c"))),
            ("a", None),
            ("a\\", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(destination, source)| (destination.to_owned(), source));
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
