//! Tests of facts: of whole, partly known, truncated and forged libraries.

use proptest::prelude::*;

use super::sample::{Layout, library};
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
        for detail in [Detail::Whole, Detail::Loading] {
            let (facts, questions) = read_by_parts(&bytes, detail);
            let facts = ElfFacts { device_code: Some(CUDA), ..facts.unwrap() };
            let whole = ElfFacts::read(&bytes, detail).unwrap();
            assert_eq!(facts, ElfFacts { device_code: Some(CUDA), ..whole });
            // Header, program headers, dynamic section, tables.
            assert_eq!(questions, 5);
        }
    }
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
        let whole = ElfFacts::read(&bytes, Detail::Whole);
        let (parts, _) = read_by_parts(&bytes, Detail::Whole);
        match (whole, parts) {
            (Ok(whole), Ok(parts)) => {
                prop_assert_eq!(ElfFacts { device_code: None, ..whole }, ElfFacts { device_code: None, ..parts });
            }
            (whole, parts) => prop_assert_eq!(whole.err(), parts.err()),
        }
    }
}
