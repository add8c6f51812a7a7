//! The tables of PE files with names: imported DLLs, delay-loaded DLLs and exported functions.

use std::ops::Range;

use object::endian::{LittleEndian as Le, U32};
use object::pe::{self, ImageDelayloadDescriptor, ImageExportDirectory, ImageImportDescriptor};
use object::pod::{self, Pod};
use object::read::pe::{DataDirectories, SectionTable};

use super::file_bytes::{FileBytes, text};
use crate::elf::{Unfinished, is_entry_point};

/// Maximum number of DLLs in a table.
const MAX_LIBRARIES: usize = 1 << 12;

/// Maximum number of bytes of the name of a DLL, with the NUL byte. Windows allows 260 characters in a path.
const MAX_NAME: u64 = 512;

/// Maximum number of exported names that are read: their ordinals have 16 bits.
const MAX_EXPORTS: usize = 1 << 16;

/// Maximum number of bytes of exported names. Those of longer tables are not read.
const MAX_EXPORT_BYTES: u64 = 16 << 20;

/// The tables of a PE file.
pub(super) struct Tables<'a> {
    pub(super) sections: SectionTable<'a>,
    pub(super) directories: DataDirectories<'a>,
    /// The preferred address of the file in memory.
    pub(super) image_base: u64,
    /// Whether the image is 64-bit.
    pub(super) is_64: bool,
}

/// The names in the tables of a PE file.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) needed: Vec<String>,
    pub(super) delay_loaded: Vec<String>,
    /// The name that the file had when it was linked, if it exports functions.
    pub(super) export_name: Option<String>,
    pub(super) entry_points: Vec<String>,
    /// What is wrong with the tables, if anything is.
    pub(super) problem: Option<String>,
}

impl Tables<'_> {
    /// Returns the names in the tables.
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists the ranges that are not known.
    pub(super) fn names(&self, file: FileBytes<'_>) -> Result<Names, Unfinished> {
        let mut tables = Names::default();
        let imports = self.table::<ImageImportDescriptor>(pe::IMAGE_DIRECTORY_ENTRY_IMPORT);
        let delayed =
            self.table::<ImageDelayloadDescriptor>(pe::IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT);
        let exports = self.range_of(pe::IMAGE_DIRECTORY_ENTRY_EXPORT);
        let exports = exports.map(|it| first(&it, size_of::<ImageExportDirectory>() as u64));
        let ranges = [imports, delayed, exports];
        let wanted: Vec<Range<u64>> =
            ranges.iter().map(|range| range.clone().unwrap_or(0..0)).collect();
        let found = file.all(&wanted)?;
        let [imports, delayed, exports] = found.as_slice() else { return Ok(tables) };

        let imports = descriptors::<ImageImportDescriptor>(imports).iter();
        let imports = imports.take_while(|it| !it.is_null() && it.name.get(Le) != 0);
        let imports: Vec<u32> = imports.map(|it| it.name.get(Le)).collect();
        let delayed = descriptors::<ImageDelayloadDescriptor>(delayed).iter();
        let delayed = delayed.take_while(|it| !it.is_null() && it.dll_name_rva.get(Le) != 0);
        let delayed: Vec<u32> = delayed.map(|it| self.delayed_name(it)).collect();
        let names: Vec<Option<Range<u64>>> =
            imports.iter().chain(&delayed).map(|&address| self.name_at(address)).collect();
        if names.iter().any(Option::is_none) {
            tables.problem = Some("the name of a DLL is outside of the file".to_owned());
        }
        let exported = descriptors::<ImageExportDirectory>(exports).first();
        let pointers = exported.and_then(|it| self.pointers(it));
        let own_name = exported.and_then(|it| self.name_at(it.name.get(Le)));

        let mut wanted: Vec<Range<u64>> =
            names.iter().map(|name| name.clone().unwrap_or(0..0)).collect();
        wanted.extend([own_name.clone().unwrap_or(0..0), pointers.unwrap_or(0..0)]);
        let mut found = file.all(&wanted)?;
        let pointers = found.pop().unwrap_or_default();
        let own = found.pop().unwrap_or_default();
        tables.export_name = own_name.map(|_| text(own));
        let mut found = found.into_iter().map(text).filter(|name| !name.is_empty());
        tables.needed = found.by_ref().take(imports.len()).collect();
        tables.delay_loaded = found.collect();
        tables.entry_points = self.entry_points(file, pointers)?;
        Ok(tables)
    }

    /// Returns the range in the file of a data directory, up to the end of its section.
    fn range_of(&self, number: usize) -> Option<Range<u64>> {
        let directory = self.directories.get(number)?;
        self.range_at(directory.virtual_address.get(Le))
    }

    /// Returns the range in the file of a table of descriptors, whose end is a descriptor of zeros.
    fn table<T: Pod>(&self, number: usize) -> Option<Range<u64>> {
        Some(first(&self.range_of(number)?, (MAX_LIBRARIES * size_of::<T>()) as u64))
    }

    /// Returns the range in the file from an address to the end of its section.
    fn range_at(&self, address: u32) -> Option<Range<u64>> {
        let (start, len) = self.sections.pe_file_range_at(address)?;
        Some(u64::from(start)..u64::from(start) + u64::from(len))
    }

    fn name_at(&self, address: u32) -> Option<Range<u64>> {
        Some(first(&self.range_at(address)?, MAX_NAME))
    }

    /// Returns the relative address of the name of a delay-loaded DLL. In old files the addresses are absolute.
    fn delayed_name(&self, descriptor: &ImageDelayloadDescriptor) -> u32 {
        const ARE_RELATIVE: u32 = 1;
        let address = descriptor.dll_name_rva.get(Le);
        if self.is_64 || descriptor.attributes.get(Le) & ARE_RELATIVE != 0 {
            return address;
        }
        let relative = u64::from(address).checked_sub(self.image_base);
        relative.and_then(|it| it.try_into().ok()).unwrap_or(address)
    }

    /// Returns the range of the addresses of exported names.
    fn pointers(&self, directory: &ImageExportDirectory) -> Option<Range<u64>> {
        let count = usize::try_from(directory.number_of_names.get(Le)).unwrap_or(usize::MAX);
        let range = self.range_at(directory.address_of_names.get(Le))?;
        Some(first(&range, (count.min(MAX_EXPORTS) * size_of::<u32>()) as u64))
    }

    fn entry_points(
        &self,
        file: FileBytes<'_>,
        pointers: &[u8],
    ) -> Result<Vec<String>, Unfinished> {
        let addresses: Vec<u32> =
            descriptors::<U32<Le>>(pointers).iter().map(|it| it.get(Le)).collect();
        let (Some(&low), Some(&high)) = (addresses.iter().min(), addresses.iter().max()) else {
            return Ok(Vec::new());
        };
        // Linkers write all names side by side.
        let Some(range) = self.range_at(low) else { return Ok(Vec::new()) };
        let len = u64::from(high - low) + MAX_NAME;
        if len > MAX_EXPORT_BYTES {
            return Ok(Vec::new());
        }
        let names = file.get(first(&range, len))?;
        let entry_points = addresses.iter().filter_map(|&address| {
            let start = usize::try_from(address - low).ok()?;
            let rest = names.get(start..)?;
            let name = rest.get(..usize::try_from(MAX_NAME).ok()?).unwrap_or(rest);
            is_entry_point(name).then(|| text(name))
        });
        Ok(entry_points.collect())
    }
}

/// Returns the first `len` bytes of a range.
fn first(range: &Range<u64>, len: u64) -> Range<u64> {
    range.start..range.end.min(range.start.saturating_add(len))
}

/// Returns the whole values in bytes.
fn descriptors<T: Pod>(bytes: &[u8]) -> &[T] {
    pod::slice_from_bytes(bytes, bytes.len() / size_of::<T>()).map_or(&[], |(values, _)| values)
}
