//! `wheelworks diff`: complete JSON, and libraries that have another name in the new wheel.

use serde_json::Value;

use super::{NAME, sample, value};
use crate::support::command::TestDir;

#[test]
fn json_lists_everything() {
    let dir = TestDir::new();
    for (version, text) in [("1.0", "old"), ("2.0", "new")] {
        let mut wheel = sample(version);
        for number in 0..40 {
            wheel.member(&format!("sample/{number}.txt"), format!("{text} {number}"));
            wheel.member(&format!("sample/{version}/{number}.txt"), format!("{version} {number}"));
        }
        wheel.write(dir.path());
    }
    let new = "sample-2.0-py3-none-any.whl";
    let said = value(&dir.wheelworks(&["inspect", "--report=json", NAME]).expect(0).stdout);
    assert_eq!(said["wheels"][0]["members"].as_array().unwrap().len(), 90);
    for top in ["--top=1", "--top=10"] {
        let arguments = ["diff", "--report=json", top, NAME, new];
        let said = value(&dir.wheelworks(&arguments).expect(0).stdout);
        assert_eq!(said["version"], 1);
        for (list, len) in [("changed", 42), ("added", 40), ("removed", 40)] {
            assert_eq!(said[list].as_array().unwrap().len(), len, "{list}");
        }
    }
    let text = dir.wheelworks(&["diff", "--top=1", NAME, new]).expect(0).stdout;
    assert!(text.contains("and 41 more"), "{text}");
}

/// Two versions of a library have names, sonames and build IDs of their own.
#[test]
fn libraries_of_two_versions_are_paired() {
    let dir = TestDir::new();
    let library = |name: &str, soname: &str, code: &str, options: &[&str]| {
        dir.write("code.c", code);
        let soname = format!("-Wl,-soname,{soname}");
        let arguments = [&["-shared", "-fPIC", "-o", name, "code.c", &soname], options].concat();
        dir.command("gcc", &arguments).expect(0);
        fs_err::read(dir.path().join(name)).unwrap()
    };
    let (one, two) = ("int f(void) { return 1; }\n", "int f(void) { return 22; }\n");
    let id = ["-Wl,--build-id=0x1234"];
    let rows = [
        // The same stem in the same directory.
        (
            "sample/libort.so.1.31.1",
            "sample/libort.so.1.32.0",
            "libort.so.1",
            "libort.so.1",
            &[][..],
        ),
        (
            "libs/libx-040039e1.so.5",
            "libs/libx-8f1e9814.so.5",
            "libx-040039e1.so.5",
            "libx-8f1e9814.so.5",
            &[],
        ),
        (
            "sample/_C.cpython-311-x86_64-linux-gnu.so",
            "sample/_C.cpython-312-x86_64-linux-gnu.so",
            "_C",
            "_C",
            &[],
        ),
        // The same soname under two names.
        ("sample/libold.so", "sample/libnew.so", "libsame.so.1", "libsame.so.1", &[]),
        // The same build, changed afterwards.
        ("sample/plain.so", "sample/other/stripped.so", "plain.so", "stripped.so", &id),
    ];
    let (mut old, mut new) = (sample("1.0"), sample("2.0"));
    for (old_path, new_path, old_soname, new_soname, options) in rows {
        old.member(old_path, library("old.so", old_soname, one, options));
        new.member(new_path, library("new.so", new_soname, two, options));
    }
    old.member("sample/libgone.so", library("old.so", "libgone.so", one, &[]));
    let paths = [old.write(dir.path()), new.write(dir.path())];
    let paths = paths.each_ref().map(|path| path.to_str().unwrap());
    let said = dir.wheelworks(&["diff", "--report=json", paths[0], paths[1]]).expect(0).stdout;
    let said = value(&said);
    let mut pairs: Vec<(&str, &str)> = said["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["old_path"].as_str().unwrap(), it["path"].as_str().unwrap()))
        .filter(|(old, _)| !old.contains("dist-info"))
        .collect();
    pairs.sort_unstable();
    let mut expected = rows.map(|(old, new, ..)| (old, new));
    expected.sort_unstable();
    assert_eq!(pairs, expected, "{said:#}");
    assert_eq!(said["removed"].as_array().unwrap().len(), 1);
    assert_eq!(said["added"], Value::Array(Vec::new()));
    let text = dir.wheelworks(&["diff", "--top=0", paths[0], paths[1]]).expect(0).stdout;
    assert!(text.contains("sample/libort.so.1.31.1 → sample/libort.so.1.32.0: "), "{text}");
}
