//! Facts of Mach-O files, thin or universal: what each slice is for, and what it needs.
//!
//! The format is that of `mach-o/loader.h` and `mach-o/fat.h`. Of each slice, the load commands and the exported
//! symbols are read.

use std::ops::Range;

use object::macho::{self, FatArch32, FatArch64};
use object::read::macho::{FatArch, MachHeader, MachOFatFile};

use super::apple::{AppleCpu, ApplePlatform, AppleVersion};
use super::file_bytes::{FileBytes, text};
use super::mach_o_symbols::{self as symbols, SymbolTable};
use crate::elf::{Sparse, Unfinished};

/// Bytes of each slice that are requested at first. Load commands of most libraries are shorter.
const HEAD_BYTES: u64 = 32 << 10;

/// Maximum number of bytes of the load commands of a slice. Those of the longest library that was seen take 12 KB.
const MAX_COMMAND_BYTES: u64 = 4 << 20;

/// Maximum number of slices of a universal file.
const MAX_SLICES: u8 = 19;

/// Maximum number of libraries and of search paths of a slice.
const MAX_NAMES: usize = 1 << 12;

/// The facts of a Mach-O file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachOFacts {
    /// The slices, in the file's order: one of a thin file.
    pub slices: Vec<MachOSlice>,
    /// Whether it is a universal file, with a table of slices.
    pub is_universal: bool,
    /// What is wrong with the file, if anything is. Slices may then be missing.
    pub problem: Option<String>,
}

/// A thin Mach-O file, or a slice of a universal one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachOSlice {
    /// The CPU.
    pub cpu: AppleCpu,
    /// The type: library, program or another one.
    pub file_type: MachOType,
    /// The name by which other files need this library: `LC_ID_DYLIB`.
    pub install_name: Option<String>,
    /// The libraries that it needs, in the file's order.
    pub libraries: Vec<MachOLibrary>,
    /// The names of those libraries.
    pub needed: Vec<String>,
    /// The directories that `@rpath` stands for: `LC_RPATH`.
    pub rpaths: Vec<String>,
    /// The system that it is for.
    pub platform: Option<ApplePlatform>,
    /// The oldest version of that system: `LC_BUILD_VERSION` or `LC_VERSION_MIN_…`.
    pub minimum_version: Option<AppleVersion>,
    /// Whether it has a code signature. Kernels for 64-bit ARM refuse code without one.
    pub is_signed: bool,
    /// The exported functions that may be the entry point of a Python module, without the leading `_` of C. Empty
    /// if the symbol tables of the slice are longer than 64 MiB.
    pub entry_points: Vec<String>,
}

/// The type of a Mach-O file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachOType {
    /// A program: `MH_EXECUTE`.
    Executable,
    /// A library: `MH_DYLIB`.
    Library,
    /// A plug-in, such as a Python module: `MH_BUNDLE`.
    Bundle,
    /// Any other type, which `dyld` does not load: objects, debug information.
    NotLoaded,
}

/// How a slice needs a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachOLink {
    /// It must be there: `LC_LOAD_DYLIB`.
    Required,
    /// It may be missing: `LC_LOAD_WEAK_DYLIB`.
    Weak,
    /// Its symbols count as this library's: `LC_REEXPORT_DYLIB`.
    Reexported,
    /// It must be there, and is initialised later: `LC_LOAD_UPWARD_DYLIB`.
    Upward,
    /// It is loaded once a symbol is used: `LC_LAZY_LOAD_DYLIB`.
    Lazy,
}

/// A library that a slice needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachOLibrary {
    /// Its install name.
    pub name: String,
    /// How it is needed.
    pub link: MachOLink,
    /// The oldest compatible version of the library that the slice was linked with.
    pub compatibility: AppleVersion,
    /// The version of the library that the slice was linked with.
    pub current: AppleVersion,
}

impl MachOFacts {
    /// Reads the facts of a whole file; `None` if it is no Mach-O file.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        facts(FileBytes::Whole(bytes)).unwrap_or_default()
    }

    /// Reads the facts from the known parts of a file of `len` bytes; `None` if it is no Mach-O file.
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists the ranges that are needed, too.
    pub fn read_parts(parts: &Sparse, len: u64) -> Result<Option<Self>, Unfinished> {
        facts(FileBytes::Parts(parts, len))
    }

    /// Returns the size in memory in bytes, about.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let names = |slice: &MachOSlice| {
            let all = slice.needed.iter().chain(&slice.needed).chain(&slice.rpaths);
            all.chain(&slice.entry_points).map(|name| name.len() as u64 + 32).sum::<u64>()
        };
        let slices = self.slices.iter().map(|slice| names(slice) + 256);
        slices.sum::<u64>() + self.problem.as_ref().map_or(0, |it| it.len() as u64)
    }
}

/// Returns whether a file begins like a thin Mach-O file.
fn is_thin(head: &[u8]) -> bool {
    matches!(head, [0xCE | 0xCF, 0xFA, 0xED, 0xFE, ..] | [0xFE, 0xED, 0xFA, 0xCE | 0xCF, ..])
}

fn facts(file: FileBytes<'_>) -> Result<Option<MachOFacts>, Unfinished> {
    let head = file.get(0..HEAD_BYTES)?;
    let mut facts = MachOFacts { slices: Vec::new(), is_universal: true, problem: None };
    let ranges: Vec<Range<u64>> = if is_thin(head) {
        facts.is_universal = false;
        std::iter::once(0..file.len()).collect()
    } else {
        // Java classes have the same magic number, and a version above 19 in the position of the count.
        match head {
            [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, count, ..] if *count <= MAX_SLICES => {
                slices::<FatArch32>(head)
            }
            [0xCA, 0xFE, 0xBA, 0xBF, 0, 0, 0, count, ..] if *count <= MAX_SLICES => {
                slices::<FatArch64>(head)
            }
            _ => return Ok(None),
        }
        .unwrap_or_else(|problem| {
            facts.problem = Some(problem);
            Vec::new()
        })
    };
    let heads: Vec<_> = ranges.iter().map(|it| first(it, HEAD_BYTES)).collect();
    let lens: Vec<u64> = file.all(&heads)?.into_iter().map(commands_end).collect();
    let commands: Vec<_> = ranges.iter().zip(lens).map(|(it, len)| first(it, len)).collect();
    let mut tables = Vec::new();
    for (bytes, range) in file.all(&commands)?.into_iter().zip(&ranges) {
        match slice(bytes) {
            Ok((slice, table)) if range.end <= file.len() => {
                tables.push(table.filter(|_| slice.file_type != MachOType::NotLoaded));
                facts.slices.push(slice);
            }
            Ok(_) => facts.problem = Some("a slice extends beyond the end of the file".to_owned()),
            Err(error) => facts.problem = Some(error.to_string()),
        }
    }
    // Slices without a problem are in the order of their ranges.
    let starts = if facts.problem.is_none() { ranges } else { Vec::new() };
    let entry_points = symbols::of_slices(file, &starts, &tables)?;
    for (slice, entry_points) in facts.slices.iter_mut().zip(entry_points) {
        slice.entry_points = entry_points;
    }
    Ok(Some(facts))
}

/// Returns the first `len` bytes of a range.
fn first(range: &Range<u64>, len: u64) -> Range<u64> {
    range.start..range.end.min(range.start.saturating_add(len))
}

/// Returns the ranges of the slices of a universal file.
fn slices<F: FatArch>(head: &[u8]) -> Result<Vec<Range<u64>>, String> {
    let universal = MachOFatFile::<F>::parse(head).map_err(|error| error.to_string())?;
    let range = |arch: &F| {
        let (start, len) = arch.file_range();
        start..start.saturating_add(len)
    };
    Ok(universal.arches().iter().map(range).collect())
}

/// Returns where the load commands end, from the first bytes of a slice.
fn commands_end(head: &[u8]) -> u64 {
    /// The header of 64-bit files; that of others is shorter.
    const HEADER_BYTES: u64 = 32;
    let big = head.starts_with(&[0xFE]);
    let len = head.get(20..24).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| {
        if big { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) }
    });
    HEADER_BYTES + u64::from(len).min(MAX_COMMAND_BYTES)
}

fn slice(bytes: &[u8]) -> object::read::Result<(MachOSlice, Option<SymbolTable>)> {
    match bytes {
        [0xCF, 0xFA, 0xED, 0xFE, ..] | [0xFE, 0xED, 0xFA, 0xCF, ..] => {
            commands::<macho::MachHeader64<object::Endianness>>(bytes)
        }
        _ => commands::<macho::MachHeader32<object::Endianness>>(bytes),
    }
}

impl MachOSlice {
    /// Returns a slice without load commands.
    fn new(cpu: AppleCpu, file_type: macho::FileType) -> Self {
        Self {
            cpu,
            file_type: match file_type {
                macho::MH_EXECUTE => MachOType::Executable,
                macho::MH_DYLIB => MachOType::Library,
                macho::MH_BUNDLE => MachOType::Bundle,
                _ => MachOType::NotLoaded,
            },
            install_name: None,
            libraries: Vec::new(),
            needed: Vec::new(),
            rpaths: Vec::new(),
            platform: None,
            minimum_version: None,
            is_signed: false,
            entry_points: Vec::new(),
        }
    }
}

/// Returns what the load commands of a slice say.
pub(super) fn commands<H: MachHeader<Endian = object::Endianness>>(
    bytes: &[u8],
) -> object::read::Result<(MachOSlice, Option<SymbolTable>)> {
    let header = H::parse(bytes, 0)?;
    let endian = header.endian()?;
    let cpu = AppleCpu::of(header.cputype(endian), header.cpusubtype(endian));
    let mut slice = MachOSlice::new(cpu, header.filetype(endian));
    let mut table = None;
    let mut commands = header.load_commands(endian, bytes, 0)?;
    while let Some(command) = commands.next()? {
        use object::read::macho::LoadCommandVariant as Variant;
        match command.variant()? {
            Variant::IdDylib(it) => {
                slice.install_name = Some(text(command.string(endian, it.dylib.name)?));
            }
            Variant::Dylib(it) if slice.libraries.len() < MAX_NAMES => {
                let name = text(command.string(endian, it.dylib.name)?);
                let flags = command.dylib_use_flags(endian, it)?;
                slice.needed.push(name.clone());
                slice.libraries.push(MachOLibrary {
                    name,
                    link: link(command.cmd(), flags),
                    compatibility: AppleVersion::of(it.dylib.compatibility_version.get(endian)),
                    current: AppleVersion::of(it.dylib.current_version.get(endian)),
                });
            }
            Variant::Rpath(it) if slice.rpaths.len() < MAX_NAMES => {
                slice.rpaths.push(text(command.string(endian, it.path)?));
            }
            // A library may be for macOS and for its variant of iOS: the first one counts.
            Variant::BuildVersion(it, _) if slice.platform.is_none() => {
                slice.platform = Some(ApplePlatform::of(it.platform.get(endian)));
                slice.minimum_version = Some(AppleVersion::of(it.minos.get(endian)));
            }
            Variant::VersionMin(it) => {
                slice.platform = Some(match command.cmd() {
                    macho::LC_VERSION_MIN_MACOSX => ApplePlatform::Macos,
                    macho::LC_VERSION_MIN_IPHONEOS => ApplePlatform::Ios,
                    macho::LC_VERSION_MIN_TVOS => ApplePlatform::of(macho::PLATFORM_TVOS),
                    _ => ApplePlatform::of(macho::PLATFORM_WATCHOS),
                });
                slice.minimum_version = Some(AppleVersion::of(it.version.get(endian)));
            }
            Variant::LinkeditData(_) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                slice.is_signed = true;
            }
            Variant::Symtab(it) => table = Some(SymbolTable::new(it, endian, header.is_type_64())),
            _ => {}
        }
    }
    Ok((slice, table))
}

fn link(command: macho::LoadCommandType, flags: Option<macho::DylibUseFlags>) -> MachOLink {
    let has = |flag: macho::DylibUseFlags| flags.is_some_and(|flags| flags.0 & flag.0 != 0);
    match command {
        macho::LC_LOAD_WEAK_DYLIB => MachOLink::Weak,
        macho::LC_REEXPORT_DYLIB => MachOLink::Reexported,
        macho::LC_LOAD_UPWARD_DYLIB => MachOLink::Upward,
        macho::LC_LAZY_LOAD_DYLIB => MachOLink::Lazy,
        _ if has(macho::DYLIB_USE_WEAK_LINK) => MachOLink::Weak,
        _ if has(macho::DYLIB_USE_REEXPORT) => MachOLink::Reexported,
        _ if has(macho::DYLIB_USE_UPWARD) => MachOLink::Upward,
        _ => MachOLink::Required,
    }
}
