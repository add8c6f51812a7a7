//! Where the files of a wheel are once it is installed.
//!
//! The loader resolves `$ORIGIN` there. A wheel without a data directory is installed as it is; the files
//! of a data directory go to other places: scripts to `bin`, data to the prefix.

use std::collections::{BTreeSet, HashMap};

use clap::ValueEnum;

use crate::wheel::{Directories, TagSet, TooManyDirectories, WheelTags};

/// The name in `lib` of a Python whose version the wheel's tags leave open. No search path names it, so a
/// path that is right for one version only finds nothing.
pub(super) const ANY_PYTHON: &str = "pythonX.Y";

/// Where `lddtree` takes the files of a wheel to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TreeLayout {
    /// Where an installer puts them. In a wheel with a data directory, paths start at the root of the environment.
    #[default]
    Installed,
    /// As in the archive.
    Archive,
}

/// Where a library is once its wheel is installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SiteLibrary {
    /// Its directory, relative to site-packages.
    pub(crate) directory: String,
    /// Whether that is the site-packages for pure Python, which is another directory than that for machine code on
    /// some systems.
    pub(crate) is_purelib: bool,
}

/// The paths of a wheel's files in a virtual environment, relative to its root.
#[derive(Debug)]
pub(super) struct Installed {
    /// The path of site-packages.
    site_packages: String,
    /// The paths in the archive of the object files, by their paths here.
    archived: HashMap<String, String>,
    /// The paths of the object files by their paths in the archive.
    by_archived: HashMap<String, String>,
    directories: Directories,
}

impl Installed {
    /// Returns the paths of the files of a wheel with the data directory `data`, as `uv pip install` and
    /// `pip install` lay them out.
    pub(super) fn new<'a>(
        data: &str,
        python: &str,
        files: impl Iterator<Item = &'a String>,
        is_object: impl Fn(&str) -> bool,
    ) -> Result<Self, TooManyDirectories> {
        let mut found = Self {
            site_packages: format!("lib/{python}/site-packages"),
            archived: HashMap::new(),
            by_archived: HashMap::new(),
            directories: Directories::default(),
        };
        let sorted: BTreeSet<&String> = files.collect();
        for file in sorted {
            let Some(path) = found.install(file, data, python) else { continue };
            found.directories.add_parents(&path)?;
            if is_object(file) {
                found.archived.insert(path.clone(), file.clone());
                found.by_archived.insert(file.clone(), path);
            }
        }
        Ok(found)
    }

    /// Returns the path of a file once it is installed; `None` if installers refuse or skip it.
    fn install(&self, file: &str, data: &str, python: &str) -> Option<String> {
        let site_packages = &self.site_packages;
        let inner = file.strip_prefix(data).and_then(|rest| rest.strip_prefix('/'));
        let Some(inner) = inner else { return Some(format!("{site_packages}/{file}")) };
        let (scheme, rest) = inner.split_once('/')?;
        match scheme {
            "purelib" | "platlib" => Some(format!("{site_packages}/{rest}")),
            "scripts" => Some(format!("bin/{rest}")),
            "headers" => {
                let name = data.split('-').next().unwrap_or(data);
                Some(format!("include/site/{python}/{name}/{rest}"))
            }
            "data" => Some(rest.to_owned()),
            _ => None,
        }
    }

    /// Returns the installed path of an object file.
    pub(super) fn path_of(&self, archived: &str) -> Option<&str> {
        self.by_archived.get(archived).map(String::as_str)
    }

    /// Returns the path in the archive of an object file.
    pub(super) fn archived(&self, installed: &str) -> Option<&str> {
        self.archived.get(installed).map(String::as_str)
    }

    pub(super) fn is_directory(&self, path: &str) -> bool {
        path.is_empty() || self.directories.contains(path)
    }

    /// Returns whether other wheels install files at a path, too: in site-packages.
    pub(super) fn is_shared(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.site_packages);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Returns the name of the directory in `lib` of the one Python that the tags are for.
pub(super) fn library_directory(tags: &WheelTags) -> String {
    let version = only(tags.python()).and_then(|tag| {
        let (name, digits) = tag.split_at_checked(2)?;
        let (major, minor) = digits.split_at_checked(1)?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let name = match name {
            "cp" => "python",
            "pp" => "pypy",
            _ => return None,
        };
        (is_number(major) && is_number(minor)).then(|| format!("{name}{major}.{minor}"))
    });
    match (version, only(tags.abi())) {
        (Some(version), Some(abi)) if !abi.starts_with("abi3") => {
            let suffix = if abi.starts_with("cp") && abi.ends_with('t') { "t" } else { "" };
            version + suffix
        }
        _ => ANY_PYTHON.to_owned(),
    }
}

/// Returns the tag, if it is the only one.
fn only(tags: &TagSet) -> Option<&str> {
    let mut tags = tags.iter();
    tags.next().filter(|_| tags.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_a_python_follows_from_the_tags() {
        let cases = [
            ("cp311", "cp311", "python3.11"),
            ("cp313", "cp313t", "python3.13t"),
            ("cp36", "cp36m", "python3.6"),
            ("cp311", "none", "python3.11"),
            ("pp310", "pypy310_pp73", "pypy3.10"),
            ("cp38", "abi3", ANY_PYTHON),
            ("cp315", "abi3.abi3t", ANY_PYTHON),
            ("py3", "none", ANY_PYTHON),
            ("py2.py3", "none", ANY_PYTHON),
            ("cp311.cp312", "none", ANY_PYTHON),
            ("py311", "none", ANY_PYTHON),
            ("cp3", "none", ANY_PYTHON),
        ];
        for (python, abi, expected) in cases {
            let tags = WheelTags::new(python, abi, "linux_x86_64").unwrap();
            assert_eq!(library_directory(&tags), expected, "{python}-{abi}");
        }
    }

    /// The layout of `pip install` and `uv pip install` in a virtual environment.
    #[test]
    fn files_are_installed_by_their_scheme() {
        let cases = [
            ("pkg/a.so", Some("lib/python3.11/site-packages/pkg/a.so")),
            ("d-1.data/platlib/d.libs/b.so", Some("lib/python3.11/site-packages/d.libs/b.so")),
            ("d-1.data/purelib/c.so", Some("lib/python3.11/site-packages/c.so")),
            ("d-1.data/scripts/tool", Some("bin/tool")),
            ("d-1.data/data/lib/e.so", Some("lib/e.so")),
            ("d-1.data/headers/f.so", Some("include/site/python3.11/d/f.so")),
            ("d-1.data/other/g.so", None),
            ("d-1.data/h.so", None),
            ("d-1.databank/i.so", Some("lib/python3.11/site-packages/d-1.databank/i.so")),
        ];
        let files: Vec<String> = cases.iter().map(|(path, _)| (*path).to_owned()).collect();
        let installed = Installed::new("d-1.data", "python3.11", files.iter(), |_| true).unwrap();
        for (archived, expected) in cases {
            assert_eq!(installed.path_of(archived), expected, "{archived}");
            assert!(expected.is_none_or(|path| installed.archived(path) == Some(archived)));
        }
        assert!(installed.is_directory("bin") && installed.is_directory(""));
        assert!(!installed.is_directory("d-1.data"));
        assert!(installed.is_shared("lib/python3.11/site-packages"));
        assert!(!installed.is_shared("lib/python3.11"));
    }
}
