//! Tests of members: each must have the facts that reading its whole content gives.

use std::io::Cursor;

use super::*;
use crate::deflate::{ContentKind, Deflater, INFLATE_STEP, Level, Position, cut};
use crate::elf::sample::{Layout, Part, library, rewritten};
use crate::elf::{Detail, DeviceCode};
use crate::error::Diagnose as _;
use crate::opened_wheel::ContentError;
use crate::zip::{ArchiveWriter, ChunkTable, Mode, Sizes, Timestamp};

const MIB: usize = 1 << 20;
const LIMITS: Limits = Limits {
    tables: 256 << 20,
    trust: false,
    own: false,
    whole: false,
    device_code: false,
    linkage: false,
    literals: false,
};

/// Compressed and uncompressed length of each chunk.
type Lengths = Vec<(u64, u64)>;

type Found = Result<Option<ElfFacts>, PartsError>;

/// Layouts with tables within the first bytes, behind them, and at both ends.
const LARGE: [Layout; 4] = [
    Layout { between: 10 * MIB, after: 100_000, ..Layout::SMALL },
    Layout { before: 9 * MIB, between: MIB, after: 10, ..Layout::SMALL },
    Layout { between: 9 * MIB, after: MIB, strings_last: true, ..Layout::SMALL },
    Layout { before: 9 * MIB, after: 1000, strings_last: true, ..Layout::SMALL },
];

/// A layout with which two thirds of the file must be inflated.
const EARLY: Layout = Layout { between: 9 * MIB, after: 5 * MIB, ..Layout::SMALL };

/// Returns an archive of these members, deflated unless their names end with `stored`.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    archive_with(members, |lengths| *lengths = None)
}

/// Returns an archive with changed chunk tables, for members with several chunks.
fn archive_with(members: &[(&str, &[u8])], change: impl Fn(&mut Option<Lengths>)) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::new(&mut bytes, Timestamp::EPOCH);
    let mut deflater = Deflater::new(Level::new(1).unwrap());
    for (name, content) in members {
        let uncompressed = content.len() as u64;
        let crc = crc32fast::hash(content);
        let mut member = writer.begin(name, Mode::Plain, uncompressed).unwrap();
        let method = if name.ends_with("stored") {
            writer.append(content).unwrap();
            Method::Stored
        } else {
            let mut lengths = Vec::new();
            for range in cut(content) {
                let is_last = range.end == content.len();
                let position = if is_last { Position::Last } else { Position::Inner };
                let len = range.len() as u64;
                let compressed =
                    deflater.compress(&content[range], position, ContentKind::Code).unwrap();
                writer.append(&compressed.bytes).unwrap();
                lengths.push((compressed.bytes.len() as u64, len));
            }
            let mut lengths = Some(lengths).filter(|lengths| lengths.len() > 1);
            change(&mut lengths);
            if let Some(lengths) = lengths {
                let mut table = ChunkTable::new(1);
                for (compressed, len) in lengths {
                    table.push(compressed, len);
                }
                member.describe_chunks(table);
            }
            Method::Deflated
        };
        writer.finish_member(&member, method, Sizes { crc, uncompressed }).unwrap();
    }
    writer.finish().unwrap();
    bytes.into_inner()
}

fn facts_with(bytes: &[u8], limits: Limits, cancel: &CancelFlag) -> Result<Vec<Found>, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let archive = Directory::read(bytes).unwrap();
    let wanted = |index| Wanted { index, may_be_elf: true, may_hold_code: false };
    let which: Vec<Wanted> = (0..archive.entries().len()).map(wanted).collect();
    facts_of_members(&archive, bytes, &which, limits, &pool, cancel).map(elves)
}

fn elves(found: Vec<Result<MemberFacts, PartsError>>) -> Vec<Found> {
    found.into_iter().map(|it| it.map(|it| it.elf)).collect()
}

fn facts(bytes: &[u8]) -> Vec<Found> {
    facts_with(bytes, LIMITS, &CancelFlag::default()).unwrap()
}

/// Returns the error of the only member.
fn problem(bytes: &[u8]) -> PartsError {
    facts(bytes).remove(0).unwrap_err()
}

/// Returns whether one pass is enough to read the facts.
fn is_enough(library: &[u8]) -> bool {
    let mut first = streamed::FirstPass::new(library.len() as u64, LIMITS);
    let (begin, rest) = library.split_at(MAGIC);
    for piece in [begin].into_iter().chain(rest.chunks(INFLATE_STEP)) {
        if first.take(piece).is_break() {
            break;
        }
    }
    first.into_facts().is_ok_and(|facts| facts.is_ok())
}

#[test]
fn one_pass_is_enough_for_what_linkers_and_rewriters_make() {
    let moved = Layout { before: 9 * MIB, between: 500_000, after: 10, ..Layout::SMALL };
    for layout in [LARGE[0], LARGE[2], LARGE[3], EARLY, moved] {
        assert!(is_enough(&library(layout)), "{layout:?}");
    }
    // Neither among the first bytes nor among the last ones.
    assert!(!is_enough(&library(LARGE[1])));
}

#[test]
fn members_have_the_facts_of_their_data() {
    let small = library(Layout::SMALL);
    let large = LARGE.map(library);
    let mut members: Vec<(&str, &[u8])> = vec![
        ("a.txt", b"no ELF file"),
        ("empty", b""),
        ("small.so", &small),
        ("small.so.stored", &small),
        ("text.stored", b"no ELF file either"),
    ];
    members.extend(large.iter().map(|bytes| ("large.so", bytes.as_slice())));
    for ((name, content), found) in members.iter().zip(facts(&archive(&members))) {
        match found {
            Ok(None) => assert!(!name.contains(".so"), "{name}"),
            Ok(Some(facts)) => {
                let judge = ElfFacts::read(content, Detail::Whole).unwrap();
                let device_code = facts.device_code.clone();
                assert_eq!(facts, ElfFacts { device_code: device_code.clone(), ..judge }, "{name}");
                assert!(device_code.is_none_or(|it| it == DeviceCode { cuda: true }), "{name}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Libraries that were rewritten several times have their tables in any order, far apart. Archive, chunk
/// tables and file give the same facts.
#[test]
fn rewritten_libraries_have_the_facts_of_their_data() {
    use Part::{Dynamic, Filling, GnuHash, Strings, Symbols, Verneed, Versions};
    // The filter is longer than the first bytes that are kept.
    let tables = [GnuHash(20_000), Symbols, Versions, Dynamic, Verneed, Strings];
    let mut orders: Vec<Vec<Part>> = Vec::new();
    for first in 0..tables.len() {
        orders.push(tables.iter().cycle().skip(first).take(tables.len()).copied().collect());
    }
    orders.push(tables.into_iter().rev().collect());
    for order in orders {
        // Behind the headers, within the first bytes, as in numpy 2.4.6 for musl.
        let mut apart = vec![Filling(100_000), order[0], Filling(9 * MIB)];
        apart.extend(order[1..].iter().flat_map(|&part| [part, Filling(3 * MIB / 2)]));
        let content = rewritten(&apart);
        let judge = ElfFacts::read(&content, Detail::Whole).unwrap();
        let bytes = archive_with(&[("n.so", &content)], |_| {});
        for limits in [LIMITS, LIMITS.trusting_chunk_tables(true), LIMITS.of_own(true)] {
            let found = facts_with(&bytes, limits, &CancelFlag::default()).unwrap().remove(0);
            assert_eq!(found.unwrap(), Some(judge.clone()), "{order:?} {limits:?}");
            let limits = limits.with_linkage(true);
            let found = facts_with(&bytes, limits, &CancelFlag::default()).unwrap().remove(0);
            let linked = ElfFacts::read(&content, Detail::Linkage).unwrap();
            assert!(linked.linkage.is_some());
            assert_eq!(found.unwrap(), Some(linked), "{order:?} {limits:?}");
        }
        let found = facts(&archive(&[("n.so", &content)])).remove(0);
        assert_eq!(found.unwrap(), Some(judge), "{order:?}");
    }
}

#[test]
fn a_member_is_inflated_to_its_end_if_that_is_near() {
    for (layout, expected) in [(LARGE[0], Some(DeviceCode { cuda: true })), (EARLY, None)] {
        let bytes = archive(&[("large.so", &library(layout))]);
        let found = facts(&bytes).remove(0).unwrap().unwrap();
        assert_eq!(found.device_code, expected);
    }
}

#[test]
fn unneeded_chunks_are_not_inflated() {
    let mut bytes = archive(&[("large.so", &library(EARLY))]);
    let end = Directory::read(&bytes).unwrap().entries()[0].data.end;
    bytes[end - MIB..end].fill(0xFF);
    assert!(matches!(facts(&bytes)[0], Ok(Some(_))));
    let text = [b"no ELF file, ".repeat(1000), library(EARLY)].concat();
    let mut bytes = archive(&[("text", &text)]);
    let data = Directory::read(&bytes).unwrap().entries()[0].data.clone();
    bytes[data.start + 50_000..data.end].fill(0xFF);
    assert!(matches!(facts(&bytes)[0], Ok(None)));
}

#[test]
fn damaged_members_are_errors() {
    for layout in [Layout::SMALL, LARGE[0]] {
        let content = library(layout);
        let mut bytes = archive(&[("lib/damaged.so", &content)]);
        let data = Directory::read(&bytes).unwrap().entries()[0].data.clone();
        // Deflate blocks after this byte are changed or cut off.
        let place = data.start + data.len() * 3 / 4;
        bytes[place..data.end].fill(0xFF);
        let error = problem(&bytes);
        let is_noticed = matches!(
            error,
            PartsError::Content(ContentError::Inflate(_) | ContentError::Length { .. })
        );
        assert!(is_noticed, "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
}

#[test]
fn verification_reads_to_the_end_and_changes_no_facts() {
    let text = [b"no ELF file, ".repeat(1000), library(EARLY)].concat();
    let early = library(EARLY);
    for (name, content) in [("n.so", &early), ("text", &text), ("n.so.stored", &early)] {
        for mut bytes in [
            archive(&[(name, content)]),
            archive_with(&[(name, content)], |_| {}),
            archive_with(&[(name, content)], |lengths| {
                if let Some(lengths) = lengths {
                    lengths.swap(0, 1);
                }
            }),
        ] {
            let verified = |bytes: &[u8], may_be_elf: bool| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
                let (directory, cancel) = (Directory::read(bytes).unwrap(), CancelFlag::default());
                let which = [Wanted { index: 0, may_be_elf, may_hold_code: false }];
                let whole = LIMITS.whole();
                facts_of_members(&directory, bytes, &which, whole, &pool, &cancel).unwrap()
            };
            let has_table = Directory::read(&bytes).unwrap().entries()[0].chunks.is_some();
            let is_indexed = verified(&bytes, true)[0].as_ref().unwrap().index.is_some();
            assert_eq!(is_indexed, name == "n.so" && !has_table, "{name}");
            let verified = |bytes: &[u8], may_be_elf: bool| elves(verified(bytes, may_be_elf));
            assert_eq!(to_text(&verified(&bytes, true)), to_text(&facts(&bytes)), "{name}");
            assert!(matches!(verified(&bytes, false)[0], Ok(None)), "{name}");
            let end = Directory::read(&bytes).unwrap().entries()[0].data.end;
            bytes[end - 2000] ^= 0x55;
            assert!(facts(&bytes)[0].is_ok(), "{name}");
            for may_be_elf in [true, false] {
                assert!(verified(&bytes, may_be_elf)[0].is_err(), "{name}");
            }
        }
    }
}

/// Changes a byte of the only member's headers, the local and the central one.
fn change_headers(bytes: &mut [u8], local: usize, change: impl Fn(u8) -> u8) {
    let central = bytes.windows(4).rposition(|it| it == b"PK\x01\x02").unwrap();
    for place in [local, central + local + 2] {
        bytes[place] = change(bytes[place]);
    }
}

#[test]
fn crc_and_length_are_checked_at_the_end() {
    for layout in [Layout::SMALL, LARGE[0]] {
        let mut bytes = archive(&[("n.so", &library(layout))]);
        change_headers(&mut bytes, 14, |crc| crc ^ 1);
        assert!(matches!(problem(&bytes), PartsError::Content(ContentError::Crc { .. })));
    }
    let mut bytes = archive(&[("n.so", &library(Layout::SMALL))]);
    change_headers(&mut bytes, 22, |len| len - 1);
    let PartsError::Content(ContentError::Length { found, .. }) = problem(&bytes) else { panic!() };
    assert_eq!(found, "more");
    let mut bytes = archive(&[("n.so", &library(LARGE[0]))]);
    change_headers(&mut bytes, 22, |len| len + 1);
    let PartsError::Content(ContentError::Length { expected, found }) = problem(&bytes) else {
        panic!()
    };
    assert_eq!(found, (expected - 1).to_string());
}

#[test]
fn a_library_that_contradicts_itself_is_an_error() {
    let mut content = library(Layout::SMALL);
    content[32 + 8] = 0xFF;
    content[54] = 1;
    let PartsError::Elf(error) = problem(&archive(&[("n.so", &content)])) else { panic!() };
    assert_eq!(error.offset, 64);
}

#[test]
fn tables_have_a_limit() {
    let bytes = archive(&[("n.so", &library(LARGE[0]))]);
    let limits = Limits { tables: 1000, ..LIMITS };
    let mut found = facts_with(&bytes, limits, &CancelFlag::default()).unwrap();
    let error = found.remove(0).unwrap_err();
    assert!(matches!(error, PartsError::TooLarge { limit: 1000, .. }), "{error}");
}

#[test]
fn cancellation_ends_the_pass() {
    let cancel = CancelFlag::default();
    cancel.cancel();
    let bytes = archive(&[("n.so", &library(Layout::SMALL))]);
    let result = facts_with(&bytes, LIMITS, &cancel);
    assert!(matches!(result, Err(Error::Cancelled)));
}

#[test]
fn facts_come_in_the_order_that_was_asked_for() {
    let small = library(Layout::SMALL);
    let members: Vec<(&str, &[u8])> = (0..100)
        .map(|n| if n % 3 == 0 { ("n.so", &small[..]) } else { ("n", &b"n"[..]) })
        .collect();
    let bytes = archive(&members);
    let archive = Directory::read(&bytes).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let wanted = |index| Wanted { index, may_be_elf: index != 3, may_hold_code: false };
    let which: Vec<Wanted> = (0..100).rev().step_by(3).map(wanted).collect();
    let cancel = CancelFlag::default();
    let found = facts_of_members(&archive, &bytes, &which, LIMITS, &pool, &cancel).unwrap();
    assert_eq!(found.len(), which.len());
    for (Wanted { index, may_be_elf, .. }, facts) in which.iter().zip(found) {
        assert_eq!(facts.unwrap().elf.is_some(), index % 3 == 0 && *may_be_elf, "{index}");
    }
}

/// Returns the facts from an archive with chunk tables, and from the same archive without.
fn with_and_without(
    members: &[(&str, &[u8])],
    change: impl Fn(&mut Option<Lengths>),
) -> (Vec<Found>, Vec<Found>) {
    (facts(&archive_with(members, change)), facts(&archive(members)))
}

fn to_text(found: &[Found]) -> String {
    format!("{found:?}")
}

#[test]
fn a_chunk_table_changes_no_facts() {
    let large: Vec<Vec<u8>> = LARGE.into_iter().chain([EARLY]).map(library).collect();
    let text = b"no ELF file, ".repeat(1_000_000);
    let mut members: Vec<(&str, &[u8])> =
        large.iter().map(|bytes| ("large.so", bytes.as_slice())).collect();
    members.push(("text", &text));
    let (with, without) = with_and_without(&members, |lengths| assert!(lengths.is_some()));
    assert_eq!(to_text(&with), to_text(&without));

    // A wrong table changes nothing either.
    let forged: [fn(&mut Lengths); 4] = [
        |it| it.swap(0, 1),
        |it| (it[1].1, it[2].1) = (it[1].1 - 1, it[2].1 + 1),
        |it| (it[2].0, it[3].0) = (it[2].0 + 1, it[3].0 - 1),
        |it| it.reverse(),
    ];
    for (index, forge) in forged.into_iter().enumerate() {
        let (with, _) = with_and_without(&members, |lengths| forge(lengths.as_mut().unwrap()));
        assert_eq!(to_text(&with), to_text(&without), "{index}");
    }
}

#[test]
fn a_trusted_table_gives_the_same_facts() {
    let large: Vec<Vec<u8>> = LARGE.into_iter().chain([EARLY]).map(library).collect();
    let members: Vec<(&str, &[u8])> =
        large.iter().map(|bytes| ("large.so", bytes.as_slice())).collect();
    let mut bytes = archive_with(&members, |_| {});
    let trusting = |bytes: &[u8]| {
        facts_with(bytes, LIMITS.trusting_chunk_tables(true), &CancelFlag::default()).unwrap()
    };
    // The section table is read only if it was inflated for other reasons.
    let without_sections = |found: Found| {
        found.map(|facts| facts.map(|facts| ElfFacts { device_code: None, ..facts }))
    };
    let judged: Vec<Found> = facts(&bytes).into_iter().map(without_sections).collect();
    let found: Vec<Found> = trusting(&bytes).into_iter().map(without_sections).collect();
    assert_eq!(to_text(&found), to_text(&judged));

    // Chunks that are not needed are not inflated: here the middle of the second member.
    let directory = Directory::read(&bytes).unwrap();
    let entry = &directory.entries()[0];
    let table = entry.chunks.as_ref().unwrap();
    let middle = table.chunk(table.len() / 2).unwrap().compressed;
    let at = entry.data.start + usize::try_from(middle.start).unwrap();
    bytes[at..at + 1000].fill(0xFF);
    let found = without_sections(trusting(&bytes).remove(0));
    assert_eq!(to_text(&[found]), to_text(&judged[..1]));
    assert!(facts(&bytes)[0].is_err());
}
