//! `wheelworks inspect` and `diff`: the text reports, and whether their numbers are right.

mod compared;
mod formats;
mod problems;

use serde_json::Value;

use crate::judges::script;
use crate::real::fetch;
use crate::support::command::TestDir;
use crate::support::sample::text;
use crate::support::wheel::Wheel;

const NAME: &str = "sample-1.0-py3-none-any.whl";

/// Returns a wheel with a file of each kind, and two equal files.
fn sample(version: &str) -> Wheel {
    let mut wheel = Wheel::new(&format!("sample-{version}-py3-none-any.whl"));
    let metadata = format!("{}/METADATA", wheel.dist_info());
    wheel.replace(
        &metadata,
        format!(
            "Metadata-Version: 2.4\nName: sample\nVersion: {version}\nSummary: a\x1b[31m wheel\nLicense-Expression: MIT\n\
             Requires-Python: >=3.9\nRequires-Dist: numpy>=2\nRequires-Dist: ml-dtypes\n\nbody\n"
        ),
    );
    wheel
        .member("sample/__init__.py", "VALUE = 1\n".repeat(400))
        .member("sample/data.bin", text(200_000, 1))
        .member("sample/copy/data.bin", text(200_000, 1))
        .member("sample/other.bin", text(200_000, 2))
        .member("sample/include/sample.h", "#pragma once\n")
        .member("sample/damaged.so", [b"\x7fELF\x02\x01\x01".as_slice(), &[0xFF; 90]].concat())
        .member("sample/empty.txt", "");
    wheel
}

fn value(output: &str) -> Value {
    serde_json::from_str(output).unwrap()
}

#[test]
fn the_text_report_of_inspect() {
    let dir = TestDir::new();
    sample("1.0").write(dir.path());
    let said = dir.wheelworks(&["inspect", "--top=4", NAME]).expect(0).stdout;
    insta::assert_snapshot!(said, @r"
    sample-1.0-py3-none-any.whl: 319.2 KiB compressed, 10 files of 590.9 KiB content (54.0 %)
      Name: sample
      Version: 1.0
      Summary: a\u{1b}[31m wheel
      License: MIT
      Requires-Python: >=3.9
      Requires-Dist: numpy>=2
      Requires-Dist: ml-dtypes
      Tag: py3-none-any
      tables of chunks: none

    kind                files    content  compressed   share
    native code             1       97 B        12 B   0.0 %
    Python                  1    3.9 KiB        57 B   0.0 %
    headers                 1       13 B        15 B   0.0 %
    dist-info               3      951 B       638 B   0.1 %
    data                    4  585.9 KiB   317.3 KiB  99.4 %
    headers, directory                       1.2 KiB   0.3 %

    largest files                    content  compressed   share
    sample/other.bin               195.3 KiB   105.8 KiB  33.1 %
    sample/copy/data.bin           195.3 KiB   105.8 KiB  33.1 %
    sample/data.bin                195.3 KiB   105.8 KiB  33.1 %
    sample-1.0.dist-info/RECORD        719 B       442 B   0.1 %
      and 6 more

    libraries and programs
      sample/damaged.so: 97 B (12 B compressed)
        not readable: expected program headers, fewer than 65535, of the class's size at byte 18446744073709551615, found 65535 of 65535 bytes each

    the same content more than once: 105.8 KiB compressed too much
      2 times 195.3 KiB content
        sample/copy/data.bin
        sample/data.bin
    ");
}

#[test]
fn the_text_report_of_diff() {
    let dir = TestDir::new();
    sample("1.0").write(dir.path());
    let mut new = sample("1.1");
    let metadata = format!("{}/METADATA", new.dist_info());
    new.replace(
        &metadata,
        "Metadata-Version: 2.4\nName: sample\nVersion: 1.1\nSummary: a\x1b[31m wheel\nLicense-Expression: MIT\n\
         Requires-Python: >=3.10\nRequires-Dist: numpy>=2\nRequires-Dist: scipy\n",
    );
    new.replace("sample/__init__.py", "VALUE = 2\n".repeat(500));
    new.remove("sample/other.bin");
    new.remove("sample/include/sample.h");
    new.member("sample/moved/other.bin", text(200_000, 2)).member("sample/new.py", "x = 1\n");
    let new = new.write(dir.path());
    let new = new.file_name().unwrap().to_str().unwrap();
    let said = dir.wheelworks(&["diff", NAME, new]).expect(0).stdout;
    insta::assert_snapshot!(said, @"
    - sample-1.0-py3-none-any.whl: 319.2 KiB compressed, 10 files of 590.9 KiB content
    + sample-1.1-py3-none-any.whl: 319.2 KiB compressed, 10 files of 591.8 KiB content
    -20 B compressed; 5 files the same, 3 changed, 1 added, 1 removed, 1 moved
      - Version: 1.0
      + Version: 1.1
      - Requires-Python: >=3.9
      + Requires-Python: >=3.10
      - Requires-Dist: ml-dtypes
      + Requires-Dist: scipy

    kind         files    content  compressed     change
    native code      1       97 B        12 B  same size
    Python           2    4.9 KiB        71 B      +14 B
    headers          0        0 B         0 B      -15 B
    dist-info        3      937 B       627 B      -11 B
    data             4  585.9 KiB   317.3 KiB  same size

    changed
      sample-1.1.dist-info/METADATA: content 172 B → 163 B, compressed 134 B → 128 B (-6 B)
      sample/__init__.py: content 3.9 KiB → 4.9 KiB, compressed 57 B → 63 B (+6 B)
      sample-1.1.dist-info/RECORD: content 719 B → 714 B, compressed 442 B → 437 B (-5 B)

    added            content  compressed
    sample/new.py        6 B         8 B

    removed                    content  compressed
    sample/include/sample.h       13 B        15 B

    moved
      sample/other.bin → sample/moved/other.bin, 195.3 KiB
    ");
    let said = value(&dir.wheelworks(&["diff", "--json", NAME, new]).expect(0).stdout);
    assert_eq!(said["moved"][0]["new"], "sample/moved/other.bin");
    assert_eq!(said["same"], 5, "{said:#}");
    // A wheel compared with itself.
    let same = value(&dir.wheelworks(&["diff", "--json", NAME, NAME]).expect(0).stdout);
    for list in ["changed", "added", "removed", "moved", "metadata"] {
        assert_eq!(same[list], Value::Array(Vec::new()), "{list}");
    }
    assert_eq!(same["same"], 10, "{same:#}");
}

/// Checks that the sums equal those of Python's `zipfile`, and that the parts add up to the whole.
fn assert_adds_up(dir: &TestDir, wheel: &str) -> Value {
    let output = dir.wheelworks(&["inspect", "--json", wheel]).patience(5).expect(0);
    let mut said = value(&output.stdout);
    assert_eq!(said["version"], 1);
    let said = said["wheels"][0].take();
    let number = |value: &Value| value.as_u64().unwrap();
    let sum = |list: &Value, field: &str| -> u64 {
        list.as_array().unwrap().iter().map(|it| number(&it[field])).sum()
    };
    for field in ["content", "compressed"] {
        assert_eq!(sum(&said["members"], field), number(&said["total"][field]));
        assert_eq!(sum(&said["kinds"], field), number(&said["total"][field]));
    }
    let archive = zip::ZipArchive::new(fs_err::File::open(dir.path().join(wheel)).unwrap());
    let mut archive = archive.unwrap();
    let (mut content, mut compressed) = (0, 0);
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).unwrap();
        content += member.size();
        compressed += member.compressed_size();
    }
    assert_eq!(number(&said["total"]["content"]), content);
    assert_eq!(number(&said["total"]["compressed"]), compressed);
    let len = fs_err::metadata(dir.path().join(wheel)).unwrap().len();
    assert_eq!(number(&said["len"]), len);
    assert_eq!(number(&said["overhead"]), len - compressed);
    said
}

#[test]
fn sizes_add_up() {
    let dir = TestDir::new();
    sample("1.0").write(dir.path());
    let said = assert_adds_up(&dir, NAME);
    assert_eq!(said["duplicates"][0]["paths"].as_array().unwrap().len(), 2, "{said:#}");
    assert_eq!(said["libraries"][0]["path"], "sample/damaged.so");
    assert!(said["libraries"][0]["problem"].is_string());
}

/// Returns the sections that `readelf` lists, longest first, without those that take no bytes in
/// the file.
fn sections(dir: &TestDir, library: &str) -> Vec<(String, u64)> {
    let output = dir.command("readelf", &["-W", "-S", library]).env("LC_ALL", "C").expect(0).stdout;
    let rows = output.lines().filter_map(|line| line.split_once("] ")).filter(|(number, _)| {
        number.trim_start().strip_prefix('[').is_some_and(|it| it.trim().parse::<u32>().is_ok())
    });
    let mut sections: Vec<(String, u64)> = rows
        .map(|(_, row)| row.split_whitespace().collect::<Vec<_>>())
        .filter(|row| row.len() > 5 && row[0] != "NULL" && row[1] != "NOBITS")
        .map(|row| (row[0].to_owned(), u64::from_str_radix(row[4], 16).unwrap()))
        .collect();
    sections.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    sections
}

/// Two builds of a large library, one with debug information and more data. Their tables are not in
/// the first chunk. The wheels are packed with and without chunk tables.
#[test]
fn sections_agree_with_readelf() {
    let dir = TestDir::new();
    dir.write("blob", text(9 << 20, 1)).write("more", text(10 << 20, 2)).write(
        "code.c",
        "__asm__(\".section .nv_fatbin,\\\"a\\\"\\n.incbin \\\"\" BLOB \"\\\"\\n.text\\n\");\nint f(void) { return 1; }\n",
    );
    let builds = [("old", "blob", "-s"), ("new", "more", "-g")];
    for (name, blob, option) in builds {
        let (out, blob) = (format!("{name}/lib.so"), format!("-DBLOB=\"{blob}\""));
        fs_err::create_dir(dir.path().join(name)).unwrap();
        let gcc = ["-shared", "-fPIC", "-Wl,--build-id", option, &blob, "-o", &out, "code.c"];
        dir.command("gcc", &gcc).expect(0);
        let wheel = format!("{name}/lib-1.0-py3-none-linux_x86_64.whl");
        let member = format!("--member=lib/lib.so={out}");
        let out = format!("--out={wheel}");
        let pack = ["pack", "--distribution=lib", "--version=1.0", "--compression-level=1"];
        let rest = ["--platform-tag=linux_x86_64", &member, &out];
        for table in [&["--no-chunk-table"][..], &[]] {
            dir.wheelworks(&[&pack, &rest[..], table].concat()).patience(3).expect(0);
            let said = assert_adds_up(&dir, &wheel);
            let library = &said["libraries"][0];
            let found: Vec<(String, u64)> = library["sections"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["name"].as_str().unwrap().to_owned(), it["len"].as_u64().unwrap()))
                .collect();
            assert_eq!(found, sections(&dir, &format!("{name}/lib.so")));
            assert_eq!(library["stripped"], name == "old", "{library:#}");
            assert_eq!(library["debug"].as_u64().unwrap() > 0, name == "new", "{library:#}");
            let blob =
                fs_err::metadata(dir.path().join(if name == "old" { "blob" } else { "more" }));
            assert_eq!(library["gpu_code"], blob.unwrap().len());
            assert_eq!(library["machine"], "x86_64");
            let notes = dir.command("readelf", &["-n", &format!("{name}/lib.so")]).expect(0).stdout;
            let build_id = notes.split_once("Build ID: ").unwrap().1.lines().next().unwrap();
            assert_eq!(library["build_id"], build_id);
            let chunked = said["chunked"]["members"].as_u64().unwrap();
            assert_eq!(chunked, u64::from(table.is_empty()));
        }
    }
    let wheels = ["old", "new"].map(|name| format!("{name}/lib-1.0-py3-none-linux_x86_64.whl"));
    let said = dir.wheelworks(&["diff", "--json", &wheels[0], &wheels[1]]).expect(0).stdout;
    let change = &value(&said)["changed"][0];
    assert_eq!(change["path"], "lib/lib.so");
    let section = &change["sections"][0];
    assert_eq!(
        (section["name"].as_str(), &section["old"]),
        (Some(".nv_fatbin"), &(9 << 20).into())
    );
    assert_eq!(section["new"], 10 << 20);
}

#[test]
fn unreadable_input_is_an_error() {
    let dir = TestDir::new();
    dir.write(NAME, "no archive");
    for arguments in
        [["inspect", NAME].as_slice(), &["diff", NAME, NAME], &["inspect", "missing.whl"]]
    {
        let output = dir.wheelworks(arguments).expect(2);
        assert_eq!(output.stdout, "");
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    }
}

/// With a real wheel, whose libraries have their tables at other offsets than gcc writes them.
#[test]
#[ignore = "needs the network, once"]
fn real_wheels_add_up() {
    for name in ["markupsafe", "pyyaml", "charset-normalizer"] {
        let dir = TestDir::new();
        let original = fetch(&dir, name);
        let wheel = original.rsplit('/').next().unwrap();
        fs_err::copy(&original, dir.path().join(wheel)).unwrap();
        let said = assert_adds_up(&dir, wheel);
        script(&dir, "unpack.py", &[&original, "tree"]).expect(0);
        for library in said["libraries"].as_array().unwrap() {
            let path = library["path"].as_str().unwrap();
            let found: Vec<(&str, u64)> = library["sections"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["name"].as_str().unwrap(), it["len"].as_u64().unwrap()))
                .collect();
            let expected = sections(&dir, &format!("tree/{path}"));
            assert_eq!(found.len(), expected.len(), "{path}");
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!((found.0, found.1), (expected.0.as_str(), expected.1), "{path}");
            }
        }
    }
}
