//! The dynamic section: tags and values for the loader.

use object::elf::{self, DynamicTag};
use object::read::elf::{Dyn as _, FileHeader};
use object::{Endianness, pod};

use super::segments::{Segments, TableLocation};
use super::{ElfError, ElfFacts};

/// Tags whose values are addresses of tables and functions. A table ends where the next one begins.
const ADDRESSES: [DynamicTag; 18] = [
    elf::DT_PLTGOT,
    elf::DT_HASH,
    elf::DT_STRTAB,
    elf::DT_SYMTAB,
    elf::DT_RELA,
    elf::DT_INIT,
    elf::DT_FINI,
    elf::DT_REL,
    elf::DT_JMPREL,
    elf::DT_INIT_ARRAY,
    elf::DT_FINI_ARRAY,
    elf::DT_PREINIT_ARRAY,
    elf::DT_RELR,
    elf::DT_GNU_HASH,
    elf::DT_VERSYM,
    elf::DT_VERDEF,
    elf::DT_VERNEED,
    elf::DT_SYMTAB_SHNDX,
];

/// The entries of a dynamic section that are used.
#[derive(Debug, Default)]
pub(super) struct Dynamic {
    /// The section's offset in the file.
    pub(super) offset: u64,
    /// Offsets of names in the string table.
    pub(super) needed: Vec<u64>,
    /// Offsets of the names in `DT_FILTER` and `DT_AUXILIARY`, and whether it is the latter.
    pub(super) filtees: Vec<(u64, bool)>,
    pub(super) soname: Option<u64>,
    pub(super) rpath: Option<u64>,
    pub(super) runpath: Option<u64>,
    pub(super) text_relocations: bool,
    /// `DT_FLAGS`, with `DF_SYMBOLIC` also for `DT_SYMBOLIC` and `DF_BIND_NOW` also for `DT_BIND_NOW`.
    pub(super) flags: u64,
    /// `DT_FLAGS_1`.
    pub(super) flags_1: u64,
    /// Length of the string table in bytes.
    pub(super) strings_len: Option<u64>,
    /// Numbers of entries of the verneed and the verdef table.
    pub(super) verneeds: u64,
    pub(super) verdefs: u64,
    /// Tags and addresses of all tables, in the section's order.
    tables: Vec<(DynamicTag, u64)>,
    /// The same addresses, in ascending order.
    addresses: Vec<u64>,
}

/// Reads the entries of a dynamic section, up to the first of type `DT_NULL`.
pub(super) fn read<H: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    offset: u64,
    endian: Endianness,
) -> Dynamic {
    let whole_entries = bytes.len() - bytes.len() % size_of::<H::Dyn>();
    let entries: &[H::Dyn] = pod::slice_from_all_bytes(&bytes[..whole_entries]).unwrap_or_default();
    let mut dynamic = Dynamic { offset, ..Dynamic::default() };
    for entry in entries {
        let value = entry.val(endian);
        match entry.tag(endian) {
            elf::DT_NULL => break,
            elf::DT_NEEDED => dynamic.needed.push(value),
            elf::DT_FILTER => dynamic.filtees.push((value, false)),
            elf::DT_AUXILIARY => dynamic.filtees.push((value, true)),
            elf::DT_SONAME => dynamic.soname = Some(value),
            elf::DT_RPATH => dynamic.rpath = Some(value),
            elf::DT_RUNPATH => dynamic.runpath = Some(value),
            elf::DT_TEXTREL => dynamic.text_relocations = true,
            elf::DT_FLAGS => {
                dynamic.text_relocations |= value & elf::DF_TEXTREL.0 != 0;
                dynamic.flags |= value;
            }
            elf::DT_SYMBOLIC => dynamic.flags |= elf::DF_SYMBOLIC.0,
            elf::DT_BIND_NOW => dynamic.flags |= elf::DF_BIND_NOW.0,
            elf::DT_FLAGS_1 => dynamic.flags_1 = value,
            elf::DT_STRSZ => dynamic.strings_len = Some(value),
            elf::DT_VERNEEDNUM => dynamic.verneeds = value,
            elf::DT_VERDEFNUM => dynamic.verdefs = value,
            tag if ADDRESSES.contains(&tag) => dynamic.tables.push((tag, value)),
            _ => {}
        }
    }
    dynamic.addresses = dynamic.tables.iter().map(|&(_, address)| address).collect();
    dynamic.addresses.sort_unstable();
    dynamic
}

impl Dynamic {
    /// Returns whether there is a table of this tag.
    pub(super) fn has(&self, tag: DynamicTag) -> bool {
        self.tables.iter().any(|(other, _)| *other == tag)
    }

    /// Returns whether it is of a program that no loader sees: the code that gcc links into `-static-pie`
    /// programs applies their relocations. A library without needed libraries lacks the flag.
    pub(super) fn is_of_static_program(&self, facts: &ElfFacts) -> bool {
        let is_program = facts.e_type == elf::ET_EXEC.0 || self.flags_1 & elf::DF_1_PIE.0 != 0;
        is_program && facts.interpreter.is_none() && self.needed.is_empty()
    }

    /// Returns the location of a table, or `None` if there is none. Of several entries with the
    /// same tag the last is used, as by the loader.
    pub(super) fn location(
        &self,
        tag: DynamicTag,
        segments: &Segments,
        len: u64,
    ) -> Result<Option<TableLocation>, ElfError> {
        let Some(&(_, address)) = self.tables.iter().rfind(|(other, _)| *other == tag) else {
            return Ok(None);
        };
        let Some(location) = segments.location(address, len) else {
            let found = format!("address {address:#x}, which none has");
            return Err(ElfError::new(self.offset, "tables in segments that are loaded", found));
        };
        let after = self.addresses.partition_point(|&other| other <= address);
        let next_table = self.addresses.get(after).copied();
        let next = next_table.into_iter().chain(segments.next_after(address)).min();
        let room = next.map_or(location.room, |next| location.room.min(next - address));
        Ok(Some(TableLocation { room, ..location }))
    }
}
