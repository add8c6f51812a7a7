//! The binary interface of Python that a wheel is tagged for: `abi3` (PEP 384) or `abi3t` (PEP 803) from a version of
//! CPython on, or that of one free-threaded version.

use crate::python_api::is_exported;
use crate::wheel::{AbiTag, PythonTag, WheelTags};

/// The newest minor version of CPython 3 whose symbols are looked at.
const NEWEST: u8 = 40;

/// The first minor version of CPython 3 whose free-threaded build has a stable ABI, and imports no file for `abi3`.
const FIRST_ABI3T: u8 = 15;

/// The binary interface of Python that a wheel is tagged for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum PythonAbi {
    /// A stable one.
    Stable(StableAbi),
    /// That of a free-threaded build, which has no stable ABI and yet imports files for `abi3`: 3.13 or 3.14.
    FreeThreaded,
    /// Another one, or none.
    #[default]
    Other,
}

impl PythonAbi {
    /// Returns the interface that a wheel's tags name.
    pub(super) fn of(tags: &WheelTags) -> Self {
        if let Some(abi) = StableAbi::of(tags) {
            return Self::Stable(abi);
        }
        let is_free_threaded = |tag: &str| match tag.parse() {
            Ok(AbiTag::CPython { major: 3, minor, flags }) => {
                flags.contains('t') && minor < FIRST_ABI3T
            }
            _ => false,
        };
        if tags.abi().iter().any(is_free_threaded) { Self::FreeThreaded } else { Self::Other }
    }
}

/// The stable ABI that a wheel is tagged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StableAbi {
    /// The lowest minor version of CPython 3 that installs the wheel.
    pub(super) minor: u8,
    /// Whether builds with a global interpreter lock install it (`abi3`). The private symbols of others are not known.
    has_gil: bool,
}

impl StableAbi {
    /// Returns the stable ABI that a wheel's tags name; `None` if they name none.
    fn of(tags: &WheelTags) -> Option<Self> {
        let abis: Vec<AbiTag> = tags.abi().iter().filter_map(|tag| tag.parse().ok()).collect();
        let has_gil = abis.contains(&AbiTag::Abi3);
        if !has_gil && !abis.contains(&AbiTag::Abi3t) {
            return None;
        }
        let minor = |tag: &str| match tag.parse() {
            Ok(PythonTag::CPython { major: 3, minor }) => Some(minor),
            _ => None,
        };
        tags.python().iter().filter_map(minor).min().map(|minor| Self { minor, has_gil })
    }

    /// Returns the first version of CPython that installs the wheel and lacks a symbol.
    pub(super) fn lacking(self, symbol: &str) -> Option<u8> {
        (self.minor..=NEWEST)
            .filter(|_| self.has_gil)
            .find(|minor| is_exported(symbol, *minor) == Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_version_of_the_tags_counts() {
        for (python, abi, expected) in [
            ("cp39", "abi3", Some((9, true))),
            ("cp36.cp37.cp310", "abi3", Some((6, true))),
            ("cp315", "abi3.abi3t", Some((15, true))),
            ("cp315", "abi3t", Some((15, false))),
            ("cp312", "cp312", None),
            ("py3", "abi3", None),
            ("py3", "none", None),
        ] {
            let tags = WheelTags::new(python, abi, "linux_x86_64").unwrap();
            let found = StableAbi::of(&tags).map(|abi| (abi.minor, abi.has_gil));
            assert_eq!(found, expected, "{python}-{abi}");
        }
    }

    #[test]
    fn free_threaded_builds_without_a_stable_abi_are_known() {
        for (python, abi, expected) in [
            ("cp313", "cp313t", PythonAbi::FreeThreaded),
            ("cp314", "cp314t", PythonAbi::FreeThreaded),
            ("cp315", "cp315t", PythonAbi::Other),
            ("cp314", "cp314", PythonAbi::Other),
        ] {
            let tags = WheelTags::new(python, abi, "linux_x86_64").unwrap();
            assert_eq!(PythonAbi::of(&tags), expected, "{python}-{abi}");
        }
    }

    #[test]
    fn the_first_version_without_a_symbol_is_named() {
        let abi = |minor, has_gil| StableAbi { minor, has_gil };
        assert_eq!(abi(8, true).lacking("PyType_FromModuleAndSpec"), Some(8));
        assert_eq!(abi(9, true).lacking("PyType_FromModuleAndSpec"), None);
        assert_eq!(abi(8, true).lacking("PyAST_CompileEx"), Some(10));
        assert_eq!(abi(8, true).lacking("PyUnicode_AsUTF8AndSize"), None);
        assert_eq!(abi(15, false).lacking("_PyNothing"), None);
    }
}
