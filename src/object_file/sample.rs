//! Mach-O and PE files for tests, made of the headers and tables that facts come from.

use super::ObjectFacts;

/// CPU type and subtype of x86-64.
pub(crate) const X86_64: (u32, u32) = (0x0100_0007, 3);
/// CPU type and subtype of 64-bit ARM.
pub(crate) const ARM64: (u32, u32) = (0x0100_000C, 0);
/// File types.
pub(crate) const EXECUTE: u32 = 2;
pub(crate) const DYLIB: u32 = 6;
pub(crate) const BUNDLE: u32 = 8;
pub(crate) const DSYM: u32 = 10;

/// A load command: its number and what follows.
pub(crate) type Command = (u32, Vec<u8>);

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn text_at(offset: u32, between: &[u32], text: &str) -> Vec<u8> {
    [words(&[offset]), words(between), text.as_bytes().to_vec(), vec![0]].concat()
}

/// Returns a command that names a library: `LC_LOAD_DYLIB` is 0xC.
pub(crate) fn dylib(command: u32, name: &str) -> Command {
    (command, text_at(24, &[2, 0x0002_0301, 0x0001_0000], name))
}

/// Returns `LC_LOAD_DYLIB`.
pub(crate) fn needs(name: &str) -> Command {
    dylib(0xC, name)
}

/// Returns `LC_RPATH`.
pub(crate) fn rpath(path: &str) -> Command {
    (0x8000_001C, text_at(12, &[], path))
}

/// Returns `LC_BUILD_VERSION` for a platform from a version on. macOS is 1.
pub(crate) fn build_version(platform: u32, (major, minor): (u32, u32)) -> Command {
    (0x32, words(&[platform, major << 16 | minor << 8, 0x000E_0000, 0]))
}

/// Returns `LC_VERSION_MIN_MACOSX`.
pub(crate) fn version_min((major, minor): (u32, u32)) -> Command {
    (0x24, words(&[major << 16 | minor << 8, 0]))
}

/// Returns `LC_CODE_SIGNATURE`.
pub(crate) fn signature() -> Command {
    (0x1D, words(&[0, 0]))
}

/// Returns a thin Mach-O file whose symbol table exports `symbols`, with `_` in front.
pub(crate) fn mach_o(
    cpu: (u32, u32),
    file_type: u32,
    commands: &[Command],
    symbols: &[&str],
) -> Vec<u8> {
    const SYMTAB: u32 = 2;
    let mut encoded = Vec::new();
    let mut add = |(command, rest): &(u32, Vec<u8>)| {
        let len = (8 + rest.len()).next_multiple_of(8);
        encoded.extend(words(&[*command, u32::try_from(len).unwrap()]));
        encoded.extend(rest);
        encoded.resize(encoded.len().next_multiple_of(8), 0);
    };
    commands.iter().for_each(&mut add);
    let mut names = vec![b' ', 0];
    let mut table = Vec::new();
    for symbol in symbols {
        table.extend(words(&[u32::try_from(names.len()).unwrap()]));
        // N_SECT and N_EXT, in the first section.
        table.extend([0x0F, 1, 0, 0]);
        table.extend(0_u64.to_le_bytes());
        names.extend(format!("_{symbol}\0").bytes());
    }
    let start = u32::try_from(32 + encoded.len() + 24).unwrap();
    let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
    let count = u32::try_from(symbols.len()).unwrap();
    encoded.extend(words(&[SYMTAB, 24, start, count, start + len(&table), len(&names)]));
    let count = u32::try_from(commands.len() + 1).unwrap();
    let header = words(&[0xFEED_FACF, cpu.0, cpu.1, file_type, count, len(&encoded), 0, 0]);
    [header, encoded, table, names].concat()
}

/// Returns a universal file.
pub(crate) fn universal(slices: &[((u32, u32), Vec<u8>)]) -> Vec<u8> {
    const ALIGN: usize = 0x1000;
    let mut table = Vec::new();
    let mut content = vec![0; ALIGN];
    let big = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    table.extend([0xCA, 0xFE, 0xBA, 0xBE]);
    table.extend(big(slices.len()));
    for (cpu, slice) in slices {
        table.extend(cpu.0.to_be_bytes());
        table.extend(cpu.1.to_be_bytes());
        table.extend([big(content.len()), big(slice.len()), big(12)].concat());
        content.extend(slice);
        content.resize(content.len().next_multiple_of(ALIGN), 0);
    }
    content[..table.len()].copy_from_slice(&table);
    content
}

/// The tables of a PE file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pe<'a> {
    /// The CPU: 0x14C is x86, 0x8664 x64 and 0xAA64 ARM64.
    pub(crate) machine: u16,
    pub(crate) needed: &'a [&'a str],
    pub(crate) delayed: &'a [&'a str],
    pub(crate) exports: &'a [&'a str],
    pub(crate) is_dotnet: bool,
}

impl Pe<'_> {
    /// Returns the file: headers, and one section with all tables.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        const ADDRESS: u32 = 0x1000;
        const HEADERS: usize = 0x400;
        let mut section: Vec<u8> = Vec::new();
        let at = |section: &Vec<u8>| ADDRESS + u32::try_from(section.len()).unwrap();
        let mut add_names = |names: &[&str]| -> Vec<u32> {
            let add = |name: &&str| {
                let address = at(&section);
                section.extend(name.as_bytes());
                section.push(0);
                address
            };
            names.iter().map(add).collect()
        };
        let needed = add_names(self.needed);
        let delayed = add_names(self.delayed);
        let exported = add_names(self.exports);
        let own = add_names(&["sample.dll"]);
        let imports = at(&section);
        section.extend(needed.iter().flat_map(|&name| words(&[ADDRESS, 0, 0, name, ADDRESS])));
        section.extend([0; 20]);
        let delays = at(&section);
        section.extend(delayed.iter().flat_map(|&name| words(&[1, name, 0, 0, 0, 0, 0, 0])));
        section.extend([0; 32]);
        let pointers = at(&section);
        section.extend(words(&exported));
        let exports = at(&section);
        let count = u32::try_from(exported.len()).unwrap();
        section.extend(words(&[0, 0, 0, own[0], 1, count, count, 0, pointers, 0]));
        let is_64 = self.machine != 0x14C;
        let mut head = vec![0; HEADERS];
        head[..2].copy_from_slice(b"MZ");
        head[0x3C] = 0x80;
        head[0x80..0x84].copy_from_slice(b"PE\0\0");
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0x84, &self.machine.to_le_bytes());
        put(0x86, &[1, 0]);
        let optional = if is_64 { 240_u16 } else { 224 };
        put(0x94, &optional.to_le_bytes());
        put(0x96, &0x2002_u16.to_le_bytes());
        put(0x98, &if is_64 { 0x20B_u16 } else { 0x10B }.to_le_bytes());
        // The version of the subsystem, 6.2.
        put(0x98 + 48, &[6, 0, 2, 0]);
        let directories = 0x98 + usize::from(optional) - 16 * 8;
        put(directories - 4, &[16]);
        let mut directory = |number: usize, address: u32| {
            put(directories + number * 8, &words(&[address, 0x40]));
        };
        let given = |names: &[&str], address: u32| if names.is_empty() { 0 } else { address };
        directory(0, given(self.exports, exports));
        directory(1, given(self.needed, imports));
        directory(13, given(self.delayed, delays));
        directory(14, if self.is_dotnet { ADDRESS } else { 0 });
        let len = u32::try_from(section.len()).unwrap();
        let row = 0x98 + usize::from(optional);
        put(row, b".rdata\0\0");
        put(row + 8, &words(&[len, ADDRESS, len, u32::try_from(HEADERS).unwrap()]));
        [head, section].concat()
    }
}

/// Returns the facts of a Mach-O or PE file.
pub(crate) fn facts(bytes: &[u8]) -> ObjectFacts {
    ObjectFacts::read(bytes).unwrap()
}
