//! RECORD is read as Python's CSV reader reads it, or Python cannot read it.

use serde_json::Value;
use wheelworks::wheel::RecordRows;

use crate::support::command::TestDir;

/// RECORD files with what another reader could take for something else.
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn texts() -> Vec<Vec<u8>> {
    let long = |len: usize| format!("{},b,c\n", "é".repeat(len));
    let mut texts: Vec<Vec<u8>> = [
        "",
        "a,b,c\n",
        "a,b,c",
        "a,b,c\r\nd,e,f\r\n",
        "a,b,c\rd,e,f\r",
        "a",
        "a,",
        ",",
        ",,\n",
        " \n",
        "\"\"\n",
        "\"\",\n",
        "\"a,b\",c,d\n",
        "\"a\"\"b\",,\n",
        "\"a\"b,c,\n",
        "\"a\"b\"c\",d\n",
        "a\"b\"c,d\n",
        "a,\"b\n",
        "a,\"b",
        "\"",
        "\"a\"",
        " \"a\",b\n",
        "\"a\" ,b\n",
        "#a,b,c\n",
        "a;b\n",
        "a\tb,c\n",
        "'a,b'\n",
        "a\\,b\n",
        "a,b,c,d,e\n",
        "ü,größe\n",
        "a,,\n\"b\",,\n",
        "\"\"\"\"\n",
        "\"\"\"a\"\"\",b\n",
        "a,\"\"\n",
        // Rows without a field.
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "a,b,c\n\n",
        "a,b,c\n\nd,e,f\n",
        "\na,b,c\n",
        "a,b,c\r\r\nd,e,f\r\n",
        "a,b,c\r\n\r\n",
        // Characters that end a line in one of the readers.
        "\"a\nb\",c,d\n",
        "\"a\r\nb\",c\n",
        "a\u{b}b,c\n",
        "a\u{c}b,c\n",
        "a\u{1c}b\n",
        "a\u{1d}b\n",
        "a\u{1e}b\n",
        "a\u{85}b\n",
        "a\u{2028}b,c\n",
        "a,\u{2029}b\n",
        "a\u{1f}b\n",
        "a\u{a0}b\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    texts.push(long(131_072).into_bytes());
    texts.push(long(131_073).into_bytes());
    texts.push(b"a\xFFb,c,d\n".to_vec());
    texts.push(b"a,b,c,\xFF\n".to_vec());
    texts
}

#[test]
fn rows_are_those_of_pythons_csv_reader() {
    let dir = TestDir::new();
    let texts = texts();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/record_rows.py");
    let mut arguments = vec!["-I".to_owned(), script.to_owned()];
    for (number, text) in texts.iter().enumerate() {
        dir.write(&number.to_string(), text);
        arguments.push(number.to_string());
    }
    let output = dir.command("python3", &arguments).expect(0);
    let mut wrong = Vec::new();
    for (text, line) in texts.iter().zip(output.stdout.lines()) {
        let python: Value = serde_json::from_str(line).unwrap();
        let rows: Vec<_> = RecordRows::new(text).map(Result::unwrap).collect();
        let text = text.escape_ascii().to_string();
        let has_problem = rows.iter().any(|row| row.problem().is_some());
        let is_unread = |rows: &Value| {
            rows.as_array()
                .is_none_or(|rows| rows.iter().any(|row| row.as_array().unwrap().is_empty()))
        };
        if has_problem {
            if !is_unread(&python["lines"]) && python["lines"] == python["stream"] {
                wrong.push(format!("{text:.60}: refused, and Python reads {}", python["lines"]));
            }
            continue;
        }
        let found: Vec<Value> = rows
            .iter()
            .map(|row| {
                let fields = [row.path(), row.digest(), row.size()];
                let fields = fields.iter().take(row.field_count());
                fields.map(|field| Value::from(String::from_utf8_lossy(field))).collect()
            })
            .collect();
        for reader in ["lines", "stream"] {
            let first_three =
                |row: &Value| row.as_array().unwrap().iter().take(3).cloned().collect();
            let expected = python[reader].as_array();
            let expected =
                expected.map(|rows| rows.iter().map(first_three).collect::<Vec<Value>>());
            if expected.as_ref() != Some(&found) {
                wrong.push(format!("{text:.60}: {reader} has {expected:?}, found {found:?}"));
            }
        }
    }
    assert_eq!(output.stdout.lines().count(), texts.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
