//! Reads the facts of a member that is a Mach-O or PE file.

use super::{MAGIC, MemberReader};
use crate::deflate::Inflater;
use crate::object_file::ObjectFacts;
use crate::opened_wheel::{PartsError, PartsReader};
use crate::zip::Method;

/// Returns the facts; `None` if the member is neither. Of a large member, only the tables are kept in memory.
pub(super) fn facts(
    member: &MemberReader<'_>,
    inflater: &mut Inflater,
) -> Result<Option<ObjectFacts>, PartsError> {
    let (data, len) = (member.data(), member.entry.uncompressed);
    if member.entry.method == Method::Stored {
        return Ok(ObjectFacts::read(data.bytes));
    }
    if len <= super::SMALL {
        return Ok(ObjectFacts::read(&member.whole(inflater)?));
    }
    let chunked = member.chunked().filter(|_| member.limits.trust || member.limits.own);
    let mut reader = PartsReader::new(len, member.limits.tables);
    reader.parse(
        |parts| ObjectFacts::read_parts(parts, len),
        |reader| {
            if let Some(chunked) = chunked
                && reader.fetch_chunks(chunked, inflater).is_some()
            {
                return Ok(());
            }
            Ok(reader.fetch_in_pass(&data, MAGIC, inflater, member.cancel)?)
        },
    )
}
