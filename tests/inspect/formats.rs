//! `inspect` and libraries for other systems, what `strip` would save, and the lines for `jq` in its documentation.

use serde_json::Value;

use super::{NAME, value};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const CODE: &str = "int table[900] = {1};\nint f(void) { return 3; }\n";

/// Returns the sections of the only library, sorted.
fn sections(dir: &TestDir, library: &str) -> (Value, Vec<(String, u64)>) {
    let mut wheel = Wheel::new(NAME);
    wheel.member(&format!("sample/{library}"), fs_err::read(dir.path().join(library)).unwrap());
    wheel.write(dir.path());
    let mut said = value(&dir.wheelworks(&["inspect", "--report=json", NAME]).expect(0).stdout);
    let library = said["wheels"][0]["libraries"][0].take();
    let of = |it: &Value| (it["name"].as_str().unwrap().to_owned(), it["len"].as_u64().unwrap());
    let mut sections: Vec<(String, u64)> =
        library["sections"].as_array().unwrap().iter().map(of).collect();
    sections.sort();
    (library, sections)
}

/// Returns what `objdump -h` lists, with lengths rounded up to those in the file.
fn objdump(dir: &TestDir, library: &str) -> Vec<(String, u64)> {
    let output = dir.command("objdump", &["-h", library]).env("LC_ALL", "C").expect(0).stdout;
    let rows = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows = rows.filter(|row| row.len() == 7 && row[0].parse::<u32>().is_ok());
    let mut found: Vec<(String, u64)> =
        rows.map(|row| (row[1].to_owned(), u64::from_str_radix(row[2], 16).unwrap())).collect();
    found.sort();
    found
}

#[test]
fn sections_of_a_dll_equal_those_of_objdump() {
    let dir = TestDir::new();
    dir.write("code.c", CODE);
    dir.command("gcc", &["-c", "-fno-asynchronous-unwind-tables", "code.c", "-o", "code.o"])
        .expect(0);
    dir.command("objcopy", &["-O", "pe-x86-64", "-R", ".comment", "code.o", "code.obj"]).expect(0);
    dir.command("ld", &["-m", "i386pep", "-shared", "code.obj", "-o", "code.dll"]).expect(0);
    let (library, found) = sections(&dir, "code.dll");
    assert_eq!((&library["format"], &library["machine"]), (&"pe".into(), &"amd64".into()));
    assert_eq!(library["problem"], Value::Null);
    let judged = objdump(&dir, "code.dll");
    assert!(judged.len() >= 4, "{judged:?}");
    // In the file, sections fill blocks of 512 bytes.
    let judged: Vec<(String, u64)> =
        judged.into_iter().map(|(name, len)| (name, len.next_multiple_of(512))).collect();
    assert_eq!(found, judged);
    let text = dir.wheelworks(&["inspect", NAME]).expect(0).stdout;
    assert!(text.contains("    amd64, PE\n"), "{text}");
    // Headers that are cut off are a problem, no failure.
    let bytes = fs_err::read(dir.path().join("code.dll")).unwrap();
    dir.write("code.dll", &bytes[..300]);
    let (library, found) = sections(&dir, "code.dll");
    assert!(library["problem"].is_string() && found.is_empty(), "{library:#}");
}

/// A Mach-O file for one CPU: a segment with a section, a section of zeros, and a segment without sections.
fn mach_o(cpu: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let word = |bytes: &mut Vec<u8>, values: &[u32]| {
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    };
    let name = |bytes: &mut Vec<u8>, text: &str| {
        let mut field = [0; 16];
        field[..text.len()].copy_from_slice(text.as_bytes());
        bytes.extend(field);
    };
    word(&mut bytes, &[0xFEED_FACF, cpu, 0, 6, 2, 72 + 2 * 80 + 72, 0, 0]);
    word(&mut bytes, &[0x19, 72 + 2 * 80]);
    name(&mut bytes, "__DATA");
    for value in [0_u64, 0x4000, 512, 0x1000] {
        bytes.extend(value.to_le_bytes());
    }
    word(&mut bytes, &[7, 3, 2, 0]);
    for (section, len, offset, flags) in [("__data", 0x900_u64, 512, 0), ("__bss", 0x3000, 0, 1)] {
        name(&mut bytes, section);
        name(&mut bytes, "__DATA");
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend(len.to_le_bytes());
        word(&mut bytes, &[offset, 0, 0, 0, flags, 0, 0, 0]);
    }
    word(&mut bytes, &[0x19, 72]);
    name(&mut bytes, "__LINKEDIT");
    for value in [0x4000_u64, 0x100, 512 + 0x1000, 0x100] {
        bytes.extend(value.to_le_bytes());
    }
    word(&mut bytes, &[1, 1, 0, 0]);
    bytes.resize(512 + 0x1000 + 0x100, 1);
    bytes
}

#[test]
fn sections_of_mach_o_libraries() {
    let dir = TestDir::new();
    let own = |prefix: &str| {
        [(format!("{prefix}__DATA,__data"), 0x900), (format!("{prefix}__LINKEDIT"), 0x100)]
    };
    dir.write("one.dylib", mach_o(0x0100_000C));
    let (library, found) = sections(&dir, "one.dylib");
    assert_eq!((&library["format"], &library["machine"]), (&"mach-o".into(), &"arm64".into()));
    assert_eq!(found, own(""));
    // A universal file, whose slices are far apart.
    let slices = [(0x0100_0007_u32, 1 << 20), (0x0100_000C, 10 << 20)];
    let mut universal: Vec<u8> = Vec::new();
    for value in [0xCAFE_BABE_u32, 2] {
        universal.extend(value.to_be_bytes());
    }
    let one = mach_o(0);
    for (cpu, offset) in slices {
        for value in [cpu, 0, offset, u32::try_from(one.len()).unwrap(), 12] {
            universal.extend(value.to_be_bytes());
        }
    }
    for (cpu, offset) in slices {
        universal.resize(usize::try_from(offset).unwrap(), 0);
        universal.extend(mach_o(cpu));
    }
    dir.write("two.dylib", &universal);
    let (library, found) = sections(&dir, "two.dylib");
    assert_eq!(library["machine"], "x86_64, arm64");
    assert_eq!(found, [own("arm64:"), own("x86_64:")].concat());
    // With a table of chunks, the same.
    let arguments = [
        "pack",
        "--distribution=sample",
        "--version=1.0",
        "--member=sample/two.dylib=two.dylib",
        "--out=sample-1.0-py3-none-any.whl",
    ];
    fs_err::remove_file(dir.path().join(NAME)).unwrap();
    dir.wheelworks(&arguments).expect(0);
    let said = value(&dir.wheelworks(&["inspect", "--report=json", NAME]).expect(0).stdout);
    assert!(said["wheels"][0]["members"][0]["chunks"].as_u64().unwrap() > 1, "{said:#}");
    assert_eq!(said["wheels"][0]["libraries"][0]["sections"].as_array().unwrap().len(), 4);
    // A slice that is no Mach-O file.
    universal[1 << 20] = 0;
    dir.write("two.dylib", &universal);
    let (library, found) = sections(&dir, "two.dylib");
    assert!(library["problem"].is_string(), "{library:#}");
    assert_eq!(found, own("arm64:"));
}

#[test]
fn stripping_saves_what_strip_removes() {
    let dir = TestDir::new();
    let functions = (0..200).map(|n| format!("int function_{n}(int x) {{ return x + {n}; }}\n"));
    let code = functions.collect::<Vec<_>>().concat();
    dir.write("code.c", code);
    dir.command("gcc", &["-g", "-shared", "-fPIC", "code.c", "-o", "code.so"]).expect(0);
    let (library, _) = sections(&dir, "code.so");
    let content = library["strippable"]["content"].as_u64().unwrap();
    let compressed = library["strippable"]["compressed"].as_u64().unwrap();
    assert!(compressed > 0 && compressed < content, "{library:#}");
    let text = dir.wheelworks(&["inspect", NAME]).expect(0).stdout;
    assert!(text.contains("\n  stripping would save "), "{text}");
    let len = || fs_err::metadata(dir.path().join("code.so")).unwrap().len();
    let before = len();
    dir.command("strip", &["code.so"]).expect(0);
    // Section headers and their names go, too.
    let saved = before - len();
    assert!(saved >= content && saved - content < 2048, "{saved} {content}");
    let (library, _) = sections(&dir, "code.so");
    assert_eq!(library["strippable"]["content"], 0);
    let text = dir.wheelworks(&["inspect", NAME]).expect(0).stdout;
    assert!(!text.contains("stripping would save"), "{text}");
}

#[test]
fn the_lines_for_jq_in_the_documentation_work() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/inspect.md");
    let page = fs_err::read_to_string(page).unwrap();
    let lines: Vec<&str> = page.lines().filter(|line| line.contains("| jq ")).collect();
    assert_eq!(lines.len(), 3);
    let dir = TestDir::new();
    crate::device_code::sample_wheel(&dir, "code-1.0-py3-none-linux_x86_64.whl");
    let program = crate::support::WHEELWORKS;
    let said: Vec<String> = lines
        .iter()
        .map(|line| {
            let line = line.replace("WHEEL", "code-1.0-py3-none-linux_x86_64.whl");
            let line = line.replacen("wheelworks", program, 1);
            dir.command("bash", &["-o", "pipefail", "-c", &line]).expect(0).stdout
        })
        .collect();
    assert!(said[0].lines().any(|line| line.starts_with("sm_80\t31")), "{}", said[0]);
    assert_eq!(said[0].lines().count(), 6, "{}", said[0]);
    // The library of the sample has PTX.
    assert_eq!(said[1], "");
    assert_eq!(value(&said[2]), Value::Array(Vec::new()));
}
