//! The extra fields of a header (4.5), and the Unicode path, which gives a member a second name.

use crate::escape::escape_truncated;

/// Header ID of Info-ZIP's Unicode path (4.6.9).
pub(super) const UNICODE_PATH_ID: u16 = 0x7075;

/// Bytes of it in front of the name: a version, and the CRC-32 of the header's name.
const BEFORE_NAME: usize = 5;

/// The only version of the field.
const VERSION: u8 = 1;

/// Returns the ID and data of each field, up to the first truncated one.
pub(super) fn fields(mut extra: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (&[id_low, id_high, len_low, len_high], rest) = extra.split_first_chunk()?;
        let len = u16::from_le_bytes([len_low, len_high]);
        let (data, next) = rest.split_at_checked(len.into())?;
        extra = next;
        Some((u16::from_le_bytes([id_low, id_high]), data))
    })
}

/// Returns how a Unicode path among these fields differs from the header's name.
pub(super) fn second_name(extra: &[u8], name: &[u8]) -> Option<String> {
    fields(extra).filter(|(id, _)| *id == UNICODE_PATH_ID).find_map(|(_, it)| other_name(it, name))
}

/// Returns how a Unicode path differs from the header's name, as the end of a sentence.
///
/// unzip, Python 3.13 and others take its name if its CRC-32 is that of the header's name; other readers
/// always take the header's name. The CRC-32 is not checked here: a wrong one hides a second name from
/// some readers only.
pub(super) fn other_name(data: &[u8], name: &[u8]) -> Option<String> {
    let (Some(&version), Some(path)) = (data.first(), data.get(BEFORE_NAME..)) else {
        return Some(format!("has {} bytes, too few for a name", data.len()));
    };
    if version != VERSION {
        return Some(format!("has version {version}, of which only {VERSION} is known"));
    }
    if path == name {
        return None;
    }
    Some(match std::str::from_utf8(path) {
        Ok(path) => format!("says `{}`", escape_truncated(path)),
        Err(_) => format!(
            "says `{}`, which is not UTF-8",
            escape_truncated(&path.escape_ascii().to_string())
        ),
    })
}
