//! The libraries of this machine or of a sysroot.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::given::GivenLibraries;
use crate::elf::{Detail, ElfFacts, FileLocation, SearchPaths};
use crate::lock::lock;
use crate::platform::Libc;
use crate::source::Input;
use crate::sysroot::is_link_to_copy;

/// Maximum number of symbolic links to one library; Linux has the same limit.
const MAX_LINKS: usize = 40;

/// Maximum number of files that `ld.so.conf` includes, directly or not.
const MAX_CONF_FILES: usize = 1000;

/// Directories that glibc always searches.
const GLIBC_TRUSTED: [&str; 4] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];

/// Directories that musl searches without a configuration file.
const MUSL_DEFAULT: [&str; 3] = ["/lib", "/usr/local/lib", "/usr/lib"];

/// Where libraries outside of the wheel are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Nowhere. Libraries that a policy allows count as present.
    Nowhere,
    /// On this machine.
    Machine,
    /// In a directory that is the root of another system (sysroot).
    Sysroot(PathBuf),
}

/// The path of a file with symbolic links followed, and its facts.
type Found = (PathBuf, Arc<ElfFacts>);

/// The host, with a cache of the files that were read.
#[derive(Debug)]
pub(super) struct Host {
    scope: Scope,
    given: GivenLibraries,
    /// Directories to search instead of those in the loader's configuration.
    ldpaths: Option<Vec<FileLocation>>,
    environment: Vec<FileLocation>,
    files: Mutex<HashMap<PathBuf, Option<Found>>>,
    search_paths: Mutex<HashMap<Option<Libc>, Arc<SearchPaths>>>,
}

impl Host {
    pub(super) fn new(
        scope: Scope,
        given: GivenLibraries,
        ldpaths: Option<Vec<FileLocation>>,
        environment: Vec<FileLocation>,
    ) -> Self {
        let environment = given.directories().chain(environment).collect();
        let (files, search_paths) = (Mutex::default(), Mutex::default());
        Self { scope, given, ldpaths, environment, files, search_paths }
    }

    /// Returns whether libraries of the host are searched.
    pub(super) fn is_present(&self) -> bool {
        self.scope != Scope::Nowhere
    }

    /// Returns the path on this machine of a path of the host.
    pub(super) fn on_machine(&self, path: &Path) -> PathBuf {
        if let Some(file) = self.given.file(path) {
            return file.to_owned();
        }
        match &self.scope {
            Scope::Sysroot(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            Scope::Nowhere | Scope::Machine => path.to_owned(),
        }
    }

    pub(super) fn is_directory(&self, path: &Path) -> bool {
        if GivenLibraries::contains(path) {
            return true;
        }
        // The directory of a given library may be relative.
        self.is_present()
            && path.is_absolute()
            && self.follow(path).is_some_and(|path| self.on_machine(&path).is_dir())
    }

    /// Returns the ELF file at a path, with symbolic links followed.
    pub(super) fn elf(&self, path: &Path) -> Option<Found> {
        if GivenLibraries::contains(path) {
            return self.given.elf(path);
        }
        if !self.is_present() {
            return None;
        }
        if let Some(known) = lock(&self.files).get(path) {
            return known.clone();
        }
        let found = self.follow(path).and_then(|real| {
            let facts = read(&self.on_machine(&real))?;
            Some((real, Arc::new(facts)))
        });
        lock(&self.files).insert(path.to_owned(), found.clone());
        found
    }

    /// Follows the symbolic links at the last component of a path. Absolute links are relative to the
    /// sysroot, except those to the same path of a copy of it: a build system makes a sandbox of such links.
    fn follow(&self, path: &Path) -> Option<PathBuf> {
        let mut path = path.to_owned();
        let mut on_machine = self.on_machine(&path);
        for _ in 0..MAX_LINKS {
            let Ok(target) = fs_err::read_link(&on_machine) else { return Some(path) };
            if let Scope::Sysroot(root) = &self.scope
                && is_link_to_copy(root, &path, &target)
            {
                on_machine = target;
                continue;
            }
            let FileLocation::Host(next) = FileLocation::host(&path.parent()?.join(target)) else {
                return None;
            };
            path = next;
            on_machine = self.on_machine(&path);
        }
        None
    }

    pub(super) fn search_paths(&self, libc: Option<Libc>) -> Arc<SearchPaths> {
        if let Some(known) = lock(&self.search_paths).get(&libc) {
            return Arc::clone(known);
        }
        let environment = self.environment.clone();
        let paths = Arc::new(match &self.ldpaths {
            Some(configured) => {
                SearchPaths { environment, configured: configured.clone(), interpreter: true }
            }
            None if !self.is_present() => SearchPaths { environment, ..SearchPaths::default() },
            None => {
                let configured = match libc {
                    Some(Libc::Musl) => self.musl_paths(),
                    // Android wheels are never built on the system they run on.
                    Some(Libc::Android) => Vec::new(),
                    Some(Libc::Glibc) | None => self.glibc_paths(),
                };
                SearchPaths { environment, configured, interpreter: libc != Some(Libc::Android) }
            }
        });
        lock(&self.search_paths).insert(libc, Arc::clone(&paths));
        paths
    }

    /// Returns the C library of the host: musl if it has no other loader. Without a host, glibc: it has
    /// the most policies.
    pub(super) fn libc(&self) -> Libc {
        let has = |pattern: &str| !glob_of(&self.on_machine(Path::new(pattern))).is_empty();
        let is_musl = self.is_present() && has("/lib/ld-musl-*") && !has("/lib*/ld-linux*");
        if is_musl { Libc::Musl } else { Libc::Glibc }
    }

    fn glibc_paths(&self) -> Vec<FileLocation> {
        let mut conf = LdSoConf { host: self, read: HashSet::new(), found: Vec::new() };
        conf.add(Path::new("/etc/ld.so.conf"));
        let mut paths: Vec<FileLocation> = Vec::new();
        for path in conf.found {
            let location = FileLocation::host(Path::new(&path));
            if !paths.contains(&location) && self.is_directory(Path::new(&path)) {
                paths.push(location);
            }
        }
        paths.extend(GLIBC_TRUSTED.map(|path| FileLocation::host(Path::new(path))));
        paths
    }

    fn musl_paths(&self) -> Vec<FileLocation> {
        let pattern = self.on_machine(Path::new("/etc/ld-musl-*.path"));
        let Some(file) = glob_of(&pattern).into_iter().next() else {
            return MUSL_DEFAULT.map(|path| FileLocation::host(Path::new(path))).to_vec();
        };
        let text = fs_err::read_to_string(file).unwrap_or_default();
        let paths = text.split([':', '\n']).map(str::trim).filter(|path| !path.is_empty());
        paths.map(|path| FileLocation::host(Path::new(path))).collect()
    }
}

/// `ld.so.conf`, with the files that it includes.
struct LdSoConf<'a> {
    host: &'a Host,
    read: HashSet<PathBuf>,
    found: Vec<String>,
}

impl LdSoConf<'_> {
    fn add(&mut self, path: &Path) {
        if self.read.len() == MAX_CONF_FILES || !self.read.insert(path.to_owned()) {
            return;
        }
        let Ok(bytes) = fs_err::read(self.host.on_machine(path)) else { return };
        for line in String::from_utf8_lossy(&bytes).lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some(pattern) = line.strip_prefix("include ") {
                let directory = path.parent().unwrap_or(Path::new("/"));
                self.include(&directory.join(pattern.trim()));
            } else if !line.is_empty() {
                self.found.push(line.to_owned());
            }
        }
    }

    fn include(&mut self, pattern: &Path) {
        for file in glob_of(&self.host.on_machine(pattern)) {
            // Back to a path of the host.
            let inner = match &self.host.scope {
                Scope::Sysroot(root) => {
                    file.strip_prefix(root).ok().map(|it| Path::new("/").join(it))
                }
                Scope::Nowhere | Scope::Machine => Some(file),
            };
            if let Some(inner) = inner {
                self.add(&inner);
            }
        }
    }
}

/// Returns the files that match a pattern, sorted by name.
fn glob_of(pattern: &Path) -> Vec<PathBuf> {
    let Some(text) = pattern.to_str() else { return Vec::new() };
    glob::glob(text).map_or_else(|_| Vec::new(), |found| found.flatten().collect())
}

/// Returns the facts of a library, or `None` for a file that is no ELF file (a linker script) or cannot
/// be read.
fn read(path: &Path) -> Option<ElfFacts> {
    let input = Input::find(path).ok()?;
    let content = input.open().ok()?;
    let facts = ElfFacts::read(content.bytes(), Detail::Loading).ok()?;
    content.is_intact().then_some(facts)
}
