//! `--recompress`: smaller entries with the same code, judged by a reader in Python with the program `zstd`.

use serde_json::{Value, json};

use super::crafted::{entry, fat_binary};
use super::slim::content;
use super::{NAME, device_code, rows};
use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::sample::{noise, text};
use crate::support::wheel::Wheel;

/// Writes a wheel with code that LZ4 compressed, code that is not compressed, and noise.
fn wheel(dir: &TestDir) {
    let code = [text(1 << 20, 1), noise(5000, 2)].concat();
    let block = lz4(dir, &code);
    let member = [
        fat_binary(&[
            entry(2, 80, 0x2011, &block, code.len() as u64),
            entry(2, 90, 0x10_0011, &code[..800_001], 0),
            entry(1, 90, 0x2011, &block, code.len() as u64),
            entry(2, 103, 0x11, &noise(999, 3), 0),
        ]),
        text(2 << 20, 4),
        fat_binary(&[entry(2, 103, 0x2011, &block, code.len() as u64)]),
    ];
    let mut wheel = Wheel::new(NAME);
    wheel.member("code/lib.fatbin", member.concat());
    wheel.member("code/small.fatbin", fat_binary(&[entry(2, 80, 0x11, &code[..9000], 0)]));
    wheel.write(dir.path());
}

/// Returns an LZ4 block of literals alone, which any decoder reads.
fn lz4(_: &TestDir, code: &[u8]) -> Vec<u8> {
    let mut block = vec![0xF0];
    let mut left = code.len() - 15;
    while left >= 255 {
        block.push(255);
        left -= 255;
    }
    block.push(u8::try_from(left).unwrap());
    block.extend(code);
    block
}

fn recompressed(dir: &TestDir, options: &[&str]) -> Value {
    let arguments = [&["slim", NAME, "--recompress=zstd", "--report=json"], options].concat();
    let output = dir.wheelworks(&arguments).patience(9).expect(0).stdout;
    serde_json::from_str::<Value>(&output).unwrap()["wheels"][0].take()
}

#[test]
fn entries_get_smaller_and_keep_their_code() {
    let dir = TestDir::new();
    wheel(&dir);
    let said = recompressed(&dir, &["-w", "out", "--drop=sm_80", "--allow-empty"]);
    let new = format!("out/{NAME}");
    dir.wheelworks(&["check", &new]).expect(0);
    let path = "code/lib.fatbin";
    dir.write("old", content(&dir, NAME, path)).write("new", content(&dir, &new, path));
    let judged = script(&dir, "recompressed.py", &["old", "new", "sm_80"]).expect(0).stdout;
    // The noise stays as it is.
    assert_eq!(judged, "sm_90a zstd\ncompute_90 zstd\nsm_103 none\nsm_103 zstd\n");
    let found = rows(&device_code(&dir, &new, &[])["architectures"]);
    let names: Vec<&str> = found.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(names, ["compute_90", "sm_103", "sm_90a"]);
    let library = &said["libraries"][0];
    let sum = |field: &str| library["recompressed"][field].as_u64().unwrap();
    assert_eq!(sum("entries"), 3, "{said:#}");
    assert!(sum("bytes_after") < sum("bytes_before"), "{said:#}");
    assert_eq!(said["libraries"][1]["recompressed"], Value::Null);
    let statement = content(&dir, &new, "code-1.0.dist-info/wheelworks-slim.json");
    let step = &serde_json::from_slice::<Value>(&statement).unwrap()["steps"][0];
    assert_eq!((&step["recompress"], &step["drop"]), (&json!("zstd"), &json!(["sm_80"])));
    assert_eq!(step["libraries"][0]["recompressed"]["entries"], 3);
}

#[test]
fn a_second_time_nothing_changes_and_bytes_are_the_same_on_any_number_of_threads() {
    let dir = TestDir::new();
    wheel(&dir);
    let dry = recompressed(&dir, &["--dry-run", "-w", "dry"]);
    assert!(!dir.path().join("dry").exists());
    let one = recompressed(&dir, &["-w", "one", "--jobs=1"]);
    assert_eq!(dry["libraries"], one["libraries"]);
    recompressed(&dir, &["-w", "four", "--jobs=4"]);
    let bytes = |name: &str| fs_err::read(dir.path().join(name).join(NAME)).unwrap();
    assert!(bytes("one") == bytes("four"));
    fs_err::copy(dir.path().join("one").join(NAME), dir.path().join(NAME)).unwrap();
    let again = recompressed(&dir, &["-w", "again"]);
    assert_eq!(again["libraries"], json!([]));
    assert!(bytes("one") == bytes("again"));
}

#[test]
fn damaged_code_is_an_error() {
    let dir = TestDir::new();
    let mut wheel = Wheel::new(NAME);
    wheel.member("lib.fatbin", fat_binary(&[entry(2, 80, 0x2011, &[9; 99], 5000)]));
    wheel.write(dir.path());
    let arguments = ["slim", NAME, "--recompress=zstd", "-w", "out"];
    let output = dir.wheelworks(&arguments).expect(2);
    assert!(output.stderr.contains("member `lib.fatbin` of"), "{output:?}");
    assert!(output.stderr.contains("the compressed device code is damaged"), "{output:?}");
    assert!(!dir.path().join("out").exists());
}
