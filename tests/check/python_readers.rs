//! `entry_points.txt` and METADATA are taken if Python's readers, and PyPI, take them.

use serde_json::Value;
use wheelworks::wheel::EntryPoints;

use super::base::{Change, NAME, make, write};
use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::craft::Parts;

/// Files of entry points. No command among them has an object that cannot be installed.
const ENTRY_POINTS: [&str; 40] = [
    "",
    "[a]\nb = c\n",
    "[a]\r\nb = c:d\r\n",
    "[a]\nb=c\n\nd = e:f [g]\n[h.i]\nj = k\n",
    "[a]\ngit+ssh = b\nMy Format = c\nd/e = f\ng:h = i\n",
    "[console_scripts]\na.b-c_1 = d:e\n",
    "[console_scripts]\na b = d:e\n",
    "[console_scripts]\na/b = d:e\n",
    "[gui_scripts]\na+b = d:e\n",
    "[a]\n# comment\nb = c\n  # comment\n",
    "[a]\n; comment\nb = c\n",
    "[a]\n; b = c\n",
    "[a]\nb = c ; comment\n",
    "[a]\nb = c # comment\n",
    "  [a]\n  b = c\n  d = e\n",
    "[a]\n  b = c\nd = e\n",
    "[a]\nb = c\n  d = e\n",
    "[a]\n b = c\n  d = e\n",
    "[a]\nb =\n  c\n",
    "[a]\nb = c\n  d\n",
    "[a]\nb = c\n\n  d = e\n",
    "[a]\nb = c\n[d]\n  e = f\n",
    "b = c\n",
    "[a]\nb\n",
    "[a]\nb: c\n",
    "[a]\n= c\n",
    "[a]\nb = c\nb = d\n",
    "[a]\nb = c\n[a]\nd = e\n",
    "[a]\n[a]\n",
    "[a]\nB = c\nb = d\n",
    "[]\nb = c\n",
    "[a]]\nb = c\n",
    "[[a]\nb = c\n",
    "[a] x\nb = c\n",
    "[a]\n[b = c\n",
    "[a]\nb = c=d\n",
    "[a]\nb = %(c)s\n",
    "[a]\nb\u{2028}d = c\n",
    "[a]\nb\u{b}d = c\n",
    "[my-group]\nb = c/d.py\n",
];

#[test]
fn entry_points_are_those_of_pythons_readers() {
    let dir = TestDir::new();
    let mut arguments = vec![
        "-I".to_owned(),
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/entry_points.py").to_owned(),
    ];
    for (number, text) in ENTRY_POINTS.iter().enumerate() {
        let path = format!("{number}/a-1.dist-info/entry_points.txt");
        dir.write(&path, text);
        arguments.push(path);
    }
    let output = dir.command("python3", &arguments).expect(0).stdout;
    let mut wrong = Vec::new();
    for (text, line) in ENTRY_POINTS.iter().zip(output.lines()) {
        let python: Value = serde_json::from_str(line).unwrap();
        let agree = !python["pypi"].is_null() && python["pypi"] == python["installers"];
        let found = EntryPoints::parse(text.as_bytes());
        if agree != found.is_ok() {
            wrong.push(format!("{text:?}: {python}, found {found:?}"));
        }
    }
    assert_eq!(output.lines().count(), ENTRY_POINTS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What follows `Metadata-Version`, `Name` and `Version`.
const FIELDS: &str = include_str!("metadata_fields.txt");

#[test]
fn metadata_is_refused_if_pypi_refuses_it() {
    let dir = TestDir::new();
    let mut texts = Vec::new();
    for fields in FIELDS.lines().filter(|line| !line.starts_with('#')) {
        let fields = fields.replace("\\n", "\n").replace("\\t", "\t").replace("\\b", " ");
        let version =
            if fields.starts_with("Metadata-Version") { "" } else { "Metadata-Version: 2.4\n" };
        texts.push(format!("{version}{fields}\nName: Sample-Pkg\nVersion: 1.0\n"));
    }
    let mut judged = Vec::new();
    let mut checked =
        vec!["check".to_owned(), "--report=json".to_owned(), "--exit-zero".to_owned()];
    for (number, text) in texts.iter().enumerate() {
        dir.write(&format!("{number}.txt"), text);
        judged.push(format!("{number}.txt"));
        let mut parts = Parts::of(&make(Change::Wheel(|_| ())));
        parts.store(super::base::METADATA_AT, text.as_bytes());
        let path = write(&dir, &format!("wheel-{number}"), NAME, &parts.render());
        checked.push(path.to_str().unwrap().to_owned());
    }
    let judged: Vec<&str> = judged.iter().map(String::as_str).collect();
    let verdicts = script(&dir, "judge_metadata.py", &judged).expect(0).stdout;
    let report =
        dir.wheelworks(&checked.iter().map(String::as_str).collect::<Vec<_>>()).expect(0).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let mut wrong = Vec::new();
    for ((text, verdict), wheel) in
        texts.iter().zip(verdicts.lines()).zip(report["wheels"].as_array().unwrap())
    {
        // RECORD has another digest of METADATA, and the wheel has a licence that METADATA need not name.
        let findings = wheel["findings"].as_array().unwrap().iter();
        let errors: Vec<&Value> = findings
            .filter(|it| {
                it["level"] == "error" && !it["rule"].as_str().unwrap().starts_with("record-")
            })
            .collect();
        let is_refused = verdict != "\"\"";
        if is_refused == errors.is_empty() {
            wrong.push(format!("{text:?}: PyPI says {verdict}, found {errors:?}"));
        }
    }
    assert_eq!(verdicts.lines().count(), texts.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
