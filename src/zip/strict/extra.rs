//! The extra fields of a header (4.5).

use super::{Flaw, FlawKind, FlawSink};
use crate::zip::extra::{UNICODE_PATH_ID, other_name};
use crate::zip::format::{IN_ZIP64_EXTRA, ZIP64_EXTRA_ID};

/// The sizes of a local header, for messages about its ZIP64 field.
pub(super) struct LocalSizes {
    pub(super) method: u16,
    /// The 32-bit fields: uncompressed, then compressed, as in the ZIP64 field.
    pub(super) stated: [u32; 2],
}

/// Reports flaws of the extra fields of a member's header: of the local header if `local` is given, of the
/// directory's record otherwise.
pub(super) fn report(
    extra: &[u8],
    name: &[u8],
    local: Option<&LocalSizes>,
    member: &str,
    sink: &mut FlawSink<'_>,
) {
    let label = if local.is_some() { "the local header" } else { "the directory's record" };
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
        if id == ZIP64_EXTRA_ID
            && let Some(found) = wrong_zip64(data, local)
        {
            report(FlawKind::Zip64Extra, format!("in {label} it {found}"));
        }
        if id == UNICODE_PATH_ID
            && let Some(found) = other_name(data, name)
        {
            report(FlawKind::UnicodePath, format!("in {label} it {found}"));
        }
        rest = next;
    }
}

/// Returns what is wrong with a ZIP64 field, as the end of a sentence. 4.5.3 determines its valid lengths:
/// it holds some of two sizes, an offset and a disk number. In the directory these are the values that do
/// not fit their own fields, so 8 bytes can be an offset alone. A local header has both sizes: readers of
/// local headers, PyPI among them, take them by position, and one size alone only for a stored member.
fn wrong_zip64(data: &[u8], local: Option<&LocalSizes>) -> Option<String> {
    let len = data.len();
    if !matches!(len, 0 | 8 | 16 | 24 | 28) {
        return Some(format!("has {len} bytes"));
    }
    let LocalSizes { method, stated } = local?;
    if len == 8 && *method != 0 {
        return Some("has 8 bytes, and the member is compressed".to_owned());
    }
    let (values, _) = data.as_chunks();
    values.iter().zip(stated).find_map(|(value, &stated)| {
        let value = u64::from_le_bytes(*value);
        (stated != IN_ZIP64_EXTRA && value != u64::from(stated))
            .then(|| format!("has a size of {value}, the header itself {stated}"))
    })
}
