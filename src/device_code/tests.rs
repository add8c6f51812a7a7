//! Scans of crafted containers: whole, in pieces, broken, and nested in other data.

use std::ops::Range;

use proptest::prelude::*;

use super::crafted::{
    Crafted, LZ4, ZSTD, bundle, compressed, container, crafted, elf, entry_bytes, sample,
};
use super::*;

fn scan_range(bytes: &[u8], range: Range<usize>) -> DeviceCode {
    let mut scanner = Scanner::new(&(range.start as u64..range.end as u64), NoPayloads);
    scanner.feed(&bytes[range]);
    scanner.finish().0
}

fn scan(bytes: &[u8]) -> DeviceCode {
    scan_range(bytes, 0..bytes.len())
}

/// Returns what is found in pieces of these lengths, over and over, with bytes skipped where that is allowed.
fn scan_in_pieces(bytes: &[u8], lens: &[usize], skips: bool) -> DeviceCode {
    let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
    let (mut at, mut lens) = (0, lens.iter().cycle());
    while at < bytes.len() {
        if skips {
            scanner.skip_to(u64::MAX);
            at = usize::try_from(scanner.needed()).unwrap().min(bytes.len());
        }
        let end = bytes.len().min(at + lens.next().unwrap());
        scanner.feed(&bytes[at..end]);
        at = end;
    }
    scanner.finish().0
}

fn names(code: &DeviceCode) -> Vec<String> {
    code.entries()
        .map(|entry| format!("{} {}", entry.architecture_name(), entry.kind.name()))
        .collect()
}

#[test]
fn containers_of_each_form_are_found() {
    let bytes = sample();
    let code = scan(&bytes);
    assert_eq!(code.problems, []);
    let forms: Vec<Form> = code.containers.iter().map(|it| it.form).collect();
    assert_eq!(
        forms,
        [
            Form::FatBinary,
            Form::FatBinary,
            Form::FatBinary,
            Form::Cubin,
            Form::Bundle,
            Form::CompressedBundle
        ]
    );
    assert_eq!(
        names(&code),
        [
            "sm_80 cubin",
            "sm_90a cubin",
            "compute_120f ptx",
            "lto_90 lto",
            "sm_90 other",
            "sm_103 cubin",
            "sm_80 cubin",
            "gfx90a:sramecc+:xnack- hip",
            "gfx942 hip",
            "gfx1100 hip"
        ]
    );
    let entries: Vec<&Entry> = code.entries().collect();
    // A cubin of 268 bytes, padded to 272: its own header has the length.
    assert_eq!((entries[0].padded_len, entries[0].uncompressed_len), (272, 268));
    assert_eq!((entries[0].len(), entries[0].compression), (64 + 272, Compression::None));
    let named = entries[1];
    assert_eq!((named.header_len, named.compressed_len, named.uncompressed_len), (80, 1000, 5000));
    assert_eq!((named.compression, named.name.as_deref()), (Compression::Lz4, Some("a/kernel.cu")));
    let payload = named.payload();
    let within = usize::try_from(payload.start).unwrap()..usize::try_from(payload.end).unwrap();
    assert!(bytes[within].iter().all(|&byte| byte == 0xAB));
    assert_eq!((entries[2].padded_len, entries[2].compressed_len), (80, 77));
    assert_eq!((entries[2].header_len, &entries[2].name), (88, &None));
    assert_eq!(entries[3].compression, Compression::Unknown);
    assert_eq!(code.containers[1].entries, []);
    assert_eq!((entries[6].len(), entries[6].header_len), (64 + 32 + 128 + 56, 0));
    assert_eq!(entries[7].len(), 14);
    let last = code.containers.last().unwrap();
    assert_eq!(last.entries[0].len(), last.range.end - last.range.start);
    for container in code.containers.iter().filter(|it| it.form == Form::FatBinary) {
        let lens: u64 = container.entries.iter().map(Entry::len).sum();
        assert_eq!(lens + 16, container.range.end - container.range.start);
    }
}

#[test]
fn pieces_of_any_length_have_the_same_result() {
    let bytes = sample();
    let whole = scan(&bytes);
    for len in (1..130).chain([1000, 4095]) {
        for skips in [false, true] {
            assert_eq!(scan_in_pieces(&bytes, &[len], skips), whole, "{len} {skips}");
        }
    }
    // A container in the last bytes, which are fewer than those of the longest magic number.
    let bytes = [&[1; 99][..], &container(&[]), &[0; 3]].concat();
    for len in 1..bytes.len() {
        assert_eq!(scan_in_pieces(&bytes, &[len], false).containers.len(), 1, "{len}");
    }
}

#[test]
fn payloads_are_skipped_unless_wanted() {
    let bytes = container(&[crafted(2, 90, 0x11 | LZ4, &[1; 4096], 9)]);
    let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
    scanner.feed(&bytes[..100]);
    assert_eq!(scanner.needed(), bytes.len() as u64);
    scanner.skip_to(bytes.len() as u64);
    assert_eq!(scanner.finish().0, scan(&bytes));
}

/// Keeps all payloads.
#[derive(Default)]
struct Keep(Vec<(u64, Vec<u8>, bool)>);

impl PayloadVisitor for Keep {
    fn begin(&mut self, entry: &Entry) -> bool {
        self.0.push((entry.payload_offset, Vec::new(), false));
        entry.kind != Kind::Ptx
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.last_mut().unwrap().1.extend(bytes);
    }

    fn end(&mut self) {
        self.0.last_mut().unwrap().2 = true;
    }
}

#[test]
fn a_visitor_gets_each_payload_without_padding() {
    let bytes = sample();
    for len in [1, 7, 64, 100, 5000, bytes.len()] {
        let mut scanner = Scanner::new(&(0..bytes.len() as u64), Keep::default());
        bytes.chunks(len).for_each(|piece| scanner.feed(piece));
        let (code, Keep(payloads)) = scanner.finish();
        let is_bundle = |entry: &&Entry| entry.kind == Kind::Hip;
        let entries: Vec<&Entry> = code.entries().filter(|it| !is_bundle(it)).collect();
        assert_eq!(payloads.len(), entries.len());
        for (entry, (offset, payload, is_complete)) in entries.into_iter().zip(payloads) {
            let range = entry.payload();
            assert_eq!(range.start, offset);
            let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            if entry.kind == Kind::Ptx {
                assert!(payload.is_empty() && !is_complete);
            } else {
                assert!(payload == bytes[range] && is_complete, "{len} {entry:?}");
            }
        }
    }
}

#[test]
fn broken_chains_are_problems() {
    let sound =
        container(&[crafted(2, 80, 0x11, &[1; 64], 0), crafted(2, 90, 0x11 | ZSTD, &[2; 64], 100)]);
    let second = 16 + 64 + 64;
    let with = |at: usize, value: &[u8]| {
        let mut bytes = sound.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    let long = u64::MAX.to_le_bytes();
    let cases: [(&str, Vec<u8>, &[ProblemKind]); 11] = [
        ("cut short", sound[..sound.len() - 8].to_vec(), &[ProblemKind::Truncated]),
        ("too long", with(8, &300_u64.to_le_bytes()), &[ProblemKind::Truncated]),
        ("a length of all bits", with(8, &long), &[]),
        ("too short", with(8, &200_u64.to_le_bytes()), &[ProblemKind::Entry]),
        ("no first entry", with(16, &[0, 0]), &[]),
        ("another version of an entry", with(second + 2, &[2, 1]), &[ProblemKind::Entry]),
        ("no kind", with(second, &[0, 0]), &[ProblemKind::Entry]),
        ("a payload of all bits", with(second + 8, &long), &[ProblemKind::Entry]),
        ("a payload behind the end", with(second + 8, &[72]), &[ProblemKind::Entry]),
        ("more compressed bytes than there are", with(second + 16, &[65]), &[ProblemKind::Entry]),
        ("no architecture", with(second + 28, &[0, 0, 1]), &[ProblemKind::Entry]),
    ];
    for (name, broken, expected) in cases {
        let code = scan(&broken);
        let found: Vec<ProblemKind> = code.problems.iter().map(|it| it.kind).collect();
        assert_eq!((found.as_slice(), code.containers.as_slice()), (expected, &[][..]), "{name}");
        // What follows is found all the same.
        let code = scan(&[&broken, b"\0\0\0\0".as_slice(), &container(&[])].concat());
        assert!(code.containers.iter().any(|it| it.range.end > broken.len() as u64), "{name}");
        for problem in code.problems {
            assert!(problem.to_string().starts_with("device code at byte 0: expected "), "{name}");
        }
    }
    assert_eq!(scan(&with(second + 4, &[65])).containers, []);
}

#[test]
fn a_container_that_claims_the_next_one_hides_nothing() {
    let first = container(&[crafted(2, 80, 0x11, &[1; 64], 0)]);
    let second = container(&[crafted(2, 90, 0x11, &[2; 64], 0)]);
    let mut bytes = [first.as_slice(), &second].concat();
    let claimed = bytes.len() as u64 - 16;
    bytes[8..16].copy_from_slice(&claimed.to_le_bytes());
    let code = scan(&bytes);
    assert_eq!(names(&code), ["sm_90 cubin"]);
    assert_eq!(code.problems.len(), 1);
}

#[test]
fn sections_bound_their_containers() {
    let one = container(&[crafted(2, 80, 0x11, &[1; 64], 0)]);
    let bytes = [one.as_slice(), &one].concat();
    let whole = scan(&bytes);
    let (len, all) = (one.len() as u64, bytes.len() as u64);
    assert!(whole.is_within(&[0..len, len..all]));
    assert!(!whole.is_within(&[0..len, len + 1..all]));
    let mut scanner = Scanner::new(&(0..len), NoPayloads);
    scanner.feed(&bytes[..one.len()]);
    scanner.restart(&(len..all));
    scanner.feed(&bytes[one.len()..]);
    assert_eq!(scanner.finish().0, whole);
    let cut = scan_range(&bytes, 0..one.len() - 1);
    assert_eq!((cut.containers.len(), cut.problems[0].kind), (0, ProblemKind::Truncated));
}

#[test]
fn compressed_bundles_of_both_versions_and_methods() {
    let inner = bundle(&[
        ("hipv4-amdgcn-amd-amdhsa--gfx906", &[1; 3000]),
        ("hipv4-amdgcn-amd-amdhsa--gfx942", &[2; 1000]),
    ]);
    for (version, is_zstd) in [(2, true), (2, false), (3, true), (3, false)] {
        let bytes = compressed(version, is_zstd, &inner);
        let code = scan(&bytes);
        assert_eq!(names(&code), ["gfx906 hip", "gfx942 hip"], "{version} {is_zstd}");
        let lens: Vec<(u64, u64)> =
            code.entries().map(|it| (it.len(), it.uncompressed_len)).collect();
        assert_eq!((lens[0].1, lens[1].1), (3000, 1000));
        assert_eq!(lens[0].0 + lens[1].0, bytes.len() as u64);
        assert!(lens[0].0 > 2 * lens[1].0);
    }
    let mut damaged = compressed(3, true, &inner);
    damaged[50] ^= 1;
    let code = scan(&damaged);
    assert_eq!((code.containers[0].entries.len(), code.problems[0].kind), (0, ProblemKind::Bundle));
}

#[test]
fn payloads_are_decompressed_to_the_length_that_is_stated() {
    let text = b"text text text text text text text text".repeat(9);
    let packed = [&[0x4F][..], b"text", &[4, 0], &[255, 0x30]].concat();
    let entry = |flags, payload: &[u8], len| {
        let code = scan(&container(&[crafted(2, 90, flags, payload, len)]));
        code.containers[0].entries[0].clone()
    };
    // A literal run of 4 bytes and a match of 19 + 255 + 48 bytes at distance 4; then the last 5 bytes.
    let mut block = packed.clone();
    block.extend([0x50]);
    block.extend(b"abcde");
    let len = 4 + 19 + 255 + 48 + 5;
    let lz4 = entry(LZ4, &block, len);
    assert_eq!(decompress(&lz4, &block).unwrap().len() as u64, len);
    for wrong in [len - 1, len + 1, 0, 1 << 29] {
        let lies = Entry { uncompressed_len: wrong, ..lz4.clone() };
        assert!(
            matches!(decompress(&lies, &block), Err(DecompressError::Damaged { .. })),
            "{wrong}"
        );
    }
    let lies = Entry { uncompressed_len: u64::MAX, ..lz4.clone() };
    assert!(matches!(decompress(&lies, &block), Err(DecompressError::TooLong(u64::MAX))));
    assert!(decompress(&lz4, &block[..5]).is_err());
    // A raw zstd block.
    let size = u32::try_from(text.len()).unwrap();
    let head = (size << 3 | 1).to_le_bytes();
    let frame =
        [&[0x28, 0xB5, 0x2F, 0xFD, 0xA0][..], &size.to_le_bytes(), &head[..3], &text].concat();
    let zstd = entry(ZSTD, &frame, size.into());
    assert_eq!(decompress(&zstd, &frame).unwrap(), text.as_slice());
    for wrong in [size - 1, size + 1, 1 << 30] {
        let lies = Entry { uncompressed_len: wrong.into(), ..zstd.clone() };
        assert!(decompress(&lies, &frame).is_err(), "{wrong}");
    }
    let unknown = Entry { compression: Compression::Unknown, ..zstd };
    assert!(matches!(decompress(&unknown, &frame), Err(DecompressError::Unknown)));
    let none = entry(0, &text[..64], 0);
    assert_eq!(decompress(&none, &text[..64]).unwrap(), &text[..64]);
}

#[test]
fn counts_are_bounded() {
    let empty = container(&[]);
    let code = scan(&empty.repeat(1 << 20));
    assert_eq!(code.containers.len(), MAX_CONTAINERS);
    assert_eq!(code.problems[0].kind, ProblemKind::TooMany);
    let entries: Vec<Crafted> = (0..9).map(|_| crafted(2, 90, 0, &[], 0)).collect();
    let body: Vec<u8> = entries.iter().flat_map(entry_bytes).collect::<Vec<u8>>().repeat(30_000);
    let bytes = [&super::fat_binary::MAGIC[..], &(body.len() as u64).to_le_bytes(), &body].concat();
    let code = scan(&bytes);
    assert_eq!(code.containers, []);
    assert_eq!(code.problems[0].kind, ProblemKind::TooMany);
    // Magic numbers that lead nowhere cost little each.
    for magic in
        [&super::fat_binary::MAGIC[..], &elf(190, 80, &[])[..64], super::bundle::MAGIC, b"CCOB"]
    {
        let code = scan(&magic.repeat((4 << 20) / magic.len()));
        assert_eq!(code.containers, []);
    }
}

#[test]
fn functions_of_what_is_no_cubin() {
    assert_eq!(functions(b"no cubin"), Err(FunctionsError::Malformed));
    // Without names of sections.
    assert_eq!(functions(&elf(190, 80, &[1; 8])), Err(FunctionsError::Malformed));
}

proptest! {
    /// Any change of the sample: the same result in pieces, no panic, and containers that do not overlap.
    #[test]
    fn changed_bytes(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        lens in prop::collection::vec(1..600_usize, 1..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = sample();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let whole = scan(&bytes);
        prop_assert_eq!(&scan_in_pieces(&bytes, &lens, false), &whole);
        prop_assert_eq!(&scan_in_pieces(&bytes, &lens, true), &whole);
        let mut end = 0;
        for container in &whole.containers {
            prop_assert!(container.range.start >= end && container.range.start < container.range.end);
            end = container.range.end;
            prop_assert!(end <= bytes.len() as u64);
            for entry in &container.entries {
                prop_assert!(entry.offset >= container.range.start);
                prop_assert!(entry.offset + entry.len() <= end);
                prop_assert!(entry.compressed_len <= entry.padded_len);
            }
        }
    }
}
