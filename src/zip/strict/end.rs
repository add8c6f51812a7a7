//! The end records of an archive (4.3.14 to 4.3.16). Finds the directory even if they are wrong.

use std::ops::Range;

use super::{Flaw, FlawKind, FlawSink};
use crate::zip::directory::{
    DirectoryError, DirectoryFields, END_LEN, End, Fields, ZIP64_END_LEN, ZIP64_LOCATOR_LEN,
};
use crate::zip::format::{
    CENTRAL_HEADER_SIGNATURE, END_SIGNATURE, IN_ZIP64_EXTRA, LOCAL_HEADER_SIGNATURE,
    ZIP64_END_SIGNATURE, ZIP64_LOCATOR_SIGNATURE,
};

/// How many last bytes are searched for an end record that is not at the end of the file.
const TAIL_BYTES: usize = 1 << 20;

/// Bytes after the size field of a ZIP64 end record without extensible data.
const ZIP64_END_REMAINING: u64 = 44;

/// The position of the directory, and its number of members.
pub(super) struct Ending {
    pub(super) directory: Range<usize>,
    pub(super) count: u64,
    /// The number to add to the offsets in the directory.
    pub(super) shift: i64,
}

impl Ending {
    pub(super) fn find(archive: &[u8], sink: &mut FlawSink<'_>) -> Result<Self, DirectoryError> {
        let mut report = |kind, found| sink(Flaw { kind, member: None, found });
        let at = match End::position(archive) {
            Some(at) => at,
            None => last_signature(archive).ok_or(DirectoryError::NoEnd)?,
        };
        let fields = Fields { archive, at };
        let comment = usize::from(fields.u16(20)?);
        let end = at + END_LEN + comment;
        if end < archive.len() {
            report(FlawKind::Trailing, format!("{} bytes from {end} on", archive.len() - end));
        } else if end > archive.len() {
            let found = format!("its comment should have {comment} bytes, and is cut short");
            report(FlawKind::End, found);
        } else if comment > 0 {
            report(FlawKind::Comment, format!("{comment} bytes"));
        }
        if (fields.u16(4)?, fields.u16(6)?) != (0, 0) {
            report(FlawKind::End, "it names other disks than the first".to_owned());
        }
        if fields.u16(8)? != fields.u16(10)? {
            let found = format!(
                "it counts {} members on this disk, and {} in all",
                fields.u16(8)?,
                fields.u16(10)?
            );
            report(FlawKind::End, found);
        }
        let short = DirectoryFields {
            count: fields.u16(10)?.into(),
            len: fields.u32(12)?.into(),
            offset: fields.u32(16)?.into(),
        };
        let (stated, directory_end) = zip64(archive, at, short, &mut report).unwrap_or((short, at));
        Self::locate(archive, stated, directory_end, &mut report)
    }

    /// Finds the directory: it ends where the end records begin, or begins at the offset that they
    /// state.
    fn locate(
        archive: &[u8],
        stated: DirectoryFields,
        end: usize,
        report: &mut dyn FnMut(FlawKind, String),
    ) -> Result<Self, DirectoryError> {
        let is_directory = |start: &usize| {
            *start <= end
                && (stated.count == 0
                    || Fields { archive, at: *start }.u32(0).ok() == Some(CENTRAL_HEADER_SIGNATURE))
        };
        let offset = usize::try_from(stated.offset).ok();
        let by_len = usize::try_from(stated.len).ok().and_then(|len| end.checked_sub(len));
        let start = by_len.filter(is_directory).or_else(|| offset.filter(is_directory)).ok_or(
            DirectoryError::Record {
                offset: end as u64,
                expected: "a central directory where the end record says",
                found: format!("none, {} bytes before it or at {}", stated.len, stated.offset),
            },
        )?;
        if by_len != Some(start) {
            let (len, found) = (stated.len, end - start);
            report(
                FlawKind::End,
                format!("it says that the directory has {len} bytes, not {found}"),
            );
        }
        let shift = shift(archive, start, stated.offset);
        // `check_positions` reports bytes in front of the archive.
        if offset != Some(start) && shift <= 0 {
            let claimed = stated.offset;
            let found = format!("it says that the directory is at {claimed}, and it is at {start}");
            report(FlawKind::End, found);
        }
        Ok(Self { directory: start..end, count: stated.count, shift })
    }
}

/// Returns the number to add to the offsets in the directory: the number of bytes in front of the
/// archive, if the first member is found with it. If only the directory's own offset is wrong, that
/// is 0.
fn shift(archive: &[u8], start: usize, stated: u64) -> i64 {
    let shift = i64::try_from(start).unwrap_or(i64::MAX).saturating_sub_unsigned(stated);
    let first = Fields { archive, at: start }.u32(42).ok().map(u64::from);
    let is_member = |shift: i64| {
        let at = first.and_then(|first| usize::try_from(first.checked_add_signed(shift)?).ok());
        at.and_then(|at| Fields { archive, at }.u32(0).ok()) == Some(LOCAL_HEADER_SIGNATURE)
    };
    if !is_member(shift) && is_member(0) { 0 } else { shift }
}

/// Returns the values of the ZIP64 records in front of the end record, and their offset.
fn zip64(
    archive: &[u8],
    end: usize,
    short: DirectoryFields,
    report: &mut dyn FnMut(FlawKind, String),
) -> Option<(DirectoryFields, usize)> {
    let locator = end
        .checked_sub(ZIP64_LOCATOR_LEN)
        .filter(|&at| Fields { archive, at }.u32(0).ok() == Some(ZIP64_LOCATOR_SIGNATURE));
    let Some(locator) = locator else {
        // A count of 65,535 may be the real count.
        if short.len == u64::from(IN_ZIP64_EXTRA) || short.offset == u64::from(IN_ZIP64_EXTRA) {
            report(
                FlawKind::Zip64End,
                "the end record refers to a ZIP64 end record, but none precedes it".to_owned(),
            );
        }
        return None;
    };
    let is_end = |at: &usize| Fields { archive, at: *at }.u32(0).ok() == Some(ZIP64_END_SIGNATURE);
    let stated_at = Fields { archive, at: locator }.u64(8).ok()?;
    let before = locator.checked_sub(ZIP64_END_LEN).filter(is_end);
    let at = before
        .or_else(|| usize::try_from(stated_at).ok().filter(is_end).filter(|&at| at < locator));
    let Some(at) = at else {
        report(FlawKind::Zip64End, "there is a locator of it, and nothing else".to_owned());
        return None;
    };
    if stated_at != at as u64 {
        report(FlawKind::Zip64End, format!("its locator says {stated_at}, and it is at {at}"));
    }
    let fields = Fields { archive, at };
    let remaining = fields.u64(4).ok()?;
    if remaining != ZIP64_END_REMAINING {
        report(FlawKind::Zip64End, format!("its size is {remaining}, not {ZIP64_END_REMAINING}"));
    }
    if fields.u64(24).ok()? != fields.u64(32).ok()? {
        report(FlawKind::Zip64End, "it has two counts of members".to_owned());
    }
    let long = DirectoryFields {
        count: fields.u64(32).ok()?,
        len: fields.u64(40).ok()?,
        offset: fields.u64(48).ok()?,
    };
    let agrees = short.agrees_with(long);
    if !agrees {
        report(FlawKind::Zip64End, "it contradicts the end record behind it".to_owned());
    }
    // Python's zipfile always reads it, other readers only if the end record refers to it.
    Some((if short.refers_to_zip64() || !agrees { long } else { short }, at))
}

/// Returns the last offset near the file's end that has the signature of an end record.
fn last_signature(archive: &[u8]) -> Option<usize> {
    let last = archive.len().checked_sub(END_LEN)?;
    let first = last.saturating_sub(TAIL_BYTES);
    (first..=last).rev().find(|&at| Fields { archive, at }.u32(0).ok() == Some(END_SIGNATURE))
}
