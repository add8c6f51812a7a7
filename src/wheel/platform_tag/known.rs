//! The CPUs, versions and systems that installers look for. A tag with another one has the form of its
//! family, and is never selected.
//!
//! Sources: `packaging.tags` 26.3, CPython's `sysconfig.get_platform`, and the kernel's `uname -m`.

use super::PlatformTag;
use super::family::{Family, LegacyManylinux};

/// CPUs of manylinux tags, and the levels of x86-64 that `auditwheel` adds.
const MANYLINUX: [&str; 13] = [
    "aarch64",
    "armv7l",
    "armv8l",
    "i686",
    "loongarch64",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "x86_64",
    "x86_64_v2",
    "x86_64_v3",
    "x86_64_v4",
];

/// Further CPUs of Linux, as the kernel names them.
const LINUX: [&str; 25] = [
    "aarch64_be",
    "alpha",
    "arc",
    "armv5tejl",
    "armv5tel",
    "armv6l",
    "armv7b",
    "armv8b",
    "csky",
    "i386",
    "i486",
    "i586",
    "ia64",
    "m68k",
    "microblaze",
    "mips",
    "mips64",
    "openrisc",
    "parisc",
    "parisc64",
    "ppc",
    "riscv32",
    "s390",
    "sparc",
    "sparc64",
];

/// CPUs and sets of CPUs of macOS.
const MACOS: [&str; 12] = [
    "arm64",
    "fat",
    "fat3",
    "fat32",
    "fat64",
    "i386",
    "intel",
    "ppc",
    "ppc64",
    "universal",
    "universal2",
    "x86_64",
];

/// CPUs of Windows, beside 32-bit x86.
const WINDOWS: [&str; 4] = ["amd64", "arm32", "arm64", "ia64"];

/// ABIs of Android.
const ANDROID: [&str; 5] = ["arm64_v8a", "armeabi_v7a", "riscv64", "x86", "x86_64"];

/// Systems whose tags no standard gives a form.
const SYSTEMS: [&str; 17] = [
    "aix",
    "cygwin",
    "dragonfly",
    "freebsd",
    "gnu",
    "haiku",
    "hp",
    "illumos",
    "mingw",
    "msys",
    "netbsd",
    "openbsd",
    "qnx",
    "solaris",
    "sunos",
    "vxworks",
    "zos",
];

impl PlatformTag {
    /// Returns what installers look for instead of this tag; `None` if some installer may look for it.
    pub(super) fn expected_instead(&self) -> Option<&'static str> {
        let is_one_of = |list: &[&str]| self.architecture().is_some_and(|it| list.contains(&it));
        let (is_known, expected) = match self {
            Self::Any | Self::Win32 | Self::Wasm { .. } => (true, ""),
            Self::Linux { .. } => (is_one_of(&MANYLINUX) || is_one_of(&LINUX), LINUX_FORM),
            Self::LegacyManylinux { standard, .. } => (
                is_one_of(&["i686", "x86_64"])
                    || *standard == LegacyManylinux::Manylinux2014 && is_one_of(&MANYLINUX),
                "`x86_64` or `i686` as the CPU, or `manylinux2014`",
            ),
            Self::Manylinux { glibc: (major, _), .. } => {
                (*major == 2 && is_one_of(&MANYLINUX), MANYLINUX_FORM)
            }
            Self::Musllinux { musl: (major, _), .. } => (
                *major == 1 && (is_one_of(&MANYLINUX) || is_one_of(&LINUX)),
                "`musllinux_1_Y_ARCH` with a CPU such as `x86_64` or `aarch64`",
            ),
            Self::Android { .. } => (
                is_one_of(&ANDROID),
                "`android_LEVEL_ABI` with `arm64_v8a`, `x86_64`, `armeabi_v7a` or `x86`",
            ),
            Self::Macos { version: (major, minor), .. } => (
                (*major == 10 || *major > 10 && *minor == 0) && is_one_of(&MACOS),
                "`macosx_10_Y_ARCH`, or `macosx_X_0_ARCH` from macOS 11 on, with `arm64`, `x86_64` or `universal2`",
            ),
            Self::Ios { .. } => (is_one_of(&["arm64", "x86_64"]), "`arm64` or `x86_64` as the CPU"),
            Self::Windows { .. } => (is_one_of(&WINDOWS), "`win_amd64`, `win_arm64` or `win32`"),
            Self::Other(tag) => {
                let system = tag.split('_').next().unwrap_or_default();
                let is_known =
                    SYSTEMS.contains(&system) || matches!(Family::of(tag), Some(Family::Wasm(_)));
                (
                    is_known,
                    "a platform such as `manylinux_2_28_x86_64`, `macosx_11_0_arm64`, `win_amd64` or `any`",
                )
            }
        };
        (!is_known).then_some(expected)
    }
}

const LINUX_FORM: &str =
    "`linux_ARCH` with the CPU as `uname -m` prints it, such as `x86_64` or `aarch64`";

const MANYLINUX_FORM: &str =
    "`manylinux_2_Y_ARCH` with a CPU such as `x86_64`, `aarch64`, `i686`, `armv7l` or `riscv64`";
