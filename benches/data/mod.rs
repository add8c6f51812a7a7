//! Synthetic inputs: the same bytes in every run and on every machine.
//!
//! The speed of a compressor depends on how its input repeats. [`library`] imitates the machine code of a
//! large CUDA library: instructions from a vocabulary in which few are common and most are rare, random
//! operands, copies of earlier functions with other operands, and tables and text between them. Its
//! parameters are set so that it compresses like jax-cuda12-pjrt's 487 MB library at level 6: to two fifths
//! of its size.

/// A pseudo-random generator (xorshift64*) of our own, so that no crate's update changes the inputs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Returns a number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        usize::try_from((self.next() >> 33) % bound).unwrap_or(0)
    }

    /// Returns a number below `bound`, small ones far more often than large ones.
    fn skewed(&mut self, bound: usize) -> usize {
        let limit = self.below(bound) + 1;
        let limit = self.below(limit) + 1;
        self.below(limit)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[7]
    }
}

/// The number of different instructions.
const VOCABULARY: usize = 4000;

/// Returns `len` bytes like those of a shared library.
pub(crate) fn library(len: usize) -> Vec<u8> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let instructions: Vec<Vec<u8>> = (0..VOCABULARY)
        .map(|_| (0..2 + random.below(6)).map(|_| random.byte()).collect())
        .collect();
    let mut bytes = Vec::with_capacity(len + 4096);
    while bytes.len() < len {
        match random.below(20) {
            0 => table(&mut bytes, &mut random),
            1 => text(&mut bytes, 40, &mut random),
            2..=6 if bytes.len() > 65_536 => copy_function(&mut bytes, &mut random),
            _ => function(&mut bytes, &instructions, &mut random),
        }
    }
    bytes.truncate(len);
    bytes
}

fn function(bytes: &mut Vec<u8>, instructions: &[Vec<u8>], random: &mut Random) {
    for _ in 0..20 + random.below(200) {
        bytes.extend_from_slice(&instructions[random.skewed(VOCABULARY)]);
        match random.below(8) {
            // A jump or a call, a small immediate, a stack slot.
            0 => bytes.extend_from_slice(&[random.byte(), random.byte(), 0, 0]),
            1 => bytes.push(random.byte()),
            2 => bytes.push(u8::try_from(random.skewed(32) * 8).unwrap_or(0)),
            _ => {}
        }
    }
    bytes.resize(bytes.len().next_multiple_of(16), 0xCC);
}

/// Appends a copy of an earlier function with some operands changed.
fn copy_function(bytes: &mut Vec<u8>, random: &mut Random) {
    let len = 64 + random.below(1024);
    let start = bytes.len() - len - random.below(30_000);
    let copy_start = bytes.len();
    bytes.extend_from_within(start..start + len);
    for _ in 0..len / 24 {
        let place = copy_start + random.below(len);
        bytes[place] = random.byte();
    }
}

/// Appends increasing addresses: relocations, jump tables, symbols.
fn table(bytes: &mut Vec<u8>, random: &mut Random) {
    let mut address = random.next() & 0x3FFF_FFF0;
    for _ in 0..16 + random.below(128) {
        address += 16 * (1 + random.below(40) as u64);
        bytes.extend_from_slice(&address.to_le_bytes());
    }
}

const SYLLABLES: [&str; 16] = [
    "get", "set", "_tensor", "_kernel", "_", "launch", "xla", "::", "device", "_impl", "cuda",
    "gemm", "<float>", "_ptr", "stream", "\0",
];

/// Appends mangled names and messages.
fn text(bytes: &mut Vec<u8>, words: usize, random: &mut Random) {
    for _ in 0..words {
        bytes.extend_from_slice(SYLLABLES[random.below(SYLLABLES.len())].as_bytes());
    }
}

/// Returns a small file of source code, like most members of a wheel.
pub(crate) fn module(len: usize, seed: usize) -> Vec<u8> {
    let mut random = Random(seed as u64 * 2 + 1);
    let mut bytes = Vec::with_capacity(len + 256);
    while bytes.len() < len {
        bytes.extend_from_slice(b"def ");
        text(&mut bytes, 3, &mut random);
        bytes.extend_from_slice(b"(self, name=None):\n    return _ops.");
        text(&mut bytes, 4, &mut random);
        bytes.extend_from_slice(b"(name)\n\n");
    }
    bytes.truncate(len);
    bytes
}

/// Returns a METADATA file as long as those of large projects.
pub(crate) fn metadata() -> Vec<u8> {
    let mut text = "Metadata-Version: 2.4\nName: large-project\nVersion: 2.21.0\n".to_owned();
    for number in 0..60 {
        let (name, version) = (format!("dependency-{number}"), format!("{number}.1"));
        text.extend(["Requires-Dist: ", &name, ">=", &version, "; extra == \"all\"\n"]);
        text.extend(["Classifier: Topic :: ", &name, "\n"]);
    }
    text.push('\n');
    text +=
        &"A line of the long description, of eighty characters or so, as people do.\n".repeat(400);
    text.into_bytes()
}

/// Returns a member's path as deep and long as the average of tensorflow's.
pub(crate) fn member_name(number: usize) -> String {
    let (folder, group) = (number % 61, number % 7);
    format!("package/include/external/group_{group}/folder_{folder}/header_number_{number}.h")
}
