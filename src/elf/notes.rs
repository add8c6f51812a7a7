//! Notes: the instruction set that a file needs, and its build ID.

use object::Endianness;
use object::elf::{self, FileHeader64, GNU_PROPERTY_X86_ISA_1_NEEDED};
use object::read::elf::NoteIterator;

use super::IsaLevel;
use crate::platform::Machine;

/// Notes have the same form in both classes. Properties differ, but the only property that is read
/// here is for a 64-bit machine.
type AnyClass = FileHeader64<Endianness>;

/// The notes of a file that are used.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) isa_needed: Option<IsaLevel>,
    pub(super) build_id: Option<Vec<u8>>,
}

impl Notes {
    /// Reads the notes of one segment or section, up to the first malformed one.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        align: u64,
        endian: Endianness,
        machine: Option<Machine>,
    ) {
        let align = if align == 8 { 8 } else { 4 };
        let Ok(mut notes) = NoteIterator::<AnyClass>::new(endian, align, bytes) else { return };
        while let Ok(Some(note)) = notes.next() {
            if note.name() != elf::ELF_NOTE_GNU {
                continue;
            }
            if note.n_type(endian) == elf::NT_GNU_BUILD_ID && self.build_id.is_none() {
                self.build_id = Some(note.desc().to_vec());
            }
            if machine != Some(Machine::X86_64) {
                continue;
            }
            let Some(mut properties) = note.gnu_properties(endian) else { continue };
            while let Ok(Some(property)) = properties.next() {
                if property.pr_type() == GNU_PROPERTY_X86_ISA_1_NEEDED
                    && property.pr_data().len() == 4
                    && let Ok(bits) = property.data_u32(endian)
                {
                    self.isa_needed = level(bits).or(self.isa_needed);
                }
            }
        }
    }
}

/// Returns the level of the property's highest bit; `None` for the baseline (bit 0).
fn level(bits: u32) -> Option<IsaLevel> {
    match bits {
        0 | 1 => None,
        _ if bits & 8 != 0 => Some(IsaLevel::V4),
        _ if bits & 4 != 0 => Some(IsaLevel::V3),
        _ if bits & 2 != 0 => Some(IsaLevel::V2),
        _ => Some(IsaLevel::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A note, padded to eight bytes.
    fn note(name: &[u8], kind: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [name.len(), content.len()] {
            bytes.extend(u32::try_from(word).unwrap().to_le_bytes());
        }
        bytes.extend(kind.to_le_bytes());
        for part in [name, content] {
            bytes.extend(part);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        bytes
    }

    fn property(kind: u32, content: &[u8]) -> Vec<u8> {
        let len = u32::try_from(content.len()).unwrap();
        let mut bytes = [kind.to_le_bytes(), len.to_le_bytes()].concat();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn read(bytes: &[u8], machine: Machine) -> Notes {
        let mut notes = Notes::default();
        notes.read(bytes, 8, Endianness::Little, Some(machine));
        notes
    }

    #[test]
    fn isa_bits_map_to_levels() {
        let cases = [
            (0, None),
            (1, None),
            (2, Some(IsaLevel::V2)),
            (7, Some(IsaLevel::V3)),
            (15, Some(IsaLevel::V4)),
            (16, Some(IsaLevel::Unknown)),
            (17, Some(IsaLevel::Unknown)),
        ];
        for (bits, expected) in cases {
            let needed = property(0xC000_8002, &u32::to_le_bytes(bits));
            let used = property(0xC001_0002, &15_u32.to_le_bytes());
            let bytes = note(b"GNU\0", 5, &[used, needed].concat());
            assert_eq!(read(&bytes, Machine::X86_64).isa_needed, expected, "{bits}");
            assert_eq!(read(&bytes, Machine::Aarch64).isa_needed, None);
        }
    }

    #[test]
    fn malformed_and_unrelated_notes_are_ignored() {
        let long = property(0xC000_8002, &[15, 0, 0, 0, 0, 0, 0, 0]);
        let needed = property(0xC000_8002, &[15, 0, 0, 0]);
        for bytes in [
            note(b"GNU\0", 5, &long),
            note(b"XYZ\0", 5, &needed),
            note(b"GNU\0", 4, &needed),
            note(b"GNU\0", 5, &needed)[..20].to_vec(),
        ] {
            assert_eq!(read(&bytes, Machine::X86_64).isa_needed, None);
        }
    }

    #[test]
    fn build_id_is_found_behind_other_notes() {
        let bytes = [note(b"Go\0\0", 3, b"other"), note(b"GNU\0", 3, &[7; 20])].concat();
        assert_eq!(read(&bytes, Machine::Aarch64).build_id, Some(vec![7; 20]));
    }
}
