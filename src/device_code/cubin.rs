//! The header and the length of a cubin, or of a code object of HIP: a 64-bit little-endian ELF file for a GPU.

use super::fat_binary::number;
use super::{Architecture, Kind, Suffix, amd_target};

/// The ELF magic number, class, byte order and version.
pub(super) const MAGIC: [u8; 7] = [0x7F, b'E', b'L', b'F', 2, 1, 1];

/// Length of the ELF header in bytes.
pub(super) const HEADER_LEN: usize = 64;

/// Length of a section header in bytes.
const SECTION_LEN: u64 = 64;

/// Length of a program header in bytes.
const SEGMENT_LEN: u64 = 56;

/// `EM_CUDA`.
const MACHINE: u64 = 190;

/// `EI_OSABI` of CUDA 13, whose flags have the architecture in the second byte.
const SECOND_ABI: u8 = 0x41;

/// `SHT_NOBITS`.
const NOBITS: u64 = 8;

/// `EF_CUDA_ACCELERATORS` of the two ABIs: the suffix `a`. Current compilers do not set it.
const FLAG_EXACT: u64 = 0x8;
const FLAG_EXACT_FIRST: u64 = 0x800;

/// The header of a cubin or code object. Offsets are those in it; all lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CubinHeader {
    pub(super) kind: Kind,
    pub(super) architecture: Architecture,
    /// Offset of the section table.
    pub(super) sections: u64,
    /// Length of the section table.
    pub(super) sections_len: usize,
    /// The end of the tables of sections and segments, whichever is later.
    pub(super) tables_end: u64,
}

/// Parses the header of a cubin or code object; `None` if it is another file.
pub(super) fn header(bytes: &[u8]) -> Option<CubinHeader> {
    let machine = number::<2>(bytes, 18)?;
    if !bytes.starts_with(&MAGIC) || ![MACHINE, amd_target::MACHINE].contains(&machine) {
        return None;
    }
    let (os_abi, abi_version) = (*bytes.get(7)?, *bytes.get(8)?);
    let (segments, sections) = (number::<8>(bytes, 32)?, number::<8>(bytes, 40)?);
    let flags = number::<4>(bytes, 48)?;
    let (program_header_len, segment_count) = (number::<2>(bytes, 54)?, number::<2>(bytes, 56)?);
    let (section_header_len, section_count) = (number::<2>(bytes, 58)?, number::<2>(bytes, 60)?);
    let has_tables = sections >= HEADER_LEN as u64
        && section_count > 0
        && section_header_len == SECTION_LEN
        && (segment_count == 0 || program_header_len == SEGMENT_LEN);
    if !has_tables {
        return None;
    }
    let sections_len = section_count * SECTION_LEN;
    let segments_end = match segment_count {
        0 => 0,
        count => segments.checked_add(count * SEGMENT_LEN)?,
    };
    let (number, is_exact) = if os_abi == SECOND_ABI {
        (flags >> 8 & 0xFF, flags & FLAG_EXACT != 0)
    } else {
        (flags & 0xFF, flags & FLAG_EXACT_FIRST != 0)
    };
    let (kind, architecture) = if machine == amd_target::MACHINE {
        (Kind::Hip, Architecture::Amd(amd_target::target(flags, abi_version)))
    } else {
        let suffix = if is_exact { Suffix::Exact } else { Suffix::None };
        (Kind::Cubin, Architecture::Cuda { number: u32::try_from(number).ok()?, suffix })
    };
    Some(CubinHeader {
        kind,
        architecture,
        sections,
        sections_len: usize::try_from(sections_len).ok()?,
        tables_end: sections.checked_add(sections_len)?.max(segments_end),
    })
}

/// Returns the length of a cubin from its section table; `None` if the table is not valid: its first section
/// must be empty.
pub(super) fn len(header: &CubinHeader, table: &[u8]) -> Option<u64> {
    let mut sections = table.chunks_exact(usize::try_from(SECTION_LEN).ok()?);
    if sections.next()?.iter().any(|&byte| byte != 0) {
        return None;
    }
    sections.try_fold(header.tables_end, |end, section| {
        let (offset, len) = (number::<8>(section, 24)?, number::<8>(section, 32)?);
        let len = if number::<4>(section, 4)? == NOBITS { 0 } else { len };
        Some(end.max(offset.checked_add(len)?))
    })
}
