//! The plan of declared members and metadata: what the Bazel rules ask for.

use std::ffi::OsStr;
use std::path::Path;
use std::str::FromStr;

use super::error::PackError;
use super::member::{Member, Members, dist_info_member};
use super::{MetadataArguments, PackArguments, Plan, check_output_name};
use crate::context::Context;
use crate::error::Error;
use crate::shown::shown;
use crate::source::{Input, read_small};
use crate::wheel::{
    Description, EntryPoint, EntryPoints, License, MemberPath, Metadata, MetadataFields,
    WheelError, WheelFile, WheelFilename, WheelTags,
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
    let mut consulted = Vec::new();
    let mut warnings = Vec::new();
    let metadata = metadata(arguments, &filename, context, &mut consulted, &mut warnings)?;
    members.extend(dist_info_members(&arguments.metadata, &filename, &metadata)?);
    let members = Members::new(members, consulted, &filename.dist_info_dir(), context.cancel)?;
    Ok(Plan { filename, out: out.to_owned(), members, warnings })
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
    given: &MetadataArguments,
    filename: &WheelFilename,
    metadata: &Metadata,
) -> Result<Vec<Member>, Error> {
    let dist_info = filename.dist_info_dir();
    let wheel = WheelFile::new(filename.tags.clone(), filename.build.clone());
    let mut members = vec![
        Member::generated(dist_info_member(&dist_info, "METADATA")?, metadata.to_string()),
        Member::generated(dist_info_member(&dist_info, "WHEEL")?, wheel.to_string()),
    ];
    let entry_points: Vec<EntryPoint> = parsed_all(&given.entry_points)?;
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
    consulted: &mut Vec<Input>,
    warnings: &mut Vec<String>,
) -> Result<Metadata, Error> {
    let given = &arguments.metadata;
    let mut fields = MetadataFields::new(filename.distribution.clone(), filename.version.clone());
    fields.summary = parsed(given.summary.as_deref())?;
    fields.license = parsed(given.license.as_deref())?;
    fields.requires_python = parsed(given.requires_python.as_deref())?;
    fields.requires_dist = parsed_all(&given.requires_dist)?;
    if let Some(file) = &given.description_file {
        let path = context.resolve(file);
        let (input, bytes) = read_small(&path).map_err(PackError::from)?;
        consulted.push(input);
        fields.description = Some(Description::from_file(&path, bytes).map_err(WheelError::from)?);
    }
    if let Some(License::Text(text)) = &fields.license {
        warnings.push(format!(
            "the licence `{}` is no SPDX expression and becomes the older field `License`\n\
             hint: write it like `Apache-2.0`, or like `MIT AND BSD-3-Clause`",
            shown(text)
        ));
    }
    Ok(Metadata::try_from(fields).map_err(WheelError::from)?)
}

fn parsed_all<T>(texts: &[String]) -> Result<Vec<T>, WheelError>
where
    T: FromStr,
    WheelError: From<T::Err>,
{
    Ok(texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
}

fn parsed<T>(text: Option<&str>) -> Result<Option<T>, WheelError>
where
    T: FromStr,
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
