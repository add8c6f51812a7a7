//! Tests of facts: of whole, partly known, truncated and forged libraries.

use proptest::prelude::*;

use super::sample::{Layout, Part, build, library, rewritten};
use super::*;
use crate::platform::Machine;

/// The device code of the samples with sections.
const CUDA: DeviceCode = DeviceCode { cuda: true };

const LAYOUTS: [Layout; 4] = [
    Layout::SMALL,
    Layout { before: 5000, between: 100_000, after: 10_000, ..Layout::SMALL },
    Layout { between: 70_000, after: 70_000, strings_last: true, ..Layout::SMALL },
    Layout { sections: false, ..Layout::SMALL },
];

#[test]
fn linkage_of_a_library() {
    for layout in LAYOUTS {
        let facts = ElfFacts::read(&library(layout), Detail::Linkage).unwrap();
        let linkage = facts.linkage.as_ref().unwrap();
        let definitions: Vec<_> = linkage.definitions().collect();
        assert_eq!(definitions.len(), 1);
        assert_eq!(definitions[0].name, b"PyInit_sample");
        assert_eq!((definitions[0].version, definitions[0].kind), (None, SymbolKind::Function));
        let references: Vec<_> = linkage
            .references()
            .map(|it| (it.name, it.version.map(|version| &*version.name), it.is_weak))
            .collect();
        let expected: [(&[u8], _, _); 3] =
            [(b"printf", Some("GLIBC_2.34"), false), (b"f", None, false), (b"other", None, true)];
        assert_eq!(references, expected);
        let required = RequiredVersion {
            library: Some("libc.so.6".into()),
            name: "GLIBC_2.34".into(),
            is_weak: false,
            is_hidden: false,
        };
        assert_eq!(linkage.required_versions(), [required]);
        assert_eq!(linkage.lookup(SymbolName::new(b"PyInit_sample"), None), Some(definitions[0]));
        assert_eq!(linkage.lookup(SymbolName::new(b"printf"), None), None);
        assert_eq!(linkage.tls(), None);
        let weight = ElfFacts { linkage: None, ..facts.clone() }.weight();
        assert_eq!(facts.weight(), weight + linkage.weight());
    }
}

/// Reads a file with only the requested ranges known. Returns the number of requests, too.
fn read_by_parts(bytes: &[u8], detail: Detail) -> (Result<ElfFacts, ElfError>, usize) {
    let mut parts = Sparse::new(bytes.len() as u64);
    for questions in 1.. {
        let missing = match ElfFacts::read_parts(&parts, detail) {
            Ok(facts) => return (Ok(facts), questions),
            Err(Unfinished::Wrong(error)) => return (Err(error), questions),
            Err(Unfinished::Missing(missing)) => missing,
        };
        assert!(!missing.is_empty());
        assert!(missing.iter().any(|range| parts.get(range).is_none()));
        for range in missing {
            assert!(range.start < range.end && range.end <= bytes.len() as u64, "{range:?}");
            let place = |offset: u64| usize::try_from(offset).unwrap();
            parts.insert(range.start, bytes[place(range.start)..place(range.end)].to_vec());
        }
    }
    unreachable!()
}

#[test]
fn facts_of_a_library() {
    for layout in LAYOUTS {
        let bytes = library(layout);
        let facts = ElfFacts::read(&bytes, Detail::Whole).unwrap();
        assert_eq!(facts.platform.machine, Some(Machine::X86_64));
        assert_eq!(facts.e_type, 3);
        assert_eq!(facts.soname.as_deref(), Some("libsample.so"));
        assert_eq!(facts.needed, ["libc.so.6"]);
        let version = NeededVersion { name: "GLIBC_2.34".into(), symbols: vec!["printf".into()] };
        let library = NeededLibrary { library: "libc.so.6".into(), versions: vec![version] };
        assert_eq!(facts.verneed, [library]);
        assert_eq!(facts.entry_points, ["PyInit_sample"]);
        assert_eq!(facts.undefined.len(), 2);
        assert!(facts.undefined.contains("printf") && facts.undefined.contains("f"));
        assert!(facts.text_relocations);
        assert_eq!(facts.device_code, layout.sections.then_some(CUDA));
    }
}

#[test]
fn parts_have_the_facts_of_the_whole() {
    for layout in LAYOUTS {
        let bytes = library(layout);
        for detail in [Detail::Linkage, Detail::Whole, Detail::Loading] {
            let (facts, questions) = read_by_parts(&bytes, detail);
            let facts = ElfFacts { device_code: Some(CUDA), ..facts.unwrap() };
            let whole = ElfFacts::read(&bytes, detail).unwrap();
            assert_eq!(facts, ElfFacts { device_code: Some(CUDA), ..whole });
            // Header, program headers, dynamic section, tables.
            assert_eq!(questions, 5);
        }
    }
}

/// The sample with this value of a dynamic entry, or with other bytes at its table.
fn with_hash(tag: u64, address: Option<u64>, words: &[u64], word_len: usize) -> Vec<u8> {
    let order = [Part::Symbols, Part::Versions, Part::Verneed, Part::Hash, Part::GnuHash(1)];
    let kept = order.into_iter().filter(|part| match part {
        Part::Hash => tag == 4,
        Part::GnuHash(_) => tag != 4,
        _ => true,
    });
    let mut order: Vec<Part> = kept.collect();
    order.extend([Part::Strings, Part::Filling(8), Part::Dynamic, Part::Filling(100)]);
    let mut bytes = build(&order, false, false);
    let start = bytes.len() - 104 - 11 * 16;
    let find = |bytes: &[u8]| {
        (start..bytes.len()).step_by(16).find(|&at| bytes[at..at + 8] == tag.to_le_bytes()).unwrap()
    };
    let entry = find(&bytes) + 8;
    if let Some(address) = address {
        bytes[entry..entry + 8].copy_from_slice(&address.to_le_bytes());
        return bytes;
    }
    let table = u64::from_le_bytes(bytes[entry..entry + 8].try_into().unwrap());
    for (index, word) in words.iter().enumerate() {
        let at = usize::try_from(table).unwrap() + index * word_len;
        bytes[at..at + word_len].copy_from_slice(&word.to_le_bytes()[..word_len]);
    }
    bytes
}

/// One malformed table that loaders do not need fails no file: its symbols are counted otherwise.
#[test]
fn hash_tables_count_symbols_only_if_they_fit() {
    use MalformedTable::{GnuHash, Hash};
    const WORD: u64 = 0xFFFF_FFFF;
    const DT_HASH: u64 = 4;
    const DT_GNU_HASH: u64 = 0x6FFF_FEF5;
    /// Tag, address, words of the table, their length in bytes, and the expected tables.
    type Case = (u64, Option<u64>, &'static [u64], usize, &'static [MalformedTable]);
    let cases: [Case; 9] = [
        (DT_HASH, None, &[], 4, &[]),
        // GNU ld on IBM Z and Alpha.
        (DT_HASH, None, &[1, 5], 8, &[]),
        (DT_HASH, None, &[0, 5], 4, &[Hash]),
        (DT_HASH, None, &[1, 1 << 30], 4, &[Hash]),
        (DT_HASH, None, &[WORD, WORD], 4, &[Hash]),
        (DT_HASH, Some(1 << 40), &[], 4, &[Hash]),
        (DT_GNU_HASH, None, &[], 4, &[]),
        (DT_GNU_HASH, None, &[1, 4, WORD], 4, &[GnuHash]),
        (DT_GNU_HASH, Some(u64::MAX), &[], 4, &[GnuHash]),
    ];
    let expected = ElfFacts::read(&library(Layout::SMALL), Detail::Whole).unwrap();
    for (index, (tag, address, words, word_len, malformed)) in cases.into_iter().enumerate() {
        let bytes = with_hash(tag, address, words, word_len);
        let facts = ElfFacts::read(&bytes, Detail::Whole).unwrap();
        assert_eq!(facts.malformed_tables, malformed, "case {index}");
        assert_eq!(facts.undefined, expected.undefined, "case {index}");
        assert_eq!(facts.entry_points, expected.entry_points, "case {index}");
        assert_eq!(facts.verneed, expected.verneed, "case {index}");
        assert_eq!(read_by_parts(&bytes, Detail::Whole).0.unwrap(), facts, "case {index}");
    }
}

/// The hash table of a static program has no bucket, and counts the undefined symbol alone.
#[test]
fn a_hash_table_may_be_empty() {
    for word_len in [4, 8] {
        let facts = ElfFacts::read(&with_hash(4, None, &[0, 1], word_len), Detail::Whole).unwrap();
        assert_eq!((facts.malformed_tables, facts.undefined.len()), (Vec::new(), 0));
    }
}

/// `patchelf` moves tables of a program to its front: they reach into the next segment.
#[test]
fn a_table_may_reach_into_the_next_segment() {
    // The first page ends behind the first symbol.
    let headers = 64 + 7 * 56;
    let mut bytes = rewritten(&[
        Part::Filling(4096 - 24 - headers),
        Part::Symbols,
        Part::Hash,
        Part::Versions,
        Part::Verneed,
        Part::Strings,
        Part::Filling(5000),
        Part::Dynamic,
    ]);
    let expected = ElfFacts::read(&bytes, Detail::Whole).unwrap();
    // The first segment ends within the symbols, and the second begins there, with the hash table.
    let field = |segment: usize, at: usize| 64 + 56 * segment + at..64 + 56 * segment + at + 8;
    let get = |bytes: &[u8], range: std::ops::Range<usize>| {
        u64::from_le_bytes(bytes[range].try_into().unwrap())
    };
    let (start, len) = (get(&bytes, field(0, 8)), 24_u64);
    let end = get(&bytes, field(1, 8)) + get(&bytes, field(1, 32));
    let rest = end - start - len;
    for (segment, at, value) in [
        (0, 32, len),
        (0, 40, len),
        (1, 8, start + len),
        (1, 16, start + len),
        (1, 32, rest),
        (1, 40, rest),
    ] {
        bytes[field(segment, at)].copy_from_slice(&value.to_le_bytes());
    }
    let place = bytes.len() - 11 * 16;
    let entry = (place..).step_by(16).find(|&at| bytes[at] == 4 && bytes[at + 1] == 0).unwrap();
    let moved = get(&bytes, entry + 8..entry + 16) - 4096;
    bytes[entry + 8..entry + 16].copy_from_slice(&moved.to_le_bytes());
    let found = ElfFacts::read(&bytes, Detail::Whole).unwrap();
    let table_bytes = found.table_bytes;
    assert_eq!(found, ElfFacts { table_bytes, ..expected });
}

/// A hash chain is read in steps that grow, so that their number has a limit.
#[test]
fn a_long_hash_chain_takes_few_rounds() {
    let mut bytes = rewritten(&[
        Part::Symbols,
        Part::Versions,
        Part::Verneed,
        Part::Strings,
        Part::Dynamic,
        Part::GnuHash(8 << 20),
    ]);
    // The chain begins within the filter and has no end.
    let at = bytes.len() - 8 * (8 << 20) - 24;
    bytes[at + 8..at + 12].copy_from_slice(&1_u32.to_le_bytes());
    bytes[at + 24..at + 28].copy_from_slice(&4_u32.to_le_bytes());
    bytes[at + 28..].fill(0);
    let (facts, rounds) = read_by_parts(&bytes, Detail::Whole);
    assert_eq!(facts.unwrap().malformed_tables, [MalformedTable::GnuHash]);
    assert!(rounds <= MAX_ROUNDS, "{rounds}");
}

#[test]
fn a_table_may_reach_into_the_last_page_of_its_segment() {
    let bytes = library(Layout { strings_last: true, sections: false, ..Layout::SMALL });
    let facts = ElfFacts::read(&bytes, Detail::Whole).unwrap();
    let mut short = bytes.clone();
    let len = bytes.len() as u64 - 20;
    short[64 + 32..64 + 40].copy_from_slice(&len.to_le_bytes());
    assert_eq!(ElfFacts::read(&short, Detail::Whole), Ok(facts));
}

#[test]
fn detail_loading_reads_no_symbols() {
    let bytes = library(Layout::SMALL);
    let facts = ElfFacts::read(&bytes, Detail::Loading).unwrap();
    assert_eq!(facts.needed, ["libc.so.6"]);
    assert_eq!(facts.verneed[0].versions[0].name, "GLIBC_2.34");
    assert!(facts.verneed[0].versions[0].symbols.is_empty());
    assert!(facts.undefined.is_empty() && facts.entry_points.is_empty());
    assert_eq!(facts.device_code, None);
}

#[test]
fn errors_of_truncated_files_have_an_offset() {
    let bytes = library(Layout { sections: false, ..Layout::SMALL });
    for len in 0..bytes.len() {
        let error = ElfFacts::read(&bytes[..len], Detail::Whole).unwrap_err();
        assert!(error.offset <= bytes.len() as u64, "{len}: {error}");
        assert_eq!(read_by_parts(&bytes[..len], Detail::Whole).0, Err(error));
    }
    let error = ElfFacts::read(&bytes[..100], Detail::Whole).unwrap_err().to_string();
    assert_eq!(
        error,
        "expected program headers at byte 64, found the file's end at byte 100 before its 112 bytes"
    );
}

#[test]
fn names_that_overlap_without_end_are_refused() {
    // A name of a megabyte that thousands of symbols share.
    let mut bytes = library(Layout { before: 1 << 20, ..Layout::SMALL });
    let place = |bytes: &[u8], tag: u64| {
        let tag = tag.to_le_bytes();
        let start = (bytes.len() - 1000) / 8 * 8;
        (start..bytes.len() - 8).step_by(8).find(|&at| bytes[at..at + 8] == tag).unwrap() + 8
    };
    let symbols = (1 << 16) / 24 * 24;
    let tables = [(5, 176_u64), (10, 1 << 19), (6, 600_000), (4, 599_000), (0x6FFF_FFF0, 600_000)];
    for (tag, value) in tables {
        let at = place(&bytes, tag);
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    bytes[176..599_000].fill(b'x');
    bytes[176 + (1 << 19) - 1] = 0;
    bytes[599_000..599_004].copy_from_slice(&1_u32.to_le_bytes());
    bytes[599_004..599_008].copy_from_slice(&u32::to_le_bytes(symbols / 24));
    bytes[600_000..600_000 + symbols as usize].fill(0);
    let error = ElfFacts::read(&bytes, Detail::Whole).unwrap_err();
    assert!(error.found.contains("overlapping names"), "{error}");
}

#[test]
fn elf_files_are_recognised_by_their_header() {
    let bytes = library(Layout::SMALL);
    assert!(is_elf(&bytes[..64]));
    assert!(!is_elf(&bytes[..63]));
    for (place, value) in [(0, 0), (4, 0), (4, 3), (5, 0), (5, 3)] {
        let mut other = bytes.clone();
        other[place] = value;
        assert!(!is_elf(&other), "{place} {value}");
        assert_eq!(ElfFacts::read(&other, Detail::Whole).unwrap_err().offset, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Reading a library with arbitrary changes ends, and reading it by parts ends the same.
    #[test]
    fn forged_files_are_read_or_refused(
        layout in 0..LAYOUTS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..8),
    ) {
        let mut bytes = library(LAYOUTS[layout]);
        // Tables are few among the bytes of the larger layouts; aim at them.
        let dynamic = bytes.len() - 600..bytes.len();
        for (index, value, aim) in changes {
            let place = match aim {
                0 => index.index(bytes.len()),
                1 => index.index(200),
                2 => dynamic.start + index.index(600),
                _ => 176 + index.index(400),
            };
            bytes[place] = value;
        }
        let whole = ElfFacts::read(&bytes, Detail::Linkage);
        let (parts, _) = read_by_parts(&bytes, Detail::Linkage);
        match (whole, parts) {
            (Ok(whole), Ok(parts)) => {
                prop_assert_eq!(ElfFacts { device_code: None, ..whole }, ElfFacts { device_code: None, ..parts });
            }
            (whole, parts) => prop_assert_eq!(whole.err(), parts.err()),
        }
    }
}
