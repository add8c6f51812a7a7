//! Variants of libraries for processors with more instructions: the subdirectories of `glibc-hwcaps`.
//!
//! In each directory that it searches, glibc 2.33 and later look into the subdirectories for this processor first, then
//! into the directory itself (`elf/dl-hwcaps_subdirs.c` for the names). What loads on the oldest processor may not load
//! on a later one, if a variant lacks something.

use super::installed::Installed;
use super::target::Target;
use crate::platform::{Libc, Machine};

/// The directory of the subdirectories.
const DIRECTORY: &str = "glibc-hwcaps/";

/// Returns the subdirectories of a machine, the one for the latest processors first.
fn subdirectories(machine: Machine) -> &'static [&'static str] {
    match machine {
        Machine::X86_64 => &["x86-64-v4", "x86-64-v3", "x86-64-v2"],
        Machine::Ppc64le => &["power10", "power9"],
        Machine::S390x => &["z16", "z15", "z14", "z13"],
        _ => &[],
    }
}

/// Returns the subdirectories that are searched, in order, for each processor for which a wheel has a variant; the oldest
/// processor first.
pub(super) fn levels(installed: &Installed, target: &Target) -> Vec<&'static [&'static str]> {
    if target.libc != Libc::Glibc {
        return Vec::new();
    }
    let all = subdirectories(target.machine);
    let has = |name: &str| {
        let part = format!("{DIRECTORY}{name}/");
        installed.objects.iter().any(|object| object.path.contains(&part))
    };
    (0..all.len()).rev().filter(|&at| has(all[at])).map(|at| &all[at..]).collect()
}

/// Returns the paths below a directory at which a library is searched for in its subdirectories.
pub(super) fn names<'a>(
    subdirectories: &'a [&'static str],
    name: &'a str,
) -> impl Iterator<Item = String> + 'a {
    subdirectories.iter().map(move |subdirectory| format!("{DIRECTORY}{subdirectory}/{name}"))
}

/// Returns whether a file is a variant.
pub(super) fn is_variant(path: &str) -> bool {
    path.contains(DIRECTORY)
}
