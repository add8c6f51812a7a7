//! A wheel with the device code of all its files.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use super::error::SlimError;
use crate::context::Context;
use crate::deflate::{Inflater, StreamIndex};
use crate::device_code::{DeviceCode, NoPayloads, ProblemKind};
use crate::error::Error;
use crate::opened_wheel::{
    Archive, CheckedMember, CompressedOffsets, LibraryPass, Limits, MemberKind, Strictness,
    UnpackedTotal,
};
use crate::source::MAP_THRESHOLD;
use crate::zip::Method;

/// A wheel whose files are read to their ends: their lengths and CRC-32s are verified.
pub(super) struct Scanned {
    pub(super) archive: Arc<Archive>,
    pub(super) members: Vec<CheckedMember>,
    /// The dist-info directory.
    pub(super) dist_info: String,
    /// The files with device code, in the archive's order.
    pub(super) libraries: Vec<Library>,
}

/// A file with device code.
pub(super) struct Library {
    pub(super) path: String,
    /// Its index in the archive's directory.
    pub(super) index: usize,
    pub(super) code: DeviceCode,
    /// Where its content is in the compressed data.
    pub(super) offsets: CompressedOffsets,
    /// The index of its stream, if it is compressed and large.
    pub(super) stream: Option<Arc<StreamIndex>>,
}

impl Scanned {
    /// Opens a wheel, and reads all files.
    pub(super) fn open(file: &Path, limits: Limits, context: &Context<'_>) -> Result<Self, Error> {
        let archive = Arc::new(Archive::open(file)?);
        let members = UnpackedTotal::new(limits).check(&archive)?;
        let dist_info = archive.dist_info()?;
        let mut files: Vec<&CheckedMember> =
            members.iter().filter(|it| it.kind != MemberKind::Directory).collect();
        // The largest first: it alone may take as long as all others together.
        let entries = archive.directory().entries();
        let compressed = |it: &CheckedMember| entries.get(it.index).map(|entry| entry.data.len());
        files.sort_by_key(|&it| std::cmp::Reverse(compressed(it)));
        let found: Result<Vec<Option<Library>>, Error> = context.pool.install(|| {
            let files = files.into_iter().par_bridge();
            files
                .map_init(Inflater::recording_index, |inflater, it| {
                    read(&archive, it, inflater, context)
                })
                .collect()
        });
        let mut libraries: Vec<Library> = found?.into_iter().flatten().collect();
        libraries.sort_unstable_by_key(|library| library.index);
        let scanned = Self { archive, members, dist_info, libraries };
        let is_full = |library: &&Library| {
            library.code.problems.iter().any(|problem| problem.kind == ProblemKind::TooMany)
        };
        match scanned.libraries.iter().find(is_full) {
            None => Ok(scanned),
            Some(library) => {
                let (wheel, member) = (scanned.name(), library.path.clone());
                Err(SlimError::TooMany { wheel, member }.into())
            }
        }
    }

    /// Returns the file's name.
    pub(super) fn name(&self) -> String {
        self.archive.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

fn read(
    archive: &Archive,
    member: &CheckedMember,
    inflater: &mut Inflater,
    context: &Context<'_>,
) -> Result<Option<Library>, Error> {
    context.cancel.check()?;
    let Some(entry) = archive.directory().entries().get(member.index) else { return Ok(None) };
    let (data, cancel) = (archive.data(entry), context.cancel);
    let mut pass = LibraryPass::new(data.uncompressed, NoPayloads);
    let (mut offsets, mut position) = (CompressedOffsets::default(), 0);
    // To its end, and without its chunk table: a table that lies would damage the library.
    let read = data.stream_with_positions(
        inflater,
        usize::MAX,
        Strictness::Lenient,
        cancel,
        |piece, read| {
            pass.feed(piece);
            position += piece.len() as u64;
            offsets.push(position, read as u64);
            ControlFlow::<()>::Continue(())
        },
    );
    archive.checked(entry, read)?;
    let stream = inflater.take_index();
    let finished = pass.finish(&data, stream.as_ref(), &|| NoPayloads, inflater, cancel);
    let code = archive.checked(entry, finished)?.code;
    if code.is_empty() {
        return Ok(None);
    }
    let (path, index) = (member.path.as_str().to_owned(), member.index);
    let is_large = entry.uncompressed >= MAP_THRESHOLD && entry.method == Method::Deflated;
    let stream = stream.filter(|_| is_large).map(Arc::new);
    Ok(Some(Library { path, index, code, offsets, stream }))
}
