//! `wheelworks retag`: the same wheel under a name with other tags.
//!
//! The members are copied as they are compressed, in their order and with their timestamps. Only WHEEL and
//! RECORD are new. Every member is inflated once to verify the digests that the new RECORD repeats.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err::File;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::arguments::RetagArguments;
use super::outputs::{self, Outputs};
use super::repack_plan::name_of;
use crate::context::{Context, Report};
use crate::created_directories::CreatedDirectories;
use crate::deflate::{ContentKind, Deflater, Inflater, Level};
use crate::digest::sha256;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::json;
use crate::opened_wheel::{
    Archive, ArchiveError, CheckedMember, FoundFile, MemberKind, UnpackedTotal,
    is_record_or_signature,
};
use crate::source::Change;
use crate::temporary;
use crate::wheel::{
    MemberPath, Record, RecordRow, Sha256Digest, WheelError, WheelFilename, WheelHeaders,
};
use crate::wheel_paths::{self, UnpackedWheels};
use crate::wheel_writer::dist_info_member;
use crate::zip::{ArchiveWriter, Method, Mode, Sizes, Timestamp};

/// The compression level of WHEEL and RECORD.
const LEVEL: u8 = 6;

/// Bytes copied between two checks of the cancel flag.
const COPY_STEP: usize = 1 << 20;

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
        let archive = Archive::open(input)?;
        let wheel = RetaggedWheel::new(&archive, &filename, arguments, context)?;
        outputs.claim(&out)?;
        let temp = wheel.write(&out, context)?;
        let summary = RetagSummary {
            wheel: out.display().to_string(),
            source: input.display().to_string(),
            members: wheel.members.len(),
            bytes_out: temp.as_file().metadata().map_err(FileError::on("read", &out))?.len(),
        };
        written.push((temp, out, summary));
    }
    context.cancel.check()?;
    let mut summaries = Vec::with_capacity(written.len());
    for (temp, out, summary) in written {
        temp.persist(&out).map_err(|error| FileError::on("rename a file to", &out)(error.error))?;
        summaries.push(summary);
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
    members: usize,
    /// Length of the wheel in bytes.
    bytes_out: u64,
}

/// Returns the name of a wheel with the tags that the arguments change, as text and parsed. The other parts stay as
/// they are written. The old tags need not be valid.
fn new_name(name: &str, arguments: &RetagArguments) -> Result<(String, WheelFilename), WheelError> {
    let parts: Vec<&str> = name.strip_suffix(".whl").unwrap_or_default().split('-').collect();
    let (start, build, [python, abi, platform]) = match *parts.as_slice() {
        [distribution, version, python, abi, platform] => {
            ([distribution, version], None, [python, abi, platform])
        }
        [distribution, version, build, python, abi, platform] => {
            ([distribution, version], Some(build), [python, abi, platform])
        }
        _ => return Ok((name.to_owned(), name.parse()?)),
    };
    let mut parts = start.map(str::to_owned).to_vec();
    let build = arguments.build_tag.as_deref().or(build);
    parts.extend(build.filter(|build| !build.is_empty()).map(str::to_owned));
    parts.push(changed(python, arguments.python_tag.as_deref()));
    parts.push(changed(abi, arguments.abi_tag.as_deref()));
    parts.push(changed(platform, arguments.platform_tag.as_deref()));
    let name = format!("{}.whl", parts.join("-"));
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

/// A wheel to copy, and its new files.
struct RetaggedWheel<'a> {
    archive: &'a Archive,
    /// The members that are copied or replaced.
    members: Vec<CheckedMember>,
    old_record: Record,
    dist_info: String,
    /// The members that are replaced.
    new: Vec<(MemberPath, Vec<u8>)>,
}

impl<'a> RetaggedWheel<'a> {
    fn new(
        archive: &'a Archive,
        filename: &WheelFilename,
        arguments: &RetagArguments,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let mut members = UnpackedTotal::new(arguments.limits.limits()).check(archive)?;
        let dist_info = archive.dist_info()?;
        let record_path = dist_info_member(&dist_info, "RECORD")?;
        members.retain(|CheckedMember { path, kind, .. }| {
            let is_signature = is_record_or_signature(path, &dist_info) && *path != record_path;
            *kind != MemberKind::Directory && !is_signature
        });
        let old_record = archive.read_record(&dist_info, context.cancel)?;
        let mut wheel = Self { archive, members, old_record, dist_info, new: Vec::new() };
        let mut rows = wheel.verified_rows(context)?;

        let path = dist_info_member(&wheel.dist_info, "WHEEL")?;
        let old = archive.read_named(path.as_str(), context.cancel)?;
        let headers = WheelHeaders::parse(&old).map_err(|error| ArchiveError::Metadata {
            archive: archive.path().to_owned(),
            source: error.into(),
        })?;
        if let Some(text) = headers.with_tags(&filename.tags, filename.build.as_ref()) {
            for row in rows.iter_mut().filter(|row| row.path == path) {
                (row.digest, row.size) = (sha256(text.as_bytes()), text.len() as u64);
            }
            wheel.new.push((path, text.into_bytes()));
        }
        let record = Record::new(rows).and_then(|record| record.render(&record_path));
        wheel.new.push((record_path, record.map_err(WheelError::from)?));
        Ok(wheel)
    }

    /// Inflates all members, and returns their rows of RECORD. Returns an error unless the old RECORD has the same.
    fn verified_rows(&self, context: &Context<'_>) -> Result<Vec<RecordRow>, Error> {
        let entries = self.archive.directory().entries();
        let total = self.members.iter().map(|member| entries[member.index].uncompressed).sum();
        let progress = context.progress_bar(total);
        let rows = context.pool.install(|| {
            let members = self.members.par_iter();
            members
                .filter(|member| !is_record_or_signature(&member.path, &self.dist_info))
                .map(|CheckedMember { path, index, .. }| {
                    let mut hasher = Sha256::new();
                    let sink = |part: &[u8]| {
                        hasher.update(part);
                        progress.add(part.len() as u64);
                        Ok(())
                    };
                    let entry = &entries[*index];
                    self.archive.read(entry, &mut Inflater::new(), context.cancel, sink)?;
                    let digest = Sha256Digest(hasher.finalize().into());
                    Ok(RecordRow { path: path.clone(), digest, size: entry.uncompressed })
                })
                .collect::<Result<Vec<_>, Error>>()
        })?;
        let files: Vec<FoundFile<'_>> = rows
            .iter()
            .map(|row| FoundFile { path: &row.path, size: row.size, digest: Some(row.digest) })
            .collect();
        self.archive.compare(&self.old_record, &files)?;
        Ok(rows)
    }

    /// Writes the wheel to a temporary file beside its output.
    fn write(&self, out: &Path, context: &Context<'_>) -> Result<NamedTempFile<File>, Error> {
        let mut temp = temporary::beside(out)?;
        let mut writer = ArchiveWriter::new(temp.as_file_mut(), Timestamp::EPOCH);
        let level = Level::new(LEVEL)
            .ok_or_else(|| Error::Internal(format!("compression level {LEVEL}")))?;
        let mut deflater = context.cache.deflaters().take(level);
        for member in &self.members {
            let written = self.append(member, &mut writer, &mut deflater, out, context.cancel);
            // The error for a truncated file takes precedence.
            self.archive.check_intact()?;
            written?;
        }
        context.cache.deflaters().give_back(level, deflater);
        writer.finish().map_err(FileError::on("write", out))?;
        if self.archive.check_unchanged()? == Change::Possible {
            self.verified_rows(context)?;
        }
        Ok(temp)
    }

    /// Appends a member: copied, or new.
    fn append(
        &self,
        member: &CheckedMember,
        writer: &mut ArchiveWriter<&mut File>,
        deflater: &mut Deflater,
        out: &Path,
        cancel: &CancelFlag,
    ) -> Result<(), Error> {
        let on_write = || FileError::on("write", out);
        let entry = &self.archive.directory().entries()[member.index];
        let mode = match member.kind {
            MemberKind::File(mode) => mode,
            MemberKind::Directory => Mode::Plain,
        };
        let new = self.new.iter().find(|(path, _)| *path == member.path).map(|(_, bytes)| bytes);
        let uncompressed = new.map_or(entry.uncompressed, |bytes| bytes.len() as u64);
        let mut open = writer.begin(member.path.as_str(), mode, uncompressed).map_err(on_write())?;
        open.set_timestamp(entry.timestamp);
        let Some(bytes) = new else {
            // Without the copy, a missing page would look like an error of the output.
            let mut copy = Vec::new();
            for step in self.archive.data(entry).bytes.chunks(COPY_STEP) {
                cancel.check()?;
                copy.clear();
                copy.extend_from_slice(step);
                writer.append(&copy).map_err(on_write())?;
            }
            if let Some(chunks) = &entry.chunks {
                open.describe_chunks(chunks.clone());
            }
            let sizes = Sizes { crc: entry.crc, uncompressed };
            writer.finish_member(&open, entry.method, sizes).map_err(on_write())?;
            return Ok(());
        };
        let compressed = deflater.compress_all(bytes, ContentKind::Other)?;
        let (data, method) = if compressed.bytes.len() < bytes.len() {
            (&compressed.bytes, Method::Deflated)
        } else {
            (bytes, Method::Stored)
        };
        writer.append(data).map_err(on_write())?;
        let sizes = Sizes { crc: compressed.crc, uncompressed };
        Ok(writer.finish_member(&open, method, sizes).map_err(on_write())?)
    }
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
