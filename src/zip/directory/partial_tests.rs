//! Partial archives: what is read of them agrees with the other reader, whatever bytes are damaged.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::super::{Directory, Entry};
use super::*;

/// An archive with a directory, deflated and stored members, ZIP64 fields, an empty member and a comment.
fn archive() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = SimpleFileOptions::default();
    let stored = deflated.compression_method(CompressionMethod::Stored);
    writer.add_directory("pkg/", deflated).unwrap();
    for (name, options, content) in [
        ("pkg/größe.txt", deflated, &b"deflated ".repeat(40)[..]),
        ("pkg/stored", stored, b"as it is"),
        ("pkg/wide", deflated.large_file(true), b"with ZIP64 fields"),
        ("pkg/wide-stored", stored.large_file(true), b"with ZIP64 fields, as they are"),
        ("pkg/empty", stored, b""),
    ] {
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.set_comment("a comment").unwrap();
    writer.finish().unwrap().into_inner()
}

/// Applies the writes that make members empty, as far as they are in the file.
fn emptied(mut archive: Vec<u8>, members: &[&PartialMember]) -> Vec<u8> {
    let writes: Vec<(usize, Vec<u8>)> =
        members.iter().flat_map(|member| member.emptied(&archive).unwrap()).collect();
    for (at, bytes) in writes {
        if let Some(place) = archive.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(&bytes);
        }
    }
    archive
}

/// Checks what holds for every archive. Returns the members, if the directory can be read.
fn sound(archive: &[u8]) -> Option<Vec<PartialMember>> {
    let directory = directory_range(archive).ok()?;
    assert!(directory.start <= directory.end && directory.end <= archive.len());
    let members = partial_members(archive).ok()?;
    assert!(members.len() <= archive.len() / CENTRAL_LEN);
    for member in &members {
        assert!(member.extent.start <= member.extent.end && member.extent.end <= archive.len());
        if let Ok(data) = member.data(archive) {
            assert!(data.start > member.extent.start && data.end <= archive.len());
        }
        assert!(member.emptied(archive).is_ok(), "{member:?}");
    }
    Some(members)
}

/// Checks that the members are those of the other reader, and that it opens the archive once some are empty.
fn agrees(archive: &[u8], members: &[PartialMember], directory: &Directory, is_kept: &[bool]) {
    assert_eq!(members.len(), directory.entries().len());
    for (member, entry) in members.iter().zip(directory.entries()) {
        assert_eq!(member.name, entry.name);
        assert_eq!((member.method, member.crc), (entry.method, entry.crc));
        assert_eq!(member.uncompressed, entry.uncompressed);
        assert_eq!(member.data(archive).unwrap(), entry.data);
        assert!(member.extent.start == entry.header && entry.data.end <= member.extent.end);
    }
    let is_kept = |at: usize| is_kept.get(at).copied().unwrap_or(true);
    let gone: Vec<&PartialMember> =
        members.iter().enumerate().filter(|(at, _)| !is_kept(*at)).map(|(_, it)| it).collect();
    let edited = emptied(archive.to_vec(), &gone);
    let after = Directory::read(&edited).unwrap();
    for (at, (entry, old)) in after.entries().iter().zip(directory.entries()).enumerate() {
        if is_kept(at) {
            assert_eq!(entry, old);
            assert_eq!(edited[entry.data.clone()], archive[old.data.clone()]);
        } else {
            let Entry { name, method, uncompressed, data, .. } = entry;
            assert_eq!((name, *method, *uncompressed), (&old.name, Method::Stored, 0));
            assert!(data.is_empty());
        }
    }
}

#[test]
fn members_agree_and_can_be_emptied() {
    let archive = archive();
    let members = sound(&archive).unwrap();
    let directory = Directory::read(&archive).unwrap();
    for bits in 0..1_u32 << members.len() {
        let is_kept: Vec<bool> = (0..members.len()).map(|at| bits >> at & 1 == 1).collect();
        agrees(&archive, &members, &directory, &is_kept);
    }
}

#[test]
fn the_directory_is_all_that_is_needed() {
    let whole = archive();
    let directory = directory_range(&whole).unwrap();
    let mut partial = whole.clone();
    partial[..directory.start].fill(0);
    assert_eq!(partial_members(&partial).unwrap(), partial_members(&whole).unwrap());
    for member in partial_members(&partial).unwrap() {
        assert!(member.data(&partial).unwrap_err().to_string().contains("a local header"));
    }
}

proptest! {
    /// Any change: no panic, no range outside of the file, and the answers of the other reader where it opens the file.
    #[test]
    fn changed_bytes(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        is_kept in prop::collection::vec(any::<bool>(), 6),
        cut in any::<prop::sample::Index>(),
        is_cut in prop::bool::weighted(0.1),
    ) {
        let mut archive = archive();
        let directory = directory_range(&archive).unwrap();
        for (at, value) in changes {
            // Three of four changes are in the directory and the end records.
            let first = if value % 4 == 0 { 0 } else { directory.start };
            let at = first + at.index(archive.len() - first);
            archive[at] = value;
        }
        if is_cut {
            archive.truncate(cut.index(archive.len()));
        }
        let members = sound(&archive);
        if let Ok(directory) = Directory::read(&archive)
            && directory.overlapping().is_none()
        {
            agrees(&archive, &members.unwrap(), &directory, &is_kept);
        }
    }
}
