//! RECORD survives a round trip and contains no path twice. A RECORD without quotes is read as by a simple
//! reader of lines and commas.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use wheelworks::error::Diagnose as _;
use wheelworks::wheel::{MemberPath, Record};

fuzz_target!(|bytes: &[u8]| {
    let record = match Record::parse(bytes) {
        Ok(record) => record,
        Err(error) => return assert!(error.message_with_hint().contains("\nhint: "), "{error}"),
    };
    let paths: BTreeSet<&str> = record.rows().iter().map(|row| row.path.as_str()).collect();
    assert_eq!(paths.len(), record.rows().len());
    let own: MemberPath = "pkg-1.0.dist-info/RECORD".parse().unwrap();
    // A RECORD with a hash of itself can be read, but is never written.
    if paths.contains(own.as_str()) {
        return;
    }
    let text = record.render(&own).unwrap();
    assert_eq!(Record::parse(&text).expect("what was written is read"), record);
    assert_eq!(Record::parse(&text).unwrap().render(&own).unwrap(), text);

    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\r');
    if !bytes.iter().all(is_plain) {
        return;
    }
    // The size of a row without a digest may be any text.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let rows: Vec<(&str, &str, &str)> = text
        .split('\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[0], fields[1], fields[2])
        })
        .filter(|(_, digest, _)| !digest.is_empty())
        .collect();
    assert_eq!(rows.len(), record.rows().len());
    for (row, (path, digest, size)) in record.rows().iter().zip(rows) {
        assert_eq!((row.path.as_str(), row.digest.to_string().as_str()), (path, digest));
        assert_eq!(Ok(row.size), size.parse());
    }
});
