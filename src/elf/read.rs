//! Questions that the headers of an ELF file answer: its CPU, whether it is a program, where its code
//! is.

use std::ops::Range;

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader};
use object::{Endianness, FileKind};

use super::header;
use crate::platform::Machine;

impl Machine {
    /// Returns the machine of this `e_machine` and byte order.
    pub(super) fn new(e_machine: elf::Machine, endian: Endianness) -> Option<Self> {
        Some(match (e_machine, endian) {
            (elf::EM_X86_64, _) => Self::X86_64,
            (elf::EM_386, _) => Self::I686,
            (elf::EM_AARCH64, Endianness::Little) => Self::Aarch64,
            (elf::EM_ARM, Endianness::Little) => Self::Armv7l,
            (elf::EM_PPC64, Endianness::Big) => Self::Ppc64,
            (elf::EM_PPC64, Endianness::Little) => Self::Ppc64le,
            (elf::EM_S390, Endianness::Big) => Self::S390x,
            (elf::EM_RISCV, _) => Self::Riscv64,
            (elf::EM_LOONGARCH, _) => Self::Loongarch64,
            _ => return None,
        })
    }
}

/// Returns whether a file begins with a complete ELF header. 64 bytes are enough to tell.
#[must_use]
pub fn is_elf(bytes: &[u8]) -> bool {
    header::kind(bytes).is_some()
}

/// Returns the CPU that a shared library or executable runs on. `None` for other files, and for code
/// of other machines, such as the GPU objects in CUDA and ROCm wheels.
#[must_use]
pub fn machine(bytes: &[u8]) -> Option<Machine> {
    match FileKind::parse(bytes).ok()? {
        FileKind::Elf32 => machine_of::<FileHeader32<Endianness>>(bytes),
        FileKind::Elf64 => machine_of::<FileHeader64<Endianness>>(bytes),
        _ => None,
    }
}

/// Returns whether a file is a program. A position-independent program differs from a shared library
/// in its interpreter or, if it is static, in a flag of the linker (`DF_1_PIE`).
#[must_use]
pub fn is_program(bytes: &[u8]) -> bool {
    match FileKind::parse(bytes) {
        Ok(FileKind::Elf32) => is_program_of::<FileHeader32<Endianness>>(bytes),
        Ok(FileKind::Elf64) => is_program_of::<FileHeader64<Endianness>>(bytes),
        _ => false,
    }
}

fn is_program_of<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> bool {
    let Ok(header) = H::parse(bytes) else { return false };
    let Ok(endian) = header.endian() else { return false };
    match header.e_type(endian) {
        elf::ET_EXEC => true,
        elf::ET_DYN => header.program_headers(endian, bytes).is_ok_and(|segments| {
            segments.iter().any(|segment| {
                segment.p_type(endian) == elf::PT_INTERP || has_pie_flag(segment, endian, bytes)
            })
        }),
        _ => false,
    }
}

fn has_pie_flag<P: ProgramHeader<Endian = Endianness>>(
    segment: &P,
    endian: Endianness,
    bytes: &[u8],
) -> bool {
    let Ok(Some(entries)) = segment.dynamic(endian, bytes) else { return false };
    entries.iter().any(|entry| {
        let value: u64 = entry.d_val(endian).into();
        entry.d_tag(endian) == elf::DT_FLAGS_1 && value & elf::DF_1_PIE.0 != 0
    })
}

/// Returns the byte ranges of a file's executable segments, sorted and merged. Empty for files that are
/// not ELF and for those that cannot be loaded, such as object files.
#[must_use]
pub fn code(bytes: &[u8]) -> Vec<Range<usize>> {
    let segments = match FileKind::parse(bytes) {
        Ok(FileKind::Elf32) => executable_of::<FileHeader32<Endianness>>(bytes),
        Ok(FileKind::Elf64) => executable_of::<FileHeader64<Endianness>>(bytes),
        _ => None,
    };
    let mut segments = segments.unwrap_or_default();
    segments.sort_unstable_by_key(|range| range.start);
    let mut code: Vec<Range<usize>> = Vec::new();
    for range in segments {
        match code.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => code.push(range),
        }
    }
    code
}

fn executable_of<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let header = H::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let range = |segment: &H::ProgramHeader| {
        let is_code =
            segment.p_type(endian) == elf::PT_LOAD && segment.p_flags(endian).contains(elf::PF_X);
        let start: u64 = segment.p_offset(endian).into();
        let end = start.saturating_add(segment.p_filesz(endian).into());
        let within = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let range = within(start)..within(end);
        (is_code && !range.is_empty()).then_some(range)
    };
    Some(header.program_headers(endian, bytes).ok()?.iter().filter_map(range).collect())
}

fn machine_of<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Machine> {
    let header = H::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    if !matches!(header.e_type(endian), elf::ET_DYN | elf::ET_EXEC) {
        return None;
    }
    Machine::new(header.e_machine(endian), endian)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns an ELF file header with this class, byte order, type and machine.
    fn header(class: u8, data: u8, kind: u8, machine: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..7].copy_from_slice(&[0x7F, b'E', b'L', b'F', class, data, 1]);
        let low = usize::from(data == 2);
        bytes[16 + low] = kind;
        bytes[18 + low] = machine;
        bytes[20 + 3 * low] = 1;
        bytes
    }

    #[test]
    fn programs_are_told_from_libraries() {
        assert!(is_program(&header(2, 1, 2, 62)));
        assert!(!is_program(&header(2, 1, 3, 62)));
        assert!(!is_program(b"\x7FELF"));
        // This test itself: static and position-independent.
        let test = fs_err::read(std::env::current_exe().unwrap()).unwrap();
        assert!(is_program(&test));
    }

    #[test]
    fn code_is_in_executable_segments() {
        let file = |segments: &[(u32, u32, u64, u64)]| {
            let mut bytes = header(2, 1, 3, 62);
            bytes[32] = 64;
            bytes[54] = 56;
            bytes[56] = u8::try_from(segments.len()).unwrap();
            for (kind, flags, offset, len) in segments {
                let mut segment = vec![0; 56];
                segment[..4].copy_from_slice(&kind.to_le_bytes());
                segment[4..8].copy_from_slice(&flags.to_le_bytes());
                segment[8..16].copy_from_slice(&offset.to_le_bytes());
                segment[32..40].copy_from_slice(&len.to_le_bytes());
                bytes.extend(segment);
            }
            bytes.resize(1000, 0);
            bytes
        };
        let (load, dynamic, read_execute, read_write) = (1, 2, 5, 6);
        let cases = [
            (
                file(&[(load, read_execute, 500, 100), (load, read_write, 600, 50)]),
                vec![(500, 600)],
            ),
            (
                file(&[(load, read_execute, 700, 10), (load, read_execute, 100, 5)]),
                vec![(100, 105), (700, 710)],
            ),
            (
                file(&[(load, read_execute, 100, 50), (load, read_execute, 120, 10)]),
                vec![(100, 150)],
            ),
            (file(&[(load, read_execute, 100, 50), (load, 1, 150, 10)]), vec![(100, 160)]),
            (file(&[(load, read_execute, 900, u64::MAX)]), vec![(900, 1000)]),
            (file(&[(load, read_execute, 2000, 10)]), vec![]),
            (file(&[(dynamic, read_execute, 100, 50), (load, read_write, 100, 50)]), vec![]),
            (file(&[(load, read_execute, 500, 100)])[..80].to_vec(), vec![]),
            (b"#!/bin/sh\n".to_vec(), vec![]),
        ];
        for (index, (bytes, expected)) in cases.into_iter().enumerate() {
            let found: Vec<_> = code(&bytes).iter().map(|range| (range.start, range.end)).collect();
            assert_eq!(found, expected, "case {index}");
        }
    }

    #[test]
    fn machine_is_that_of_the_header() {
        let cases = [
            (header(2, 1, 3, 62), Some(Machine::X86_64)),
            (header(2, 1, 2, 62), Some(Machine::X86_64)),
            (header(1, 1, 3, 3), Some(Machine::I686)),
            (header(2, 1, 3, 183), Some(Machine::Aarch64)),
            (header(2, 2, 3, 21), Some(Machine::Ppc64)),
            (header(2, 1, 3, 21), Some(Machine::Ppc64le)),
            (header(2, 2, 3, 22), Some(Machine::S390x)),
            // Relocatable objects, CUDA's machine and text say nothing about the platform.
            (header(2, 1, 1, 62), None),
            (header(2, 1, 3, 190), None),
            (b"#!/bin/sh\n".to_vec(), None),
            (Vec::new(), None),
            (header(2, 1, 3, 62)[..20].to_vec(), None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(machine(&bytes), expected);
        }
    }
}
