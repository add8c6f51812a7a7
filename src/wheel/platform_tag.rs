//! Platform tags, parsed: the system, CPU and C library that `manylinux_2_27_x86_64` names.
//!
//! The forms are those of PEP 425 (`linux_…`, `macosx_…`, `win_…`), PEP 513, 571 and 599 (the first
//! manylinux tags), PEP 600 (manylinux), PEP 656 (musllinux), PEP 738 (Android), PEP 730 (iOS) and
//! PEP 783 (`pyemscripten_…`).

mod family;
mod index;
mod known;
mod parse;

use std::fmt;

use self::family::Family;
pub use self::family::{IosSdk, LegacyManylinux, WasmRuntime};
use crate::platform::{Libc, Machine};

/// A platform tag. `Display` writes it, and parsing what it wrote gives the same value.
///
/// Versions are pairs of major and minor version. Numbers above [`u32::MAX`] become that number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlatformTag {
    /// `any`: no machine code.
    Any,
    /// `linux_ARCH`: Linux with any C library of any version.
    Linux {
        /// `x86_64`.
        architecture: Box<str>,
    },
    /// `manylinux1_ARCH`, `manylinux2010_ARCH`, `manylinux2014_ARCH`.
    LegacyManylinux {
        /// The standard: one of three.
        standard: LegacyManylinux,
        /// `x86_64`.
        architecture: Box<str>,
    },
    /// `manylinux_X_Y_ARCH`.
    Manylinux {
        /// The oldest glibc that the wheel runs with.
        glibc: (u32, u32),
        /// `x86_64`.
        architecture: Box<str>,
    },
    /// `musllinux_X_Y_ARCH`.
    Musllinux {
        /// The oldest musl that the wheel runs with.
        musl: (u32, u32),
        /// `x86_64`.
        architecture: Box<str>,
    },
    /// `android_LEVEL_ABI`.
    Android {
        /// The lowest API level that the wheel runs with.
        api_level: u32,
        /// `arm64_v8a`.
        abi: Box<str>,
    },
    /// `macosx_X_Y_ARCH`.
    Macos {
        /// The oldest macOS that the wheel runs with.
        version: (u32, u32),
        /// `arm64`, `universal2`.
        architecture: Box<str>,
    },
    /// `ios_X_Y_ARCH_SDK`.
    Ios {
        /// The oldest iOS that the wheel runs with.
        version: (u32, u32),
        /// `arm64`.
        architecture: Box<str>,
        /// Device or simulator.
        sdk: IosSdk,
    },
    /// `win32`: Windows on 32-bit x86.
    Win32,
    /// `win_ARCH`: Windows on any other CPU.
    Windows {
        /// `amd64`, `arm64`.
        architecture: Box<str>,
    },
    /// `pyemscripten_YEAR_PATCH_wasm32` and other WebAssembly platforms.
    Wasm {
        /// The runtime of the code.
        runtime: WasmRuntime,
        /// Two numbers for `pyemscripten` and `pyodide`, three for the others.
        version: Box<[u32]>,
        /// `wasm32`.
        architecture: Box<str>,
    },
    /// Any other platform, such as `freebsd_14_0_release_amd64`. From
    /// [`PlatformTag::parse_lenient`] also a misspelt system, and a text that lacks a part, such as
    /// `manylinux_2_28`.
    Other(Box<str>),
}

impl PlatformTag {
    /// Returns the machine whose policies judge a wheel with this tag. The system does not matter:
    /// `macosx_11_0_x86_64` gives x86-64, too. `None` for CPUs without policies on Linux, and for
    /// names that only other systems use, such as `amd64`.
    ///
    /// Levels of x86-64 count as their baseline: `manylinux_2_34_x86_64_v3` is for x86-64.
    #[must_use]
    pub fn machine(&self) -> Option<Machine> {
        if self.is_linux()
            && let Some(architecture) = self.architecture()
        {
            return machine_of(architecture);
        }
        let text = self.to_string();
        let mut ends = text.match_indices('_').filter_map(|(at, _)| text.get(at + 1..));
        ends.find_map(machine_of)
    }

    /// Returns whether the platform may run ELF code for `machine`. Returns true for systems other
    /// than Linux and Android: they have other names for CPUs, and ELF files in their wheels are
    /// rare.
    #[must_use]
    pub fn may_run(&self, machine: Machine) -> bool {
        if !self.is_linux() {
            return true;
        }
        let named = match self.architecture() {
            // Android's name, and the names of older CPUs.
            Some("x86" | "i386" | "i486" | "i586") => Some(Machine::I686),
            // The ELF header does not distinguish these 32-bit ARM variants.
            Some(name) if name.starts_with("armv") || name.starts_with("armeabi") => {
                Some(Machine::Armv7l)
            }
            _ => self.machine(),
        };
        named == Some(machine)
    }

    /// Returns the CPU as the tag names it: `x86_64`, `universal2`, `arm64_v8a`. `None` for
    /// [`PlatformTag::Any`], [`PlatformTag::Win32`] and [`PlatformTag::Other`].
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        match self {
            Self::Any | Self::Win32 | Self::Other(_) => None,
            Self::Linux { architecture }
            | Self::LegacyManylinux { architecture, .. }
            | Self::Manylinux { architecture, .. }
            | Self::Musllinux { architecture, .. }
            | Self::Android { abi: architecture, .. }
            | Self::Macos { architecture, .. }
            | Self::Ios { architecture, .. }
            | Self::Windows { architecture }
            | Self::Wasm { architecture, .. } => Some(architecture),
        }
    }

    /// Returns the C library that the tag names. `None` for `linux_…`, which may be for any, and for
    /// other systems.
    #[must_use]
    pub fn libc(&self) -> Option<Libc> {
        match self.family()? {
            Family::Manylinux => Some(Libc::Glibc),
            Family::Musllinux => Some(Libc::Musl),
            Family::Android => Some(Libc::Android),
            _ => None,
        }
    }

    /// Returns the C library and its version, for manylinux and musllinux.
    #[must_use]
    pub fn libc_version(&self) -> Option<(Libc, (u32, u32))> {
        match self {
            Self::LegacyManylinux { standard, .. } => Some((Libc::Glibc, standard.glibc())),
            Self::Manylinux { glibc, .. } => Some((Libc::Glibc, *glibc)),
            Self::Musllinux { musl, .. } => Some((Libc::Musl, *musl)),
            _ => None,
        }
    }

    /// Returns whether the platform is Linux or Android.
    #[must_use]
    pub fn is_linux(&self) -> bool {
        self.libc().is_some() || self.family() == Some(Family::Linux)
    }

    /// Returns whether the platform is macOS or iOS.
    #[must_use]
    pub fn is_apple(&self) -> bool {
        matches!(self, Self::Macos { .. } | Self::Ios { .. })
    }

    /// Returns whether the platform is Windows.
    #[must_use]
    pub fn is_windows(&self) -> bool {
        matches!(self, Self::Win32 | Self::Windows { .. })
    }

    fn family(&self) -> Option<Family> {
        match self {
            Self::Any => Some(Family::Any),
            Self::Linux { .. } => Some(Family::Linux),
            Self::LegacyManylinux { .. } | Self::Manylinux { .. } => Some(Family::Manylinux),
            Self::Musllinux { .. } => Some(Family::Musllinux),
            Self::Android { .. } => Some(Family::Android),
            Self::Macos { .. } => Some(Family::Macos),
            Self::Ios { .. } => Some(Family::Ios),
            Self::Win32 | Self::Windows { .. } => Some(Family::Windows),
            Self::Wasm { runtime, .. } => Some(Family::Wasm(*runtime)),
            Self::Other(text) => Family::of(text),
        }
    }
}

impl fmt::Display for PlatformTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("any"),
            Self::Linux { architecture } => write!(formatter, "linux_{architecture}"),
            Self::LegacyManylinux { standard, architecture } => {
                write!(formatter, "{}_{architecture}", standard.name())
            }
            Self::Manylinux { glibc: (major, minor), architecture } => {
                write!(formatter, "manylinux_{major}_{minor}_{architecture}")
            }
            Self::Musllinux { musl: (major, minor), architecture } => {
                write!(formatter, "musllinux_{major}_{minor}_{architecture}")
            }
            Self::Android { api_level, abi } => write!(formatter, "android_{api_level}_{abi}"),
            Self::Macos { version: (major, minor), architecture } => {
                write!(formatter, "macosx_{major}_{minor}_{architecture}")
            }
            Self::Ios { version: (major, minor), architecture, sdk } => {
                write!(formatter, "ios_{major}_{minor}_{architecture}_{}", sdk.name())
            }
            Self::Win32 => formatter.write_str("win32"),
            Self::Windows { architecture } => write!(formatter, "win_{architecture}"),
            Self::Wasm { runtime, version, architecture } => {
                formatter.write_str(runtime.name())?;
                version.iter().try_for_each(|number| write!(formatter, "_{number}"))?;
                write!(formatter, "_{architecture}")
            }
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

/// Returns the machine of an architecture's name.
fn machine_of(architecture: &str) -> Option<Machine> {
    match architecture {
        "x86_64_v2" | "x86_64_v3" | "x86_64_v4" => Some(Machine::X86_64),
        // Android's name.
        "arm64_v8a" => Some(Machine::Aarch64),
        _ => Machine::ALL.into_iter().find(|machine| machine.name() == architecture),
    }
}

#[cfg(test)]
mod tests;
