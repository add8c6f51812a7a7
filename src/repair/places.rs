//! Where installers put the files of a wheel, and which directory of grafts they reach from there.

use std::collections::BTreeSet;

use crate::elf::ElfFacts;

/// A directory of grafts. Its distance from a file must not depend on the Python that the wheel is installed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GraftDirectory {
    /// `NAME.libs` in site-packages.
    SitePackages,
    /// `libexec/NAME.libs` in the prefix, for files of `*.data/data` and of directories in `*.data/scripts`. Not in
    /// `lib`: `pip install --target` leaves out what `*.data/data` has there.
    Prefix,
}

/// The directories of grafts that the files of a wheel reach.
#[derive(Debug)]
pub(super) struct GraftDirectories {
    /// Those of the ELF files, in their order.
    pub(super) of_elves: Vec<GraftDirectory>,
    /// Those of the files that may open added libraries.
    pub(super) of_added: BTreeSet<GraftDirectory>,
}

/// Where installers put a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// In site-packages, at this path.
    Site(&'a str),
    /// A program in `bin`, under this name.
    Program(&'a str),
    /// In the prefix, at this path.
    Prefix(String),
    /// In a directory that depends on the installer.
    Unknown,
}

impl<'a> Place<'a> {
    /// Returns the place of a file. `data` is the wheel's data directory, if it has one.
    pub(super) fn new(path: &'a str, data: Option<&str>, facts: &ElfFacts) -> Self {
        let Some(inner) = in_data(path, data) else { return Self::Site(path) };
        match inner.split_once('/') {
            Some(("platlib" | "purelib", rest)) => Self::Site(rest),
            // A script can take the place of a program, and not that of a library beside it.
            Some(("scripts", name)) if !name.contains('/') && is_program(facts) => {
                Self::Program(name)
            }
            Some(("scripts", rest)) => Self::Prefix(format!("bin/{rest}")),
            Some(("data", rest)) => Self::Prefix(rest.to_owned()),
            _ => Self::Unknown,
        }
    }

    /// Returns the directory of grafts that a file in this place reaches; `None` if it reaches none.
    pub(super) fn graft_directory(&self) -> Option<GraftDirectory> {
        match self {
            Self::Site(_) | Self::Program(_) => Some(GraftDirectory::SitePackages),
            Self::Prefix(_) => Some(GraftDirectory::Prefix),
            Self::Unknown => None,
        }
    }
}

/// Returns whether installers put a file in different directories, so that no search path leads to its grafts.
pub(super) fn is_lost(path: &str, data: Option<&str>) -> bool {
    const KNOWN: [&str; 4] = ["platlib", "purelib", "scripts", "data"];
    let is_known = |inner: &str| inner.split_once('/').is_some_and(|it| KNOWN.contains(&it.0));
    in_data(path, data).is_some_and(|inner| !is_known(inner))
}

/// Returns the path in the data directory.
fn in_data<'a>(path: &'a str, data: Option<&str>) -> Option<&'a str> {
    data.and_then(|data| path.strip_prefix(data)?.strip_prefix('/'))
}

fn is_program(facts: &ElfFacts) -> bool {
    facts.interpreter.is_some()
}

/// Returns the directory part of a path.
pub(super) fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::{Class, Platform};

    #[test]
    fn places_follow_from_the_scheme() {
        let platform = Platform {
            class: Class::Elf64,
            little_endian: true,
            e_machine: 62,
            os_abi: 0,
            flags: 0,
            machine: None,
        };
        let library = ElfFacts::new(platform, 3);
        let program = ElfFacts { interpreter: Some("/lib/ld.so".into()), ..library.clone() };
        for (path, facts, expected) in [
            ("pkg/a.so", &library, Place::Site("pkg/a.so")),
            ("d-1.data/platlib/pkg/a.so", &library, Place::Site("pkg/a.so")),
            ("d-1.databank/a.so", &library, Place::Site("d-1.databank/a.so")),
            ("d-1.data/scripts/tool", &program, Place::Program("tool")),
            ("d-1.data/scripts/a.so", &library, Place::Prefix("bin/a.so".into())),
            ("d-1.data/scripts/x/tool", &program, Place::Prefix("bin/x/tool".into())),
            ("d-1.data/data/lib/a.so", &library, Place::Prefix("lib/a.so".into())),
            ("d-1.data/headers/a.so", &library, Place::Unknown),
            ("d-1.data/a.so", &library, Place::Unknown),
        ] {
            assert_eq!(is_lost(path, Some("d-1.data")), expected == Place::Unknown, "{path}");
            assert_eq!(Place::new(path, Some("d-1.data"), facts), expected, "{path}");
        }
        let path = "d-1.data/data/a.so";
        assert_eq!(Place::new(path, None, &library), Place::Site(path));
    }
}
