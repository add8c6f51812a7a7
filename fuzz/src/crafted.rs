//! Archives made from a recipe in the input. Most fields are consistent, so that readers get past the first
//! record, and each field can be forged.

use libdeflater::{CompressionLvl, Compressor};
use sha2::{Digest as _, Sha256};
use wheelworks::wheel::{MemberPath, Record, RecordRow, Sha256Digest};

use super::Bytes;

/// The most members of a recipe. More make each run slower and reach no other code.
const MAX_CRAFTED_MEMBERS: usize = 12;

/// The dist-info directory that [`wheel`] adds.
const DIST_INFO: &str = "pkg-1.0.dist-info";

/// A member to write.
#[derive(Debug, Default, Clone)]
struct Member {
    name: Vec<u8>,
    content: Vec<u8>,
    is_deflated: bool,
    mode: u16,
    flags: u16,
    extra: Vec<u8>,
    gap: Vec<u8>,
    forgeries: Vec<Forgery>,
}

/// A forged field.
#[derive(Debug, Clone, Copy)]
struct Forgery {
    field: u8,
    value: u32,
}

impl Forgery {
    /// Returns the field's value, forged or not.
    fn apply(forgeries: &[Self], field: u8, value: u32) -> u32 {
        let own = forgeries.iter().find(|forgery| forgery.field & 0x7F == field);
        own.map_or(value, |forgery| match forgery.field & 0x80 {
            0 => forgery.value,
            _ => value.wrapping_add(forgery.value),
        })
    }
}

/// Returns an archive with the members of the recipe.
pub fn archive(input: &mut Bytes<'_>) -> Vec<u8> {
    let form = input.u8();
    let members = members(input);
    render(form, &members)
}

/// Returns a wheel with the members of the recipe. Adds the files of a wheel that are missing: METADATA,
/// WHEEL with these tags, and a valid RECORD.
pub fn wheel(input: &mut Bytes<'_>, tags: &str) -> Vec<u8> {
    let form = input.u8();
    let mut members = members(input);
    let mut add = |name: &str, content: &[u8]| {
        let name = format!("{DIST_INFO}/{name}").into_bytes();
        if !members.iter().any(|member| member.name == name) {
            let content = content.to_vec();
            members.push(Member { name, content, is_deflated: true, ..Member::default() });
        }
    };
    add("METADATA", b"Metadata-Version: 2.4\nName: pkg\nVersion: 1.0\n");
    let purelib = tags.ends_with("-any");
    let wheel =
        format!("Wheel-Version: 1.0\nGenerator: fuzz\nRoot-Is-Purelib: {purelib}\nTag: {tags}\n");
    add("WHEEL", wheel.as_bytes());
    let record = record(&members);
    let name = format!("{DIST_INFO}/RECORD").into_bytes();
    if !members.iter().any(|member| member.name == name) {
        members.push(Member { name, content: record, is_deflated: true, ..Member::default() });
    }
    render(form, &members)
}

fn record(members: &[Member]) -> Vec<u8> {
    let files = members.iter().filter(|member| !member.name.ends_with(b"/"));
    let rows = files.filter_map(|member| {
        let path = MemberPath::from_bytes(&member.name).ok()?;
        let digest = Sha256Digest(Sha256::digest(&member.content).into());
        Some(RecordRow { path, digest, size: member.content.len() as u64 })
    });
    let own: MemberPath = format!("{DIST_INFO}/RECORD").parse().unwrap();
    let record = Record::new(rows.collect());
    record.map(|record| record.render(&own).unwrap()).unwrap_or_default()
}

fn members(input: &mut Bytes<'_>) -> Vec<Member> {
    let mut members = Vec::new();
    while !input.is_empty() && members.len() < MAX_CRAFTED_MEMBERS {
        members.push(member(input));
    }
    members
}

fn member(input: &mut Bytes<'_>) -> Member {
    let form = input.u8();
    let has = |bit: u8| form & 1 << bit != 0;
    let name = input.short().to_vec();
    let content = input.long();
    let times = if has(1) { usize::from(input.u8()) + 1 } else { 1 };
    // Up to 8 kB, more than the longest path that any reader accepts.
    let name = if has(1) { name.repeat(usize::from(input.u8() % 32) + 1) } else { name };
    let mut member = Member {
        content: content.repeat(times),
        is_deflated: has(0),
        flags: if name.is_ascii() && !has(7) { 0 } else { 1 << 11 },
        name,
        ..Member::default()
    };
    if has(2) {
        member.mode = input.u16();
    }
    if has(3) {
        member.extra = input.short().to_vec();
    }
    if has(4) {
        member.extra.extend(chunk_table(input));
    }
    if has(5) {
        let count = input.below(4) + 1;
        let forgery = |_| Forgery { field: input.u8(), value: input.u32() };
        member.forgeries = (0..count).map(forgery).collect();
    }
    if has(6) {
        member.gap = input.short().to_vec();
    }
    member
}

/// Returns an extra field that may be a chunk table.
fn chunk_table(input: &mut Bytes<'_>) -> Vec<u8> {
    let lengths = input.short();
    let len = u16::try_from(lengths.len() + 3).unwrap().to_le_bytes();
    [&[0x57, 0x57, len[0], len[1], 1, 2, 6], lengths].concat()
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::fastest());
    let mut out = vec![0; compressor.deflate_compress_bound(content.len())];
    let len = compressor.deflate_compress(content, &mut out).unwrap();
    out.truncate(len);
    out
}

/// Writes fields of a record, little-endian.
#[derive(Debug, Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn put(&mut self, len: usize, value: u64) {
        self.0.extend(&value.to_le_bytes()[..len]);
    }
}

/// Renders an archive. The bits of `form`: bytes before it; a comment; ZIP64 end records; the directory in
/// reverse order; bytes after it; forged counts.
fn render(form: u8, members: &[Member]) -> Vec<u8> {
    let has = |bit: u8| form & 1 << bit != 0;
    let mut out = Writer::default();
    if has(0) {
        out.0.extend(b"#!/bin/sh\n");
    }
    let shift = out.0.len();
    let mut records: Vec<Vec<u8>> =
        members.iter().map(|member| put_member(&mut out, shift, member)).collect();
    if has(3) {
        records.reverse();
    }
    let offset = (out.0.len() - shift) as u64;
    let directory = records.concat();
    let (count, len) = (members.len() as u64, directory.len() as u64);
    out.0.extend(directory);
    if has(2) {
        let position = out.0.len() as u64;
        out.put(4, 0x0606_4B50);
        out.put(8, 44);
        out.put(4, 0x002D_032D);
        out.put(8, 0);
        for value in [count, count, len, offset] {
            out.put(8, value);
        }
        out.put(4, 0x0706_4B50);
        out.put(4, 0);
        out.put(8, position);
        out.put(4, 1);
    }
    out.put(4, 0x0605_4B50);
    out.put(4, 0);
    let claimed_count = if has(5) { count + 1 } else { count };
    out.put(2, claimed_count);
    out.put(2, claimed_count);
    out.put(4, if has(6) { 0xFFFF_FFFF } else { len });
    out.put(4, if has(7) { 0xFFFF_FFFF } else { offset });
    out.put(2, if has(1) { 7 } else { 0 });
    if has(1) {
        out.0.extend(b"comment");
    }
    if has(4) {
        out.0.extend(b"behind");
    }
    out.0
}

/// Writes a member. Returns its record of the central directory.
fn put_member(out: &mut Writer, shift: usize, member: &Member) -> Vec<u8> {
    let data = if member.is_deflated { deflate(&member.content) } else { member.content.clone() };
    out.0.extend(&member.gap);
    let offset = u32::try_from(out.0.len() - shift).unwrap();
    let forged = |field, value| u64::from(Forgery::apply(&member.forgeries, field, value));
    let (compressed, uncompressed) = (data.len() as u32, member.content.len() as u32);
    let crc = crc32fast::hash(&member.content);
    let method = if member.is_deflated { 8 } else { 0 };
    // A field of both headers has one number. Fields of the local header alone have others.
    let shared = |record: &mut Writer, own: u8| {
        record.put(2, 20);
        record.put(2, forged(own, forged(0, member.flags.into()) as u32));
        record.put(2, forged(own + 1, forged(1, method) as u32));
        record.put(4, 0x0021_0000);
        record.put(4, forged(own + 2, forged(2, crc) as u32));
        record.put(4, forged(own + 3, forged(3, compressed) as u32));
        record.put(4, forged(own + 4, forged(4, uncompressed) as u32));
        record.put(2, forged(own + 5, u32::try_from(member.name.len()).unwrap()));
        record.put(2, forged(own + 6, u32::try_from(member.extra.len()).unwrap()));
    };
    out.put(4, forged(5, 0x0403_4B50));
    shared(out, 16);
    out.0.extend(member.name.iter().chain(&member.extra).chain(&data));

    let mut record = Writer::default();
    record.put(4, forged(6, 0x0201_4B50));
    record.put(2, 0x0314);
    shared(&mut record, 32);
    record.put(2, forged(7, 0));
    record.put(2, forged(8, 0));
    record.put(2, 0);
    record.put(4, forged(9, u32::from(member.mode) << 16));
    record.put(4, forged(10, offset));
    record.0.extend(member.name.iter().chain(&member.extra));
    record.0
}
