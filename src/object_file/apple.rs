//! CPUs and platforms of Mach-O files, by the names that Apple and platform tags give them.

use std::fmt;

use object::macho;

use crate::platform::Machine;

/// The CPU of a Mach-O file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppleCpu {
    /// 64-bit x86.
    X86_64,
    /// 64-bit x86 with the instructions of Haswell and later.
    X86_64h,
    /// 64-bit ARM.
    Arm64,
    /// 64-bit ARM with pointer authentication, for code of the system.
    Arm64e,
    /// 32-bit x86.
    I386,
    /// 32-bit PowerPC.
    Ppc,
    /// 64-bit PowerPC.
    Ppc64,
    /// Any other: the CPU type and subtype.
    Other(u32, u32),
}

impl AppleCpu {
    /// Returns the CPU with a type and a subtype, whose high bits are capabilities.
    pub(super) fn of(cpu: macho::CpuType, subtype: macho::CpuSubtype) -> Self {
        const X86_64_H: u32 = 8;
        const ARM64E: u32 = 2;
        match (cpu, subtype.0 & !macho::CPU_SUBTYPE_MASK) {
            (macho::CPU_TYPE_X86_64, X86_64_H) => Self::X86_64h,
            (macho::CPU_TYPE_X86_64, _) => Self::X86_64,
            (macho::CPU_TYPE_ARM64, ARM64E) => Self::Arm64e,
            (macho::CPU_TYPE_ARM64, _) => Self::Arm64,
            (macho::CPU_TYPE_X86, _) => Self::I386,
            (macho::CPU_TYPE_POWERPC, _) => Self::Ppc,
            (macho::CPU_TYPE_POWERPC64, _) => Self::Ppc64,
            (cpu, subtype) => Self::Other(cpu.0, subtype),
        }
    }

    /// Returns the CPUs that the architecture of a platform tag of macOS or iOS stands for, such as `universal2`;
    /// `None` if it is not one of Python's: `sysconfig.get_platform`.
    #[must_use]
    pub fn of_architecture(name: &str) -> Option<&'static [Self]> {
        Some(match name {
            "x86_64" => &[Self::X86_64],
            "arm64" => &[Self::Arm64],
            "i386" => &[Self::I386],
            "ppc" => &[Self::Ppc],
            "ppc64" => &[Self::Ppc64],
            "universal2" => &[Self::X86_64, Self::Arm64],
            "intel" => &[Self::X86_64, Self::I386],
            "fat" | "fat32" => &[Self::I386, Self::Ppc],
            "fat3" => &[Self::X86_64, Self::I386, Self::Ppc],
            "fat64" => &[Self::X86_64, Self::Ppc64],
            "universal" => &[Self::X86_64, Self::I386, Self::Ppc, Self::Ppc64],
            _ => return None,
        })
    }

    /// Returns the name that `lipo` gives the CPU; `other` if it is [`Self::Other`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::X86_64h => "x86_64h",
            Self::Arm64 => "arm64",
            Self::Arm64e => "arm64e",
            Self::I386 => "i386",
            Self::Ppc => "ppc",
            Self::Ppc64 => "ppc64",
            Self::Other(..) => "other",
        }
    }

    /// Returns the CPU by the name that Linux platform tags give it, if they have one.
    #[must_use]
    pub fn machine(self) -> Option<Machine> {
        match self {
            Self::X86_64 | Self::X86_64h => Some(Machine::X86_64),
            Self::Arm64 | Self::Arm64e => Some(Machine::Aarch64),
            Self::I386 => Some(Machine::I686),
            Self::Ppc64 => Some(Machine::Ppc64),
            Self::Ppc | Self::Other(..) => None,
        }
    }
}

impl fmt::Display for AppleCpu {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(cpu, subtype) => write!(formatter, "CPU type {cpu:#x}, subtype {subtype}"),
            named => formatter.write_str(named.name()),
        }
    }
}

/// The system that a Mach-O file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApplePlatform {
    /// macOS.
    Macos,
    /// iOS on a device.
    Ios,
    /// The simulator of iOS.
    IosSimulator,
    /// Any other: the number in `LC_BUILD_VERSION`.
    Other(u32),
}

impl ApplePlatform {
    pub(super) fn of(platform: macho::Platform) -> Self {
        match platform {
            macho::PLATFORM_MACOS => Self::Macos,
            macho::PLATFORM_IOS => Self::Ios,
            macho::PLATFORM_IOSSIMULATOR => Self::IosSimulator,
            other => Self::Other(other.0),
        }
    }

    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Macos => "macOS",
            Self::Ios => "iOS",
            Self::IosSimulator => "the simulator of iOS",
            Self::Other(_) => "another system of Apple",
        }
    }
}

/// A version in a load command: major, minor and patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppleVersion(pub u32, pub u32, pub u32);

impl AppleVersion {
    /// Decodes `xxxx.yy.zz`, as `mach-o/loader.h` packs it into 32 bits.
    pub(super) fn of(version: macho::Version) -> Self {
        Self(version.0 >> 16, version.0 >> 8 & 0xFF, version.0 & 0xFF)
    }
}

impl fmt::Display for AppleVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor, patch) = self;
        write!(formatter, "{major}.{minor}")?;
        if *patch > 0 { write!(formatter, ".{patch}") } else { Ok(()) }
    }
}
