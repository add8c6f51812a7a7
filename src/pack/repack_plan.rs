//! Plans to write a wheel of another tool again: the same members, with the paths and in the order that
//! packing the unpacked wheel gives.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::RepackArguments;
use super::error::{ArgumentsError, OutputError};
use super::origin::Origin;
use super::plan::PackPlan;
use super::source_dist_info::{SourceDistInfo, renamed};
use crate::context::Context;
use crate::error::{Error, FileError};
use crate::opened_wheel::{
    Archive, ArchiveError, CheckedMember, FoundFile, MemberKind, UnpackedTotal,
    is_record_or_signature,
};
use crate::wheel::{Record, WheelFilename};
use crate::wheel_writer::{ArchivedMember, Member, WheelPlan};

/// Plans one of the wheels that `arguments` name.
pub(super) fn plan(
    wheel: &Path,
    arguments: &RepackArguments,
    context: &Context<'_>,
) -> Result<PackPlan, Error> {
    check_count(arguments)?;
    let wheel = wheel_file(&context.resolve(wheel))?;
    check_name(&wheel, arguments.expect_name.as_deref())?;
    let archive = Arc::new(Archive::open(&wheel)?);
    let checked = UnpackedTotal::new(arguments.limits.limits()).check(&archive)?;
    let old_dist_info = archive.dist_info()?;
    let record = archive.read_record(&old_dist_info, context.cancel)?;
    compare_names(&archive, &checked, &record, &old_dist_info)?;

    let stem = old_dist_info.strip_suffix(".dist-info").unwrap_or_default().to_owned();
    let found = SourceDistInfo::named(&wheel, stem)?;
    let filename = found.read(&wheel, |file| {
        let member = file.strip_prefix(&wheel).unwrap_or(file).to_string_lossy();
        archive.read_named(&member, context.cancel)
    })?;
    let out = match (&arguments.out, &arguments.wheel_dir) {
        (Some(out), _) => context.resolve(out),
        (None, Some(directory)) => context.resolve(directory).join(filename.to_string()),
        (None, None) => return Err(Error::Internal("no output was named".to_owned())),
    };
    check_output_name(&out, &filename)?;

    let names = found.new_names(&filename);
    let mut members = Vec::with_capacity(checked.len());
    for CheckedMember { path, kind, index } in checked {
        let MemberKind::File(mode) = kind else { continue };
        if is_record_or_signature(&path, &old_dist_info) {
            continue;
        }
        let new = renamed(path.clone(), &names)
            .map_err(|source| ArchiveError::Path { archive: wheel.clone(), source })?;
        let source = ArchivedMember { archive: Arc::clone(&archive), path, index };
        members.push(Member::archived(new, mode, source));
    }
    let warnings = warnings(&wheel, &filename);
    let wheel = WheelPlan::new(filename, out, members, Vec::new(), context.cancel)?;
    let origin = Some(Origin { archive, record });
    Ok(PackPlan { wheel, warnings, origin })
}

fn check_count(arguments: &RepackArguments) -> Result<(), ArgumentsError> {
    let single = [
        ("--out", arguments.out.is_some()),
        ("--expect-name", arguments.expect_name.is_some()),
        ("--audit", arguments.write.audit.audit.is_some()),
    ];
    let found = arguments.wheels.len();
    match single.iter().find(|(_, is_given)| *is_given && found != 1) {
        Some((option, _)) => Err(ArgumentsError::OneOutput { option, found }),
        None => Ok(()),
    }
}

/// Returns the wheel at `path`, or the one wheel in the directory `path`: a build may not know the file name
/// beforehand.
fn wheel_file(path: &Path) -> Result<PathBuf, Error> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let mut found = Vec::new();
    for entry in fs_err::read_dir(path).map_err(FileError::on("read", path))? {
        let name = entry.map_err(FileError::on("read", path))?.file_name();
        if Path::new(&name).extension() == Some(OsStr::new("whl")) {
            found.push(name.to_string_lossy().into_owned());
        }
    }
    if let [only] = found.as_slice() {
        return Ok(path.join(only));
    }
    found.sort_unstable();
    Err(OutputError::NotOneWheel { directory: path.to_owned(), found }.into())
}

/// Returns the normalised spelling of a wheel's name, which older tools do not use. Returns any
/// other name unchanged.
fn canonical(name: &str) -> String {
    name.parse().map_or_else(|_| name.to_owned(), |name: WheelFilename| name.to_string())
}

fn check_name(wheel: &Path, expected: Option<&str>) -> Result<(), OutputError> {
    let found = wheel.file_name().unwrap_or_default().to_string_lossy();
    match expected {
        Some(expected) if canonical(&found) != canonical(expected) => {
            Err(OutputError::UnexpectedName {
                wheel: wheel.to_owned(),
                expected: expected.to_owned(),
                found: found.into_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// Returns an error unless the output has the name that METADATA and WHEEL give, in any spelling.
fn check_output_name(out: &Path, filename: &WheelFilename) -> Result<(), OutputError> {
    let expected = filename.to_string();
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    match name.parse::<WheelFilename>() {
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
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
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
        let check = |found: &str, expected: &str| check_name(Path::new(found), Some(expected));
        let same = "dir/Script.Example-1.0-py3.py2-none-any.whl";
        check(same, "script_example-1.0-py2.py3-none-any.whl").unwrap();
        check("dir/not a wheel", "not a wheel").unwrap();
        for other in ["script_example-1.0-py3-none-any.whl", "not a wheel", ""] {
            let error = check(same, other).unwrap_err();
            let OutputError::UnexpectedName { expected, found, .. } = error else {
                panic!("{error}")
            };
            assert_eq!((&*expected, &*found), (other, &same[4..]));
        }
        check_name(Path::new(same), None).unwrap();
    }
}
