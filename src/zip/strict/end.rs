//! The records that end an archive (4.3.14 to 4.3.16): where the directory is, by what they say or
//! in spite of it.

use std::ops::Range;

use super::{Flaw, FlawKind, Sink};
use crate::zip::directory::{
    DirectoryError, END_LEN, End, Fields, ZIP64_END_LEN, ZIP64_LOCATOR_LEN,
};
use crate::zip::format::{
    CENTRAL_HEADER_SIGNATURE, END_SIGNATURE, IN_ZIP64_END, IN_ZIP64_EXTRA, LOCAL_HEADER_SIGNATURE,
    ZIP64_END_SIGNATURE, ZIP64_LOCATOR_SIGNATURE,
};

/// How far from the file's end an end record is looked for that does not end with it.
const TAIL: usize = 1 << 20;

/// What follows the size field of a ZIP64 end record that has no extensible data.
const ZIP64_END_REMAINING: u64 = 44;

/// Where the directory is, and what is said of it.
pub(super) struct Ending {
    pub(super) directory: Range<usize>,
    pub(super) count: u64,
    /// What to add to the offsets in the directory.
    pub(super) shift: i64,
}

/// Count, length and offset of the directory, as an end record has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    count: u64,
    len: u64,
    offset: u64,
}

impl Ending {
    pub(super) fn find(archive: &[u8], sink: &mut Sink<'_>) -> Result<Self, DirectoryError> {
        let mut tell = |kind, found| sink(Flaw { kind, member: None, found });
        let at = match End::position(archive) {
            Some(at) => at,
            None => last_signature(archive).ok_or(DirectoryError::NoEnd)?,
        };
        let fields = Fields { archive, at };
        let comment = usize::from(fields.u16(20)?);
        let end = at + END_LEN + comment;
        if end < archive.len() {
            tell(FlawKind::Trailing, format!("{} bytes from {end} on", archive.len() - end));
        } else if end > archive.len() {
            let found = format!("its comment should have {comment} bytes, and is cut short");
            tell(FlawKind::End, found);
        } else if comment > 0 {
            tell(FlawKind::Comment, format!("{comment} bytes"));
        }
        if (fields.u16(4)?, fields.u16(6)?) != (0, 0) {
            tell(FlawKind::End, "it names other disks than the first".to_owned());
        }
        if fields.u16(8)? != fields.u16(10)? {
            let found = format!(
                "it counts {} members on this disk, and {} in all",
                fields.u16(8)?,
                fields.u16(10)?
            );
            tell(FlawKind::End, found);
        }
        let short = Said {
            count: fields.u16(10)?.into(),
            len: fields.u32(12)?.into(),
            offset: fields.u32(16)?.into(),
        };
        let (said, directory_end) = zip64(archive, at, short, &mut tell).unwrap_or((short, at));
        Self::locate(archive, said, directory_end, &mut tell)
    }

    /// The directory ends where the end records begin, or begins where they say.
    fn locate(
        archive: &[u8],
        said: Said,
        end: usize,
        tell: &mut dyn FnMut(FlawKind, String),
    ) -> Result<Self, DirectoryError> {
        let is_directory = |start: &usize| {
            *start <= end
                && (said.count == 0
                    || Fields { archive, at: *start }.u32(0).ok() == Some(CENTRAL_HEADER_SIGNATURE))
        };
        let offset = usize::try_from(said.offset).ok();
        let by_len = usize::try_from(said.len).ok().and_then(|len| end.checked_sub(len));
        let start = by_len.filter(is_directory).or_else(|| offset.filter(is_directory)).ok_or(
            DirectoryError::Record {
                offset: end as u64,
                expected: "a central directory where the end record says",
                found: format!("none, {} bytes before it or at {}", said.len, said.offset),
            },
        )?;
        if by_len != Some(start) {
            let (len, found) = (said.len, end - start);
            tell(FlawKind::End, format!("it says that the directory has {len} bytes, not {found}"));
        }
        let shift = shift(archive, start, said.offset);
        // Bytes in front are told of where the members are followed.
        if offset != Some(start) && shift <= 0 {
            let said = said.offset;
            let found = format!("it says that the directory is at {said}, and it is at {start}");
            tell(FlawKind::End, found);
        }
        Ok(Self { directory: start..end, count: said.count, shift })
    }
}

/// What to add to the offsets in the directory: the bytes in front of the archive, if the first
/// member is where it is by that count. A wrong offset of the directory alone shifts nothing.
fn shift(archive: &[u8], start: usize, said: u64) -> i64 {
    let shift = i64::try_from(start).unwrap_or(i64::MAX).saturating_sub_unsigned(said);
    let first = Fields { archive, at: start }.u32(42).ok().map(u64::from);
    let is_member = |shift: i64| {
        let at = first.and_then(|first| usize::try_from(first.checked_add_signed(shift)?).ok());
        at.and_then(|at| Fields { archive, at }.u32(0).ok()) == Some(LOCAL_HEADER_SIGNATURE)
    };
    if !is_member(shift) && is_member(0) { 0 } else { shift }
}

/// What the ZIP64 records in front of the end record say, and where they begin.
fn zip64(
    archive: &[u8],
    end: usize,
    short: Said,
    tell: &mut dyn FnMut(FlawKind, String),
) -> Option<(Said, usize)> {
    let is_marked = short.count == u64::from(IN_ZIP64_END)
        || short.len == u64::from(IN_ZIP64_EXTRA)
        || short.offset == u64::from(IN_ZIP64_EXTRA);
    let locator = end
        .checked_sub(ZIP64_LOCATOR_LEN)
        .filter(|&at| Fields { archive, at }.u32(0).ok() == Some(ZIP64_LOCATOR_SIGNATURE));
    let Some(locator) = locator else {
        // A count of 65,535 may be just that.
        if short.len == u64::from(IN_ZIP64_EXTRA) || short.offset == u64::from(IN_ZIP64_EXTRA) {
            tell(FlawKind::Zip64End, "the end record refers to it, and it is not there".to_owned());
        }
        return None;
    };
    let is_end = |at: &usize| Fields { archive, at: *at }.u32(0).ok() == Some(ZIP64_END_SIGNATURE);
    let said_at = Fields { archive, at: locator }.u64(8).ok()?;
    let before = locator.checked_sub(ZIP64_END_LEN).filter(is_end);
    let at =
        before.or_else(|| usize::try_from(said_at).ok().filter(is_end).filter(|&at| at < locator));
    let Some(at) = at else {
        tell(FlawKind::Zip64End, "there is a locator of it, and nothing else".to_owned());
        return None;
    };
    if said_at != at as u64 {
        tell(FlawKind::Zip64End, format!("its locator says {said_at}, and it is at {at}"));
    }
    let fields = Fields { archive, at };
    let remaining = fields.u64(4).ok()?;
    if remaining != ZIP64_END_REMAINING {
        tell(FlawKind::Zip64End, format!("its size is {remaining}, not {ZIP64_END_REMAINING}"));
    }
    if fields.u64(24).ok()? != fields.u64(32).ok()? {
        tell(FlawKind::Zip64End, "it has two counts of members".to_owned());
    }
    let long = Said {
        count: fields.u64(32).ok()?,
        len: fields.u64(40).ok()?,
        offset: fields.u64(48).ok()?,
    };
    let agree = |short: u64, long: u64, mark: u64| short == mark || short == long;
    let fits = agree(short.count, long.count, IN_ZIP64_END.into())
        && agree(short.len, long.len, IN_ZIP64_EXTRA.into())
        && agree(short.offset, long.offset, IN_ZIP64_EXTRA.into());
    if !fits {
        tell(FlawKind::Zip64End, "it contradicts the end record behind it".to_owned());
    }
    // Python's zipfile looks at it in any case, others only where the end record refers to it.
    Some((if is_marked || !fits { long } else { short }, at))
}

/// The last place near the file's end that looks like an end record.
fn last_signature(archive: &[u8]) -> Option<usize> {
    let last = archive.len().checked_sub(END_LEN)?;
    let first = last.saturating_sub(TAIL);
    (first..=last).rev().find(|&at| Fields { archive, at }.u32(0).ok() == Some(END_SIGNATURE))
}
