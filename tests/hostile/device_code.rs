//! Device code that lies, for `slim` and `split`: a clear error, or the rest is done, within a limit of memory.

use super::{NAME, limited};
use crate::device_code::crafted::{bundle, compressed_bundle, entry, fat_binary};
use crate::support::command::TestDir;
use crate::support::sample::noise;
use crate::support::wheel::Wheel;

/// The limit of memory in MiB.
const LIMIT: u64 = 256;

const HOST: &str = "host-x86_64-unknown-linux-gnu-";
const GFX90A: &str = "hipv4-amdgcn-amd-amdhsa--gfx90a";
const GFX1100: &str = "hipv4-amdgcn-amd-amdhsa--gfx1100";

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

/// Returns bytes with a number of 8 bytes in another place.
fn with(mut bytes: Vec<u8>, at: usize, number: u64) -> Vec<u8> {
    bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn two_targets() -> Vec<u8> {
    let code = noise(4096, 1);
    bundle(&[(HOST, b""), (GFX90A, &code), (GFX1100, &noise(4096, 2))])
}

/// Returns a bundle whose compressed form decompresses to `len` zeros behind the list.
fn bomb(len: usize, claimed: u64) -> Vec<u8> {
    let mut content = two_targets();
    content.resize(len, 0);
    compressed_bundle(&zstd(&content), claimed)
}

/// Contents of a file, the exit code, and what the message says. Containers that cannot be read stay as they are.
fn cases() -> Vec<(&'static str, Vec<u8>, i32, &'static str)> {
    let code = || entry(2, 80, 0x11, &[1; 96], 0);
    let cuda = || fat_binary(&[code(), code()]);
    let first = 32 + 24 + HOST.len();
    let compressed = || compressed_bundle(&zstd(&two_targets()), two_targets().len() as u64);
    let many = "expected less device code, found too much to list";
    let damaged = "the compressed device code is damaged";
    vec![
        ("a truncated fat binary", cuda()[..200].to_vec(), 0, ""),
        ("a fat binary that claims all bytes", with(cuda(), 8, u64::MAX - 40), 0, ""),
        ("a fat binary that claims the next one", with(cuda(), 8, 1 << 40), 0, ""),
        ("an entry behind its container", with(cuda(), 24, 1 << 20), 0, ""),
        ("a second entry behind its container", with(cuda(), 16 + 160 + 8, 1 << 20), 0, ""),
        ("a million empty containers", fat_binary(&[]).repeat(1 << 20), 2, many),
        ("very many bundles of the host", bundle(&[(HOST, b"")])[..86].repeat(1 << 17), 0, ""),
        ("a truncated bundle", two_targets()[..5000].to_vec(), 0, ""),
        ("a target with an offset of 16 EiB", with(two_targets(), first, u64::MAX - 9), 0, ""),
        ("a target in the list", with(two_targets(), first, 40), 0, ""),
        ("a billion targets", with(two_targets(), 24, 1 << 30), 0, ""),
        ("one target more than the list has", with(two_targets(), 24, 4), 0, ""),
        ("a name of 1 GiB", with(two_targets(), first + 16, 1 << 30), 0, ""),
        ("a compressed bundle behind the end", with(compressed(), 8, 1 << 30), 0, ""),
        ("a truncated compressed bundle", compressed()[..300].to_vec(), 0, ""),
        ("a frame that ends early", with(compressed(), 8, compressed().len() as u64 - 60), 0, ""),
        ("a bomb that says its length", bomb(1 << 20, 2 << 30), 2, "expected at most 1073741824"),
        ("a bomb that claims little", bomb(512 << 20, 64 << 10), 2, damaged),
        ("a bomb that claims 16 EiB", bomb(1 << 20, u64::MAX), 2, "expected at most 1073741824"),
    ]
}

#[test]
fn device_code_that_lies() {
    let good = [fat_binary(&[entry(2, 80, 0x11, &[1; 96], 0), entry(2, 90, 0x11, &[2; 96], 0)])];
    let hip = two_targets();
    let mut wrong = Vec::new();
    for (case, content, code, message) in cases() {
        let dir = TestDir::new();
        let mut wheel = Wheel::new(NAME);
        wheel.member("good.fatbin", good.concat());
        wheel.member("good.hsaco", hip.as_slice());
        wheel.member("bad.fatbin", content).write(dir.path());
        for arguments in [
            &["slim", "--keep=sm_90,gfx1100", "-w", "out", "--max-ratio=100000", NAME][..],
            &["slim", "--drop=sm_80,gfx90a", "-w", "out", "--max-ratio=100000", NAME],
            &["split", "--only=sm_90,gfx1100", "-w", "out", "--max-ratio=100000", NAME],
        ] {
            let case = format!("{case}: {arguments:?}");
            // Without the code that the damaged file holds alone: that is no fault of the file.
            let arguments = [arguments, &["--quiet"]].concat();
            let (found, output) = limited(&dir, LIMIT, &arguments).patience(3).expect_any();
            let is_hazard = output.stderr.contains("may not work without this code");
            let is_done = found == 0 || dir.path().join("out").exists();
            let is_right = (found == code || (code == 0 && is_hazard))
                && output.stderr.contains(message)
                && (is_done == (found == 0))
                && (is_done || output.stderr.starts_with("error: "));
            if !is_right {
                wrong.push(format!("{case}: {found} {}", output.stderr));
            }
            crate::support::sample::assert_no_temporary(dir.path());
            let _ = fs_err::remove_dir_all(dir.path().join("out"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
