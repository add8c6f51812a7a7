//! Extension modules: whether the Pythons that a wheel is for look for a module under its file's name.
//!
//! A Python imports files with a few suffixes only (`importlib.machinery.EXTENSION_SUFFIXES`):
//!
//! | CPython | suffixes |
//! |---|---|
//! | 3.12 on Linux | `.cpython-312-x86_64-linux-gnu.so`, `.abi3.so`, `.so` |
//! | 3.13, free-threaded, on macOS | `.cpython-313t-darwin.so`, `.abi3.so`, `.so` |
//! | 3.15 on Linux | `.cpython-315-x86_64-linux-gnu.so`, `.abi3.so`, `.abi3t.so`, `.so` |
//! | 3.15, free-threaded, on Linux | `.cpython-315t-x86_64-linux-gnu.so`, `.abi3t.so`, `.so` |
//! | 3.12 on Windows | `.cp312-win_amd64.pyd`, `.pyd` |
//!
//! PyPy and GraalPy have suffixes such as `.pypy311-pp73-x86_64-linux-gnu.so`. Sources: CPython's
//! `dynload_shlib.c` and `dynload_win.c`, and `_generic_abi` of `packaging.tags`.

use super::abi_tag::AbiTag;
use super::platform_tag::PlatformTag;
use super::python_tag::PythonTag;
use crate::platform::{Libc, Machine};

/// The first minor version of CPython 3 that imports `.abi3t.so`, and whose free-threaded build does not
/// import `.abi3.so` (PEP 803).
const FIRST_ABI3T: u8 = 15;

/// The Pythons, of those that install a wheel, that import a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportedBy {
    /// None of them.
    None,
    /// Some, and not all.
    Some,
    /// All of them.
    All,
}

/// The suffix of an extension module that names an ABI, such as `.cpython-312-x86_64-linux-gnu.so`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionSuffix {
    /// The suffix without `.so` or `.pyd`: `cpython-312-x86_64-linux-gnu`.
    pub text: Box<str>,
    abi: AbiTag,
    /// Such as `x86_64-linux-gnu` or `win_amd64`; empty if there is none.
    platform: Box<str>,
    is_pyd: bool,
}

impl ExtensionSuffix {
    /// Parses the suffix of a file's name. `None` for a name without an ABI, which every Python of the
    /// platform imports.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let is_pyd = extension == "pyd";
        if !is_pyd && extension != "so" {
            return None;
        }
        let text = stem.rsplit_once('.')?.1;
        let parts: Vec<&str> = text.split('-').collect();
        let abi_parts = match parts[0] {
            "cpython" | "pypy" => 2,
            first if first.starts_with("pypy") => 2,
            first if first.starts_with("graalpy") => 3,
            _ => 1,
        };
        let (abi, platform) = parts.split_at_checked(abi_parts)?;
        let abi = match abi {
            ["cpython", version] => format!("cp{version}"),
            _ => abi.join("_"),
        };
        let abi = abi.parse().ok().filter(|abi| *abi != AbiTag::None)?;
        Some(Self { text: text.into(), abi, platform: platform.join("-").into(), is_pyd })
    }

    /// Returns the version of CPython that imports the file, if it is only one.
    #[must_use]
    pub fn version(&self) -> Option<(u8, u8)> {
        match self.abi {
            AbiTag::CPython { major, minor, .. } => Some((major, minor)),
            _ => None,
        }
    }

    /// Returns which of the Pythons that install a wheel with these two tags import the file.
    #[must_use]
    pub fn imported_by(&self, python: &PythonTag, abi: &AbiTag) -> ImportedBy {
        match &self.abi {
            AbiTag::None => ImportedBy::All,
            AbiTag::CPython { major, minor, flags } => {
                importers_of_version((*major, *minor), flags, python, abi)
            }
            AbiTag::Abi3 | AbiTag::Abi3t if self.is_pyd => ImportedBy::None,
            AbiTag::Abi3 => importers_of_abi3(python, abi),
            AbiTag::Abi3t => importers_of_abi3t(python, abi),
            AbiTag::Other(own) => match (python, abi) {
                (PythonTag::Other(_), AbiTag::Other(other)) if other != own => ImportedBy::None,
                (PythonTag::Other(_), _) => ImportedBy::All,
                (PythonTag::Language { .. }, _) => ImportedBy::Some,
                (PythonTag::CPython { .. }, _) => ImportedBy::None,
            },
        }
    }

    /// Returns whether Pythons on a platform import the file. True if the suffix names a platform that
    /// is not known.
    #[must_use]
    pub fn fits(&self, tag: &PlatformTag) -> bool {
        if self.platform.is_empty() || matches!(tag, PlatformTag::Any | PlatformTag::Other(_)) {
            return true;
        }
        match &*self.platform {
            "darwin" => matches!(tag, PlatformTag::Macos { .. }),
            "iphoneos" | "iphonesimulator" => matches!(tag, PlatformTag::Ios { .. }),
            windows if windows.starts_with("win") => *windows == *tag.to_string(),
            wasm if wasm.starts_with("wasm") => matches!(tag, PlatformTag::Wasm { .. }),
            triplet => match triplet.split_once("-linux") {
                Some((cpu, libc)) => fits_linux(cpu, libc, tag),
                None => true,
            },
        }
    }
}

/// Returns which Pythons import a file for one version of CPython.
fn importers_of_version(
    version: (u8, u8),
    flags: &str,
    python: &PythonTag,
    abi: &AbiTag,
) -> ImportedBy {
    let is_threaded = flags.contains('t');
    match (python, abi) {
        (PythonTag::CPython { major, minor }, AbiTag::CPython { flags: wheel, .. }) => {
            let has_flags =
                is_threaded == wheel.contains('t') && (wheel.contains('d') || !flags.contains('d'));
            if version == (*major, *minor) && has_flags {
                ImportedBy::All
            } else {
                ImportedBy::None
            }
        }
        (PythonTag::CPython { major, minor }, AbiTag::None) => {
            if version == (*major, *minor) {
                ImportedBy::All
            } else {
                ImportedBy::None
            }
        }
        (PythonTag::CPython { major, minor }, AbiTag::Abi3 | AbiTag::Abi3t) => {
            let is_later = version.0 == *major && version.1 >= *minor;
            let fits = is_later && is_threaded == (*abi == AbiTag::Abi3t);
            if fits { ImportedBy::Some } else { ImportedBy::None }
        }
        (PythonTag::Language { major, minor }, _) => {
            let is_later = version.0 == *major && version.1 >= minor.unwrap_or(0);
            if is_later { ImportedBy::Some } else { ImportedBy::None }
        }
        _ => ImportedBy::None,
    }
}

fn importers_of_abi3(python: &PythonTag, abi: &AbiTag) -> ImportedBy {
    match (python, abi) {
        (PythonTag::Language { major: 2, .. } | PythonTag::CPython { major: 2, .. }, _)
        | (_, AbiTag::Abi3t) => ImportedBy::None,
        (PythonTag::CPython { minor, .. }, AbiTag::CPython { flags, .. })
            if flags.contains('t') && *minor >= FIRST_ABI3T =>
        {
            ImportedBy::None
        }
        _ => ImportedBy::All,
    }
}

fn importers_of_abi3t(python: &PythonTag, abi: &AbiTag) -> ImportedBy {
    match (python, abi) {
        (PythonTag::CPython { major: 3, minor }, _) if *minor >= FIRST_ABI3T => ImportedBy::All,
        (PythonTag::CPython { .. }, AbiTag::CPython { .. }) => ImportedBy::None,
        (PythonTag::CPython { major: 3, .. } | PythonTag::Language { major: 3, .. }, _) => {
            ImportedBy::Some
        }
        (PythonTag::Other(_), _) => ImportedBy::All,
        _ => ImportedBy::None,
    }
}

/// Returns whether a platform tag is for the CPU and C library of a triplet such as `x86_64-linux-gnu`.
fn fits_linux(cpu: &str, libc: &str, tag: &PlatformTag) -> bool {
    let is_android = libc.contains("android");
    // Pythons before 3.13 call musl `gnu`, too.
    let is_other_libc = is_android != (tag.libc() == Some(Libc::Android))
        || libc.contains("musl") && tag.libc() == Some(Libc::Glibc);
    let machine = match cpu {
        "i386" | "i486" | "i586" | "i686" => Some(Machine::I686),
        "powerpc64" => Some(Machine::Ppc64),
        "powerpc64le" => Some(Machine::Ppc64le),
        "arm" => Some(Machine::Armv7l),
        _ => Machine::ALL.into_iter().find(|machine| machine.name() == cpu),
    };
    tag.is_linux() && !is_other_libc && machine.is_none_or(|machine| tag.may_run(machine))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported_by(name: &str, python: &str, abi: &str) -> ImportedBy {
        let suffix = ExtensionSuffix::of(name).unwrap_or_else(|| panic!("{name}"));
        suffix.imported_by(&python.parse().unwrap(), &abi.parse().unwrap())
    }

    #[test]
    fn names_without_an_abi_are_imported_everywhere() {
        for name in ["a.so", "a.pyd", "a.py", "liba.so.1", "a.b.so", "a.none.so", "a.cpython.so"] {
            assert_eq!(ExtensionSuffix::of(name), None, "{name}");
        }
    }

    #[test]
    fn an_abi_is_imported_by_its_own_python() {
        use ImportedBy::{All, None, Some};
        for (name, python, abi, expected) in [
            ("a.cpython-312-x86_64-linux-gnu.so", "cp312", "cp312", All),
            ("a.cpython-312-x86_64-linux-gnu.so", "cp312", "cp312d", All),
            ("a.cpython-312d-x86_64-linux-gnu.so", "cp312", "cp312", None),
            ("a.cpython-310-x86_64-linux-gnu.so", "cp312", "cp312", None),
            ("a.cpython-313t-darwin.so", "cp313", "cp313", None),
            ("a.cpython-313-darwin.so", "cp313", "cp313t", None),
            ("a.cpython-313t-darwin.so", "cp313", "cp313t", All),
            ("a.cp313t-win_amd64.pyd", "cp313", "cp313t", All),
            ("a.cpython-37m-x86_64-linux-gnu.so", "cp37", "cp37m", All),
            ("a.cp37-win_amd64.pyd", "cp37", "cp37m", All),
            ("a.cpython-312-darwin.so", "cp312", "none", All),
            ("a.cpython-312-darwin.so", "cp38", "abi3", Some),
            ("a.cpython-37m-darwin.so", "cp38", "abi3", None),
            ("a.cpython-312-darwin.so", "py3", "none", Some),
            ("a.cpython-312-darwin.so", "py313", "none", None),
            ("a.cpython-312-darwin.so", "py2", "none", None),
            ("a.cpython-310-x86_64-linux-gnu.so", "pp310", "pypy310_pp73", None),
            ("a.pypy310-pp73-x86_64-linux-gnu.so", "pp310", "pypy310_pp73", All),
            ("a.pypy39-pp73-x86_64-linux-gnu.so", "pp310", "pypy310_pp73", None),
            ("a.pypy-73.so", "pp27", "pypy_73", All),
            ("a.pypy310-pp73-darwin.so", "cp310", "cp310", None),
            ("a.graalpy250-312-native-x86_64-linux.so", "graalpy312", "graalpy250_312_native", All),
        ] {
            assert_eq!(imported_by(name, python, abi), expected, "{name} {python}-{abi}");
        }
    }

    #[test]
    fn stable_abis_are_imported_by_many() {
        use ImportedBy::{All, None, Some};
        for (name, python, abi, expected) in [
            ("a.abi3.so", "cp38", "abi3", All),
            ("a.abi3.so", "cp312", "cp312", All),
            ("a.abi3.so", "py3", "none", All),
            ("a.abi3.so", "cp313", "cp313t", All),
            ("a.abi3.so", "cp315", "cp315t", None),
            ("a.abi3.so", "cp315", "abi3t", None),
            ("a.abi3.so", "cp27", "none", None),
            ("a.abi3.pyd", "cp38", "abi3", None),
            ("a.abi3t.so", "cp315", "abi3t", All),
            ("a.abi3t.so", "cp315", "abi3", All),
            ("a.abi3t.so", "cp38", "abi3", Some),
            ("a.abi3t.so", "cp314", "cp314t", None),
            ("a.abi3t.so", "cp315", "cp315t", All),
        ] {
            assert_eq!(imported_by(name, python, abi), expected, "{name} {python}-{abi}");
        }
    }

    #[test]
    fn a_suffix_names_a_platform() {
        for (name, tag, expected) in [
            ("a.cpython-312-x86_64-linux-gnu.so", "manylinux_2_28_x86_64", true),
            ("a.cpython-312-x86_64-linux-gnu.so", "linux_x86_64", true),
            ("a.cpython-312-x86_64-linux-gnu.so", "musllinux_1_2_x86_64", true),
            ("a.cpython-312-x86_64-linux-musl.so", "musllinux_1_2_x86_64", true),
            ("a.cpython-312-x86_64-linux-musl.so", "manylinux_2_28_x86_64", false),
            ("a.cpython-312-aarch64-linux-gnu.so", "manylinux_2_28_x86_64", false),
            ("a.cpython-312-x86_64-linux-gnu.so", "macosx_11_0_arm64", false),
            ("a.cpython-312-i386-linux-gnu.so", "manylinux2014_i686", true),
            ("a.cpython-312-arm-linux-gnueabihf.so", "linux_armv6l", true),
            ("a.cpython-312-arm-linux-gnueabihf.so", "linux_aarch64", false),
            ("a.cpython-312-powerpc64le-linux-gnu.so", "manylinux2014_ppc64le", true),
            ("a.cpython-313-aarch64-linux-android.so", "android_24_arm64_v8a", true),
            ("a.cpython-313-aarch64-linux-android.so", "manylinux_2_28_aarch64", false),
            ("a.cpython-312-darwin.so", "macosx_11_0_arm64", true),
            ("a.cpython-312-darwin.so", "ios_13_0_arm64_iphoneos", false),
            ("a.cpython-313-iphoneos.so", "ios_13_0_arm64_iphoneos", true),
            ("a.cp312-win_amd64.pyd", "win_amd64", true),
            ("a.cp312-win_amd64.pyd", "win_arm64", false),
            ("a.cp312-win32.pyd", "win32", true),
            ("a.cpython-313-wasm32-emscripten.so", "pyemscripten_2026_0_wasm32", true),
            ("a.cpython-312-mips64el-linux-gnuabi64.so", "linux_mips64", true),
            ("a.abi3.so", "manylinux_2_28_x86_64", true),
        ] {
            let suffix = ExtensionSuffix::of(name).unwrap();
            assert_eq!(suffix.fits(&tag.parse().unwrap()), expected, "{name} {tag}");
        }
    }
}
