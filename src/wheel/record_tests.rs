//! Tests of `record.rs`.

use proptest::prelude::*;

use super::*;
use crate::error::Diagnose as _;

/// SHA-256 of nothing, as Python's `wheel` writes it.
const OF_NOTHING: &str = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

fn row(path: &str, byte: u8, size: u64) -> RecordRow {
    RecordRow { path: path.parse().unwrap(), digest: Sha256Digest([byte; 32]), size }
}

fn own() -> MemberPath {
    "a-1.dist-info/RECORD".parse().unwrap()
}

#[test]
fn the_whole_file() {
    let rows = vec![
        RecordRow {
            path: "a/__init__.py".parse().unwrap(),
            digest: OF_NOTHING.parse().unwrap(),
            size: 0,
        },
        row("a/b, c.txt", 0xff, 1),
        row("a/\"q\" x.txt", 0, 5_000_000_000),
    ];
    let text = Record::new(rows).unwrap().render(&own()).unwrap();
    let ones = format!("{}8", "_".repeat(42));
    let zeros = "A".repeat(43);
    let expected = format!(
        "a/__init__.py,{OF_NOTHING},0\n\
         \"a/b, c.txt\",sha256={ones},1\n\
         \"a/\"\"q\"\" x.txt\",sha256={zeros},5000000000\n\
         a-1.dist-info/RECORD,,\n"
    );
    assert_eq!(String::from_utf8(text).unwrap(), expected);
}

#[test]
fn a_path_is_not_taken_for_a_byte_order_mark() {
    for (path, begin) in [
        ("\u{feff}a.py", "\"\u{feff}a.py\",sha256="),
        ("\u{feff}a, b.py", "\"\u{feff}a, b.py\",sha256="),
    ] {
        let record = Record::new(vec![row(path, 1, 2), row("\u{feff}b.py", 3, 4)]).unwrap();
        let text = record.render(&own()).unwrap();
        assert!(text.starts_with(begin.as_bytes()), "{}", String::from_utf8_lossy(&text));
        assert_eq!(Record::parse(&text).unwrap(), record);
    }
}

#[test]
fn rows_of_record_and_its_signatures_may_lack_a_hash() {
    let text = format!(
        "a.py,{OF_NOTHING},0\r\na-1.dist-info/RECORD.jws,,\r\na-1.dist-info/RECORD.p7s,,\r\na-1.dist-info/RECORD,,\r\n"
    );
    let record = Record::parse(text.as_bytes()).unwrap();
    assert_eq!(record.rows().iter().map(|row| row.path.as_str()).collect::<Vec<_>>(), ["a.py"]);
    for path in ["RECORD", "a/RECORD", "a-1.dist-info/x/RECORD", "a-1.dist-info/METADATA"] {
        let error = Record::parse(format!("{path},,\n").as_bytes()).unwrap_err();
        assert!(matches!(error, RecordError::Digest { .. }), "{path}: {error}");
    }
}

#[test]
fn duplicates_are_refused_when_written_too() {
    let error = Record::new(vec![row("a", 0, 0), row("b", 0, 0), row("a", 1, 0)]).unwrap_err();
    assert!(matches!(error, RecordError::Duplicate { number: 3, .. }));
}

#[test]
fn messages() {
    let message = |text: &[u8]| Record::parse(text).unwrap_err().message_with_hint();
    let good = format!("a.py,{OF_NOTHING},0\n");
    insta::assert_snapshot!(message(format!("{good}b.py,{OF_NOTHING}\n").as_bytes()), @r"
    row 2 of RECORD: expected path, hash and size, found 2 fields
    hint: build the wheel again, or let `wheelworks pack` write a new RECORD
    ");
    insta::assert_snapshot!(message(b"a.py,md5=x,0\n"), @r"
    row 1 of RECORD, hash of `a.py`: expected `sha256=` and 43 characters of URL-safe base64 without `=` at the end, found `md5=x`
    hint: build the wheel again, or let `wheelworks pack` write a new RECORD
    ");
    insta::assert_snapshot!(message(format!("{good}b.py,{OF_NOTHING},many\n").as_bytes()), @r"
    row 2 of RECORD, size of `b.py`: expected a number of bytes, found `many`
    hint: build the wheel again, or let `wheelworks pack` write a new RECORD
    ");
    insta::assert_snapshot!(message(format!("{good}b.py,{OF_NOTHING},+0\n").as_bytes()), @r"
    row 2 of RECORD, size of `b.py`: expected a number of bytes, found `+0`
    hint: build the wheel again, or let `wheelworks pack` write a new RECORD
    ");
    insta::assert_snapshot!(message(format!("{good}\n").as_bytes()), @r"
    row 2 of RECORD: expected path, hash and size, found an empty line, at which pip stops
    hint: build the wheel again, or let `wheelworks pack` write a new RECORD
    ");
    insta::assert_snapshot!(message(format!("{good}b.py,\u{2028},\n").as_bytes()), @r"
    row 2 of RECORD: expected path, hash and size, found '\u{2028}' in a field, where Python ends the line
    hint: build the wheel again, or let `wheelworks pack` write a new RECORD
    ");
    insta::assert_snapshot!(message(format!("\u{feff}{good}").as_bytes()), @r"
    row 1 of RECORD: expected a path, found a byte order mark in front of it
    hint: Python takes it for a part of the path; build the wheel again, or let `wheelworks pack` write a new RECORD
    ");
    insta::assert_snapshot!(message(format!("{good}{good}").as_bytes()), @r"
    row 2 of RECORD: `a.py` is listed for the second time
    hint: a wheel holds a file once
    ");
    insta::assert_snapshot!(message(b"../a.py,,\n"), @r"
    row 1 of RECORD: `../a.py` cannot be the path of a file in a wheel: expected names between the `/`, found `..`
    hint: write the path without it
    ");
    insta::assert_snapshot!(message(b"\xff.py,,\n"), @r"
    row 1 of RECORD: `�.py` cannot be the path of a file in a wheel: expected UTF-8, found another byte at position 0
    hint: rename the file
    ");
}

proptest! {
    #[test]
    fn what_is_rendered_parses_to_the_same(
        files in proptest::collection::btree_map("[a-zé,\" '#;]{1,6}(/[a-z ,\"]{1,4}){0,2}", (any::<[u8; 32]>(), any::<u64>()), 0..8),
    ) {
        let rows = files
            .into_iter()
            .map(|(path, (digest, size))| RecordRow { path: path.parse().unwrap(), digest: Sha256Digest(digest), size })
            .collect();
        let record = Record::new(rows).unwrap();
        let text = record.render(&own()).unwrap();
        prop_assert!(text.ends_with(b"\na-1.dist-info/RECORD,,\n") || record.rows().is_empty());
        prop_assert_eq!(Record::parse(&text).unwrap(), record);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = Record::parse(&bytes);
    }
}
