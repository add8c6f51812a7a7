//! Crafts containers of each form, for tests.

/// An entry of a fat binary.
pub(super) struct Crafted {
    pub(super) kind: u16,
    pub(super) sm: u32,
    pub(super) flags: u64,
    pub(super) payload: Vec<u8>,
    pub(super) uncompressed: u64,
    /// What is behind the fixed part of the header: a name, or options, which begin with `-`.
    pub(super) name: &'static str,
}

pub(super) const LZ4: u64 = 0x2000;
pub(super) const ZSTD: u64 = 0x8000;

pub(super) fn crafted(
    kind: u16,
    sm: u32,
    flags: u64,
    payload: &[u8],
    uncompressed: u64,
) -> Crafted {
    Crafted { kind, sm, flags, payload: payload.to_vec(), uncompressed, name: "" }
}

pub(super) fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

pub(super) fn entry_bytes(entry: &Crafted) -> Vec<u8> {
    let name = padded(entry.name.as_bytes().to_vec());
    let payload = padded(entry.payload.clone());
    let is_compressed = entry.flags & (LZ4 | ZSTD) != 0;
    let mut bytes = Vec::new();
    bytes.extend(entry.kind.to_le_bytes());
    bytes.extend(0x0101_u16.to_le_bytes());
    bytes.extend(u32::try_from(64 + name.len()).unwrap().to_le_bytes());
    bytes.extend((payload.len() as u64).to_le_bytes());
    let compressed = if is_compressed { entry.payload.len() } else { 0 };
    bytes.extend(u32::try_from(compressed).unwrap().to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(entry.sm.to_le_bytes());
    let name_len = if entry.name.starts_with('-') { 0 } else { entry.name.len() };
    bytes.extend(if name_len == 0 { 0_u32 } else { 64 }.to_le_bytes());
    bytes.extend(u32::try_from(name_len).unwrap().to_le_bytes());
    bytes.extend(entry.flags.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(if is_compressed { entry.uncompressed } else { 0 }.to_le_bytes());
    assert_eq!(bytes.len(), 64);
    bytes.extend(name);
    bytes.extend(payload);
    bytes
}

pub(super) fn container(entries: &[Crafted]) -> Vec<u8> {
    let body: Vec<u8> = entries.iter().flat_map(entry_bytes).collect();
    let mut bytes = super::fat_binary::MAGIC.to_vec();
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Returns an ELF file for this machine, with one section and a segment.
pub(super) fn elf(machine: u16, sm: u8, code: &[u8]) -> Vec<u8> {
    let sections = 64 + code.len() as u64;
    let mut bytes = super::cubin::MAGIC.to_vec();
    bytes.extend([0x41, 8, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
    bytes.extend(machine.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend((sections + 128).to_le_bytes());
    bytes.extend(sections.to_le_bytes());
    bytes.extend([4, sm, 0, 6]);
    bytes.extend([64, 0, 56, 0, 1, 0, 64, 0, 2, 0, 0, 0]);
    assert_eq!(bytes.len(), 64);
    bytes.extend(code);
    bytes.extend([0; 64]);
    let mut section = [0; 64];
    section[4] = 1;
    section[24] = 64;
    section[32..40].copy_from_slice(&(code.len() as u64).to_le_bytes());
    bytes.extend(section);
    bytes.extend([0; 56]);
    bytes
}

pub(super) fn bundle(targets: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = super::bundle::MAGIC.to_vec();
    bytes.extend((targets.len() as u64).to_le_bytes());
    let mut offset = 4096;
    for (name, code) in targets {
        bytes.extend((offset as u64).to_le_bytes());
        bytes.extend((code.len() as u64).to_le_bytes());
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name.as_bytes());
        offset += code.len();
    }
    bytes.resize(4096, 0);
    for (_, code) in targets {
        bytes.extend(*code);
    }
    bytes
}

/// Returns a compressed bundle of version 2 or 3, with a stored zlib block or a raw zstd block.
pub(super) fn compressed(version: u16, is_zstd: bool, bundle: &[u8]) -> Vec<u8> {
    let len = bundle.len();
    let data = if is_zstd {
        let head = u32::try_from(len << 3 | 1).unwrap().to_le_bytes();
        let size = u32::try_from(len).unwrap().to_le_bytes();
        [&[0x28, 0xB5, 0x2F, 0xFD, 0xA0][..], &size, &head[..3], bundle].concat()
    } else {
        let (len, sum) = (u16::try_from(len).unwrap(), libdeflater::adler32(bundle).to_be_bytes());
        [&[0x78, 1, 1][..], &len.to_le_bytes(), &(!len).to_le_bytes(), bundle, &sum].concat()
    };
    let header_len = if version == 3 { 32 } else { 24 };
    let total = (header_len + data.len()) as u64;
    let mut bytes = super::bundle::COMPRESSED_MAGIC.to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend(u16::from(is_zstd).to_le_bytes());
    for size in [total, len as u64] {
        match version {
            3 => bytes.extend(size.to_le_bytes()),
            _ => bytes.extend(u32::try_from(size).unwrap().to_le_bytes()),
        }
    }
    bytes.extend([0; 8]);
    bytes.extend(data);
    bytes
}

/// Returns a file with device code of each kind, with other bytes between.
pub(super) fn sample() -> Vec<u8> {
    let mut named = crafted(2, 90, 0x11 | 0x10_0000 | LZ4, &[0xAB; 1000], 5000);
    named.name = "a/kernel.cu";
    let mut with_options = crafted(1, 120, 0x11 | ZSTD | 0x20_0000, &[0xCD; 77], 300);
    with_options.name = "--compile-only -O3";
    let cubin = elf(190, 80, &[7; 32]);
    let parts: [&[u8]; 11] = [
        b"\x7fELF\x02\x01\x01 of the host, \x50\xED\x55\xBA\x01\0\x10\0 and text",
        &container(&[
            crafted(2, 80, 0x11, &elf(190, 80, &[1; 20]), 0),
            named,
            with_options,
            crafted(8, 90, 0x1_8011, &[1; 16], 99),
            crafted(32, 90, 0x11, &[], 0),
        ]),
        b"xyz",
        &container(&[]),
        &container(&[crafted(2, 103, 0x11, &container(&[]), 0)]),
        b"1234567",
        &cubin,
        &bundle(&[
            ("host-x86_64-unknown-linux-gnu-", b""),
            ("hipv4-amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-", b"code of gfx90a"),
            ("hipv4-amdgcn-amd-amdhsa--gfx942", b"gfx942"),
        ]),
        b"CCOB and CCOBCCOB",
        &compressed(3, true, &bundle(&[("hip-amdgcn-amd-amdhsa--gfx1100", b"code")])),
        b"the end\x50\xED\x55\xBA\x01\0\x10",
    ];
    parts.concat()
}
