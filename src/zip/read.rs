//! Reads an archive back, with the `zip` crate: another implementation than the writer's.

use std::io::{self, BufReader, Read};
use std::path::Path;

use fs_err::File;
use thiserror::Error;

use crate::error::Diagnose;

/// An archive that does not read back.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The archive as a whole.
    #[error("`{archive}` is not a readable ZIP archive: {source}")]
    Archive {
        /// The archive's path.
        archive: String,
        /// The reader's error.
        source: zip::result::ZipError,
    },
    /// One member: its header, its data or its CRC.
    #[error("member `{member}` of `{archive}` does not read back: {source}")]
    Member {
        /// The archive's path.
        archive: String,
        /// The member's name.
        member: String,
        /// The reader's error.
        source: io::Error,
    },
}

impl Diagnose for ReadError {}

/// Passes every member's name and decompressed data to `visit`, in the order of the directory. The
/// reader returns an error at the end of the data if its CRC-32 or size is wrong, so `visit` must
/// read to the end.
pub fn read_back(
    archive_path: &Path,
    mut visit: impl FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> Result<(), ReadError> {
    let archive_name = || archive_path.display().to_string();
    let on_archive = |source| ReadError::Archive { archive: archive_name(), source };
    let file = File::open(archive_path).map_err(|error| on_archive(error.into()))?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(on_archive)?;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(on_archive)?;
        let name = member.name().map_err(on_archive)?.into_owned();
        visit(&name, &mut member).map_err(|source| ReadError::Member {
            archive: archive_name(),
            member: name,
            source,
        })?;
    }
    Ok(())
}
