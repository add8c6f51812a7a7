//! A worker reuses chunks, members and ELF facts.

use super::{WHEEL, ask, cold, cost, declared, take, worker};
use crate::support::command::TestDir;
use crate::support::messages::Request;
use crate::support::sample::{noise, text};

/// Three large members, one of them incompressible, and some small ones.
fn files(dir: &TestDir) -> Vec<&'static str> {
    dir.write("large.txt", text(9 << 20, 1))
        .write("other.txt", text(3 << 20, 2))
        .write("noise.bin", noise(3 << 20, 3))
        .write("small.txt", text(50_000, 4))
        .write("tiny.py", "VALUE = 1\n".repeat(30))
        .write("empty.py", "");
    vec!["empty.py", "large.txt", "noise.bin", "other.txt", "small.txt", "tiny.py"]
}

#[test]
fn an_identical_request_reuses_everything() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let expected = cold(&dir, &arguments);
    let mut worker = worker(&dir, &[]);
    let first = ask(&mut worker, &[], &arguments);
    assert_eq!(first.reused, 0);
    assert!(take(&dir.path().join(WHEEL)) == expected);

    // The files have not settled, so they are read again. Their chunks are found by content.
    let second = ask(&mut worker, &[], &arguments);
    assert!(take(&dir.path().join(WHEEL)) == expected);
    // All but the generated dist-info files.
    let not_reused = second.bytes_in - second.reused;
    assert!(not_reused < 3000, "{second:?}");

    worker.let_files_settle();
    for _ in 0..2 {
        assert_eq!(ask(&mut worker, &[], &arguments), second);
        assert!(take(&dir.path().join(WHEEL)) == expected);
    }
    // A cached member is not read, but its file must exist.
    fs_err::remove_file(dir.path().join("large.txt")).unwrap();
    let missing = Request { arguments, ..Request::default() };
    assert_eq!(worker.ask(&missing).exit_code, 2);
    assert_eq!(worker.finish().code, Some(0));
}

#[test]
fn a_worker_without_memory_reuses_nothing() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let mut worker = worker(&dir, &["--cache-memory=0"]);
    for _ in 0..2 {
        assert_eq!(ask(&mut worker, &[], &arguments).reused, 0);
    }
}

#[test]
fn other_levels_names_and_directories() {
    let dir = TestDir::new();
    let names = files(&dir);
    let arguments = declared(names.iter().copied());
    let mut worker = worker(&dir, &[]);
    ask(&mut worker, &[], &arguments);

    // Levels share no chunks, except those that level 1 compresses at level 6.
    for level in ["1", "9", "0"] {
        let arguments = [arguments.as_slice(), &[format!("--compression-level={level}")]].concat();
        let expected = cold(&dir, &arguments);
        let cost = ask(&mut worker, &[], &arguments);
        assert!(take(&dir.path().join(WHEEL)) == expected, "{level}");
        assert_eq!(cost.reused > 0, level == "1", "{level}");
    }

    // The same content in other files, under other names, in another wheel.
    for name in &names {
        fs_err::create_dir_all(dir.path().join("moved")).unwrap();
        fs_err::copy(dir.path().join(name), dir.path().join("moved").join(name)).unwrap();
    }
    let mut moved: Vec<String> = arguments
        .iter()
        .map(|it| it.replace("=pkg/", "=renamed/x-").replace(".txt=", ".txt=moved/"))
        .collect();
    moved.push("--python-tag=py38".to_owned());
    moved[1] = "--out=pkg-1.0-py38-none-any.whl".to_owned();
    let cost = ask(&mut worker, &[], &moved);
    assert!(cost.bytes_in - cost.reused < 3000, "{cost:?}");
    let warm = take(&dir.path().join("pkg-1.0-py38-none-any.whl"));
    dir.wheelworks(&moved.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
    assert!(take(&dir.path().join("pkg-1.0-py38-none-any.whl")) == warm);
}

#[test]
fn an_insertion_changes_only_the_chunks_around_it() {
    let dir = TestDir::new();
    let mut content = text(40 << 20, 7);
    dir.write("large.txt", &content);
    let arguments = declared(["large.txt"]);
    let mut worker = worker(&dir, &[]);
    ask(&mut worker, &[], &arguments);
    content.splice(20 << 20..20 << 20, noise(100, 1));
    dir.write("large.txt", &content);
    let cost = ask(&mut worker, &[], &arguments);
    // At most three chunks, each of at most 4 MiB.
    assert!(cost.bytes_in - cost.reused <= 12 << 20, "{cost:?}");
    assert!(cost.reused > 0, "{cost:?}");
    let warm = take(&dir.path().join(WHEEL));
    assert!(cold(&dir, &arguments) == warm);
}

#[test]
fn elf_facts_are_reused_by_audits() {
    let dir = TestDir::new();
    dir.write("_native.c", "#include <stdio.h>\nvoid PyInit__native(void) { puts(\"\"); }\n");
    let gcc = ["-shared", "-fPIC", "-o", "_native.so", "_native.c"];
    dir.command("gcc", &gcc).expect(0);
    // Large enough to be packed in chunks.
    let mut library = fs_err::read(dir.path().join("_native.so")).unwrap();
    dir.write("small.so", &library);
    library.resize(3 << 20, 7);
    dir.write("large.so", &library);
    let arguments = declared(["large.so", "small.so"]);
    let audited = [arguments.as_slice(), &["--audit=audit.json".to_owned()]].concat();
    let expected = cold(&dir, &audited);
    let report = take(&dir.path().join("audit.json"));
    let mut worker = worker(&dir, &[]);
    // The first request has no audit, so the cache has no ELF facts yet.
    ask(&mut worker, &[], &arguments);
    worker.let_files_settle();
    ask(&mut worker, &[], &arguments);
    for _ in 0..3 {
        let cost = ask(&mut worker, &[], &audited);
        assert!(cost.reused > 3 << 20, "{cost:?}");
        assert!(take(&dir.path().join(WHEEL)) == expected);
        assert!(take(&dir.path().join("audit.json")) == report);
    }
}

#[test]
fn concurrent_requests_compress_once() {
    let dir = TestDir::new();
    let files = files(&dir);
    let requests = 6;
    let mut worker = worker(&dir, &[]);
    for id in 1..=requests {
        let mut arguments = declared(files.iter().copied());
        arguments[1] = format!("--out={id}/{WHEEL}");
        fs_err::create_dir(dir.path().join(id.to_string())).unwrap();
        worker.send(&Request { id, arguments, verbosity: 1, ..Request::default() });
    }
    let costs: Vec<_> = (0..requests).map(|_| cost(&worker.receive())).collect();
    let made: u64 = costs.iter().map(|cost| cost.bytes_in - cost.reused).sum();
    // The members once, and the dist-info files once per request.
    assert!(made < costs[0].bytes_in + 3000 * u64::try_from(requests).unwrap(), "{costs:?}");
    let expected = cold(&dir, &declared(files.iter().copied()));
    for id in 1..=requests {
        assert!(take(&dir.path().join(format!("{id}/{WHEEL}"))) == expected);
    }
}

#[test]
fn a_small_cache_keeps_its_size() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let expected = cold(&dir, &arguments);
    let mut worker = worker(&dir, &["--cache-memory=3MiB"]);
    for _ in 0..3 {
        let cost = ask(&mut worker, &[], &arguments);
        assert!(cost.reused < cost.bytes_in / 2, "{cost:?}");
        assert!(take(&dir.path().join(WHEEL)) == expected);
    }
    // Members that fit are kept.
    let small = declared(["small.txt", "tiny.py"]);
    ask(&mut worker, &[], &small);
    let cost = ask(&mut worker, &[], &small);
    assert!(cost.reused > 50_000, "{cost:?}");
}
