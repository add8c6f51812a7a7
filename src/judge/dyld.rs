//! Finds the libraries of Mach-O files in a wheel, as `dyld` finds them once it is installed, on a system that has
//! only what macOS brings.
//!
//! The rules are those of `dyld(1)`: `@loader_path` is the directory of the file with the load command, and `@rpath`
//! stands for the `LC_RPATH` of that file and of the files that load it.

use std::collections::{BTreeMap, BTreeSet};

use super::error::JudgeError;
use super::layout::Installed;
use crate::object_file::{AppleCpu, MachOFacts, MachOLink, MachOSlice, MachOType};

/// Maximum number of libraries that all slices of a wheel need, times their search paths. The largest wheels have
/// a few thousand.
const MAX_LOOKUPS: usize = 1 << 20;

/// Maximum number of search paths of a file: its own, and those that it inherits.
const MAX_RPATHS: usize = 64;

/// Maximum number of passes, in each of which files inherit search paths from the files that load them.
const MAX_PASSES: usize = 16;

/// A library that a file needs, and that is neither in the wheel nor in the system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MissingLibrary {
    /// The path of the file in the archive.
    pub(super) path: String,
    /// The install name of the library.
    pub(super) name: String,
    /// Why it is not found.
    pub(super) why: String,
}

/// The libraries of the Mach-O files of a wheel.
#[derive(Debug, Default)]
pub(super) struct Resolution {
    /// Those that are not found, sorted and without duplicates.
    pub(super) missing: BTreeSet<MissingLibrary>,
    /// The paths in the archive of the files that others need.
    pub(super) loaded: BTreeSet<String>,
}

/// A directory that a search path stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Directory {
    /// In the directory that wheels are installed in, relative to its root.
    Inner(String),
    /// Of the system or of the machine that the wheel was built on.
    Outer(String),
}

/// The Mach-O files of a wheel, by their paths in the archive.
pub(super) struct InstalledFiles<'a> {
    pub(super) files: &'a BTreeMap<&'a str, &'a MachOFacts>,
    /// Where they are once installed; `None` if that is as in the archive.
    pub(super) installed: Option<&'a Installed>,
}

/// A slice for the CPU that is looked at.
struct Node<'a> {
    path: &'a str,
    /// Its directory once installed.
    directory: String,
    slice: &'a MachOSlice,
    rpaths: BTreeSet<Directory>,
}

enum Found<'a> {
    System,
    /// The path in the archive.
    Inner(&'a str),
    Missing(String),
}

impl<'a> InstalledFiles<'a> {
    /// Resolves the libraries of all slices for one of these CPUs.
    ///
    /// # Errors
    /// [`JudgeError::TooManyLibraries`].
    pub(super) fn resolve(
        &self,
        wheel: &str,
        cpus: &BTreeSet<AppleCpu>,
    ) -> Result<Resolution, JudgeError> {
        let slices = self.files.values().flat_map(|facts| &facts.slices);
        let lookups = slices.map(|it| it.libraries.len().saturating_mul(it.rpaths.len().max(1)));
        if lookups.fold(0, usize::saturating_add) > MAX_LOOKUPS {
            return Err(JudgeError::TooManyLibraries {
                wheel: wheel.to_owned(),
                limit: MAX_LOOKUPS,
            });
        }
        let mut resolution = Resolution::default();
        for cpu in cpus {
            self.resolve_for(*cpu, &mut resolution);
        }
        Ok(resolution)
    }

    fn resolve_for(&self, cpu: AppleCpu, resolution: &mut Resolution) {
        let slice_of = |facts: &'a MachOFacts| facts.slices.iter().find(|slice| slice.cpu == cpu);
        let nodes = self.files.iter().filter_map(|(path, facts)| {
            let slice = slice_of(facts).filter(|it| it.file_type != MachOType::NotLoaded)?;
            let directory = parent(self.installed_path(path)?).to_owned();
            let rpaths = rpaths(slice, &directory);
            Some(Node { path, directory, slice, rpaths })
        });
        let mut nodes: Vec<Node<'a>> = nodes.collect();
        for _ in 0..MAX_PASSES {
            if !self.inherit(&mut nodes) {
                break;
            }
        }
        for node in &nodes {
            for library in &node.slice.libraries {
                match self.find(node, &library.name) {
                    Found::System => {}
                    Found::Inner(path) => {
                        if path != node.path {
                            resolution.loaded.insert(path.to_owned());
                        }
                    }
                    Found::Missing(_) if library.link == MachOLink::Weak => {}
                    Found::Missing(why) => {
                        let (path, name) = (node.path.to_owned(), library.name.clone());
                        resolution.missing.insert(MissingLibrary { path, name, why });
                    }
                }
            }
        }
    }

    /// Passes the search paths of each file on to the files that it loads. Returns whether that changed any.
    fn inherit(&self, nodes: &mut [Node<'a>]) -> bool {
        let mut inherited: BTreeMap<&str, BTreeSet<Directory>> = BTreeMap::new();
        for node in nodes.iter() {
            for library in &node.slice.libraries {
                if let Found::Inner(path) = self.find(node, &library.name) {
                    inherited.entry(path).or_default().extend(node.rpaths.iter().cloned());
                }
            }
        }
        let mut is_changed = false;
        for node in nodes {
            for directory in inherited.remove(node.path).unwrap_or_default() {
                is_changed |= node.rpaths.len() < MAX_RPATHS && node.rpaths.insert(directory);
            }
        }
        is_changed
    }

    fn find(&self, node: &Node<'_>, name: &str) -> Found<'a> {
        let is_system = |path: &str| path.starts_with("/usr/lib/") || path.starts_with("/System/");
        if is_system(name) {
            return Found::System;
        }
        if let Some(rest) = name.strip_prefix("@rpath/") {
            return self.find_by_rpath(node, rest);
        }
        let rest = match name.strip_prefix("@executable_path/") {
            Some(rest) if node.slice.file_type == MachOType::Executable => Some(rest),
            Some(_) => {
                return Found::Missing(
                    "`@executable_path` is the directory of the Python that loads it".to_owned(),
                );
            }
            None => name.strip_prefix("@loader_path/"),
        };
        match rest {
            Some(rest) => self.at(&node.directory, rest).map_or_else(
                || Found::Missing("there is no such file in the wheel".to_owned()),
                Found::Inner,
            ),
            None if name.starts_with('/') => {
                Found::Missing("it is a path of the machine that it was built on".to_owned())
            }
            None => Found::Missing("it is a path from the working directory on".to_owned()),
        }
    }

    fn find_by_rpath(&self, node: &Node<'_>, rest: &str) -> Found<'a> {
        let mut outer = Vec::new();
        for directory in &node.rpaths {
            match directory {
                Directory::Inner(directory) => {
                    if let Some(path) = self.at(directory, rest) {
                        return Found::Inner(path);
                    }
                }
                // The libraries of Swift are a part of the system since macOS 10.14.4.
                Directory::Outer(path)
                    if path == "/usr/lib/swift" && rest.starts_with("libswift") =>
                {
                    return Found::System;
                }
                Directory::Outer(path) => outer.push(format!("`{path}`")),
            }
        }
        Found::Missing(match (node.rpaths.is_empty(), outer.is_empty()) {
            (true, _) => "the file has no `LC_RPATH`".to_owned(),
            (false, true) => "no `LC_RPATH` leads to it".to_owned(),
            (false, false) => format!(
                "no `LC_RPATH` leads to it in the wheel; others are of the machine that it was built on: {}",
                outer.join(", ")
            ),
        })
    }

    /// Returns the file at a path from a directory on, by its path in the archive.
    fn at(&self, directory: &str, rest: &str) -> Option<&'a str> {
        let path = join(directory, rest)?;
        let archived = match self.installed {
            Some(installed) => installed.archived(&path)?,
            None => path.as_str(),
        };
        self.files.get_key_value(archived).map(|(path, _)| *path)
    }

    /// Returns where a file is once installed; `None` if it is not installed.
    fn installed_path<'b>(&'b self, archived: &'b str) -> Option<&'b str> {
        self.installed.map_or(Some(archived), |installed| installed.path_of(archived))
    }
}

/// Returns the directories of the search paths of a slice.
fn rpaths(slice: &MachOSlice, directory: &str) -> BTreeSet<Directory> {
    let expand = |rpath: &String| {
        let is_program = slice.file_type == MachOType::Executable;
        let rest = rpath
            .strip_prefix("@loader_path")
            .or_else(|| rpath.strip_prefix("@executable_path").filter(|_| is_program));
        match rest {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                join(directory, rest).map(Directory::Inner)
            }
            _ => Some(Directory::Outer(rpath.trim_end_matches('/').to_owned())),
        }
    };
    slice.rpaths.iter().filter_map(expand).take(MAX_RPATHS).collect()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Returns the path `rest` from a directory on, without `.` and `..`; `None` if it leaves the root.
pub(super) fn join(directory: &str, rest: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
