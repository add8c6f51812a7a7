//! Files change in every way that files can change, with every kind of digest token beside them: the
//! wheel is always that of a cold run.

use std::os::unix::fs::{FileExt as _, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use fs_err::File;

use super::{WHEEL, ask, cold, declared, set_modified, take, worker};
use crate::support::command::Dir;
use crate::support::sample::text;

const NAMES: [&str; 14] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"];

/// Every other file is a large one.
fn len(index: usize) -> usize {
    if index.is_multiple_of(2) { 2_500_000 } else { 4_000 }
}

/// Changes a file; `other` is one that does not take part in the round.
type Mutation = fn(path: &Path, other: &Path, content: &[u8]);

const MUTATIONS: [(&str, Mutation); NAMES.len()] = [
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
    ("another file in its place, of the same length and time", |path, _, content| {
        keep_time(path, |path| {
            let beside = path.with_extension("new");
            fs_err::write(&beside, content).unwrap();
            fs_err::rename(beside, path).unwrap();
        });
    }),
    ("a link to another file in its place", |path, other, _| {
        fs_err::remove_file(path).unwrap();
        fs_err::hard_link(other, path).unwrap();
    }),
    ("a symbolic link in its place", |path, other, _| {
        fs_err::remove_file(path).unwrap();
        symlink(other, path).unwrap();
    }),
    ("longer", |path, _, content| {
        fs_err::write(path, [content, b"more"].concat()).unwrap();
    }),
    ("shorter", |path, _, content| fs_err::write(path, &content[..content.len() / 3]).unwrap()),
    ("removed and made again, the same content", |path, _, _| {
        let content = fs_err::read(path).unwrap();
        fs_err::remove_file(path).unwrap();
        fs_err::write(path, content).unwrap();
    }),
    ("two names that changed places", |path, other, _| {
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

/// What the client calls the content of each file: nothing, its content's own name, the same for
/// all, or another file's.
fn tokens(dir: &Dir, kind: usize) -> Vec<(String, Vec<u8>)> {
    let name_of = |name: &str| {
        let content = fs_err::read(dir.path().join(name)).unwrap();
        crc32fast::hash(&content).to_le_bytes().to_vec()
    };
    let token = |(index, name): (usize, &&str)| {
        let token = match (index + kind) % 4 {
            0 => return None,
            1 => name_of(name),
            2 => b"the same for all".to_vec(),
            _ => name_of(NAMES[(index + 1) % NAMES.len()]),
        };
        Some(((*name).to_owned(), token))
    };
    NAMES.iter().enumerate().filter_map(token).collect()
}

#[test]
fn nothing_stale_is_served() {
    let dir = Dir::new();
    let cache = format!("--cache-dir={}", dir.path().join("cache").display());
    let others: Vec<PathBuf> =
        NAMES.iter().map(|name| dir.path().join(format!("other-{name}"))).collect();
    let arguments = declared(NAMES);
    let mut by_memory = worker(&dir, &[]);
    for round in 0..4 {
        for (index, name) in NAMES.iter().enumerate() {
            let path = dir.path().join(name);
            drop(fs_err::remove_file(&path));
            drop(fs_err::remove_file(&others[index]));
            fs_err::write(&path, text(len(index), (100 * round + index) as u64)).unwrap();
            fs_err::write(&others[index], text(len(index), (5000 + 100 * round + index) as u64))
                .unwrap();
        }
        thread::sleep(super::SETTLE);
        // Memory, a directory that is read in another process than wrote it, and both.
        let inputs = tokens(&dir, round);
        for arguments_of_worker in [vec![], vec![cache.as_str(), "--cache-memory=0"]] {
            let mut other = worker(&dir, &arguments_of_worker);
            for _ in 0..2 {
                for worker in [&mut by_memory, &mut other] {
                    ask(worker, &inputs, &arguments);
                }
            }
            let again = ask(&mut by_memory, &inputs, &arguments);
            assert!(again.bytes_in - again.reused < 3000, "nothing was known: {again:?}");
        }
        fs_err::remove_file(dir.path().join(WHEEL)).unwrap();

        for (index, name) in NAMES.iter().enumerate() {
            let (_, mutate) = MUTATIONS[(index + 5 * round) % MUTATIONS.len()];
            let content = text(len(index), (9000 + 100 * round + index) as u64);
            mutate(&dir.path().join(name), &others[index], &content);
        }
        let expected = cold(&dir, &arguments);
        // Tokens that did not change with the content, and tokens that did; at first the files are
        // too new to be known, and then they have been left alone as long as those before.
        for (number, inputs) in [
            inputs.clone(),
            tokens(&dir, round),
            inputs,
            tokens(&dir, round),
            tokens(&dir, round + 1),
        ]
        .into_iter()
        .enumerate()
        {
            if number == 2 {
                thread::sleep(super::SETTLE);
            }
            let mut by_directory = worker(&dir, &[&cache, "--cache-memory=0"]);
            for worker in [&mut by_memory, &mut by_directory] {
                ask(worker, &inputs, &arguments);
                let changes: Vec<&str> = (0..NAMES.len())
                    .map(|index| MUTATIONS[(index + 5 * round) % MUTATIONS.len()].0)
                    .collect();
                assert!(take(&dir.path().join(WHEEL)) == expected, "{round}: {changes:?}");
            }
        }
    }
}

#[test]
fn a_file_that_is_written_twice_in_a_moment_is_read_twice() {
    let dir = Dir::new();
    let mut worker = worker(&dir, &[]);
    let arguments = declared(["a"]);
    for seed in 0..40 {
        // Within one tick of the file system's clock, or nearly, and of the same length.
        dir.write("a", text(4_000, seed));
        ask(&mut worker, &[], &arguments);
        let warm = take(&dir.path().join(WHEEL));
        assert!(cold(&dir, &arguments) == warm, "{seed}");
    }
}
