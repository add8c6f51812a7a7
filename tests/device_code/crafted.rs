//! Crafts device code and libraries that hold it.

use std::fmt::Write as _;

use crate::support::command::TestDir;

/// Returns an entry of a fat binary; it is compressed if the flags say so.
pub(crate) fn entry(kind: u16, sm: u32, flags: u64, payload: &[u8], uncompressed: u64) -> Vec<u8> {
    let is_compressed = flags & 0xA000 != 0;
    let number = |len: usize| u32::try_from(len).unwrap().to_le_bytes();
    let padded = payload.len().next_multiple_of(8);
    let mut bytes = [kind.to_le_bytes(), 0x0101_u16.to_le_bytes()].concat();
    bytes.extend(number(64));
    bytes.extend((padded as u64).to_le_bytes());
    bytes.extend(number(if is_compressed { payload.len() } else { 0 }));
    bytes.extend([0; 8]);
    bytes.extend(sm.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(flags.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(uncompressed.to_le_bytes());
    bytes.extend(payload);
    bytes.resize(64 + padded, 0);
    bytes
}

/// Returns a container of entries.
pub(crate) fn fat_binary(entries: &[Vec<u8>]) -> Vec<u8> {
    let body = entries.concat();
    let len = (body.len() as u64).to_le_bytes();
    [&[0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0][..], &len, &body].concat()
}

/// Returns an ELF file for CUDA with one section.
pub(crate) fn cubin(sm: u8, code: &[u8]) -> Vec<u8> {
    let table = (64 + code.len() as u64).to_le_bytes();
    let len = (code.len() as u64).to_le_bytes();
    let mut bytes = b"\x7fELF\x02\x01\x01\x41\x08\0\0\0\0\0\0\0\x02\0\xbe\0\x01\0\0\0".to_vec();
    bytes.extend([0; 16]);
    bytes.extend(table);
    bytes.extend([4, sm, 0, 6, 64, 0, 56, 0, 0, 0, 64, 0, 2, 0, 0, 0]);
    bytes.extend(code);
    bytes.extend([0; 64]);
    bytes.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    bytes.extend([0; 16]);
    bytes.extend(64_u64.to_le_bytes());
    bytes.extend(len);
    bytes.extend([0; 24]);
    bytes
}

/// Builds a library with these sections: names, with flags if they are not `"a"`, and contents.
pub(crate) fn library(dir: &TestDir, name: &str, sections: &[(&str, Vec<u8>)]) {
    let mut source = String::new();
    for (index, (section, content)) in sections.iter().enumerate() {
        let flags = if section.contains(',') { "" } else { ",\"a\"" };
        writeln!(source, ".section {section}{flags}\n.balign 8\n.incbin \"part{index}\"").unwrap();
        dir.write(&format!("part{index}"), content);
    }
    dir.write("parts.s", source);
    dir.command("gcc", &["-shared", "-nostdlib", "-o", name, "parts.s"]).expect(0);
}

/// Returns a bundle of HIP with code for these targets, at offsets from 4096 on.
pub(crate) fn bundle(targets: &[(&str, &[u8])]) -> Vec<u8> {
    let number = |value: usize| u64::try_from(value).unwrap().to_le_bytes();
    let mut bytes = [&b"__CLANG_OFFLOAD_BUNDLE__"[..], &number(targets.len())].concat();
    let mut offset = 4096;
    for (name, code) in targets {
        for value in [offset, code.len(), name.len()] {
            bytes.extend(number(value));
        }
        bytes.extend(name.as_bytes());
        offset += code.len();
    }
    bytes.resize(4096.max(bytes.len()), 0);
    bytes.extend(targets.iter().flat_map(|(_, code)| *code));
    bytes
}

/// Returns a compressed bundle of version 3 with this zstd frame, which claims a length.
pub(crate) fn compressed_bundle(frame: &[u8], claimed: u64) -> Vec<u8> {
    let len = u64::try_from(32 + frame.len()).unwrap().to_le_bytes();
    [&b"CCOB\x03\0\x01\0"[..], &len, &claimed.to_le_bytes(), &[0; 8], frame].concat()
}
