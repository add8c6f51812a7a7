//! rpm's own database, `Packages.db`: pages of slots, then blobs in blocks of 16 bytes. All numbers are
//! little-endian. The format is described in rpm's `lib/backend/ndb/rpmpkg.c`.

use super::integers::le32;
use super::{Problem, Visit};

const MAGIC: &[u8; 4] = b"RpmP";
const SLOT_MAGIC: &[u8; 4] = b"Slot";
const BLOB_MAGIC: &[u8; 4] = b"BlbS";

const PAGE: usize = 4096;
const SLOT: usize = 16;
/// Slots that the header of the database takes.
const HEADER_SLOTS: usize = 2;
const BLOCK: usize = 16;
/// Size of a blob's header: magic, package, generation, length.
const BLOB_HEADER: usize = 16;

/// Calls `visit` with the header of each package.
pub(super) fn read(bytes: &[u8], visit: &mut Visit<'_>) -> Result<(), Problem> {
    if !bytes.starts_with(MAGIC) {
        return Err("expected the magic number `RpmP`");
    }
    let size = le32(bytes, 12)
        .and_then(|pages| usize::try_from(pages).ok()?.checked_mul(PAGE))
        .and_then(|size| bytes.get(..size))
        .ok_or("there are fewer pages of slots than the header says")?;
    // Each byte belongs to one blob.
    let mut budget = bytes.len();
    for slot in size.chunks_exact(SLOT).skip(HEADER_SLOTS) {
        if !slot.starts_with(SLOT_MAGIC) {
            return Err("a slot has no magic number");
        }
        let [package, block] = [4, 8].map(|at| le32(slot, at).unwrap_or_default());
        if package == 0 || block == 0 {
            continue;
        }
        let blob = usize::try_from(block)
            .ok()
            .and_then(|block| bytes.get(block.checked_mul(BLOCK)?..))
            .filter(|blob| blob.starts_with(BLOB_MAGIC) && le32(blob, 4) == Some(package))
            .ok_or("a slot leads to no blob of its package")?;
        let header = le32(blob, 12)
            .and_then(|len| blob.get(BLOB_HEADER..)?.get(..usize::try_from(len).ok()?))
            .ok_or("a blob is longer than the database")?;
        budget = budget.checked_sub(header.len()).ok_or("blobs overlap")?;
        visit(header)?;
    }
    Ok(())
}
