//! The entry points of Python modules among the symbols of Mach-O files.

use std::ops::Range;

use object::macho::{self, Nlist32, Nlist64};
use object::pod;
use object::read::macho::Nlist;

use super::file_bytes::{FileBytes, text};
use crate::elf::{Unfinished, is_entry_point};

/// Maximum number of bytes of the symbols and names of a slice. Longer ones are not read.
const MAX_BYTES: u64 = 64 << 20;

/// Maximum number of bytes of a name that is looked at.
const MAX_NAME: usize = 512;

/// Maximum number of entry points of a slice.
const MAX_ENTRY_POINTS: usize = 1 << 12;

/// Where the symbols of a slice are, by offsets in the slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SymbolTable {
    symbols: Range<u64>,
    names: Range<u64>,
    endian: object::Endianness,
    is_64: bool,
}

impl SymbolTable {
    pub(super) fn new(
        command: &macho::SymtabCommand<object::Endianness>,
        endian: object::Endianness,
        is_64: bool,
    ) -> Self {
        let range = |start: u32, len: u64| u64::from(start)..u64::from(start).saturating_add(len);
        let size = if is_64 {
            size_of::<Nlist64<object::Endianness>>()
        } else {
            size_of::<Nlist32<object::Endianness>>()
        };
        let symbols = u64::from(command.nsyms.get(endian)).saturating_mul(size as u64);
        Self {
            symbols: range(command.symoff.get(endian), symbols),
            names: range(command.stroff.get(endian), command.strsize.get(endian).into()),
            endian,
            is_64,
        }
    }

    /// Returns the ranges of symbols and names in the file, if they are short enough and in their slice.
    fn ranges(&self, slice: &Range<u64>) -> Option<[Range<u64>; 2]> {
        let len = (self.symbols.end - self.symbols.start)
            .saturating_add(self.names.end - self.names.start);
        let in_file = |range: &Range<u64>| {
            let end = slice.start.checked_add(range.end).filter(|end| *end <= slice.end)?;
            Some(slice.start + range.start..end)
        };
        Some([in_file(&self.symbols)?, in_file(&self.names)?]).filter(|_| len <= MAX_BYTES)
    }

    fn entry_points(&self, symbols: &[u8], names: &[u8]) -> Vec<String> {
        if self.is_64 {
            entry_points::<Nlist64<object::Endianness>>(symbols, names, self.endian)
        } else {
            entry_points::<Nlist32<object::Endianness>>(symbols, names, self.endian)
        }
    }
}

/// Returns the entry points of each slice: `ranges` are the slices' own in the file, and `tables` their symbols.
///
/// # Errors
/// [`Unfinished::Missing`] lists the ranges that are not known.
pub(super) fn of_slices(
    file: FileBytes<'_>,
    ranges: &[Range<u64>],
    tables: &[Option<SymbolTable>],
) -> Result<Vec<Vec<String>>, Unfinished> {
    let mut wanted = Vec::new();
    let mut which = Vec::new();
    for (at, (range, table)) in ranges.iter().zip(tables).enumerate() {
        if let Some(table) = table
            && let Some(ranges) = table.ranges(range)
        {
            wanted.extend(ranges);
            which.push((at, table));
        }
    }
    let bytes = file.all(&wanted)?;
    let mut found = vec![Vec::new(); tables.len()];
    for ((at, table), bytes) in which.into_iter().zip(bytes.chunks_exact(2)) {
        if let (Some(found), [symbols, names]) = (found.get_mut(at), bytes) {
            *found = table.entry_points(symbols, names);
        }
    }
    Ok(found)
}

fn entry_points<N: Nlist<Endian = object::Endianness>>(
    symbols: &[u8],
    names: &[u8],
    endian: object::Endianness,
) -> Vec<String> {
    let symbols = pod::slice_from_bytes::<N>(symbols, symbols.len() / size_of::<N>());
    let (symbols, _) = symbols.unwrap_or_default();
    let name = |symbol: &N| {
        let start = usize::try_from(symbol.n_strx(endian)).ok()?;
        let rest = names.get(start..)?;
        let name = rest.get(..MAX_NAME).unwrap_or(rest).strip_prefix(b"_")?;
        is_entry_point(name).then(|| text(name))
    };
    let is_exported = |symbol: &&N| {
        let flags = symbol.n_type();
        !symbol.is_stab() && !symbol.is_undefined() && flags.0 & macho::N_EXT.0 != 0
    };
    let exported = symbols.iter().filter(is_exported);
    exported.filter_map(name).take(MAX_ENTRY_POINTS).collect()
}
