//! Copied members and edited files, read back by the `zip` crate.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rayon::ThreadPool;
use tempfile::TempDir;

use super::*;
use crate::context::InputDigests;
use crate::deflate::{Inflater, Level};
use crate::digest::sha256;
use crate::elf::sample::{Layout, library};
use crate::elf::{Detail, ElfFacts};
use crate::elf_edit::{self, Edits, SearchPathEdit, SearchPathKind};
use crate::error::{Error, ExitCode};
use crate::exec::CancelFlag;
use crate::opened_wheel::Archive;
use crate::source::Input;
use crate::warm::{Cache, CacheOptions};
use crate::wheel::{MemberPath, RecordRow};
use crate::zip::{Mode, Timestamp};

const NAME: &str = "sample-1.0-py3-none-linux_x86_64.whl";

/// A library of a few MB, and one of a few KB.
const LARGE: Layout = Layout { before: 300_000, between: 4 << 20, after: 100_000, ..Layout::SMALL };

/// A library of more chunks.
const HUGE: Layout = Layout { between: 14 << 20, ..LARGE };

type Contents = BTreeMap<String, Vec<u8>>;

fn contents() -> Contents {
    let text: Vec<u8> =
        (0..300_000_u32).flat_map(|i| (i % 9973 * 7919 % 9001).to_le_bytes()).collect();
    [
        ("sample/__init__.py", b"x = 1\n".repeat(100)),
        ("sample/empty", Vec::new()),
        ("sample/large.so", library(LARGE)),
        ("sample/small.so", library(Layout::SMALL)),
        ("sample/text", text),
        ("sample-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\n".to_vec()),
    ]
    .into_iter()
    .map(|(path, bytes)| (path.to_owned(), bytes))
    .collect()
}

fn path(path: &str) -> MemberPath {
    path.parse().unwrap()
}

fn rows(contents: &Contents) -> Vec<RecordRow> {
    let row = |(name, bytes): (&String, &Vec<u8>)| RecordRow {
        path: path(name),
        digest: sha256(bytes),
        size: bytes.len() as u64,
    };
    contents.iter().map(row).collect()
}

/// Writes a wheel as another tool does: without chunk tables.
fn foreign(dir: &Path, contents: &Contents) -> Arc<Archive> {
    let place = dir.join("foreign.whl");
    let mut writer = zip::ZipWriter::new(fs_err::File::create(&place).unwrap());
    for (name, bytes) in contents {
        let method = if bytes.len() % 2 == 0 {
            zip::CompressionMethod::Deflated
        } else {
            zip::CompressionMethod::Stored
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    Arc::new(Archive::open(&place).unwrap())
}

fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// Writes a wheel, and reads it back with the `zip` crate.
fn written(
    dir: &Path,
    members: Vec<Member>,
    threads: usize,
    cache: &Cache,
) -> Result<UnpublishedWheel, Error> {
    let cancel = CancelFlag::default();
    let plan = WheelPlan::new(NAME.parse().unwrap(), dir.join(NAME), members, Vec::new(), &cancel)?;
    let options = WriteOptions {
        level: Level::new(6),
        collect_facts: true,
        chunk_tables: true,
        timestamp: Timestamp::EPOCH,
        pool: &pool(threads),
        cancel: &cancel,
        cache,
        digests: &InputDigests::default(),
        base: None,
    };
    let mut wheel = write(plan, &options, &mut |_| {})?;
    wheel.validate(&cancel)?;
    wheel.verify_inputs(&cancel)?;
    Ok(wheel)
}

fn read(file: &Path) -> Contents {
    let mut archive = zip::ZipArchive::new(fs_err::File::open(file).unwrap()).unwrap();
    let mut contents = Contents::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        contents.insert(member.name().unwrap().into_owned(), bytes);
    }
    contents
}

fn archived(archive: &Arc<Archive>, name: &str) -> ArchivedMember {
    let entries = archive.directory().entries();
    let index = entries.iter().position(|entry| entry.name == name).unwrap();
    ArchivedMember { archive: Arc::clone(archive), path: path(name), index }
}

/// Plans to copy all members of an archive but RECORD.
fn copies(
    archive: &Arc<Archive>,
    rows: &[RecordRow],
    verification: Verification,
) -> Result<Vec<Member>, Error> {
    let names = archive.directory().entries().iter().map(|entry| entry.name.as_str());
    names
        .filter(|name| !name.ends_with("/RECORD"))
        .map(|name| {
            let row = rows.iter().find(|row| row.path.as_str() == name);
            let copied = CopiedMember::new(archived(archive, name), row, verification, None)?;
            Ok(Member::copied(path(name), Mode::Plain, copied))
        })
        .collect()
}

fn edits() -> Edits {
    let search_path = format!("$ORIGIN/../{}", "sample.libs/".repeat(20));
    Edits {
        replace_needed: vec![("libc.so.6".to_owned(), "libc-0123abcd.so.6".to_owned())],
        search_path: Some(SearchPathEdit::Set(SearchPathKind::Rpath, search_path)),
        ..Edits::default()
    }
}

fn edited(bytes: &[u8]) -> Vec<u8> {
    elf_edit::edit(bytes, &edits()).unwrap().apply(bytes)
}

#[test]
fn copied_members_keep_their_compressed_bytes() {
    let contents = contents();
    let dir = TempDir::new().unwrap();
    let archive = foreign(dir.path(), &contents);
    let all = rows(&contents);
    let mut outputs = Vec::new();
    for verification in [Verification::Done, Verification::Digest] {
        // The digest of a member that RECORD does not name is computed.
        for rows in [&all[..], &all[1..]] {
            let members = copies(&archive, rows, verification).unwrap();
            let wheel = written(dir.path(), members, 2, &Cache::off()).unwrap();
            let mut found = read(wheel.temporary_path());
            found.remove("sample-1.0.dist-info/RECORD").unwrap();
            assert!(found == contents);
            outputs.push(fs_err::read(wheel.temporary_path()).unwrap());
        }
    }
    assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]));
    let new = dir.path().join("new.whl");
    fs_err::write(&new, &outputs[0]).unwrap();
    let new = Arc::new(Archive::open(&new).unwrap());
    for entry in archive.directory().entries() {
        let copy = &new.directory().entries()[archived(&new, &entry.name).index];
        assert_eq!(copy.method, entry.method, "{}", entry.name);
        assert!(new.data(copy).bytes == archive.data(entry).bytes, "{}", entry.name);
    }
}

#[test]
fn edited_files_have_the_edits_and_their_facts() {
    let contents = contents();
    let dir = TempDir::new().unwrap();
    let archive = foreign(dir.path(), &contents);
    let graft = dir.path().join("graft.so");
    fs_err::write(&graft, &contents["sample/large.so"]).unwrap();
    let record = rows(&contents);
    let mut outputs = Vec::new();
    for threads in [1, 3] {
        let mut members = copies(&archive, &record, Verification::Digest).unwrap();
        members.retain(|member| !member.path.as_str().contains(".so"));
        for name in ["sample/large.so", "sample/small.so"] {
            let source = EditedMember::of_archived(archived(&archive, name), None, edits());
            members.push(Member::edited(path(name), Mode::Executable, source));
        }
        let source = EditedMember::of_file(Input::find(&graft).unwrap(), None, edits());
        members.push(Member::edited(path("sample.libs/graft.so"), Mode::Executable, source));
        let mut wheel = written(dir.path(), members, threads, &Cache::off()).unwrap();
        let found = read(wheel.temporary_path());
        for name in ["sample/large.so", "sample/small.so"] {
            assert!(found[name] == edited(&contents[name]), "{name}");
        }
        assert!(found["sample.libs/graft.so"] == edited(&contents["sample/large.so"]));
        let facts: BTreeMap<_, _> = wheel.take_facts().collect();
        for name in ["sample/large.so", "sample/small.so", "sample.libs/graft.so"] {
            let expected = ElfFacts::read(&found[name], Detail::Whole).unwrap();
            assert_eq!(expected.needed, ["libc-0123abcd.so.6"]);
            assert_eq!(facts[name].as_deref(), Some(&expected), "{name}");
        }
        outputs.push(fs_err::read(wheel.temporary_path()).unwrap());
    }
    assert!(outputs[0] == outputs[1]);
}

/// Edits the large library of an archive alone. Returns the wheel, and how many bytes of the library's content
/// were compressed anew.
fn edit_alone(
    dir: &Path,
    archive: &Arc<Archive>,
    content: &[u8],
    threads: usize,
    cache: &Cache,
) -> (Vec<u8>, u64) {
    let source = EditedMember::of_archived(archived(archive, "sample/large.so"), None, edits());
    let member = Member::edited(path("sample/large.so"), Mode::Plain, source);
    let wheel = written(dir, vec![member], threads, cache).unwrap();
    let expected = edited(content);
    assert!(read(wheel.temporary_path())["sample/large.so"] == expected);
    let row = &wheel.written().rows[0];
    assert_eq!((row.digest, row.size), (sha256(&expected), expected.len() as u64));
    let counts = wheel.written().counts;
    let wheel = wheel.publish(cache).map(|mut published| {
        published.cache_members(cache);
        dir.join(NAME)
    });
    let bytes = fs_err::read(wheel.unwrap()).unwrap();
    (bytes, counts.bytes_in - counts.bytes_reused)
}

#[test]
fn the_index_of_a_stream_changes_no_byte() {
    let contents = contents();
    let dir = TempDir::new().unwrap();
    let archive = foreign(dir.path(), &contents);
    let index = |name: &str| {
        let (mut inflater, cancel) = (Inflater::recording_index(), CancelFlag::default());
        let member = archived(&archive, name);
        archive.read(member.entry(), &mut inflater, &cancel, |_| Ok(())).unwrap();
        Some(Arc::new(inflater.take_index().unwrap()))
    };
    let of_another = index("sample/small.so");
    let outputs = [None, index("sample/large.so"), of_another].map(|index| {
        let source =
            EditedMember::of_archived(archived(&archive, "sample/large.so"), index, edits());
        let member = Member::edited(path("sample/large.so"), Mode::Plain, source);
        let wheel = written(dir.path(), vec![member], 2, &Cache::off()).unwrap();
        fs_err::read(wheel.temporary_path()).unwrap()
    });
    assert!(outputs[0] == outputs[1], "its own");
    assert!(outputs[0] == outputs[2], "that of another stream");
}

#[test]
fn edited_members_keep_the_blocks_that_the_edits_do_not_touch() {
    let contents = contents();
    let dir = TempDir::new().unwrap();
    let foreign = foreign(dir.path(), &contents);
    let large = &contents["sample/large.so"];
    assert_eq!(large.len() % 2, 0, "it is deflated");
    let (bytes, new) = edit_alone(dir.path(), &foreign, large, 1, &Cache::off());
    assert!(new < 600_000, "{new}");
    for threads in [2, 3] {
        assert!(edit_alone(dir.path(), &foreign, large, threads, &Cache::off()).0 == bytes);
    }
    let cache = Cache::new(&CacheOptions { memory: 1 << 30, ..CacheOptions::default() }).unwrap();
    cache.clock().stop_at(SystemTime::now() + Duration::from_mins(1));
    for round in 0..3 {
        let (again, new) = edit_alone(dir.path(), &foreign, large, 2, &cache);
        assert!(again == bytes && (new < 1000) == (round > 0), "{round}: {new}");
    }
    let place = dir.path().join("spliced.whl");
    fs_err::write(&place, bytes).unwrap();
    let spliced = Archive::open(&place).unwrap();
    assert!(spliced.directory().entries()[0].chunks.is_none(), "its chunks are not independent");
}

#[test]
fn edited_members_keep_the_chunks_that_the_edits_do_not_touch() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("large.so");
    fs_err::write(&file, library(HUGE)).unwrap();
    let input = Input::find(&file).unwrap();
    let member = Member::from_input(path("sample/large.so"), input);
    let wheel = written(dir.path(), vec![member], 2, &Cache::off()).unwrap();
    let place = dir.path().join("own.whl");
    fs_err::copy(wheel.temporary_path(), &place).unwrap();
    let own = Arc::new(Archive::open(&place).unwrap());
    let entry = &own.directory().entries()[0];
    let content = library(HUGE);
    let (bytes, new) = edit_alone(dir.path(), &own, &content, 1, &Cache::off());
    assert!(new < 7 << 20, "{new}");
    assert!(edit_alone(dir.path(), &own, &content, 3, &Cache::off()).0 == bytes);
    let place = dir.path().join("edited.whl");
    fs_err::write(&place, bytes).unwrap();
    let edited = Archive::open(&place).unwrap();
    let new_entry = &edited.directory().entries()[0];
    let (old, new) = (entry.chunks.as_ref().unwrap(), new_entry.chunks.as_ref().unwrap());
    let place = |range: std::ops::Range<u64>| {
        usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()
    };
    let stream = edited.data(new_entry).bytes;
    let chunks: Vec<&[u8]> =
        (0..new.len()).map(|index| &stream[place(new.chunk(index).unwrap().compressed)]).collect();
    let kept = (0..old.len()).filter(|&index| {
        let chunk = &own.data(entry).bytes[place(old.chunk(index).unwrap().compressed)];
        chunks.contains(&chunk)
    });
    assert!(kept.count() >= old.len() - 4, "{} chunks", old.len());
    // The table is true: all threads inflate by it.
    let (pool, cancel) = (pool(2), CancelFlag::default());
    let is_proven = edited.read_chunks(new_entry, &pool, &cancel, |_, _| Ok(()), None).unwrap();
    assert!(is_proven);
}

/// Returns the message for an archive with one byte changed, at a distance from the end of the data of `name`.
fn damage(verification: Verification, change: impl FnOnce(&mut Vec<u8>, &Archive)) -> String {
    let contents = contents();
    let dir = TempDir::new().unwrap();
    let archive = foreign(dir.path(), &contents);
    let mut bytes = archive.bytes().to_vec();
    change(&mut bytes, &archive);
    let place = dir.path().join("damaged.whl");
    fs_err::write(&place, bytes).unwrap();
    let damaged = Arc::new(Archive::open(&place).unwrap());
    let before = fs_err::read_dir(dir.path()).unwrap().count();
    let result = copies(&damaged, &rows(&contents), verification)
        .and_then(|members| written(dir.path(), members, 2, &Cache::off()));
    let Err(error) = result else { panic!("the damage is not found") };
    assert_eq!(error.exit_code(), ExitCode::BadInput);
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), before);
    error.to_string()
}

#[test]
fn damaged_members_and_wrong_rows_are_refused() {
    let text = |archive: &Archive| {
        let entries = archive.directory().entries();
        entries.iter().find(|entry| entry.name == "sample/text").unwrap().data.clone()
    };
    let found = damage(Verification::Digest, |bytes, archive| {
        let data = text(archive);
        bytes[data.start + data.len() / 2] ^= 0x10;
    });
    assert!(found.contains("member `sample/text`"), "{found}");
    let contents = contents();
    let dir = TempDir::new().unwrap();
    let archive = foreign(dir.path(), &contents);
    let mut wrong = rows(&contents);
    wrong[0].size += 1;
    let error = copies(&archive, &wrong, Verification::Done).unwrap_err().to_string();
    assert!(error.contains("RECORD does not agree with the files:"), "{error}");
    wrong[0].size -= 1;
    wrong[0].digest = sha256(b"another");
    let members = copies(&archive, &wrong, Verification::Digest).unwrap();
    let Err(error) = written(dir.path(), members, 2, &Cache::off()) else {
        panic!("the wrong digest is not found")
    };
    assert!(error.to_string().contains("RECORD does not agree with the files:"), "{error}");
    assert_eq!(error.exit_code(), ExitCode::BadInput);
}
