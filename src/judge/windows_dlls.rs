//! The DLLs that a wheel for Windows may leave to the system and to Python.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// DLLs of every Windows, in lower case; and those of them that 64-bit ARM lacks.
static SYSTEM: LazyLock<(BTreeSet<&str>, BTreeSet<&str>)> = LazyLock::new(|| {
    let lines = include_str!("windows_dlls.txt").lines().filter(|line| !line.starts_with('#'));
    let (mut all, mut x86) = (BTreeSet::new(), BTreeSet::new());
    for line in lines {
        let name = line.strip_suffix(" x86");
        all.insert(name.unwrap_or(line));
        x86.extend(name);
    }
    (all, x86)
});

/// Who has a DLL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Windows.
    System,
    /// The Python that loads the wheel.
    Python,
    /// Another Python.
    OtherPython,
    /// A debug build of Python or of the C runtime.
    Debug,
    /// The Visual C++ Redistributable, which may not be installed.
    Redistributable,
    /// Nobody that is known.
    Nobody,
}

/// The Python that a wheel is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interpreter<'a> {
    /// `python3.12`, `python3.13t`, `pypy3.10`; `None` if the tags leave the version open.
    pub(super) name: Option<&'a str>,
    /// The platform tag of its CPU.
    pub(super) platform: &'a str,
}

impl Interpreter<'_> {
    /// Returns who has a DLL. `name` is in lower case.
    pub(super) fn owner_of(self, name: &str) -> Owner {
        let (all, x86) = &*SYSTEM;
        let is_api_set = name.starts_with("api-ms-") || name.starts_with("ext-ms-");
        if is_api_set || all.contains(name) && !(self.platform == "win_arm64" && x86.contains(name))
        {
            return Owner::System;
        }
        let Some(stem) = name.strip_suffix(".dll") else { return Owner::Nobody };
        if let Some(owner) = self.owner_of_python(stem) {
            return owner;
        }
        match stem {
            // Python for Windows has them beside python3.dll: PCbuild/python.vcxproj, and PyPy's package.
            "vcruntime140" => Owner::Python,
            "vcruntime140_1" if self.has_vcruntime140_1() => Owner::Python,
            "ucrtbased" => Owner::Debug,
            _ if is_redistributable(stem) && is_debug(stem) => Owner::Debug,
            _ if is_redistributable(stem) => Owner::Redistributable,
            _ => Owner::Nobody,
        }
    }

    /// Returns who has a library of Python; `None` if it is none.
    fn owner_of_python(self, stem: &str) -> Option<Owner> {
        if stem.starts_with("libpypy") || stem == "python-native" {
            return Some(Owner::Python);
        }
        let rest = stem.strip_prefix("python")?;
        let (rest, is_debug) = rest.strip_suffix("_d").map_or((rest, false), |rest| (rest, true));
        let (digits, threads) = rest.strip_suffix('t').map_or((rest, ""), |rest| (rest, "t"));
        let (major, minor) = digits.split_at_checked(1)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let is_own = self
            .name
            .is_none_or(|own| minor.is_empty() || own == format!("python{major}.{minor}{threads}"));
        Some(if is_debug {
            Owner::Debug
        } else if is_own {
            Owner::Python
        } else {
            Owner::OtherPython
        })
    }

    /// Returns whether the Python has `vcruntime140_1.dll`: CPython 3.8 and later, for 64-bit CPUs.
    fn has_vcruntime140_1(self) -> bool {
        const BEFORE: [&str; 3] = ["python3.5", "python3.6", "python3.7"];
        let is_old = |name: &str| BEFORE.contains(&name) || name.starts_with("pypy");
        self.platform != "win32" && !self.name.is_some_and(is_old)
    }
}

/// Returns whether a DLL is in the Visual C++ Redistributable of any version.
fn is_redistributable(stem: &str) -> bool {
    const NAMES: [&str; 10] = [
        "vcruntime",
        "msvcp",
        "msvcr",
        "concrt",
        "vccorlib",
        "vcomp",
        "vcamp",
        "mfc",
        "mfcm",
        "atl",
    ];
    NAMES.iter().any(|name| {
        let rest = stem.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    })
}

/// Returns whether a DLL of the redistributable is a debug build: `msvcp140d`, `msvcp140d_atomic_wait`.
fn is_debug(stem: &str) -> bool {
    let after = stem.trim_start_matches(|it: char| it.is_ascii_alphabetic());
    let after = after.trim_start_matches(|it: char| it.is_ascii_digit());
    let after = after.strip_prefix('u').unwrap_or(after);
    after == "d" || after.starts_with("d_") || stem.ends_with("_1d")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources are those of the table, delvewheel's lists, and the files of Python's installers.
    #[test]
    fn who_has_a_dll() {
        use Owner::{Debug, Nobody, OtherPython, Python, Redistributable, System};
        let (cp312, x64) = (Some("python3.12"), "win_amd64");
        let table = [
            ("kernel32.dll", cp312, x64, System),
            ("winspool.drv", cp312, x64, System),
            ("api-ms-win-crt-runtime-l1-1-0.dll", cp312, x64, System),
            ("ext-ms-win-uiacore-l1-1-0.dll", cp312, x64, System),
            ("ucrtbase.dll", cp312, x64, System),
            ("msvcrt.dll", cp312, x64, System),
            ("opengl32.dll", cp312, x64, System),
            ("opengl32.dll", cp312, "win_arm64", Nobody),
            ("python3.dll", cp312, x64, Python),
            ("python312.dll", cp312, x64, Python),
            ("python311.dll", cp312, x64, OtherPython),
            ("python313t.dll", Some("python3.13"), x64, OtherPython),
            ("python313t.dll", Some("python3.13t"), x64, Python),
            ("python311.dll", None, x64, Python),
            ("python312_d.dll", cp312, x64, Debug),
            ("pythoncom312.dll", cp312, x64, Nobody),
            ("libpypy3.10-c.dll", Some("pypy3.10"), x64, Python),
            ("vcruntime140.dll", cp312, "win32", Python),
            ("vcruntime140_1.dll", cp312, x64, Python),
            ("vcruntime140_1.dll", cp312, "win32", Redistributable),
            ("vcruntime140_1.dll", Some("python3.7"), x64, Redistributable),
            ("vcruntime140_1.dll", Some("pypy3.10"), x64, Redistributable),
            ("msvcp140.dll", cp312, x64, Redistributable),
            ("msvcp140_atomic_wait.dll", cp312, x64, Redistributable),
            ("mfc140u.dll", cp312, x64, Redistributable),
            ("vcomp140.dll", cp312, x64, Redistributable),
            ("msvcr100.dll", cp312, x64, Redistributable),
            ("msvcp140d.dll", cp312, x64, Debug),
            ("msvcp140d_atomic_wait.dll", cp312, x64, Debug),
            ("mfc140ud.dll", cp312, x64, Debug),
            ("vcruntime140_1d.dll", cp312, x64, Debug),
            ("ucrtbased.dll", cp312, x64, Debug),
            ("torch_cpu.dll", cp312, x64, Nobody),
            ("mfcustom.dll", cp312, x64, Nobody),
        ];
        for (dll, name, platform, expected) in table {
            assert_eq!(Interpreter { name, platform }.owner_of(dll), expected, "{dll} {name:?}");
        }
    }

    #[test]
    fn the_table_is_sorted_lower_case_and_without_duplicates() {
        let lines = include_str!("windows_dlls.txt").lines().filter(|line| !line.starts_with('#'));
        let names: Vec<&str> = lines.map(|line| line.trim_end_matches(" x86")).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]) && names.len() > 400);
        assert!(names.iter().all(|name| name.to_ascii_lowercase() == *name));
    }
}
