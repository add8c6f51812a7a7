//! Facts of PE files: what a DLL or program for Windows is for, and what it needs.
//!
//! The format is that of Microsoft's "PE Format". Headers, the tables of imported and delay-loaded DLLs and the names
//! of exported functions are read.

use std::fmt;

use object::endian::LittleEndian as Le;
use object::pe::{self, ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _, optional_header_magic};

use super::file_bytes::FileBytes;
use super::pe_tables::{Names, Tables};
use crate::elf::{Sparse, Unfinished};
use crate::platform::Machine;

/// Bytes of headers that are read.
const HEAD_BYTES: u64 = 64 << 10;

/// The CPU of a PE file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeCpu {
    /// 32-bit x86.
    X86,
    /// 64-bit x86.
    Amd64,
    /// 64-bit ARM.
    Arm64,
    /// 64-bit ARM for processes of 64-bit x86: `ARM64EC`. Their headers usually say [`Self::Amd64`].
    Arm64ec,
    /// 64-bit ARM for processes of both kinds.
    Arm64x,
    /// Any other: the number in the header.
    Other(u16),
}

impl PeCpu {
    fn of(machine: pe::Machine) -> Self {
        match machine {
            pe::IMAGE_FILE_MACHINE_I386 => Self::X86,
            pe::IMAGE_FILE_MACHINE_AMD64 => Self::Amd64,
            pe::IMAGE_FILE_MACHINE_ARM64 => Self::Arm64,
            pe::IMAGE_FILE_MACHINE_ARM64EC => Self::Arm64ec,
            pe::IMAGE_FILE_MACHINE_ARM64X => Self::Arm64x,
            other => Self::Other(other.0),
        }
    }

    /// Returns the platform tag of wheels for the CPU, if there is one.
    #[must_use]
    pub fn platform_tag(self) -> Option<&'static str> {
        match self {
            Self::X86 => Some("win32"),
            Self::Amd64 | Self::Arm64ec => Some("win_amd64"),
            Self::Arm64 | Self::Arm64x => Some("win_arm64"),
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for PeCpu {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X86 => formatter.write_str("x86"),
            Self::Amd64 => formatter.write_str("x64"),
            Self::Arm64 => formatter.write_str("ARM64"),
            Self::Arm64ec => formatter.write_str("ARM64EC"),
            Self::Arm64x => formatter.write_str("ARM64X"),
            Self::Other(machine) => write!(formatter, "machine {machine:#06x}"),
        }
    }
}

/// The facts of a PE file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeFacts {
    /// The CPU.
    pub cpu: PeCpu,
    /// Whether it is a library; else it is a program.
    pub is_library: bool,
    /// The version of the subsystem that it asks for: the oldest Windows, as major and minor version.
    pub subsystem_version: (u16, u16),
    /// The DLLs that it is loaded with, in the file's order.
    pub needed: Vec<String>,
    /// The DLLs that are loaded when one of their functions is called first.
    pub delay_loaded: Vec<String>,
    /// The name that the file had when it was linked, if it exports functions.
    pub export_name: Option<String>,
    /// The exported functions that may be the entry point of a Python module.
    pub entry_points: Vec<String>,
    /// Whether it is a .NET assembly: it has a CLI header (ECMA-335, II.25).
    pub is_dotnet: bool,
    /// Whether it is a .NET assembly for any CPU.
    pub is_portable: bool,
    /// What is wrong with the file, if anything is. Names may then be missing.
    pub problem: Option<String>,
}

impl PeFacts {
    /// Reads the facts of a whole file; `None` if it does not begin with the header of DOS or of PE.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        facts(FileBytes::Whole(bytes)).unwrap_or_default()
    }

    /// Reads the facts from the known parts of a file of `len` bytes; `None` as for [`Self::read`].
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists the ranges that are needed, too.
    pub fn read_parts(parts: &Sparse, len: u64) -> Result<Option<Self>, Unfinished> {
        facts(FileBytes::Parts(parts, len))
    }

    /// Returns the CPU by the name that Linux platform tags give it, if they have one.
    #[must_use]
    pub fn machine(&self) -> Option<Machine> {
        match self.cpu {
            _ if self.is_portable => None,
            PeCpu::X86 => Some(Machine::I686),
            PeCpu::Amd64 | PeCpu::Arm64ec => Some(Machine::X86_64),
            PeCpu::Arm64 | PeCpu::Arm64x => Some(Machine::Aarch64),
            PeCpu::Other(_) => None,
        }
    }

    /// Returns the size in memory in bytes, about.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let names = self.needed.iter().chain(&self.delay_loaded).chain(&self.entry_points);
        let texts = names.chain(&self.export_name).chain(&self.problem);
        texts.map(|name| name.len() as u64 + 32).sum::<u64>() + 256
    }
}

fn facts(file: FileBytes<'_>) -> Result<Option<PeFacts>, Unfinished> {
    let head = file.get(0..HEAD_BYTES)?;
    let Ok(dos) = ImageDosHeader::parse(head) else { return Ok(None) };
    let at = usize::try_from(dos.nt_headers_offset()).unwrap_or(usize::MAX);
    if !head.get(at..).is_some_and(|rest| rest.starts_with(b"PE\0\0")) {
        return Ok(None);
    }
    let read = match optional_header_magic(head) {
        Ok(pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC) => headers::<ImageNtHeaders64>(head),
        _ => headers::<ImageNtHeaders32>(head),
    };
    let (facts, tables) = match read {
        Ok(read) => read,
        Err(error) => return Ok(Some(damaged(error.to_string()))),
    };
    let Names { needed, delay_loaded, export_name, entry_points, problem } = tables.names(file)?;
    Ok(Some(PeFacts { needed, delay_loaded, export_name, entry_points, problem, ..facts }))
}

fn damaged(problem: String) -> PeFacts {
    PeFacts {
        cpu: PeCpu::Other(0),
        is_library: false,
        subsystem_version: (0, 0),
        needed: Vec::new(),
        delay_loaded: Vec::new(),
        export_name: None,
        entry_points: Vec::new(),
        is_dotnet: false,
        is_portable: false,
        problem: Some(problem),
    }
}

/// Returns what the headers say, and where the tables are.
fn headers<H: ImageNtHeaders>(head: &[u8]) -> object::read::Result<(PeFacts, Tables<'_>)> {
    let mut offset = ImageDosHeader::parse(head)?.nt_headers_offset().into();
    let (headers, directories) = H::parse(head, &mut offset)?;
    let sections = headers.sections(head, offset)?;
    let (file, optional) = (headers.file_header(), headers.optional_header());
    let is_dotnet = directories.get(pe::IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR).is_some();
    let cpu = PeCpu::of(file.machine.get(Le));
    let facts = PeFacts {
        cpu,
        is_library: file.characteristics.get(Le).0 & pe::IMAGE_FILE_DLL.0 != 0,
        subsystem_version: (optional.major_subsystem_version(), optional.minor_subsystem_version()),
        is_dotnet,
        // 32-bit assemblies for one CPU are not told apart from these.
        is_portable: is_dotnet && cpu == PeCpu::X86 && !headers.is_type_64(),
        problem: None,
        ..damaged(String::new())
    };
    let tables = Tables {
        sections,
        directories,
        image_base: optional.image_base(),
        is_64: headers.is_type_64(),
    };
    Ok((facts, tables))
}
