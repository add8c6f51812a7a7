//! `wheelworks retag`: the same wheel under a name with other tags.
//!
//! The members are copied as they are compressed, in their order and with their timestamps. Only WHEEL and
//! RECORD are new. Every member is inflated once to verify the digests that the new RECORD repeats.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::arguments::RetagArguments;
use super::outputs::{self, Outputs};
use super::repack_plan::name_of;
use crate::context::{Context, Report};
use crate::created_directories::CreatedDirectories;
use crate::deflate::Level;
use crate::error::Error;
use crate::json;
use crate::opened_wheel::{
    Archive, ArchiveError, CheckedMember, FoundFile, MemberKind, UnpackedTotal,
    is_record_or_signature,
};
use crate::wheel::{FilenameParts, MemberPath, RecordRow, WheelError, WheelFilename, WheelHeaders};
use crate::wheel_paths::{self, UnpackedWheels};
use crate::wheel_writer::{
    self, ArchivedMember, CopiedMember, Member, UnpublishedWheel, Verification, WheelPlan,
    WriteOptions, dist_info_member,
};
use crate::zip::Timestamp;

/// The compression level of WHEEL and RECORD.
const LEVEL: u8 = 6;

/// Writes wheels with other tags. All are written before the first gets its name.
pub fn run(arguments: &RetagArguments, context: &Context<'_>) -> Result<Report, Error> {
    let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?;
    let inputs: Vec<PathBuf> = wheels.iter().map(|wheel| context.resolve(wheel)).collect();
    let wheel_dir = arguments.wheel_dir.as_ref().map(|directory| context.resolve(directory));
    // Dropped after the temporary files in it.
    let _created = wheel_dir.as_deref().map(CreatedDirectories::create).transpose()?;
    let mut outputs = Outputs::default();
    let mut written = Vec::with_capacity(inputs.len());
    for input in &inputs {
        let (name, filename) = new_name(&name_of(input), arguments)?;
        let out = match &wheel_dir {
            Some(directory) => directory.join(name),
            None => input.with_file_name(name),
        };
        if !arguments.force {
            outputs::refuse_inputs(&out, inputs.iter().cloned())?;
        }
        outputs.claim(&out)?;
        written.push((retag(input, filename, out, arguments, context)?, input));
    }
    context.cancel.check()?;
    let mut summaries = Vec::with_capacity(written.len());
    for (wheel, input) in written {
        let published = wheel.publish(context.cache)?;
        let counts = &published.written.counts;
        context.metrics.count(counts);
        summaries.push(RetagSummary {
            wheel: published.plan.out.display().to_string(),
            source: input.display().to_string(),
            members: counts.members,
            bytes_out: counts.bytes_out,
        });
    }
    let stdout = if arguments.report.is_json() {
        json::document(summaries)?
    } else if context.common.quiet {
        String::new()
    } else {
        summaries.iter().flat_map(|it| [it.wheel.as_str(), "\n"]).collect()
    };
    Ok(Report { stdout, ..Report::default() })
}

/// A new wheel in the report as JSON.
#[derive(Debug, Serialize)]
struct RetagSummary {
    wheel: String,
    /// The wheel that it was made from.
    source: String,
    /// Members, including RECORD.
    members: u64,
    /// Length of the wheel in bytes.
    bytes_out: u64,
}

/// Returns the name of a wheel with the tags that the arguments change, as text and parsed. The other parts stay as
/// they are written. The old tags need not be valid.
fn new_name(name: &str, arguments: &RetagArguments) -> Result<(String, WheelFilename), WheelError> {
    let Ok(old) = FilenameParts::split(name) else { return Ok((name.to_owned(), name.parse()?)) };
    let build = arguments.build_tag.as_deref().or(old.build);
    let name = FilenameParts {
        build: build.filter(|build| !build.is_empty()),
        python: &changed(old.python, arguments.python_tag.as_deref()),
        abi: &changed(old.abi, arguments.abi_tag.as_deref()),
        platform: &changed(old.platform, arguments.platform_tag.as_deref()),
        ..old
    }
    .to_string();
    let filename: WheelFilename = name.parse()?;
    filename.tags.check()?;
    Ok((name, filename))
}

/// Returns a compressed set of tags after a change: `+` in front adds tags, `-` removes some, and without either
/// the new tags replace the old ones.
fn changed(tags: &str, change: Option<&str>) -> String {
    let mut set: BTreeSet<&str> = tags.split('.').collect();
    match change.map(|change| (change.chars().next(), change)) {
        None => {}
        Some((Some('+'), added)) => set.extend(added[1..].split('.')),
        Some((Some('-'), removed)) => removed[1..].split('.').for_each(|tag| {
            set.remove(tag);
        }),
        Some((_, new)) => set = new.split('.').collect(),
    }
    set.into_iter().collect::<Vec<_>>().join(".")
}

/// Writes a wheel with other tags to a temporary file beside its output.
fn retag(
    input: &Path,
    filename: WheelFilename,
    out: PathBuf,
    arguments: &RetagArguments,
    context: &Context<'_>,
) -> Result<UnpublishedWheel, Error> {
    let archive = Arc::new(Archive::open(input)?);
    let plan = plan(&archive, filename, out, arguments, context)?;
    let options = WriteOptions {
        level: Level::new(LEVEL),
        collect_facts: false,
        chunk_tables: true,
        timestamp: Timestamp::EPOCH,
        pool: context.pool,
        cancel: context.cancel,
        cache: context.cache,
        digests: context.digests,
        base: None,
    };
    let progress = context.progress_bar(plan.members.total_len());
    let mut wheel = wheel_writer::write(plan, &options, &mut |bytes| progress.set(bytes))?;
    if context.environment.validate_output {
        wheel.validate(context.cancel)?;
    }
    wheel.verify_inputs(context.cancel)?;
    wheel.prepare_cache_entry(context.cache);
    Ok(wheel)
}

/// Plans to copy all members but WHEEL, in their order and with their timestamps.
fn plan(
    archive: &Arc<Archive>,
    filename: WheelFilename,
    out: PathBuf,
    arguments: &RetagArguments,
    context: &Context<'_>,
) -> Result<WheelPlan, Error> {
    let checked = UnpackedTotal::new(arguments.limits.limits()).check(archive)?;
    let dist_info = archive.dist_info()?;
    let record = archive.read_record(&dist_info, context.cancel)?;
    let entries = archive.directory().entries();
    let files = checked.iter().filter(|member| {
        member.kind != MemberKind::Directory && !is_record_or_signature(&member.path, &dist_info)
    });
    let files: Vec<FoundFile<'_>> = files
        .map(|CheckedMember { path, index, .. }| {
            let size = entries.get(*index).map_or(0, |entry| entry.uncompressed);
            FoundFile { path, size, digest: None }
        })
        .collect();
    archive.compare(&record, &files)?;
    let rows: HashMap<&MemberPath, &RecordRow> =
        record.rows().iter().map(|row| (&row.path, row)).collect();
    let new_wheel_file = new_wheel_file(archive, &dist_info, &filename, context)?;

    let mut members = Vec::with_capacity(checked.len());
    let mut record_timestamp = Timestamp::EPOCH;
    for CheckedMember { path, kind, index } in &checked {
        let (MemberKind::File(mode), Some(entry)) = (*kind, entries.get(*index)) else { continue };
        if is_record_or_signature(path, &dist_info) {
            if path.strip_dir(&dist_info) == Some("RECORD") {
                record_timestamp = entry.timestamp;
            }
            continue;
        }
        let member = match &new_wheel_file {
            Some((wheel_path, text)) if wheel_path == path => {
                Member::generated(path.clone(), text.as_slice())
            }
            _ => {
                let (archive, index) = (Arc::clone(archive), *index);
                let source = ArchivedMember { archive, path: path.clone(), index };
                let row = rows.get(path).copied();
                let copied = CopiedMember::new(source, row, Verification::Digest, None)?;
                Member::copied(path.clone(), mode, copied)
            }
        };
        members.push(member.with_timestamp(entry.timestamp));
    }
    WheelPlan::in_order(filename, out, members, &dist_info, record_timestamp)
}

/// Returns the path and the bytes of WHEEL with the tags of a name; `None` if it has them.
fn new_wheel_file(
    archive: &Archive,
    dist_info: &str,
    filename: &WheelFilename,
    context: &Context<'_>,
) -> Result<Option<(MemberPath, Vec<u8>)>, Error> {
    let path = dist_info_member(dist_info, "WHEEL")?;
    let old = archive.read_named(path.as_str(), context.cancel)?;
    let headers = WheelHeaders::parse(&old).map_err(|error| ArchiveError::Metadata {
        archive: archive.path().to_owned(),
        source: error.into(),
    })?;
    Ok(headers.with_tags(&filename.tags, filename.build.as_ref()).map(|text| (path, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of `wheel tags` 0.48.
    #[test]
    fn tags_are_replaced_added_and_removed() {
        for (tags, change, expected) in [
            ("py3.py2", None, "py2.py3"),
            ("py2.py3", Some("cp312"), "cp312"),
            ("py3", Some("py2.py3"), "py2.py3"),
            ("py3", Some("+py2.py3"), "py2.py3"),
            ("a.b.c", Some("-c.a.x"), "b"),
            ("a", Some("-a"), ""),
            ("a", Some(""), ""),
        ] {
            assert_eq!(changed(tags, change), expected, "{tags} {change:?}");
        }
    }
}
