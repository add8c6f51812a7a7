//! The header of an ELF file: its platform, and the offsets of its tables.

use object::elf::{self, EF_ARM_ABI_FLOAT_HARD, EF_ARM_EABI_VER5};
use object::read::elf::FileHeader;
use object::{Endianness, pod};

use super::{Class, ElfError, HeaderFault, Platform};
use crate::platform::Machine;

/// Length of `e_ident` in bytes: magic number, class, byte order.
const IDENT: usize = 16;

/// Length of the longest header in bytes: that of 64-bit files.
pub(super) const LONGEST: u64 = 64;

/// The highest `EI_ABIVERSION` of the GNU extensions that glibc 2.36 knows: absolute symbols. Of System V, 0 is the only
/// one.
const LATEST_GNU_ABI: u8 = 3;

/// Returns the class and byte order of an ELF file, or `None` if the bytes are not the start of
/// one.
pub(super) fn kind(bytes: &[u8]) -> Option<(Class, Endianness)> {
    let ident: &[u8; IDENT] = bytes.first_chunk()?;
    if ident[..4] != elf::ELFMAG {
        return None;
    }
    let (class, len) = match elf::FileClass(ident[4]) {
        elf::ELFCLASS32 => (Class::Elf32, 52),
        elf::ELFCLASS64 => (Class::Elf64, 64),
        _ => return None,
    };
    let endian = match elf::DataEncoding(ident[5]) {
        elf::ELFDATA2LSB => Endianness::Little,
        elf::ELFDATA2MSB => Endianness::Big,
        _ => return None,
    };
    (bytes.len() >= len).then_some((class, endian))
}

/// A table that the header points to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) offset: u64,
    pub(super) count: u64,
    pub(super) entry_len: u64,
}

/// The fields of the header that are used.
pub(super) struct Header {
    pub(super) endian: Endianness,
    pub(super) e_type: elf::FileType,
    pub(super) platform: Platform,
    pub(super) fault: Option<HeaderFault>,
    pub(super) segments: Table,
    pub(super) sections: Table,
    /// Index of the section that holds the sections' names.
    pub(super) names_section: u16,
}

/// Parses a header of the class of `H`.
pub(super) fn read<H: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    class: Class,
    endian: Endianness,
) -> Result<Header, ElfError> {
    let (header, _) = pod::from_bytes::<H>(bytes)
        .map_err(|()| ElfError::new(0, "an ELF header", "fewer bytes"))?;
    let e_machine = header.e_machine(endian);
    let flags = header.e_flags(endian);
    let little_endian = endian == Endianness::Little;
    Ok(Header {
        endian,
        e_type: header.e_type(endian),
        platform: Platform {
            class,
            little_endian,
            e_machine: e_machine.0,
            os_abi: header.e_ident().os_abi.0,
            flags: flags.0,
            machine: Machine::new(e_machine, endian)
                .filter(|machine| machine.is_of(class, little_endian, flags)),
        },
        fault: fault(header, endian),
        segments: Table {
            offset: header.e_phoff(endian).into(),
            count: header.e_phnum(endian).into(),
            entry_len: header.e_phentsize(endian).into(),
        },
        sections: Table {
            offset: header.e_shoff(endian).into(),
            count: header.e_shnum(endian).into(),
            entry_len: header.e_shentsize(endian).into(),
        },
        names_section: header.e_shstrndx(endian).0,
    })
}

/// Returns the first field for which glibc refuses the file.
fn fault<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
) -> Option<HeaderFault> {
    let ident = header.e_ident();
    let current = elf::EV_CURRENT;
    let is_known_abi = match ident.abi_version {
        0 => true,
        version => ident.os_abi == elf::ELFOSABI_GNU && version <= LATEST_GNU_ABI,
    };
    if ident.version != current || header.e_version(endian) != u32::from(current.0) {
        Some(HeaderFault::Version)
    } else if !is_known_abi {
        Some(HeaderFault::AbiVersion)
    } else if ident.padding != [0; 7] {
        Some(HeaderFault::Padding)
    } else {
        None
    }
}

impl Machine {
    /// Returns whether files of this class, byte order and flags are for the machine of platform tags.
    fn is_of(self, class: Class, little_endian: bool, flags: elf::FileFlags) -> bool {
        let is_32_bit = matches!(self, Self::I686 | Self::Armv7l);
        let is_big_endian = matches!(self, Self::Ppc64 | Self::S390x);
        let has_armv7l_abi =
            flags.arm_eabi() == EF_ARM_EABI_VER5 && flags.0 & EF_ARM_ABI_FLOAT_HARD != 0;
        is_32_bit == (class == Class::Elf32)
            && is_big_endian != little_endian
            && (self != Self::Armv7l || has_armv7l_abi)
    }
}
