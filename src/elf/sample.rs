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

/// Returns a library for 64-bit x86 that imports `printf`, a function `f` without a version and the
/// weak symbol `other`, and that is a Python module.
#[expect(clippy::too_many_lines, reason = "the layout of one file, part by part")]
pub(crate) fn library(layout: Layout) -> Vec<u8> {
    let mut bytes = vec![0; 64 + 2 * 56];
    filling(&mut bytes, layout.before);
    let symbols = bytes.len() as u64;
    put(&mut bytes, &[(0, 24)]);
    for (text, info, section) in [
        (&b"printf\0"[..], 0x12, 0),
        (b"f\0", 0x12, 0),
        (b"other\0", 0x20, 0),
        (b"PyInit_sample\0", 0x12, 1),
    ] {
        put(&mut bytes, &[(name(text), 4), (info, 1), (0, 1), (section, 2), (0, 8), (0, 8)]);
    }
    let versions = bytes.len() as u64;
    put(&mut bytes, &[(0, 2), (0x8002, 2), (1, 2), (1, 2), (1, 2), (0, 6)]);
    let verneed = bytes.len() as u64;
    put(&mut bytes, &[(1, 2), (1, 2), (name(b"libc.so.6\0"), 4), (16, 4), (0, 4)]);
    put(&mut bytes, &[(0, 4), (0, 2), (2, 2), (name(b"GLIBC_2.34\0"), 4), (0, 4)]);
    let hash = bytes.len() as u64;
    put(&mut bytes, &[(1, 4), (5, 4), (0, 24)]);
    let mut strings = bytes.len() as u64;
    if !layout.strings_last {
        bytes.extend_from_slice(STRINGS);
    }
    filling(&mut bytes, layout.between);
    let dynamic = bytes.len() as u64;
    let dynamic_len = 11 * 16;
    bytes.resize(bytes.len() + 11 * 16, 0);
    filling(&mut bytes, layout.after);
    if layout.strings_last {
        strings = bytes.len() as u64;
        bytes.extend_from_slice(STRINGS);
    }
    let end = bytes.len() as u64;
    let mut entries = Vec::new();
    for (tag, value) in [
        (1, name(b"libc.so.6\0")),
        (14, name(b"libsample.so\0")),
        (4, hash),
        (5, strings),
        (10, STRINGS.len() as u64),
        (6, symbols),
        (0x6FFF_FFF0, versions),
        (0x6FFF_FFFE, verneed),
        (0x6FFF_FFFF, 1),
        (30, 4),
        (0, 0),
    ] {
        put(&mut entries, &[(tag, 8), (value, 8)]);
    }
    let place = usize::try_from(dynamic).unwrap();
    bytes[place..place + entries.len()].copy_from_slice(&entries);
    let sections = if layout.sections { add_sections(&mut bytes) } else { 0 };
    let mut header = Vec::new();
    put(&mut header, &[(0x0001_0102_464C_457F, 8), (0, 8), (3, 2), (62, 2), (1, 4), (0, 8)]);
    put(&mut header, &[(64, 8), (sections, 8), (0, 4), (64, 2), (56, 2), (2, 2), (64, 2)]);
    put(&mut header, &[(if layout.sections { 3 } else { 0 }, 2), (2, 2)]);
    for (kind, start, len) in [(1, 0, end), (2, dynamic, dynamic_len)] {
        put(&mut header, &[(kind, 4), (5, 4), (start, 8), (start, 8), (start, 8)]);
        put(&mut header, &[(len, 8), (len, 8), (8, 8)]);
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
