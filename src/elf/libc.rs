//! Which C library an ELF file is built for.

use thiserror::Error;

use super::ElfFacts;
use crate::error::Diagnose;
use crate::platform::Libc;
use crate::slash_path;

/// A file that needs both glibc and musl.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected one C library, found that it needs both glibc and musl")]
pub struct BothLibcs;

impl Diagnose for BothLibcs {}

impl Libc {
    /// Returns the C library of a file: by its interpreter, by its needed libraries or else by the
    /// platform in its file name, as in names of extension modules. `None` if none of these names
    /// one.
    pub fn of(facts: &ElfFacts, file_name: &str) -> Result<Option<Self>, BothLibcs> {
        let mut found = facts.interpreter.as_deref().map(|path| {
            let name = slash_path::file_name(path);
            if name.starts_with("ld-musl-") { Self::Musl } else { Self::Glibc }
        });
        for soname in &facts.needed {
            let Some(libc) = Self::of_soname(soname) else { continue };
            if *found.get_or_insert(libc) != libc {
                return Err(BothLibcs);
            }
        }
        Ok(found.or_else(|| Self::of_file_name(file_name)))
    }

    fn of_soname(soname: &str) -> Option<Self> {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| soname.starts_with(prefix));
        if begins(&["libc.musl-", "ld-musl-"]) {
            Some(Self::Musl)
        } else if soname == "libc.so.6" || begins(&["ld-linux-", "ld64.so."]) {
            Some(Self::Glibc)
        } else {
            None
        }
    }

    fn of_file_name(name: &str) -> Option<Self> {
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        if ends(&["-linux-musl.so", "-arm-linux-musleabihf.so"]) {
            return Some(Self::Musl);
        }
        if !ends(&["-linux-gnu.so", "-arm-linux-gnueabihf.so"]) {
            return None;
        }
        // Before CPython 3.11, modules for musl had `gnu` in their names as well.
        let stem = name.strip_suffix(".so")?;
        let abi = stem.rsplit_once('.').map_or(stem, |(_, abi)| abi);
        let version = abi.strip_prefix("cpython-")?.split('-').next()?;
        let minor = version.strip_prefix('3')?.get(..2)?;
        let is_new = minor.bytes().all(|byte| byte.is_ascii_digit()) && minor >= "11";
        is_new.then_some(Self::Glibc)
    }
}

/// Returns whether musl's loader resolves a soname to musl itself, whatever file has that name: `libc.so`,
/// `libm.so.6`. The stems are those in `load_library` of its `ldso/dynlink.c`, from 1.1 to 1.2.5.
/// `libcrypt` is not one of them: musl has its functions, but no such name.
#[must_use]
pub fn is_musl_itself(soname: &str) -> bool {
    let stem = soname.strip_prefix("lib").and_then(|rest| rest.split_once('.'));
    let reserved = ["c", "pthread", "rt", "m", "dl", "util", "xnet"];
    stem.is_some_and(|(stem, _)| reserved.contains(&stem))
}

/// Returns whether a soname is that of `libpython`, which the interpreter provides.
#[must_use]
pub fn is_libpython(soname: &str) -> bool {
    fn after_digits(text: &str) -> Option<&str> {
        let rest = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        (rest.len() < text.len()).then_some(rest)
    }
    fn after_version(soname: &str) -> Option<&str> {
        let rest = after_digits(soname.strip_prefix("libpython")?)?;
        let rest = after_digits(rest.strip_prefix('.')?)?;
        rest.strip_prefix('m').unwrap_or(rest).strip_prefix(".so")
    }
    let Some(mut rest) = after_version(soname) else { return false };
    while let Some(digit) = rest.strip_prefix('.') {
        let Some(next) = digit.strip_prefix(|digit: char| digit.is_ascii_digit()) else {
            return false;
        };
        rest = next;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libpython() {
        for name in
            ["libpython3.12.so", "libpython3.12.so.1.0", "libpython3.7m.so.1.0", "libpython2.7.so"]
        {
            assert!(is_libpython(name), "{name}");
        }
        for name in [
            "libpython3.so",
            "libpython3.12.so.10.0",
            "libpython3.12",
            "libpython3.12.sox",
            "xlibpython3.12.so",
            "libpython.so",
        ] {
            assert!(!is_libpython(name), "{name}");
        }
    }

    #[test]
    fn names_that_musl_reserves() {
        for name in
            ["libc.so", "libc.musl-x86_64.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1"]
        {
            assert!(is_musl_itself(name), "{name}");
        }
        for name in ["libdl.so.2", "libutil.so.1", "libxnet.so", "libc.", "libc.so.6"] {
            assert!(is_musl_itself(name), "{name}");
        }
        for name in [
            "libcrypt.so.1",
            "libc",
            "libz.so.1",
            "libcc.so",
            "lib.so",
            "c.so",
            "ld-musl-x86_64.so.1",
        ] {
            assert!(!is_musl_itself(name), "{name}");
        }
    }

    #[test]
    fn names_of_extension_modules() {
        let cases = [
            ("_x.cpython-312-x86_64-linux-gnu.so", Some(Libc::Glibc)),
            ("_x.cpython-311-x86_64-linux-gnu.so", Some(Libc::Glibc)),
            ("_x.cpython-310-x86_64-linux-gnu.so", None),
            ("_x.cpython-39-x86_64-linux-gnu.so", None),
            ("_x.cpython-313t-x86_64-linux-gnu.so", Some(Libc::Glibc)),
            ("_x.cpython-312-arm-linux-gnueabihf.so", Some(Libc::Glibc)),
            ("_x.pypy310-pp73-x86_64-linux-gnu.so", None),
            ("_x.cpython-39-x86_64-linux-musl.so", Some(Libc::Musl)),
            ("_x.cpython-312-arm-linux-musleabihf.so", Some(Libc::Musl)),
            ("_x.abi3.so", None),
            ("cpython-312-linux-gnu.so", Some(Libc::Glibc)),
        ];
        for (name, libc) in cases {
            assert_eq!(Libc::of_file_name(name), libc, "{name}");
        }
    }
}
