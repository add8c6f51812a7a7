//! The platform tags that PyPI accepts: families with their architectures and versions, as its upload
//! API lists them (`warehouse/forklift/legacy.py`, 2026).

use super::PlatformTag;
use super::family::WasmRuntime;

/// Architectures of manylinux and musllinux tags with a version.
const LINUX: [&str; 7] = ["aarch64", "armv7l", "i686", "ppc64le", "riscv64", "s390x", "x86_64"];

/// Architectures of macOS. `fat32` is not among them.
const MACOS: [&str; 11] = [
    "arm64",
    "fat",
    "fat3",
    "fat64",
    "i386",
    "intel",
    "ppc",
    "ppc64",
    "universal",
    "universal2",
    "x86_64",
];

/// Architectures of Android.
const ANDROID: [&str; 4] = ["arm64_v8a", "armeabi_v7a", "x86", "x86_64"];

impl PlatformTag {
    /// Returns whether PyPI accepts a wheel with this tag.
    #[must_use]
    pub fn is_accepted_by_pypi(&self) -> bool {
        let is_one_of = |list: &[&str]| self.architecture().is_some_and(|it| list.contains(&it));
        match self {
            Self::Any | Self::Win32 => true,
            Self::Windows { .. } => is_one_of(&["amd64", "arm64", "ia64"]),
            // PyPI takes these two because an older Raspberry Pi can have nothing else.
            Self::Linux { .. } => is_one_of(&["armv6l", "armv7l"]),
            Self::LegacyManylinux { standard, architecture } => {
                standard.has_architecture(architecture)
            }
            Self::Manylinux { .. } => is_one_of(&LINUX) || is_one_of(&["ppc64"]),
            Self::Musllinux { .. } => is_one_of(&LINUX),
            Self::Macos { version, .. } => is_macos_version(*version) && is_one_of(&MACOS),
            Self::Ios { .. } => is_one_of(&["arm64", "x86_64"]),
            Self::Android { .. } => is_one_of(&ANDROID),
            Self::Wasm { runtime, .. } => {
                *runtime == WasmRuntime::Pyemscripten && is_one_of(&["wasm32"])
            }
            Self::Other(_) => false,
        }
    }
}

/// Returns whether a wheel can be for a version of macOS: 10 with any minor version, and from 11 on,
/// where the major version alone says what runs, with minor version 0 only.
fn is_macos_version((major, minor): (u32, u32)) -> bool {
    match major {
        10 => true,
        // macOS went from 15 to 26. PyPI lists each major version and adds the next when it is out:
        // a warning about the next one would be wrong before long.
        11..=15 | 26.. => minor == 0,
        _ => false,
    }
}
