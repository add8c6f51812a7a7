//! The format of an object file and its CPU, from the file's first bytes.

use object::macho;

use super::apple::AppleCpu;
use crate::elf;
use crate::platform::Machine;

/// A format of machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    /// Linux and Android.
    Elf,
    /// macOS and iOS.
    MachO,
    /// Windows.
    Pe,
}

impl ObjectFormat {
    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "elf",
            Self::MachO => "mach-o",
            Self::Pe => "pe",
        }
    }
}

/// The format of an object file, and the CPU that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectKind {
    /// The format.
    pub format: ObjectFormat,
    /// The CPU of a loadable ELF file, if platform tags have a name for it; `None` for other formats.
    pub machine: Option<Machine>,
}

impl ObjectKind {
    /// How many bytes of a file [`Self::of`] looks at: an ELF header has at most 64, and the data directories
    /// of a PE file begin a few hundred bytes from its start.
    pub const HEAD: usize = 1 << 10;

    /// Returns the kind of a file that begins with these bytes, or `None` if it is no object file.
    /// [`Self::HEAD`] bytes are enough.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        let magic: [u8; 4] = *head.first_chunk()?;
        let format = match magic {
            [0x7F, b'E', b'L', b'F'] => ObjectFormat::Elf,
            [0xCE | 0xCF, 0xFA, 0xED, 0xFE] | [0xFE, 0xED, 0xFA, 0xCE | 0xCF] => {
                ObjectFormat::MachO
            }
            // A universal (fat) binary. Java class files have the same magic number, and a version
            // in the position of the count.
            [0xCA, 0xFE, 0xBA, 0xBE | 0xBF]
                if head.get(4..7) == Some(&[0, 0, 0])
                    && head.get(7).is_some_and(|&count| count < 20) =>
            {
                ObjectFormat::MachO
            }
            [b'M', b'Z', ..] if !is_portable_assembly(head) => ObjectFormat::Pe,
            _ => return None,
        };
        let machine = if format == ObjectFormat::Elf { elf::machine(head) } else { None };
        Some(Self { format, machine })
    }
}

/// Returns the CPUs of a Mach-O file that begins with these bytes, in its order; none if it is no such file.
/// [`ObjectKind::HEAD`] bytes are enough.
#[must_use]
pub fn apple_cpus(head: &[u8]) -> Vec<AppleCpu> {
    let word = |at: usize| head.get(at..).and_then(<[u8]>::first_chunk::<4>);
    let big = |at: usize| word(at).map(|bytes| u32::from_be_bytes(*bytes));
    let little = |at: usize| word(at).map(|bytes| u32::from_le_bytes(*bytes));
    let cpu = |cpu: Option<u32>, subtype: Option<u32>| {
        Some(AppleCpu::of(macho::CpuType(cpu?), macho::CpuSubtype(subtype?)))
    };
    let row_len = match head {
        [0xCE | 0xCF, 0xFA, 0xED, 0xFE, ..] => {
            return cpu(little(4), little(8)).into_iter().collect();
        }
        [0xFE, 0xED, 0xFA, 0xCE | 0xCF, ..] => return cpu(big(4), big(8)).into_iter().collect(),
        [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, ..] => 20,
        [0xCA, 0xFE, 0xBA, 0xBF, 0, 0, 0, ..] => 32,
        _ => return Vec::new(),
    };
    let count = head.get(7).map_or(0, |&count| usize::from(count));
    (0..count).map_while(|row| cpu(big(8 + row * row_len), big(12 + row * row_len))).collect()
}

/// Returns whether a PE file is a .NET assembly for any CPU: its image is 32-bit for the i386, and it has a CLI
/// header (ECMA-335, II.25). Assemblies for one CPU are 64-bit, or not distinguished from these.
fn is_portable_assembly(head: &[u8]) -> bool {
    const I386: u16 = 0x14C;
    const PE32: u16 = 0x10B;
    let short = |at: usize| Some(u16::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let long = |at: usize| Some(u32::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let facts = || {
        let start = usize::try_from(long(0x3C)?).ok()?;
        let is_pe = head.get(start..)?.starts_with(b"PE\0\0");
        let (machine, magic) = (short(start + 4)?, short(start + 24)?);
        let (directories, cli_header) = (long(start + 24 + 92)?, long(start + 24 + 96 + 14 * 8)?);
        Some(is_pe && machine == I386 && magic == PE32 && directories > 14 && cli_header != 0)
    };
    facts().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::sample::{Layout, library};

    #[test]
    fn kinds_follow_from_the_first_bytes() {
        let kind = |format| Some(ObjectKind { format, machine: None });
        let cases: [(&[u8], Option<ObjectKind>); 8] = [
            (b"\x7FELF", kind(ObjectFormat::Elf)),
            (b"\xCF\xFA\xED\xFE", kind(ObjectFormat::MachO)),
            (b"\xFE\xED\xFA\xCF", kind(ObjectFormat::MachO)),
            (b"\xCA\xFE\xBA\xBE\0\0\0\x02", kind(ObjectFormat::MachO)),
            (b"\xCA\xFE\xBA\xBE\0\0\0\x41", None),
            (b"MZ\x90\0", kind(ObjectFormat::Pe)),
            (b"#!/bin/sh\n", None),
            (b"\x7FEL", None),
        ];
        for (head, expected) in cases {
            assert_eq!(ObjectKind::of(head), expected, "{head:?}");
        }
        let machine = Some(Machine::X86_64);
        let expected = ObjectKind { format: ObjectFormat::Elf, machine };
        assert_eq!(ObjectKind::of(&library(Layout::SMALL)[..64]), Some(expected));
    }

    /// Returns the headers of a PE file: the CPU, the magic number, and the address of the CLI header.
    fn pe(machine: u16, magic: u16, cli_header: u32) -> Vec<u8> {
        let mut head = vec![0; 0x200];
        head[..2].copy_from_slice(b"MZ");
        head[0x3C] = 0x80;
        head[0x80..0x84].copy_from_slice(b"PE\0\0");
        head[0x84..0x86].copy_from_slice(&machine.to_le_bytes());
        head[0x98..0x9A].copy_from_slice(&magic.to_le_bytes());
        head[0xF4] = 16;
        head[0x168..0x16C].copy_from_slice(&cli_header.to_le_bytes());
        head
    }

    /// The first is as in Python.Runtime.dll of pythonnet 3.2.1, which is for any platform.
    #[test]
    fn net_assemblies_for_any_cpu_are_no_machine_code() {
        let is_native = |head: &[u8]| ObjectKind::of(head).is_some();
        assert!(!is_native(&pe(0x14C, 0x10B, 0x2008)));
        assert!(is_native(&pe(0x14C, 0x10B, 0)), "no CLI header");
        assert!(is_native(&pe(0x8664, 0x20B, 0x2008)), "for x86-64");
        assert!(is_native(&pe(0x14C, 0x10B, 0x2008)[..0x160]), "truncated");
        let mut far = pe(0x14C, 0x10B, 0x2008);
        far[0x3C..0x40].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(is_native(&far), "no PE header");
    }
}
