//! The extra fields of a header (4.5).

use super::{Flaw, FlawKind, Sink};
use crate::zip::extra::{UNICODE_PATH_ID, other_name};
use crate::zip::format::ZIP64_EXTRA_ID;

/// What else counts in a header.
pub(super) struct Header<'a> {
    /// Its name.
    pub(super) name: &'a [u8],
    pub(super) method: u16,
    /// What messages call it.
    pub(super) place: &'static str,
}

/// Tells what is wrong with the extra fields of a header of a member. Which lengths a ZIP64 field can
/// have follows from 4.5.3: some of two sizes, an offset and the number of a disk. Readers that go by
/// local headers alone can do nothing with a single size, unless the member is stored.
pub(super) fn tell(extra: &[u8], header: &Header<'_>, member: &str, sink: &mut Sink<'_>) {
    let &Header { name, method, place } = header;
    let mut tell = |kind, found| sink(Flaw { kind, member: Some(member.to_owned()), found });
    let mut seen_zip64 = false;
    let mut seen_path = false;
    let mut rest = extra;
    while !rest.is_empty() {
        let Some((&[id_low, id_high, len_low, len_high], behind)) = rest.split_first_chunk() else {
            let len = rest.len();
            tell(FlawKind::Extra, format!("{place} ends in {len} bytes that are no extra field"));
            return;
        };
        let id = u16::from_le_bytes([id_low, id_high]);
        let len = u16::from_le_bytes([len_low, len_high]);
        let Some((data, next)) = behind.split_at_checked(len.into()) else {
            let left = behind.len();
            let found =
                format!("in {place} field {id:#06x} should have {len} bytes, and has {left}");
            tell(FlawKind::Extra, found);
            return;
        };
        let is_second = match id {
            ZIP64_EXTRA_ID => std::mem::replace(&mut seen_zip64, true),
            UNICODE_PATH_ID => std::mem::replace(&mut seen_path, true),
            _ => false,
        };
        if is_second {
            tell(FlawKind::Extra, format!("{place} has field {id:#06x} twice"));
        }
        if id == ZIP64_EXTRA_ID {
            if !matches!(len, 0 | 8 | 16 | 24 | 28) {
                tell(FlawKind::Zip64Extra, format!("in {place} it has {len} bytes"));
            } else if len == 8 && method != 0 {
                let found = format!("in {place} it has 8 bytes, and the member is compressed");
                tell(FlawKind::Zip64Extra, found);
            }
        }
        if id == UNICODE_PATH_ID
            && let Some(found) = other_name(data, name)
        {
            tell(FlawKind::UnicodePath, format!("in {place} it {found}"));
        }
        rest = next;
    }
}
