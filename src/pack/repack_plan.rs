//! Plans to write a wheel of another tool again: the same members, with the paths and in the order that
//! packing the unpacked wheel gives.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::RepackArguments;
use super::error::{ArgumentsError, OutputError};
use super::origin::Origin;
use super::plan::PackPlan;
use super::source_dist_info::{NamedWheel, SourceDistInfo, renamed};
use crate::context::Context;
use crate::error::Error;
use crate::opened_wheel::{
    Archive, ArchiveError, CheckedMember, FoundFile, MemberKind, UnpackedTotal,
    is_record_or_signature,
};
use crate::wheel::{Record, WheelFilename};
use crate::wheel_paths::{self, UnpackedWheels};
use crate::wheel_writer::{ArchivedMember, Member, WheelPlan};

/// Returns the wheels to write again.
pub(super) fn inputs(
    arguments: &RepackArguments,
    context: &Context<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let wheels = match (arguments.for_one_wheel(), arguments.wheels.as_slice()) {
        // A directory must have one wheel: the message lists them.
        (Some(_), [only]) if only != Path::new("-") => vec![wheel_paths::only(only, context)?],
        _ => wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?,
    };
    match arguments.for_one_wheel() {
        Some(option) if wheels.len() != 1 => {
            Err(ArgumentsError::OneOutput { option, found: wheels.len() }.into())
        }
        _ => Ok(wheels.iter().map(|wheel| context.resolve(wheel)).collect()),
    }
}

/// Plans to write `wheel` again.
pub(super) fn plan(
    wheel: &Path,
    arguments: &RepackArguments,
    context: &Context<'_>,
) -> Result<PackPlan, Error> {
    let archive = Arc::new(Archive::open(wheel)?);
    let checked = UnpackedTotal::new(arguments.limits.limits()).check(&archive)?;
    let old_dist_info = archive.dist_info()?;
    let record = archive.read_record(&old_dist_info, context.cancel)?;
    compare_names(&archive, &checked, &record, &old_dist_info)?;

    let stem = old_dist_info.strip_suffix(".dist-info").unwrap_or_default().to_owned();
    let found = SourceDistInfo::named(wheel, stem)?;
    let given = name_of(wheel).parse().ok();
    let NamedWheel { filename, new_wheel_file } = found.read(wheel, given.as_ref(), |file| {
        let member = file.strip_prefix(wheel).unwrap_or(file).to_string_lossy();
        archive.read_named(&member, context.cancel)
    })?;
    check_name(wheel, &filename, arguments.expect_name.as_deref())?;
    let out = match (&arguments.out, &arguments.wheel_dir) {
        (Some(out), _) => context.resolve(out),
        (None, Some(directory)) => context.resolve(directory).join(filename.to_string()),
        (None, None) => context.resolve(Path::new(&filename.to_string())),
    };
    if arguments.write.repair.is_empty() {
        check_output_name(&out, &filename)?;
    }

    let names = found.new_names(&filename);
    let mut members = Vec::with_capacity(checked.len());
    for CheckedMember { path, kind, index } in checked {
        let MemberKind::File(mode) = kind else { continue };
        if is_record_or_signature(&path, &old_dist_info) {
            continue;
        }
        let new = renamed(path.clone(), &names)
            .map_err(|source| ArchiveError::Path { archive: wheel.to_owned(), source })?;
        let source = ArchivedMember { archive: Arc::clone(&archive), path, index };
        members.push(Member::archived(new, mode, source));
    }
    let mut warnings = warnings(wheel, &filename);
    let mut old_wheel_file = None;
    if let Some(new) = new_wheel_file {
        old_wheel_file = Some(new.old_row(&old_dist_info)?);
        new.replace(&filename.dist_info_dir(), &mut members, &mut warnings)?;
    }
    let wheel = WheelPlan::new(filename, out, members, Vec::new(), context.cancel)?;
    let origin = Some(Origin { archive, record, old_wheel_file, replaced: Vec::new() });
    let name = wheel.filename.clone();
    Ok(PackPlan { wheel, name, warnings, origin })
}

/// Returns the normalised spelling of a wheel's name, which older tools do not use. Returns any
/// other name unchanged.
fn canonical(name: &str) -> String {
    name.parse().map_or_else(|_| name.to_owned(), |name: WheelFilename| name.to_string())
}

/// Returns the file name of a path, with U+FFFD where it is not UTF-8.
pub(super) fn name_of(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// Returns an error unless `filename`, the name of the new wheel, is the expected one, in any spelling.
fn check_name(
    wheel: &Path,
    filename: &WheelFilename,
    expected: Option<&str>,
) -> Result<(), OutputError> {
    let found = filename.to_string();
    match expected {
        Some(expected) if found != canonical(expected) => Err(OutputError::UnexpectedName {
            wheel: wheel.to_owned(),
            expected: expected.to_owned(),
            found,
        }),
        _ => Ok(()),
    }
}

/// Returns an error unless the output has the name that METADATA and WHEEL give, in any spelling.
fn check_output_name(out: &Path, filename: &WheelFilename) -> Result<(), OutputError> {
    let expected = filename.to_string();
    match name_of(out).parse::<WheelFilename>() {
        Ok(name) if name.to_string() == expected => Ok(()),
        _ => Err(OutputError::WrongName { out: out.to_owned(), expected }),
    }
}

/// Compares the names in RECORD with the members, before anything is compressed.
fn compare_names(
    archive: &Archive,
    members: &[CheckedMember],
    record: &Record,
    dist_info: &str,
) -> Result<(), ArchiveError> {
    let entries = archive.directory().entries();
    let files = members.iter().filter(|member| {
        member.kind != MemberKind::Directory && !is_record_or_signature(&member.path, dist_info)
    });
    let files: Vec<FoundFile<'_>> = files
        .map(|member| FoundFile {
            path: &member.path,
            size: entries[member.index].uncompressed,
            digest: None,
        })
        .collect();
    archive.compare(record, &files)
}

/// Returns a warning if the file name disagrees with METADATA and WHEEL: then the wheel was renamed.
fn warnings(wheel: &Path, filename: &WheelFilename) -> Vec<String> {
    let name = name_of(wheel);
    let expected = filename.to_string();
    if canonical(&name) == expected {
        return Vec::new();
    }
    vec![format!(
        "`{}` is the wheel `{expected}`, as its METADATA and WHEEL say\n\
         hint: give a wheel its name in the build, not afterwards",
        crate::escape::escape_truncated(&name)
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_expected_in_any_spelling() {
        let filename: WheelFilename = "Script.Example-1.0-py3.py2-none-any.whl".parse().unwrap();
        let check = |expected: Option<&str>| check_name(Path::new("dir/x"), &filename, expected);
        check(Some("script_example-1.0-py2.py3-none-any.whl")).unwrap();
        check(Some("SCRIPT.EXAMPLE-1.0-py3.py2-none-any.whl")).unwrap();
        check(None).unwrap();
        for other in ["script_example-1.0-py3-none-any.whl", "not a wheel", ""] {
            let error = check(Some(other)).unwrap_err();
            let OutputError::UnexpectedName { expected, found, .. } = error else {
                panic!("{error}")
            };
            assert_eq!((&*expected, found), (other, filename.to_string()));
        }
    }
}
