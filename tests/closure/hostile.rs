//! Wheels that are made to exhaust time.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

/// Definitions of one name in one file, and references to it in another: their product is above the limit.
const COUNT: usize = 20_000;

/// Returns the little-endian number of `len` bytes at an offset.
fn number(bytes: &[u8], at: usize, len: usize) -> usize {
    bytes[at..at + len].iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte))
}

/// Gives all dynamic symbols of a 64-bit file whose names begin with `s` the name `s0`.
fn with_one_name(path: &Path) {
    let mut bytes = fs_err::read(path).unwrap();
    let (sections, count) = (number(&bytes, 0x28, 8), number(&bytes, 0x3C, 2));
    let section = |at: usize| sections + at * 0x40;
    let symbols = (0..count).map(section).find(|&at| number(&bytes, at + 4, 4) == 11).unwrap();
    let names = number(&bytes, section(number(&bytes, symbols + 0x28, 4)) + 0x18, 8);
    let (start, len) = (number(&bytes, symbols + 0x18, 8), number(&bytes, symbols + 0x20, 8));
    let symbols = || (start..start + len).step_by(24).skip(1);
    let name = |bytes: &[u8], at: usize| names + number(bytes, at, 4);
    let first = symbols().find(|&at| bytes[name(&bytes, at)..].starts_with(b"s0\0")).unwrap();
    let first = bytes[first..first + 4].to_vec();
    for at in symbols() {
        if bytes[name(&bytes, at)] == b's' {
            bytes[at..at + 4].copy_from_slice(&first);
        }
    }
    fs_err::write(path, bytes).unwrap();
}

fn compile(dir: &Path, name: &str, source: &str, flags: &[&str]) -> Vec<u8> {
    fs_err::write(dir.join("source.s"), source).unwrap();
    let out = dir.join(name);
    let mut gcc = Command::new("gcc");
    gcc.args(["-shared", "-Wl,--no-as-needed", "-nostdlib", "-o"]).arg(&out);
    let status = gcc.arg(dir.join("source.s")).args(flags).status().unwrap();
    assert!(status.success());
    with_one_name(&out);
    fs_err::read(out).unwrap()
}

#[test]
fn lookups_of_one_name_are_bounded() {
    let dir = TestDir::new();
    let (mut defined, mut used) = (".text\n".to_owned(), ".data\n".to_owned());
    for at in 0..COUNT {
        writeln!(defined, ".globl s{at}\ns{at}: ret").unwrap();
        writeln!(used, ".quad s{at}").unwrap();
    }
    let tag = format!("py3-none-linux_{}", std::env::consts::ARCH);
    let mut wheel = Wheel::bare(&format!("a-1.0-{tag}.whl"));
    let soname = ["-Wl,-soname,liba.so"];
    wheel.member("a/liba.so", compile(dir.path(), "liba.so", &defined, &soname));
    let library = dir.path().join("liba.so");
    let flags =
        [library.to_str().unwrap(), "-Wl,-rpath,$ORIGIN", "-Wl,--unresolved-symbols=ignore-all"];
    wheel.member("a/m.so", compile(dir.path(), "m.so", &used, &flags));
    let dist_info = wheel.dist_info();
    let metadata = "Metadata-Version: 2.1\nName: a\nVersion: 1.0\n";
    wheel.member(&format!("{dist_info}/METADATA"), metadata);
    let text = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n");
    wheel.member(&format!("{dist_info}/WHEEL"), text);
    let path = wheel.write(dir.path());
    let output = dir.wheelworks(&["closure", path.to_str().unwrap()]).expect(2);
    assert!(
        output.stderr.contains("steps to look up all symbols, found more"),
        "{}",
        output.stderr
    );
}
