//! Members with a name that differs between readers.

use wheelworks::wheel::MAX_PATH_BYTES;

use super::{NAME, assert_breaks, assert_refused_by_all, wheel};
use crate::support::command::TestDir;
use crate::support::craft::{Parts, unicode_path};

/// Memory in MiB that is enough to refuse such an archive.
const MEMORY_MIB: u64 = 64;

/// Writes the wheel with a change of its archive.
fn write(change: impl Fn(&mut Parts)) -> TestDir {
    let dir = TestDir::new();
    let path = wheel().write(dir.path());
    let mut archive = Parts::of(&fs_err::read(&path).unwrap());
    change(&mut archive);
    fs_err::write(&path, archive.render()).unwrap();
    dir
}

/// unzip and Python 3.13 use the name in a Unicode path field.
#[test]
fn a_member_with_two_names_is_refused() {
    for (path, shown) in [
        (&b"pkg/other.py"[..], "`pkg/other.py`"),
        (b"../../evil.pth", "`../../evil.pth`"),
        (b"pkg/\x1b[31m\n", "`pkg/\\u{1b}[31m\\n`"),
        (b"pkg/\xff.py", "`pkg/\\xff.py`, which is not UTF-8"),
        (b"", "``"),
    ] {
        let expected =
            format!("expected one name, found a Unicode path field (0x7075) that says {shown}");
        let changes: [&dyn Fn(&mut Parts); 3] = [
            &|it| it.both(0, |header| header.extra = unicode_path(&header.name, path)),
            &|it| {
                let local = &mut it.entries[0].local;
                local.extra = unicode_path(&local.name, path);
            },
            // Readers that do not check the field's CRC-32 use the name even if it is wrong.
            &|it| it.both(0, |header| header.extra = unicode_path(b"something else", path)),
        ];
        for change in changes {
            let dir = write(change);
            assert_refused_by_all(&dir, MEMORY_MIB, &expected);
            assert_breaks(&dir, MEMORY_MIB, "zip-unicode-path");
        }
    }
    let dir = write(|it| it.both(0, |header| header.extra = vec![0x75, 0x70, 2, 0, 1, 2]));
    assert_refused_by_all(&dir, MEMORY_MIB, "that has 2 bytes, too few for a name");
}

/// Info-ZIP's `zip` writes the field also for names in another encoding; see `names_must_be_text`.
#[test]
fn a_second_name_equal_to_the_first_is_accepted() {
    let dir = write(|it| {
        it.both(0, |header| header.extra = unicode_path(&header.name, &header.name));
    });
    fs_err::create_dir(dir.path().join("new")).unwrap();
    dir.wheelworks(&["unpack", "-d", "out", NAME]).expect(0);
    // A finding, but no error of the audit: the wheel has no machine code.
    dir.wheelworks(&["audit", "--no-host", NAME]).expect(1);
    dir.wheelworks(&["check", "--select=zip,name", NAME]).expect(0);
    dir.wheelworks(&["repack", "-w", "new", NAME]).expect(0);
}

/// Returns a path of `len` bytes with short components.
fn path_of_len(len: usize) -> String {
    let path = "d/".repeat(len / 2);
    if len.is_multiple_of(2) { path[..len - 2].to_owned() + "dd" } else { path + "f" }
}

#[test]
fn check_accepts_the_paths_that_unpack_accepts() {
    for len in [2047, 2048, 2049, 4095, 4096, 4097] {
        let dir = TestDir::new();
        let path = path_of_len(len);
        assert_eq!(path.len(), len);
        wheel().member(&path, "content").write(dir.path());
        let (checked, unpacked) = if len <= MAX_PATH_BYTES { (0, 0) } else { (1, 2) };
        dir.wheelworks(&["check", "--select=name-long", NAME]).expect(checked);
        dir.wheelworks(&["unpack", "-d", "out", NAME]).expect(unpacked);
    }
}
