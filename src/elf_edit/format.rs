//! The records of ELF files that edits change, for both classes and both byte orders.
//!
//! Every field is read as 64 bits wide. System V ABI, chapters 4 and 5.

/// The class and the byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) is_64: bool,
    pub(super) is_little: bool,
}

impl Format {
    /// Reads the identification at the start of a file. `None` if it is no ELF file.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let &[0x7f, b'E', b'L', b'F', class @ 1..=2, order @ 1..=2, ..] = bytes else {
            return None;
        };
        Some(Self { is_64: class == 2, is_little: order == 1 })
    }

    /// Returns the length of an address in bytes.
    pub(super) fn word(self) -> usize {
        if self.is_64 { 8 } else { 4 }
    }

    /// Returns the length of the file header in bytes.
    pub(super) fn header_len(self) -> u64 {
        if self.is_64 { 64 } else { 52 }
    }

    /// Returns the length of a program header in bytes.
    pub(super) fn segment_len(self) -> u64 {
        if self.is_64 { 56 } else { 32 }
    }

    /// Returns the length of a section header in bytes.
    pub(super) fn section_len(self) -> u64 {
        if self.is_64 { 64 } else { 40 }
    }

    /// Returns the length of an entry of the dynamic section in bytes.
    pub(super) fn dynamic_len(self) -> u64 {
        2 * self.word() as u64
    }

    /// Returns the length of a symbol in bytes.
    pub(super) fn symbol_len(self) -> u64 {
        if self.is_64 { 24 } else { 16 }
    }

    /// Reads a number of `len` bytes, at most 8.
    pub(super) fn read(self, bytes: &[u8], at: u64, len: usize) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let field = bytes.get(at..at.checked_add(len)?)?;
        let mut number = [0; 8];
        if self.is_little {
            number.get_mut(..len)?.copy_from_slice(field);
            return Some(u64::from_le_bytes(number));
        }
        number.get_mut(8 - len..)?.copy_from_slice(field);
        Some(u64::from_be_bytes(number))
    }

    /// Returns a number as `len` bytes, at most 8. Higher bytes are dropped.
    pub(super) fn bytes(self, number: u64, len: usize) -> Vec<u8> {
        if self.is_little {
            return number.to_le_bytes().into_iter().take(len).collect();
        }
        number.to_be_bytes().into_iter().skip(8_usize.saturating_sub(len)).collect()
    }

    /// Returns the fields of a record. Each field has a length in bytes.
    fn fields<const N: usize>(self, bytes: &[u8], lens: [usize; N]) -> Option<[u64; N]> {
        let mut fields = [0; N];
        let mut at = 0;
        for (field, len) in fields.iter_mut().zip(lens) {
            *field = self.read(bytes, at, len)?;
            at += len as u64;
        }
        Some(fields)
    }

    /// Returns the bytes of a record.
    fn record<const N: usize>(self, fields: [u64; N], lens: [usize; N]) -> Vec<u8> {
        let fields = fields.into_iter().zip(lens);
        fields.flat_map(|(field, len)| self.bytes(field, len)).collect()
    }
}

/// A field of the file header.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeaderField {
    offset_64: u64,
    offset_32: u64,
    /// Length in bytes; 0 for an address.
    len: usize,
}

impl HeaderField {
    pub(super) const TYPE: Self = Self { offset_64: 16, offset_32: 16, len: 2 };
    pub(super) const MACHINE: Self = Self { offset_64: 18, offset_32: 18, len: 2 };
    pub(super) const SEGMENTS: Self = Self { offset_64: 32, offset_32: 28, len: 0 };
    pub(super) const SECTIONS: Self = Self { offset_64: 40, offset_32: 32, len: 0 };
    pub(super) const SEGMENT_LEN: Self = Self { offset_64: 54, offset_32: 42, len: 2 };
    pub(super) const SEGMENT_COUNT: Self = Self { offset_64: 56, offset_32: 44, len: 2 };
    pub(super) const SECTION_LEN: Self = Self { offset_64: 58, offset_32: 46, len: 2 };
    pub(super) const SECTION_COUNT: Self = Self { offset_64: 60, offset_32: 48, len: 2 };
    pub(super) const SECTION_NAMES: Self = Self { offset_64: 62, offset_32: 50, len: 2 };

    /// Returns the field's offset and length in bytes.
    pub(super) fn place(self, format: Format) -> (u64, usize) {
        let offset = if format.is_64 { self.offset_64 } else { self.offset_32 };
        (offset, if self.len == 0 { format.word() } else { self.len })
    }

    /// Returns the field's value in a file.
    pub(super) fn read(self, format: Format, file: &[u8]) -> Option<u64> {
        let (offset, len) = self.place(format);
        format.read(file, offset, len)
    }
}

/// A program header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) kind: u64,
    pub(super) flags: u64,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) physical: u64,
    pub(super) file_len: u64,
    pub(super) memory_len: u64,
    pub(super) align: u64,
}

impl Segment {
    pub(super) fn read(format: Format, bytes: &[u8]) -> Option<Self> {
        if format.is_64 {
            let [kind, flags, offset, address, physical, file_len, memory_len, align] =
                format.fields(bytes, [4, 4, 8, 8, 8, 8, 8, 8])?;
            return Some(Self {
                kind,
                flags,
                offset,
                address,
                physical,
                file_len,
                memory_len,
                align,
            });
        }
        let [kind, offset, address, physical, file_len, memory_len, flags, align] =
            format.fields(bytes, [4; 8])?;
        Some(Self { kind, flags, offset, address, physical, file_len, memory_len, align })
    }

    pub(super) fn bytes(self, format: Format) -> Vec<u8> {
        let Self { kind, flags, offset, address, physical, file_len, memory_len, align } = self;
        if format.is_64 {
            let fields = [kind, flags, offset, address, physical, file_len, memory_len, align];
            return format.record(fields, [4, 4, 8, 8, 8, 8, 8, 8]);
        }
        let fields = [kind, offset, address, physical, file_len, memory_len, flags, align];
        format.record(fields, [4; 8])
    }

    /// Returns the end of its bytes in the file.
    pub(super) fn file_end(self) -> u64 {
        self.offset.saturating_add(self.file_len)
    }

    /// Returns the end of its bytes in memory.
    pub(super) fn memory_end(self) -> u64 {
        self.address.saturating_add(self.memory_len)
    }
}

/// A section header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    /// Offset of its name in the section of names.
    pub(super) name: u64,
    pub(super) kind: u64,
    pub(super) flags: u64,
    pub(super) address: u64,
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) link: u64,
    pub(super) info: u64,
    pub(super) align: u64,
    pub(super) entry_len: u64,
}

impl Section {
    const fn lens(format: Format) -> [usize; 10] {
        if format.is_64 { [4, 4, 8, 8, 8, 8, 4, 4, 8, 8] } else { [4; 10] }
    }

    pub(super) fn read(format: Format, bytes: &[u8]) -> Option<Self> {
        let [name, kind, flags, address, offset, len, link, info, align, entry_len] =
            format.fields(bytes, Self::lens(format))?;
        Some(Self { name, kind, flags, address, offset, len, link, info, align, entry_len })
    }

    pub(super) fn bytes(self, format: Format) -> Vec<u8> {
        let Self { name, kind, flags, address, offset, len, link, info, align, entry_len } = self;
        let fields = [name, kind, flags, address, offset, len, link, info, align, entry_len];
        format.record(fields, Self::lens(format))
    }
}
