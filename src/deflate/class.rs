//! What a part of a chunk holds, as far as it decides the level that pays.
//!
//! At level 6, libdeflate saves 1,950 to 2,100 bytes in a millisecond more than at level 5 in machine code. Names and tables
//! are far from that, each in its direction. Bytes that a millisecond more saves, measured on every ninth chunk of the
//! libraries of five wheels:
//!
//! | wheel | names, level 7 after 6 | of the output | tables, level 6 after 5 | of the output |
//! |---|---|---|---|---|
//! | torch 2.15 | 1,989 | -0.08 % | 876 | +0.02 % |
//! | tensorflow 2.21 | 1,597 | -0.17 % | 764 | +0.04 % |
//! | jax-cuda12-pjrt 0.12.0.1 | 920 | -0.03 % | below 0 | 0.00 % |
//! | nvidia-cudnn-cu12 9.28 | no names | 0.00 % | 836 | +0.04 % |
//!
//! Code gains 600 bytes a millisecond at level 7 and stays at level 6.

use memchr::memchr_iter;

use super::Level;

/// Bytes of a sample.
const SAMPLE: usize = 4 << 10;

/// Samples of a part, at equal distances.
const SAMPLES: usize = 3;

/// Shorter parts are not classified: there is little to gain.
const MIN_PART: usize = 64 << 10;

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Names of symbols and other text.
    Names,
    /// Records of numbers with many zero bytes, such as symbols and relocations.
    Tables,
    /// Anything else.
    Other,
}

impl Class {
    /// Classifies the content of a part of an ELF file.
    pub(super) fn of(part: &[u8]) -> Self {
        let is_long = part.len() >= MIN_PART;
        let (mut are_names, mut are_tables) = (is_long, is_long);
        for index in 1..=SAMPLES {
            let start = part.len() / (SAMPLES + 1) * index;
            let sample = &part[start..part.len().min(start + SAMPLE)];
            let zeros = memchr_iter(0, sample).count();
            let printable = sample.iter().filter(|byte| is_printable(**byte)).count();
            // A name is followed by a zero.
            are_names &= (printable + zeros) * 100 > sample.len() * 99 && zeros * 5 < sample.len();
            are_tables &= zeros * 2 > sample.len();
        }
        match (are_names, are_tables) {
            (true, _) => Self::Names,
            (_, true) => Self::Tables,
            _ => Self::Other,
        }
    }

    /// Returns the level that pays if `level` was requested.
    pub(super) fn level(self, level: Level) -> Level {
        match (self, level) {
            (Self::Names, Level(6)) => Level(7),
            (Self::Tables, Level(6)) => Level(5),
            _ => level,
        }
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_has_a_class() {
        let names: Vec<u8> =
            (0..9_000).flat_map(|it| format!("_ZN{it}clEv\0").into_bytes()).collect();
        let symbols: Vec<u8> =
            (0..9_000_u64).flat_map(|it| [it * 7, 1 << 16]).flat_map(u64::to_le_bytes).collect();
        let code: Vec<u8> =
            (0..90_000_u32).map(|it| (it.wrapping_mul(it) >> 5).to_le_bytes()[0]).collect();
        for (name, part, expected) in [
            ("names", names.clone(), Class::Names),
            ("symbols", symbols.clone(), Class::Tables),
            ("code", code.clone(), Class::Other),
            ("zeros", vec![0; 70_000], Class::Tables),
            ("names, then code", [names.clone(), code].concat(), Class::Other),
            ("names, then symbols", [names, symbols].concat(), Class::Other),
            ("text", b"A text. ".repeat(MIN_PART / 8), Class::Names),
            ("a shorter text", b"A text. ".repeat(MIN_PART / 8 - 1), Class::Other),
            ("nothing", Vec::new(), Class::Other),
        ] {
            assert_eq!(Class::of(&part), expected, "{name}");
        }
    }

    #[test]
    fn only_level_6_differs() {
        for (class, expected) in [(Class::Names, 7), (Class::Tables, 5), (Class::Other, 6)] {
            assert_eq!(class.level(Level(6)), Level(expected));
            for level in [1, 5, 7, 12] {
                assert_eq!(class.level(Level(level)), Level(level));
            }
        }
    }
}
