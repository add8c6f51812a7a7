//! Small and large files change in every possible way, with every kind of client digest: the wheel always
//! equals that of a cold process.

use std::os::unix::fs::{FileExt as _, symlink};
use std::path::Path;
use std::time::SystemTime;

use fs_err::File;

use super::{WHEEL, ask, cold, declared, number as number_in, respond, set_modified, take, worker};
use crate::support::client::keeps_kernel_time;
use crate::support::command::TestDir;
use crate::support::sample::text;

/// The lengths of the two files for each mutation: one of several chunks, and a small one.
const LENGTHS: [usize; 2] = [1_300_000, 4_000];

/// A file, and the mutation that it undergoes in every round.
struct Subject {
    name: String,
    len: usize,
    mutation: usize,
}

fn subjects() -> Vec<Subject> {
    let of_mutation = |mutation| {
        LENGTHS.map(|len| Subject { name: format!("file_{mutation}_{len}"), len, mutation })
    };
    (0..MUTATIONS.len()).flat_map(of_mutation).collect()
}

/// Changes a file. `other` is a file that is not packed.
type Mutation = fn(path: &Path, other: &Path, content: &[u8]);

const MUTATIONS: [(&str, Mutation); 14] = [
    ("nothing", |_, _, _| ()),
    ("touched", |path, _, _| set_modified(path, SystemTime::now())),
    ("written again as it was", |path, _, _| {
        let content = fs_err::read(path).unwrap();
        fs_err::write(path, content).unwrap();
    }),
    ("other content of the same length, and the old time", |path, _, content| {
        keep_time(path, |path| fs_err::write(path, content).unwrap());
    }),
    ("one byte in the middle, and the old time", |path, _, content| {
        keep_time(path, |path| {
            let file = File::options().write(true).open(path).unwrap();
            let middle = content.len() as u64 / 2;
            file.file().write_all_at(b"!", middle).unwrap();
        });
    }),
    ("cut and grown again, and the old time", |path, _, content| {
        keep_time(path, |path| {
            let file = File::options().write(true).open(path).unwrap();
            file.set_len(10).unwrap();
            file.file().write_all_at(&content[10..], 10).unwrap();
        });
    }),
    ("replaced by another file of the same length and time", |path, _, content| {
        keep_time(path, |path| {
            let beside = path.with_extension("new");
            fs_err::write(&beside, content).unwrap();
            fs_err::rename(beside, path).unwrap();
        });
    }),
    ("replaced by a hard link to another file", |path, other, _| {
        fs_err::remove_file(path).unwrap();
        fs_err::hard_link(other, path).unwrap();
    }),
    ("replaced by a symbolic link", |path, other, _| {
        fs_err::remove_file(path).unwrap();
        symlink(other, path).unwrap();
    }),
    ("longer", |path, _, content| {
        fs_err::write(path, [content, b"more"].concat()).unwrap();
    }),
    ("shorter", |path, _, content| fs_err::write(path, &content[..content.len() / 3]).unwrap()),
    ("removed and written again, the same content", |path, _, _| {
        let content = fs_err::read(path).unwrap();
        fs_err::remove_file(path).unwrap();
        fs_err::write(path, content).unwrap();
    }),
    ("two files that swapped names", |path, other, _| {
        let aside = path.with_extension("aside");
        fs_err::rename(path, &aside).unwrap();
        fs_err::rename(other, path).unwrap();
        fs_err::rename(aside, other).unwrap();
    }),
    ("executable", |path, _, _| crate::support::sample::make_executable(path)),
];

fn keep_time(path: &Path, change: impl FnOnce(&Path)) {
    let modified = fs_err::metadata(path).unwrap().modified().unwrap();
    change(path);
    set_modified(path, modified);
}

/// The number of kinds of [`tokens`]. In as many rounds each mutation meets each kind, with either length.
const KINDS: usize = 4;

/// Returns the client's digest of each file: none, the right one, the same for all files, or that of
/// another file.
fn tokens(dir: &TestDir, subjects: &[Subject], kind: usize) -> Vec<(String, Vec<u8>)> {
    let name_of = |name: &str| {
        let content = fs_err::read(dir.path().join(name)).unwrap();
        crc32fast::hash(&content).to_le_bytes().to_vec()
    };
    let token = |(index, subject): (usize, &Subject)| {
        let token = match (subject.mutation + kind) % KINDS {
            0 => return None,
            1 => name_of(&subject.name),
            2 => b"the same for all".to_vec(),
            _ => name_of(&subjects[(index + 1) % subjects.len()].name),
        };
        Some((subject.name.clone(), token))
    };
    subjects.iter().enumerate().filter_map(token).collect()
}

#[test]
fn no_stale_entry_is_used() {
    let dir = TestDir::new();
    let cache = format!("--cache-dir={}", dir.path().join("cache").display());
    let subjects = subjects();
    let path = |subject: &Subject| dir.path().join(&subject.name);
    let other = |subject: &Subject| dir.path().join(format!("other-{}", subject.name));
    let content = |subject: &Subject, seed: usize| {
        text(subject.len, (seed + subject.mutation * LENGTHS.len()) as u64)
    };
    let arguments = declared(subjects.iter().map(|subject| subject.name.as_str()));
    let mut by_memory = worker(&dir, &[]);
    for round in 0..KINDS {
        for subject in &subjects {
            for (path, seed) in [(path(subject), 100), (other(subject), 5000)] {
                drop(fs_err::remove_file(&path));
                fs_err::write(path, content(subject, seed + 100 * round)).unwrap();
            }
        }
        by_memory.let_files_settle();
        // The cache in memory, and a cache directory that one process writes and another one reads.
        let inputs = tokens(&dir, &subjects, round);
        for arguments_of_worker in [vec![], vec![cache.as_str(), "--cache-memory=0"]] {
            let mut other = worker(&dir, &arguments_of_worker);
            other.let_files_settle();
            for _ in 0..2 {
                for worker in [&mut by_memory, &mut other] {
                    ask(worker, &inputs, &arguments);
                }
            }
            let again = ask(&mut by_memory, &inputs, &arguments);
            assert!(again.bytes_in - again.reused < 3000, "nothing was reused: {again:?}");
        }
        fs_err::remove_file(dir.path().join(WHEEL)).unwrap();

        for subject in &subjects {
            let (_, mutate) = MUTATIONS[subject.mutation];
            mutate(&path(subject), &other(subject), &content(subject, 9000 + 100 * round));
        }
        let expected = cold(&dir, &arguments);
        // Digests that did not change with the content, and digests that did. At first the files have not
        // settled, then they have.
        let now = tokens(&dir, &subjects, round);
        let of_another_kind = tokens(&dir, &subjects, round + 1);
        let all = [inputs.clone(), now.clone(), inputs, now, of_another_kind];
        for (number, inputs) in all.into_iter().enumerate() {
            let mut by_directory = worker(&dir, &[&cache, "--cache-memory=0"]);
            if number >= 2 {
                by_memory.let_files_settle();
                by_directory.let_files_settle();
            }
            for (store, worker) in [("memory", &mut by_memory), ("directory", &mut by_directory)] {
                ask(worker, &inputs, &arguments);
                let made = take(&dir.path().join(WHEEL));
                assert!(
                    made == expected,
                    "{store}, round {round}, {number}: {}",
                    difference(&made, &expected)
                );
            }
        }
    }
}

/// Returns the members that differ, and their mutations.
fn difference(made: &[u8], expected: &[u8]) -> String {
    let members = |bytes: &[u8]| -> Vec<(String, u32)> {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
        let count = archive.len();
        let member = |index| {
            let member = archive.by_index(index).unwrap();
            (member.name().unwrap().into_owned(), member.crc32())
        };
        (0..count).map(member).collect()
    };
    let expected = members(expected);
    let differs = members(made).into_iter().filter(|member| !expected.contains(member));
    let changes = differs.map(|(name, _)| {
        let mutation = name.split('_').nth(1).and_then(|number| number.parse::<usize>().ok());
        let what = mutation.map_or("", |mutation| MUTATIONS[mutation].0);
        format!("{name} ({what})")
    });
    changes.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_file_that_is_written_twice_within_a_tick_is_read_twice() {
    let dir = TestDir::new();
    let mut worker = worker(&dir, &[]);
    let arguments = declared(["a"]);
    for seed in 0..40 {
        // Within one tick of the file system's clock, or nearly, and with the same length.
        dir.write("a", text(4_000, seed));
        ask(&mut worker, &[], &arguments);
        let warm = take(&dir.path().join(WHEEL));
        assert!(cold(&dir, &arguments) == warm, "{seed}");
    }
}

/// Without a stopped clock: the worker waits for a tick before it reads a large file that has just been written, knows
/// the file from then on, and notices what happens to it right after the pack.
#[test]
fn a_large_file_is_known_at_once_and_its_changes_are_noticed() {
    let dir = TestDir::new();
    let mut worker = worker(&dir, &[]);
    let len = LENGTHS[0];
    let knows_at_once = keeps_kernel_time(dir.path());
    for (number, (name, mutate)) in MUTATIONS.iter().enumerate() {
        let (file, other) = (format!("file_{number}"), format!("other_{number}"));
        let arguments = declared([file.as_str()]);
        for (name, seed) in [(&file, 1), (&other, 2)] {
            dir.write(name, text(len, 1000 * seed + number as u64));
        }
        let mut pack = || {
            let response = respond(&mut worker, &[], &arguments);
            (number_in(&response, "not even read"), take(&dir.path().join(WHEEL)))
        };
        pack();
        let (unread, before) = pack();
        assert_eq!(unread, if knows_at_once { len as u64 } else { 0 }, "{name}");
        assert!(cold(&dir, &arguments) == before, "{name}");
        let paths = [&file, &other].map(|name| dir.path().join(name));
        mutate(&paths[0], &paths[1], &text(len, 9000 + number as u64));
        let (_, warm) = pack();
        assert!(cold(&dir, &arguments) == warm, "{name}");
    }
}
