//! The facts of one ELF file that audits use.
//!
//! The terms are those of the System V ABI and of the GNU extensions to it: `DT_NEEDED`, soname,
//! rpath, runpath, verneed, verdef.

use std::sync::Arc;

use super::linkage::Linkage;
use super::undefined::UndefinedNames;
use crate::platform::Machine;

/// The largest page size of Linux in bytes.
pub(super) const LARGEST_PAGE: u64 = 64 << 10;

/// The class of a file: 32 or 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 32 bits.
    Elf32,
    /// 64 bits.
    Elf64,
}

/// The properties in which a file and its libraries must agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// 32 or 64 bits.
    pub class: Class,
    /// Whether the least significant byte comes first.
    pub little_endian: bool,
    /// `e_machine`.
    pub e_machine: u16,
    /// `EI_OSABI`.
    pub os_abi: u8,
    /// `e_flags`.
    pub flags: u32,
    /// The CPU, if platform tags have a name for it. `None` also for 32-bit ARM that is not EABI 5
    /// with hard floating point.
    pub machine: Option<Machine>,
}

/// A field of the header for which glibc's loader refuses a file (`open_verify` in its `elf/dl-load.c`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderFault {
    /// `EI_VERSION` or `e_version` is not `EV_CURRENT`.
    Version,
    /// `EI_ABIVERSION` is not one that glibc 2.36 knows for the `EI_OSABI`.
    AbiVersion,
    /// Bytes of `e_ident` that have no meaning are not zero.
    Padding,
}

/// The level of the x86-64 instruction set that a file declares (`GNU_PROPERTY_X86_ISA_1_NEEDED`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IsaLevel {
    /// x86-64-v2: SSE4.2, POPCNT.
    V2,
    /// x86-64-v3: AVX2, FMA, BMI2.
    V3,
    /// x86-64-v4: AVX-512.
    V4,
    /// Bits that belong to no published level.
    Unknown,
}

/// One version of a library that a file needs, from its verneed table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededVersion {
    /// The version's name, such as `GLIBC_2.34`.
    pub name: String,
    /// The undefined symbols with this version, in the order of the symbol table.
    pub symbols: Vec<String>,
}

/// The versions of one library that a file needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededLibrary {
    /// The library's soname in the verneed table.
    pub library: String,
    /// Its versions, in the table's order.
    pub versions: Vec<NeededVersion>,
}

/// Code that a file carries for other devices than the CPU.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceCode {
    /// Whether there is a section `.nv_fatbin`: code for NVIDIA's GPUs.
    pub cuda: bool,
}

/// How much of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All facts, and the [`Linkage`]. It takes no other bytes of the file than [`Detail::Whole`].
    Linkage,
    /// All facts except for the [`Linkage`].
    Whole,
    /// What a loader needs: no symbols and no sections. Their lists are empty.
    Loading,
}

/// A fault of a `PT_LOAD` segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentFault {
    /// Its alignment is not a power of two, or less than a page.
    Alignment {
        /// `p_align`.
        align: u64,
    },
    /// Its offset and its address differ modulo its alignment, or modulo the page size.
    Offset {
        /// `p_offset`.
        offset: u64,
        /// `p_vaddr`.
        address: u64,
        /// The alignment that they should have in common, in bytes.
        align: u64,
    },
    /// It begins before the end of the segment in front of it.
    Order {
        /// `p_vaddr`.
        address: u64,
    },
    /// It ends behind the end of the file.
    BeyondFile {
        /// The offset of its end.
        end: u64,
        /// The file's length in bytes.
        len: u64,
    },
}

/// A table that is not needed to load a file and that contradicts the rest of the file. It is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MalformedTable {
    /// `DT_HASH`.
    Hash,
    /// `DT_GNU_HASH`.
    GnuHash,
    /// `DT_VERSYM`: the version of each symbol.
    SymbolVersions,
    /// `DT_VERDEF`: the versions that the file defines.
    DefinedVersions,
}

impl MalformedTable {
    /// Returns the tag that locates the table.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Hash => "DT_HASH",
            Self::GnuHash => "DT_GNU_HASH",
            Self::SymbolVersions => "DT_VERSYM",
            Self::DefinedVersions => "DT_VERDEF",
        }
    }
}

/// The facts of one ELF file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent facts, not a state")]
pub struct ElfFacts {
    /// The platform that it runs on.
    pub platform: Platform,
    /// `e_type`.
    pub e_type: u16,
    /// A field of the header for which glibc refuses it.
    pub header_fault: Option<HeaderFault>,
    /// `PT_INTERP`: the path of the program interpreter.
    pub interpreter: Option<String>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// `DT_RPATH`: the last entry of several.
    pub rpath: Option<String>,
    /// `DT_RUNPATH`: the last entry of several.
    pub runpath: Option<String>,
    /// The versions that it needs of other libraries.
    pub verneed: Vec<NeededLibrary>,
    /// The versions that it defines, without its own name (`VER_FLG_BASE`).
    pub verdef: Vec<String>,
    /// Names of undefined symbols that are not weak.
    pub undefined: UndefinedNames,
    /// Defined functions that may be the entry point of a Python module: their names begin with
    /// `PyInit_`, `_cffi_pypyinit_` or `init`.
    pub entry_points: Vec<String>,
    /// Whether it has an undefined symbol of Python's `fpectl`: `PyFPE_jbuf`, `PyFPE_dummy` or
    /// `PyFPE_counter`.
    pub uses_pyfpe: bool,
    /// Whether it has an undefined function with `PyUnicodeUCS2_` in its name.
    pub uses_ucs2: bool,
    /// Undefined symbols whose names begin with `Py` or `_Py`, weak or not.
    pub python_references: Vec<String>,
    /// Defined symbols whose names begin so, apart from entry points of modules.
    pub python_definitions: Vec<String>,
    /// The level of the instruction set that it needs beyond the baseline.
    pub isa_needed: Option<IsaLevel>,
    /// Whether it requests an executable stack: `PT_GNU_STACK` with `PF_X`.
    pub executable_stack: bool,
    /// Whether the loader must write to its code: `DT_TEXTREL` or `DF_TEXTREL`.
    pub text_relocations: bool,
    /// Whether a loader must apply packed relative relocations: `DT_RELR`. A static program applies
    /// its own.
    pub packed_relocations: bool,
    /// Faults of its `PT_LOAD` segments, at most one of each kind.
    pub segment_faults: Vec<SegmentFault>,
    /// The largest page size in bytes, 4 KiB to 64 KiB, with which its segments can be mapped.
    pub max_page_size: u64,
    /// Tables that were left out, because they contradict the rest of the file.
    pub malformed_tables: Vec<MalformedTable>,
    /// Code for GPUs. `None` where the section table was not read.
    pub device_code: Option<DeviceCode>,
    /// `NT_GNU_BUILD_ID`.
    pub build_id: Option<Vec<u8>>,
    /// Names among its string literals that look like sonames, sorted; empty unless they were asked for.
    pub soname_literals: Vec<String>,
    /// Its dynamic symbols; `None` unless they were asked for by [`Detail::Linkage`].
    pub linkage: Option<Arc<Linkage>>,
    /// The most bytes that [`ElfFacts::read_parts`] needs for these facts, behind the header.
    pub table_bytes: u64,
}

impl ElfFacts {
    /// Returns the approximate number of bytes that it takes in memory.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let texts = |texts: &[String]| texts.iter().map(|text| text.len() + 24).sum::<usize>();
        let versions = self.verneed.iter().flat_map(|library| &library.versions);
        let symbols: usize = versions.map(|version| texts(&version.symbols) + 48).sum();
        let python = texts(&self.python_references) + texts(&self.python_definitions);
        let names = texts(&self.soname_literals)
            + texts(&self.needed)
            + texts(&self.verdef)
            + texts(&self.entry_points)
            + python;
        let linkage = self.linkage.as_ref().map_or(0, |linkage| linkage.weight());
        (size_of::<Self>() + names + symbols + self.undefined.len() * 8) as u64 + linkage
    }

    /// Returns whether it needs no other file, and so no C library: a statically linked program.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.interpreter.is_none() && self.needed.is_empty() && self.verneed.is_empty()
    }

    /// Returns the facts of a file that has only a header.
    #[must_use]
    pub fn new(platform: Platform, e_type: u16) -> Self {
        Self {
            platform,
            e_type,
            header_fault: None,
            interpreter: None,
            soname: None,
            needed: Vec::new(),
            rpath: None,
            runpath: None,
            verneed: Vec::new(),
            verdef: Vec::new(),
            undefined: UndefinedNames::default(),
            entry_points: Vec::new(),
            uses_pyfpe: false,
            uses_ucs2: false,
            python_references: Vec::new(),
            python_definitions: Vec::new(),
            isa_needed: None,
            executable_stack: false,
            text_relocations: false,
            packed_relocations: false,
            segment_faults: Vec::new(),
            max_page_size: LARGEST_PAGE,
            malformed_tables: Vec::new(),
            device_code: None,
            build_id: None,
            soname_literals: Vec::new(),
            linkage: None,
            table_bytes: 0,
        }
    }
}
