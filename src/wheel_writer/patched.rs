//! Applies a patch to a large file.

use std::io::{self, Write as _};

use super::scratch::Scratch;
use crate::elf_edit::Patch;
use crate::error::{Error, FileError};
use crate::opened_wheel::write_at;
use crate::source::{FileContent, Input};
use crate::temporary;

/// Bytes copied between two checks of the cancel flag.
const COPY_STEP: usize = 1 << 20;

/// Writes an edited file to a temporary file, so that memory does not hold it. Returns its content, and the
/// CRC-32 of the bytes before the edits.
pub(super) fn write(
    base: &[u8],
    patch: &Patch,
    scratch: Scratch<'_>,
) -> Result<(FileContent, u32), Error> {
    let Scratch { directory, cancel, .. } = scratch;
    let mut file =
        temporary::file(directory).map_err(FileError::on("create a file in", directory))?;
    let failed = |error: io::Error| FileError::on("write to a file in", directory)(error);
    let mut crc = crc32fast::Hasher::new();
    let mut copy = Vec::new();
    for step in base.chunks(COPY_STEP) {
        cancel.check()?;
        copy.clear();
        copy.extend_from_slice(step);
        crc.update(&copy);
        file.write_all(&copy).map_err(failed)?;
    }
    file.as_file().set_len(patch.kept()).map_err(failed)?;
    for (offset, bytes) in patch.writes() {
        write_at(file.as_file().file(), bytes, offset).map_err(failed)?;
    }
    write_at(file.as_file().file(), patch.tail(), patch.kept()).map_err(failed)?;
    // The file loses its name when `file` is dropped; the mapping keeps its bytes.
    let content = Input::find(file.path()).and_then(|input| input.open())?;
    Ok((content, crc.finalize()))
}
