//! Databases of rpm: of its own tools, of SQLite, and crafted ones.

use std::path::Path;

use wheelworks::packages::{find_owners, license_texts};

use super::assert_owners;
use crate::judges::script;
use crate::support::command::TestDir;

/// Returns a header of rpm with these files. Tags that lookups do not use are left out, except for one.
fn header(name: &str, version: &str, directories: &[&str], files: &[(u32, &str)]) -> Vec<u8> {
    let strings = |values: &[&str]| {
        values.iter().fold(Vec::new(), |mut bytes, value| {
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(0);
            bytes
        })
    };
    let numbers: Vec<u8> = files.iter().flat_map(|(index, _)| index.to_be_bytes()).collect();
    let names: Vec<&str> = files.iter().map(|(_, name)| *name).collect();
    // The second file is not installed.
    let states: Vec<u8> = (0..files.len()).map(|position| u8::from(position == 1) * 2).collect();
    let tags: [(u32, u32, usize, Vec<u8>); 8] = [
        (63, 7, 16, vec![0; 16]),
        (1000, 6, 1, strings(&[name])),
        (1001, 6, 1, strings(&[version])),
        (1002, 6, 1, strings(&["3.el9"])),
        (1029, 2, files.len(), states),
        (1116, 4, files.len(), numbers),
        (1117, 8, files.len(), strings(&names)),
        (1118, 8, directories.len(), strings(directories)),
    ];
    let (mut index, mut data) = (Vec::new(), Vec::new());
    for (tag, kind, count, bytes) in tags {
        let fields = [tag, kind, u32::try_from(data.len()).unwrap(), u32::try_from(count).unwrap()];
        index.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
        data.extend(bytes);
    }
    let counts = [8, u32::try_from(data.len()).unwrap()];
    let counts = counts.iter().flat_map(|count| count.to_be_bytes());
    counts.chain(index).chain(data).collect()
}

/// Returns `count` headers: package `N` has `/usr/lib64/libN.so.1` and further files, so that every
/// 40th header takes many pages.
fn headers(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| {
            let library = format!("lib{number}.so.1");
            let mut files = vec![(1, library.as_str()), (1, "libabsent.so")];
            files.extend(
                (0..if number % 40 == 0 { 9000 } else { 60 }).map(|_| (0, "documentation")),
            );
            header(&format!("package-{number}"), "1.0", &["/usr/share/doc/", "/usr/lib64/"], &files)
        })
        .collect()
}

/// Returns an ndb database: a page of slots, one of them free, and the blobs.
fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let mut bytes = [*b"RpmP", number(0), number(5), number(1)].concat();
    bytes.resize(32, 0);
    let mut blobs = Vec::new();
    for slot in 0..254 {
        let (mut package, mut block, mut blocks) = (0, 0, 0);
        // Slot 1 is free.
        if slot != 1
            && let Some(header) = headers.get(slot - usize::from(slot > 1))
        {
            (package, block) = (slot + 1, (4096 + blobs.len()) / 16);
            let start = blobs.len();
            blobs.extend([*b"BlbS", number(package), number(9), number(header.len())].concat());
            blobs.extend_from_slice(header);
            blobs.resize(blobs.len().next_multiple_of(16) + 16, 0);
            blocks = (blobs.len() - start) / 16;
        }
        bytes.extend([*b"Slot", number(package), number(block), number(blocks)].concat());
    }
    bytes.extend(blobs);
    bytes
}

#[test]
fn databases_of_berkeley_db_have_both_byte_orders() {
    for name in ["Packages", "Packages.big"] {
        let fixture = format!("{}/tests/fixtures/rpm/{name}", env!("CARGO_MANIFEST_DIR"));
        let dir = TestDir::new();
        dir.write("var/lib/rpm/Packages", fs_err::read(fixture).unwrap())
            .write("etc/os-release", "ID=\"rhel\"\n")
            .write("usr/share/licenses/lib-foo-1-1.1/COPYING", "of a package")
            .write("usr/share/licenses/lib-foo-1-1.1/more/b", "b")
            .write("usr/share/licenses/lib-foo-1-1.1/more/a", "a");
        let foo = |number: u32| format!("pkg:rpm/rhel/lib-foo-{number}@1.{number}-{number}.el8");
        assert_owners(
            dir.path(),
            &[
                ("/usr/lib64/libfoo1.so.1.2", &foo(1)),
                ("/lib64/libfoo2.so.1.2", &foo(2)),
                ("/usr/lib64/libold2.so.1", &foo(2)),
                ("/usr/lib64/libfoo3.so.1", ""),
            ],
        );
        let owners = find_owners(dir.path(), &["/lib64/libfoo1.so.1".into()]).unwrap();
        let texts = license_texts(dir.path(), owners.values().next().unwrap()).unwrap();
        let paths: Vec<&str> = texts.iter().map(|text| text.path.as_str()).collect();
        assert_eq!(paths, ["COPYING", "more/a", "more/b"]);
    }
}

#[test]
fn databases_of_sqlite_have_any_size_of_pages_and_a_log() {
    let all = headers(300);
    for (page_size, form) in
        [("512", "plain"), ("4096", "plain"), ("65536", "plain"), ("4096", "log")]
    {
        let dir = TestDir::new();
        for (number, header) in all.iter().enumerate() {
            dir.write(&format!("headers/{number:04}"), header);
        }
        let place = dir.path().join("usr/lib/sysimage/rpm");
        fs_err::create_dir_all(&place).unwrap();
        let arguments = [place.to_str().unwrap(), page_size, form, "headers"];
        script(&dir, "rpm_database.py", &arguments).expect(0);
        dir.write("etc/os-release", "ID=fedora");
        // The log deletes the first package.
        let first = if form == "log" { "" } else { "pkg:rpm/fedora/package-0@1.0-3.el9" };
        assert_owners(
            dir.path(),
            &[
                ("/lib64/lib0.so.1", first),
                ("/usr/lib64/lib1.so.1", "pkg:rpm/fedora/package-1@1.0-3.el9"),
                ("/usr/lib64/lib120.so.1", "pkg:rpm/fedora/package-120@1.0-3.el9"),
                ("/usr/lib64/lib299.so.1", "pkg:rpm/fedora/package-299@1.0-3.el9"),
                ("/usr/lib64/lib300.so.1", ""),
                ("/usr/lib64/libabsent.so", ""),
            ],
        );
    }
}

#[test]
fn databases_of_ndb_have_free_slots() {
    let dir = TestDir::new();
    dir.write("var/lib/rpm/Packages.db", ndb(&headers(41))).write("etc/os-release", "ID=sles");
    assert_owners(
        dir.path(),
        &[
            ("/usr/lib64/lib0.so.1", "pkg:rpm/sles/package-0@1.0-3.el9"),
            ("/usr/lib64/lib40.so.1", "pkg:rpm/sles/package-40@1.0-3.el9"),
            ("/usr/lib64/lib41.so.1", ""),
        ],
    );
}

/// Reads a database in a root, and returns the error.
fn problem(file: &str, bytes: &[u8]) -> Option<String> {
    let dir = TestDir::new();
    dir.write(&format!("var/lib/rpm/{file}"), bytes);
    let result = find_owners(dir.path(), &["/usr/lib64/libfoo1.so.1.2".into()]);
    result.err().map(|error| error.to_string().replace(dir.path().to_str().unwrap(), ""))
}

#[test]
fn a_damaged_database_is_an_error() {
    let whole = ndb(&headers(1));
    let mut short = whole.clone();
    short.truncate(4096 + 64);
    let mut slots = whole.clone();
    slots[12] = 200;
    let mut header = whole;
    header[4096 + 16] = 1;
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rpm/Packages");
    let mut chain = fs_err::read(fixture).unwrap();
    // Every overflow page continues on page 5.
    for page in chain.chunks_exact_mut(512).skip(1).filter(|page| page[25] == 7) {
        page[16] = 5;
    }
    let cases: [(&str, &[u8], &str); 7] = [
        ("Packages.db", b"RpmQ", "expected the magic number `RpmP`"),
        ("Packages.db", &short, "a blob is longer than the database"),
        ("Packages.db", &slots, "there are fewer pages of slots than the header says"),
        ("Packages.db", &header, "a header is shorter than its counts say"),
        ("Packages", b"none", "expected the magic number of a hash database"),
        ("Packages", &chain, "overflow pages are used twice"),
        ("rpmdb.sqlite", b"SQLite", "expected the magic number of SQLite"),
    ];
    for (file, bytes, expected) in cases {
        let expected = format!("the package database `/var/lib/rpm/{file}` is damaged: {expected}");
        assert_eq!(problem(file, bytes), Some(expected));
        // Nothing is read for no file.
        let dir = TestDir::new();
        dir.write(&format!("var/lib/rpm/{file}"), bytes);
        assert!(find_owners(dir.path(), &[]).unwrap().is_empty());
    }
}

#[test]
fn a_damaged_database_never_panics() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rpm/Packages");
    let berkeley = fs_err::read(fixture).unwrap();
    let ndb = ndb(&headers(3)[1..]);
    let sqlite = TestDir::new();
    for (number, header) in headers(40)[1..].iter().enumerate() {
        sqlite.write(&format!("headers/{number:02}"), header);
    }
    fs_err::create_dir(sqlite.path().join("out")).unwrap();
    script(&sqlite, "rpm_database.py", &["out", "512", "plain", "headers"]).expect(0);
    let sqlite = fs_err::read(sqlite.path().join("out/rpmdb.sqlite")).unwrap();
    let mut state = 1_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    for (file, bytes) in [("Packages", berkeley), ("Packages.db", ndb), ("rpmdb.sqlite", sqlite)] {
        for round in 0..200 {
            let mut damaged = bytes.clone();
            for _ in 0..=round % 8 {
                let at = next(damaged.len());
                damaged[at] = [0, 1, 0x7F, 0xFF][next(4)];
            }
            if round % 3 == 0 {
                damaged.truncate(next(damaged.len()));
            }
            // An error, or an answer.
            let _ = problem(file, &damaged);
        }
    }
}
