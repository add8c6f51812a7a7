//! CPython's C API: which symbols each version exports, and since which version the stable ABI has them.
//!
//! `symbols.txt` has a line for each symbol: its name, the minor versions of CPython 3 that export it, and the minor
//! version that added it to the stable ABI. `scripts/python-api` writes it.
//!
//! | what | source |
//! |---|---|
//! | stable ABI, up to 3.16 | `Misc/stable_abi.toml` of CPython, as abi3info 2026.9.25 has it |
//! | 3.8, 3.9, 3.10, 3.12 | `nm -D` of the shared library of 3.8.18, 3.9.18, 3.10.13, 3.12.1 |
//! | 3.11 | 3.11.7, and 3.11.2 of Debian |
//! | 3.13 | 3.13.0, and 3.13.18 of Debian |
//! | 3.14, 3.15 | 3.14.10 and 3.15.2 of Debian |
//!
//! All of them are usual builds for x86-64 and glibc. Debug builds and free-threaded builds export other private
//! symbols, and a patch release may export private symbols that none of these has.

use std::sync::LazyLock;

/// The table as text.
const TEXT: &str = include_str!("symbols.txt");

/// The table, sorted by name.
static SYMBOLS: LazyLock<Vec<Symbol>> =
    LazyLock::new(|| TEXT.lines().filter_map(Symbol::parse).collect());

/// The minor versions of CPython 3 whose symbols are known, the first and the last one.
const KNOWN: (u8, u8) = (8, 15);

/// One line of the table.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    name: &'static str,
    /// The versions that export it: bit N for 3.N.
    versions: u64,
    /// The minor version that added it to the stable ABI.
    stable: Option<u8>,
}

impl Symbol {
    fn parse(line: &'static str) -> Option<Self> {
        let mut fields = line.split(' ');
        let (name, versions, stable) = (fields.next()?, fields.next()?, fields.next()?);
        let versions = versions.split(',').filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some((first.parse::<u8>().ok()?, last.parse::<u8>().ok()?))
        });
        let versions = versions
            .flat_map(|(first, last)| first..=last)
            .fold(0, |bits, minor| bits | bit(minor));
        Some(Self { name, versions, stable: stable.parse().ok() })
    }
}

/// Returns the bit of a minor version.
fn bit(minor: u8) -> u64 {
    1_u64.checked_shl(minor.into()).unwrap_or(0)
}

fn symbol(name: &str) -> Option<Symbol> {
    let at = SYMBOLS.binary_search_by_key(&name, |symbol| symbol.name).ok()?;
    SYMBOLS.get(at).copied()
}

/// Returns whether a name belongs to CPython's API: it begins with `Py` or `_Py`, and is no entry point of a module.
#[must_use]
pub fn is_api_name(name: &str) -> bool {
    let is_entry_point =
        ["PyInit_", "PyInitU_", "PyModExport_"].iter().any(|it| name.starts_with(it));
    !is_entry_point && (name.starts_with("Py") || name.starts_with("_Py"))
}

/// Returns whether CPython 3.`minor` exports a symbol; `None` if the symbols of that version are not known. For
/// free-threaded and debug builds, a `false` says nothing about private symbols.
#[must_use]
pub fn is_exported(name: &str, minor: u8) -> Option<bool> {
    let is_known = (KNOWN.0..=KNOWN.1).contains(&minor);
    is_known.then(|| symbol(name).is_some_and(|symbol| symbol.versions & bit(minor) != 0))
}

/// Returns the minor version of CPython 3 that added a symbol to the stable ABI; `None` if it is in none that is
/// known.
#[must_use]
pub fn stable_since(name: &str) -> Option<u8> {
    symbol(name)?.stable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_sorted() {
        assert_eq!(SYMBOLS.len(), TEXT.lines().count());
        assert!(SYMBOLS.is_sorted_by(|one, next| one.name < next.name));
        assert!(SYMBOLS.iter().all(|it| it.versions != 0 || it.stable.is_some()));
        let union = SYMBOLS.iter().fold(0, |bits, symbol| bits | symbol.versions);
        assert_eq!(union, (KNOWN.0..=KNOWN.1).fold(0, |bits, minor| bits | bit(minor)));
    }

    #[test]
    fn symbols_have_versions() {
        assert_eq!(stable_since("PyArg_ParseTuple"), Some(2));
        assert_eq!(stable_since("PyType_FromModuleAndSpec"), Some(10));
        assert_eq!(stable_since("PyCode_New"), None);
        assert_eq!(stable_since("printf"), None);
        assert_eq!(is_exported("PyType_FromModuleAndSpec", 8), Some(false));
        assert_eq!(is_exported("PyType_FromModuleAndSpec", 9), Some(true));
        assert_eq!(is_exported("_PyArg_ParseTuple_SizeT", 15), Some(true));
        assert_eq!(is_exported("Py_None", 12), Some(false));
        for unknown in [7, 16, 63, 64, 255] {
            assert_eq!(is_exported("PyArg_ParseTuple", unknown), None);
        }
    }

    #[test]
    fn entry_points_are_no_api() {
        assert!(is_api_name("PyList_New") && is_api_name("_Py_Dealloc"));
        for name in ["PyInit_a", "PyModExport_a", "PyInitU_a", "init", "_ZN2Py3fooEv", "py", "_py"]
        {
            assert!(!is_api_name(name), "{name}");
        }
    }
}
