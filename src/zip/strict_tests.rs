//! Reading any bytes terminates, and valid archives have no flaw. `tests/check` tests on crafted
//! wheels that each flaw is found.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::*;

/// An archive of the `zip` crate with two members.
fn archive() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("pkg/größe.txt", "deflated ".repeat(20)), ("pkg/b", "b".to_owned())]
    {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Option<(Vec<RawMember>, Vec<Flaw>)> {
    let mut flaws = Vec::new();
    let archive = RawArchive::read(bytes, &mut |flaw| flaws.push(flaw)).ok()?;
    Some((archive.members, flaws))
}

#[test]
fn a_valid_archive_has_no_flaw() {
    let bytes = archive();
    let (members, flaws) = read(&bytes).unwrap();
    assert_eq!(flaws, []);
    let names: Vec<&str> = members.iter().map(|member| member.name.as_ref()).collect();
    assert_eq!(names, ["pkg/größe.txt", "pkg/b"]);
    assert!(members.iter().all(|member| member.data.is_some()));
}

#[test]
fn all_flaws_of_the_end_records_are_reported() {
    let mut bytes = archive();
    bytes.splice(..0, *b"front");
    bytes.extend(b"behind");
    let (members, flaws) = read(&bytes).unwrap();
    let kinds: Vec<FlawKind> = flaws.iter().map(|flaw| flaw.kind).collect();
    assert_eq!(kinds, [FlawKind::Trailing, FlawKind::Prefix]);
    assert!(members.iter().all(|member| member.data.is_some()));
}

#[test]
fn other_files_are_refused() {
    assert!(read(b"").is_none());
    assert!(read(&[0; 100]).is_none());
    assert!(read(b"PK\x05\x06").is_none());
}

/// All records refer to one local header.
#[test]
fn members_beyond_the_limit_are_reported() {
    for (count, is_too_many) in [(MAX_CHECKED_MEMBERS, false), (MAX_CHECKED_MEMBERS + 1, true)] {
        let mut bytes = LOCAL_HEADER_SIGNATURE.to_le_bytes().to_vec();
        bytes.extend_from_slice(&[0; 26]);
        let offset = bytes.len();
        let record = [&CENTRAL_HEADER_SIGNATURE.to_le_bytes()[..], &[0; CENTRAL_LEN - 4]].concat();
        bytes.extend(record.repeat(count));
        let len = (bytes.len() - offset) as u64;
        crate::zip::format::write_end(count as u64, offset as u64, len, &mut bytes);
        let mut kinds = HashSet::new();
        let mut sink = |flaw: Flaw| {
            kinds.insert(flaw.kind);
        };
        let archive = RawArchive::read(&bytes, &mut sink).unwrap();
        assert_eq!(archive.members.len(), MAX_CHECKED_MEMBERS);
        assert_eq!(kinds.contains(&FlawKind::TooManyMembers), is_too_many, "{count}");
    }
}

proptest! {
    #[test]
    fn reading_changed_bytes_terminates(
        changes in proptest::collection::vec((0_usize..400, any::<u8>()), 1..6),
        cut in 0_usize..400,
    ) {
        let mut bytes = archive();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.drain(..cut.min(bytes.len()) / 8);
        if let Some((members, _)) = read(&bytes) {
            // No byte belongs to two members.
            let mut ranges: Vec<_> = members.iter().filter_map(|it| it.data.clone()).collect();
            ranges.sort_by_key(|range| range.start);
            prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(ranges.iter().all(|range| range.end <= bytes.len()));
        }
    }
}
