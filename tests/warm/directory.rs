//! `--cache-dir`: later processes reuse it, and damage to it is harmless.

use std::path::PathBuf;

use super::{WHEEL, ask, cold, declared, take, worker};
use crate::support::command::TestDir;
use crate::support::sample::text;

fn files(dir: &TestDir) -> [&'static str; 3] {
    dir.write("large.txt", text(9 << 20, 1))
        .write("middle.txt", text(300_000, 2))
        .write("small.txt", text(300, 3));
    ["large.txt", "middle.txt", "small.txt"]
}

fn entries(dir: &TestDir) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(dir.path().join("cache/v1")).sort_by_file_name();
    let files = all.into_iter().flatten().map(walkdir::DirEntry::into_path);
    files.filter(|path| path.is_file() && !path.ends_with("lock")).collect()
}

#[test]
fn later_processes_reuse_it() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let expected = cold(&dir, &arguments);
    for round in 0..3 {
        let mut worker = worker(&dir, &["--cache-dir=cache"]);
        let cost = ask(&mut worker, &[], &arguments);
        assert!(take(&dir.path().join(WHEEL)) == expected, "{round}");
        // All but the smallest members, which have no entry.
        assert_eq!(cost.bytes_in - cost.reused < 3000, round > 0, "{cost:?}");
    }
    // A command without a worker reuses it, too.
    let command =
        [vec!["--cache-dir=cache".to_owned()], arguments, vec!["--json".to_owned()]].concat();
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let summary = dir.wheelworks(&command).expect(0).stdout;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let summary = &summary["wheels"][0];
    assert!(summary["bytes_reused"].as_u64().unwrap() > 9 << 20, "{summary}");
    assert!(take(&dir.path().join(WHEEL)) == expected);
}

#[test]
fn damage_is_detected_and_repaired() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let expected = cold(&dir, &arguments);
    ask(&mut worker(&dir, &["--cache-dir=cache"]), &[], &arguments);
    drop(fs_err::remove_file(dir.path().join(WHEEL)));
    let valid: Vec<_> =
        entries(&dir).into_iter().map(|it| (fs_err::read(&it).unwrap(), it)).collect();
    assert!(valid.len() > 5, "{}", valid.len());
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| *bytes.last_mut().unwrap() ^= 4,
        |bytes| bytes.truncate(bytes.len() / 2),
        Vec::clear,
        |bytes| bytes[40] ^= 1,
    ];
    for damage in damages {
        for path in entries(&dir) {
            let mut bytes = fs_err::read(&path).unwrap();
            damage(&mut bytes);
            fs_err::write(&path, bytes).unwrap();
        }
        let mut worker = worker(&dir, &["--cache-dir=cache"]);
        assert_eq!(ask(&mut worker, &[], &arguments).reused, 0, "a damaged entry is reused");
        assert!(take(&dir.path().join(WHEEL)) == expected);
        for (bytes, path) in &valid {
            if path.components().any(|part| part.as_os_str() == "pieces") {
                assert!(
                    fs_err::read(path).unwrap() == *bytes,
                    "{} is not repaired",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn eight_processes_share_it() {
    let dir = TestDir::new();
    let files = files(&dir);
    let expected = cold(&dir, &declared(files));
    std::thread::scope(|scope| {
        for number in 0..8 {
            let dir = &dir;
            scope.spawn(move || {
                let out = format!("{number}");
                fs_err::create_dir(dir.path().join(&out)).unwrap();
                let mut arguments = declared(files);
                arguments[1] = format!("--out={out}/{WHEEL}");
                // So small that each process evicts entries of the others.
                let mut worker =
                    worker(dir, &["--cache-dir=cache", "--cache-dir-size=2MB", "--cache-memory=0"]);
                for _ in 0..4 {
                    ask(&mut worker, &[], &arguments);
                }
            });
        }
    });
    for number in 0..8 {
        assert!(take(&dir.path().join(format!("{number}/{WHEEL}"))) == expected);
    }
    let held: u64 = entries(&dir).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!(held > 0 && held < 2_000_000 * 3 / 2, "{held}");
}

#[test]
fn it_may_vanish_or_be_replaced_by_a_file() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let expected = cold(&dir, &arguments);
    let mut worker = worker(&dir, &["--cache-dir=cache", "--cache-memory=0"]);
    ask(&mut worker, &[], &arguments);
    fs_err::remove_dir_all(dir.path().join("cache")).unwrap();
    // A file replaces the directory: packing continues without a cache.
    dir.write("cache", "a file");
    for _ in 0..2 {
        assert_eq!(ask(&mut worker, &[], &arguments).reused, 0);
        assert!(take(&dir.path().join(WHEEL)) == expected);
    }
    let refused = dir.wheelworks(&["--cache-dir=cache", "pack", "tree"]).expect(2);
    assert!(refused.stderr.contains("--cache-dir"), "{}", refused.stderr);
}
