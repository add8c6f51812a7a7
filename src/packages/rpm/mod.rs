//! The database of rpm. Its three backends store the same headers: SQLite (since rpm 4.16), ndb (SUSE) and
//! Berkeley DB (RHEL 8 and older).

mod berkeley;
mod header;
mod integers;
mod ndb;
mod sqlite;

use std::collections::BTreeSet;
use std::path::Path;

use self::header::Header;
use super::error::PackagesError;
use super::package::PackageKind;
use super::system_root::SystemRoot;
use super::wanted::Wanted;
use crate::source::Input;

/// The directories of the database: the usual one, that of Fedora and SUSE, and that of images by ostree.
const DIRECTORIES: [&str; 3] = ["/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm"];

/// Maximum size of a database in bytes. One of 5,000 packages has 300 MB.
const MAX_BYTES: u64 = 4 << 30;

/// How a database stores its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Ndb,
    Berkeley,
}

/// The files of the backends, the newest first.
const FILES: [(&str, Backend); 3] = [
    ("rpmdb.sqlite", Backend::Sqlite),
    ("Packages.db", Backend::Ndb),
    ("Packages", Backend::Berkeley),
];

/// What is wrong with a database.
type Problem = &'static str;

/// What readers call with each header.
type Visit<'v> = dyn FnMut(&[u8]) -> Result<(), Problem> + 'v;

/// Adds the owners that rpm knows.
///
/// # Errors
///
/// A database that cannot be read or is damaged.
pub(super) fn find(root: &SystemRoot<'_>, wanted: &mut Wanted) -> Result<(), PackagesError> {
    for directory in DIRECTORIES.map(Path::new) {
        for (name, backend) in FILES {
            if let Some(database) = open(root, &directory.join(name))? {
                let log = match backend {
                    Backend::Sqlite => open(root, &directory.join(format!("{name}-wal")))?,
                    Backend::Ndb | Backend::Berkeley => None,
                };
                return add_owners(&database, log.as_ref(), backend, wanted);
            }
        }
    }
    Ok(())
}

/// Returns a file of the database, or `None` if it does not exist or is empty.
fn open(root: &SystemRoot<'_>, path: &Path) -> Result<Option<Input>, PackagesError> {
    let Some(resolved) = root.resolve(path) else { return Ok(None) };
    let path = root.on_machine(&resolved);
    if !path.is_file() {
        return Ok(None);
    }
    let input = Input::find(&path)?;
    if input.len() > MAX_BYTES {
        return Err(PackagesError::TooLarge { path, limit: MAX_BYTES });
    }
    Ok((!input.is_empty()).then_some(input))
}

/// Adds the owners in one database.
fn add_owners(
    database: &Input,
    log: Option<&Input>,
    backend: Backend,
    wanted: &mut Wanted,
) -> Result<(), PackagesError> {
    let content = database.open()?;
    let log = log.map(Input::open).transpose()?;
    let log_bytes = log.as_ref().map_or(&b""[..], |log| log.bytes());
    let mut visit = |blob: &[u8]| {
        let header = Header::parse(blob)?;
        let Some((name, version)) = header.name_and_version() else { return Ok(()) };
        // A set, so that a header that names a file many times takes no more memory.
        let mut paths = BTreeSet::new();
        header.for_each_file(
            |name| wanted.has_base_name(name),
            |path| {
                if wanted.has(&path) {
                    paths.insert(path);
                }
            },
        )?;
        for path in paths {
            wanted.add(&path, PackageKind::Rpm, name, &version);
        }
        Ok(())
    };
    let result = backend.read(content.bytes(), log_bytes, &mut visit);
    if !content.is_intact() {
        return Err(database.faulted().into());
    }
    result.map_err(|problem| PackagesError::Damaged { path: database.path().to_owned(), problem })
}

impl Backend {
    /// Calls `visit` with each header of a database.
    fn read(self, bytes: &[u8], log: &[u8], visit: &mut Visit<'_>) -> Result<(), Problem> {
        match self {
            Self::Sqlite => sqlite::read(bytes, log, visit),
            Self::Ndb => ndb::read(bytes, visit),
            Self::Berkeley => berkeley::read(bytes, visit),
        }
    }
}

/// Private functions for the fuzz targets.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    use super::{FILES, Header};

    /// Reads a database with the reader of each backend, and returns the paths of all files.
    #[must_use]
    pub fn files_of_rpm_database(database: &[u8], log: &[u8]) -> Vec<Vec<u8>> {
        let mut paths = Vec::new();
        for (_, backend) in FILES {
            // Damaged databases are errors.
            let _ = backend.read(database, log, &mut |blob| {
                let header = Header::parse(blob)?;
                let _ = header.name_and_version();
                header.for_each_file(|_| true, |path| paths.push(path))
            });
        }
        paths
    }
}
