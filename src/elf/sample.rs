//! Sample libraries for tests, laid out as linkers and rewriting tools do.

/// The layout of a library's tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Bytes before the tables.
    pub(crate) before: usize,
    /// Bytes between the tables and the dynamic section.
    pub(crate) between: usize,
    /// Bytes after the dynamic section.
    pub(crate) after: usize,
    /// Whether the string table is at the end, where tools that rewrite it move it.
    pub(crate) strings_last: bool,
    /// Whether there is a section table, with a section `.nv_fatbin`.
    pub(crate) sections: bool,
}

impl Layout {
    /// No gaps between tables.
    pub(crate) const SMALL: Self =
        Self { before: 0, between: 0, after: 0, strings_last: false, sections: true };
}

const STRINGS: &[u8] = b"\0libc.so.6\0GLIBC_2.34\0printf\0PyInit_sample\0libsample.so\0other\0";

fn name(text: &[u8]) -> u64 {
    let place = STRINGS.windows(text.len()).position(|window| window == text);
    place.unwrap() as u64
}

/// Appends fields: their values and lengths.
fn put(bytes: &mut Vec<u8>, fields: &[(u64, usize)]) {
    for &(value, len) in fields {
        let mut field = value.to_le_bytes().to_vec();
        field.resize(len, 0);
        bytes.append(&mut field);
    }
}

/// Appends filler bytes, which deflate compresses to about half.
fn filling(bytes: &mut Vec<u8>, len: usize) {
    let mut state = 7_u32;
    bytes.extend((0..len).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + u8::try_from(state >> 28).unwrap()
    }));
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

/// A part of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Symbols,
    Versions,
    Verneed,
    Hash,
    /// A GNU hash table with this number of 8-byte words in its filter.
    GnuHash(usize),
    Strings,
    Dynamic,
    /// Bytes that no table uses.
    Filling(usize),
}

/// Number of entries of the dynamic section.
const ENTRIES: usize = 11;

impl Part {
    /// Returns the dynamic tag that locates the part.
    fn tag(self) -> Option<u64> {
        match self {
            Self::Symbols => Some(6),
            Self::Versions => Some(0x6FFF_FFF0),
            Self::Verneed => Some(0x6FFF_FFFE),
            Self::Hash => Some(4),
            Self::GnuHash(_) => Some(0x6FFF_FEF5),
            Self::Strings => Some(5),
            Self::Dynamic | Self::Filling(_) => None,
        }
    }

    /// Appends the part. The dynamic section is left empty: it depends on the other parts' addresses.
    fn append(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Symbols => {
                put(bytes, &[(0, 24)]);
                for (text, info, section) in [
                    (&b"printf\0"[..], 0x12, 0),
                    (b"f\0", 0x12, 0),
                    (b"other\0", 0x20, 0),
                    (b"PyInit_sample\0", 0x12, 1),
                ] {
                    let rest = [(info, 1), (0, 1), (section, 2), (64 * section, 8), (0, 8)];
                    put(bytes, &[(name(text), 4)]);
                    put(bytes, &rest);
                }
            }
            Self::Versions => put(bytes, &[(0, 2), (0x8002, 2), (1, 2), (1, 2), (1, 2), (0, 6)]),
            Self::Verneed => {
                put(bytes, &[(1, 2), (1, 2), (name(b"libc.so.6\0"), 4), (16, 4), (0, 4)]);
                put(bytes, &[(0, 4), (0, 2), (2, 2), (name(b"GLIBC_2.34\0"), 4), (0, 4)]);
            }
            Self::Hash => put(bytes, &[(1, 4), (5, 4), (0, 24)]),
            Self::GnuHash(words) => {
                // One bucket, which begins at symbol 4, the last one.
                put(bytes, &[(1, 4), (4, 4), (words as u64, 4), (0, 4)]);
                bytes.resize(bytes.len() + 8 * words, 0xFF);
                put(bytes, &[(4, 4), (1, 4)]);
            }
            Self::Strings => bytes.extend_from_slice(STRINGS),
            Self::Dynamic => bytes.resize(bytes.len() + ENTRIES * 16, 0),
            Self::Filling(len) => filling(bytes, len),
        }
    }
}

/// Returns a library for 64-bit x86 that imports `printf`, a function `f` without a version and the
/// weak symbol `other`, and that is a Python module.
pub(crate) fn library(layout: Layout) -> Vec<u8> {
    let Layout { before, between, after, strings_last, sections } = layout;
    let mut order =
        vec![Part::Filling(before), Part::Symbols, Part::Versions, Part::Verneed, Part::Hash];
    order.extend((!strings_last).then_some(Part::Strings));
    order.extend([Part::Filling(between), Part::Dynamic, Part::Filling(after)]);
    order.extend(strings_last.then_some(Part::Strings));
    build(&order, false, sections)
}

/// Returns the same library with its parts in this order, each table in a segment of its own with another
/// distance from offset to address, as tools that rewrite a library leave it.
pub(crate) fn rewritten(order: &[Part]) -> Vec<u8> {
    build(order, true, false)
}

/// Returns a library with its parts in this order.
pub(super) fn build(order: &[Part], is_rewritten: bool, sections: bool) -> Vec<u8> {
    const PAGE: u64 = 4096;
    let tables = order.iter().filter(|part| !matches!(part, Part::Filling(_))).count();
    let segments = if is_rewritten { tables + 1 } else { 2 };
    let mut bytes = vec![0; 64 + segments * 56];
    // The kind, offset, address and length of each segment.
    let mut headers = Vec::new();
    let mut entries = vec![(1, name(b"libc.so.6\0")), (14, name(b"libsample.so\0"))];
    let mut dynamic = 0..0;
    for &part in order {
        let start = bytes.len();
        part.append(&mut bytes);
        let (offset, len) = (start as u64, (bytes.len() - start) as u64);
        let moved = if is_rewritten { PAGE * headers.len() as u64 } else { 0 };
        entries.extend(part.tag().map(|tag| (tag, offset + moved)));
        if part == Part::Dynamic {
            dynamic = start..bytes.len();
            headers.push((2, offset, offset + moved, len));
        }
        if is_rewritten && !matches!(part, Part::Filling(_)) {
            headers.push((1, offset, offset + moved, len));
        }
    }
    if !is_rewritten {
        headers.insert(0, (1, 0, 0, bytes.len() as u64));
    }
    entries.extend([(10, STRINGS.len() as u64), (0x6FFF_FFFF, 1), (30, 4), (0, 0)]);
    let mut content = Vec::new();
    for (tag, value) in entries {
        put(&mut content, &[(tag, 8), (value, 8)]);
    }
    bytes[dynamic.start..dynamic.start + content.len()].copy_from_slice(&content);
    let table = if sections { add_sections(&mut bytes) } else { 0 };
    let mut header = Vec::new();
    put(&mut header, &[(0x0001_0102_464C_457F, 8), (0, 8), (3, 2), (62, 2), (1, 4), (0, 8)]);
    put(&mut header, &[(64, 8), (table, 8), (0, 4), (64, 2), (56, 2), (segments as u64, 2)]);
    put(&mut header, &[(64, 2), (if sections { 3 } else { 0 }, 2), (2, 2)]);
    for (kind, offset, address, len) in headers {
        put(&mut header, &[(kind, 4), (5, 4), (offset, 8), (address, 8), (address, 8)]);
        put(&mut header, &[(len, 8), (len, 8), (PAGE, 8)]);
    }
    bytes[..header.len()].copy_from_slice(&header);
    bytes
}

/// Appends a section table. Returns its offset.
fn add_sections(bytes: &mut Vec<u8>) -> u64 {
    let names = bytes.len() as u64;
    let text = b"\0.nv_fatbin\0.shstrtab\0";
    bytes.extend_from_slice(text);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let table = bytes.len() as u64;
    for (name, kind, start, len) in [(0, 0, 0, 0), (1, 1, 0, 0), (12, 3, names, text.len() as u64)]
    {
        put(bytes, &[(name, 4), (kind, 4), (0, 16), (start, 8), (len, 8), (0, 8), (0, 16)]);
    }
    table
}
