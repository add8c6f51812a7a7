//! The extra fields of a header (4.5).

use super::{Flaw, FlawKind, FlawSink};
use crate::zip::extra::{UNICODE_PATH_ID, other_name};
use crate::zip::format::ZIP64_EXTRA_ID;

/// A header, for messages about its extra fields.
pub(super) struct Header<'a> {
    /// Its name.
    pub(super) name: &'a [u8],
    pub(super) method: u16,
    /// Its name in messages.
    pub(super) label: &'static str,
}

/// Reports flaws of the extra fields of a member's header. 4.5.3 determines the valid lengths of a
/// ZIP64 field: it holds some of two sizes, an offset and a disk number. Readers that use local
/// headers alone need both sizes, unless the member is stored.
pub(super) fn report(extra: &[u8], header: &Header<'_>, member: &str, sink: &mut FlawSink<'_>) {
    let &Header { name, method, label } = header;
    let mut report = |kind, found| sink(Flaw { kind, member: Some(member.to_owned()), found });
    let mut seen_zip64 = false;
    let mut seen_path = false;
    let mut rest = extra;
    while !rest.is_empty() {
        let Some((&[id_low, id_high, len_low, len_high], behind)) = rest.split_first_chunk() else {
            let len = rest.len();
            report(FlawKind::Extra, format!("{label} ends in {len} bytes that are no extra field"));
            return;
        };
        let id = u16::from_le_bytes([id_low, id_high]);
        let len = u16::from_le_bytes([len_low, len_high]);
        let Some((data, next)) = behind.split_at_checked(len.into()) else {
            let left = behind.len();
            let found =
                format!("in {label} field {id:#06x} should have {len} bytes, and has {left}");
            report(FlawKind::Extra, found);
            return;
        };
        let is_second = match id {
            ZIP64_EXTRA_ID => std::mem::replace(&mut seen_zip64, true),
            UNICODE_PATH_ID => std::mem::replace(&mut seen_path, true),
            _ => false,
        };
        if is_second {
            report(FlawKind::Extra, format!("{label} has field {id:#06x} twice"));
        }
        if id == ZIP64_EXTRA_ID {
            if !matches!(len, 0 | 8 | 16 | 24 | 28) {
                report(FlawKind::Zip64Extra, format!("in {label} it has {len} bytes"));
            } else if len == 8 && method != 0 {
                let found = format!("in {label} it has 8 bytes, and the member is compressed");
                report(FlawKind::Zip64Extra, found);
            }
        }
        if id == UNICODE_PATH_ID
            && let Some(found) = other_name(data, name)
        {
            report(FlawKind::UnicodePath, format!("in {label} it {found}"));
        }
        rest = next;
    }
}
