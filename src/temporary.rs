//! Temporary files and directories. Outputs are written next to their destination and then renamed to it. A
//! sweep removes the leftovers of killed processes.
//!
//! A process holds a lock (`flock`) on each file or directory while it writes it. The kernel releases the lock
//! however the process ends, so a process that gets the lock knows that no other process uses the file. Process
//! IDs do not suffice, because every sandbox and container has its own.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use fs_err::File;
use tempfile::{Builder, NamedTempFile, TempDir};

use crate::error::FileError;

/// The prefix of every temporary name.
const PREFIX: &str = ".wheelworks-";
/// The suffix of every temporary name.
const SUFFIX: &str = ".tmp";

/// The number of random characters between prefix and suffix.
const RANDOM: usize = 6;

fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    builder
}

/// Returns the directory of an output: `.` for a bare file name.
pub(crate) fn folder_of(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Creates an empty file in a directory. Drop removes the file unless it was renamed.
pub(crate) fn file(folder: &Path) -> io::Result<NamedTempFile<File>> {
    builder().make_in(folder, |path| {
        let file = fs_err::OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        // This error makes `tempfile` try another name.
        if claim(&file, path) { Ok(file) } else { Err(io::ErrorKind::AlreadyExists.into()) }
    })
}

/// Creates an empty file in the directory of an output, for a later rename to the output. First removes the
/// leftovers of killed processes from the directory.
pub(crate) fn beside(out: &Path) -> Result<NamedTempFile<File>, FileError> {
    let folder = folder_of(out);
    sweep(folder);
    file(folder).map_err(FileError::on("create", out))
}

/// Creates an empty directory that only its owner can access. Drop removes it unless it was kept.
pub(crate) fn directory(folder: &Path) -> io::Result<Directory> {
    loop {
        let temp = builder().tempdir_in(folder)?;
        let lock = match untrusted().read(true).open(temp.path()) {
            Ok(lock) if claim(&lock, temp.path()) => Some(lock),
            // On systems that cannot open directories, no process can lock this one.
            Err(error) if error.kind() != io::ErrorKind::NotFound => None,
            _ => continue,
        };
        return Ok(Directory { _lock: lock, temp });
    }
}

/// A temporary directory, locked while it exists.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Dropped first: the removal of the directory needs a descriptor, and this one may be the last.
    _lock: Option<File>,
    temp: TempDir,
}

impl Directory {
    /// Returns the path of the directory.
    pub(crate) fn path(&self) -> &Path {
        self.temp.path()
    }

    /// Keeps the directory and returns its path.
    pub(crate) fn keep(self) -> PathBuf {
        self.temp.keep()
    }
}

/// Locks a new file or directory. Returns false if a sweep locked and removed it first.
fn claim(file: &File, path: &Path) -> bool {
    // A sweep holds the lock only briefly. On a file system without locks a sweep cannot lock it either.
    while file.file().lock().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
    path.symlink_metadata().is_ok()
}

/// Writes a file atomically: completely, or not at all. A device, such as `/dev/null`, is written to.
pub(crate) fn publish(path: &Path, text: &str) -> Result<(), FileError> {
    use std::io::Write as _;
    if is_device(path) {
        return fs_err::write(path, text).map_err(FileError::on("write", path));
    }
    let mut temp = beside(path)?;
    temp.write_all(text.as_bytes()).map_err(FileError::on("write", path))?;
    temp.persist(path).map_err(|error| FileError::on("rename a file to", path)(error.error))?;
    Ok(())
}

#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    fs_err::metadata(path).is_ok_and(|metadata| metadata.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_device(_: &Path) -> bool {
    false
}

/// Removes the temporary files and directories of killed processes from a directory. A failed removal is not
/// an error.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if is_temporary_name(&entry.file_name()) && remove_abandoned(&entry.path()).is_ok() {
            tracing::info!(
                "`{}`: left by a process that was killed; removed",
                entry.path().display()
            );
        }
    }
}

fn is_temporary_name(name: &OsStr) -> bool {
    let name = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    name.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Returns the options for opening a file that another user may have created: symbolic links are not followed,
/// and pipes do not block.
pub(crate) fn untrusted() -> fs_err::OpenOptions {
    let mut options = fs_err::OpenOptions::new();
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    options
}

#[cfg(unix)]
fn remove_abandoned(path: &Path) -> io::Result<()> {
    let kind = fs_err::symlink_metadata(path)?.file_type();
    // Over NFS an exclusive lock needs a writable descriptor.
    let file = untrusted().read(true).write(kind.is_file()).open(path)?;
    file.file().try_lock()?;
    if kind.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) }
}

/// On other systems an open file cannot be removed, and a directory cannot be locked.
#[cfg(not(unix))]
fn remove_abandoned(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::{self, TryRecvError};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|it| it.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_sweep_removes_only_abandoned_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (live_file, live_directory) =
            (file(folder.path()).unwrap(), directory(folder.path()).unwrap());
        fs_err::write(live_directory.path().join("content"), "x").unwrap();
        fs_err::write(path(".wheelworks-aaaaaa.tmp"), "half").unwrap();
        fs_err::create_dir_all(path(".wheelworks-bbbbbb.tmp/a/b")).unwrap();
        fs_err::write(path(".wheelworks-bbbbbb.tmp/a/b/c"), "half").unwrap();
        let others = [".tmpabcdef", ".wheelworks-aaaaa.tmp", ".wheelworks-aa.aaa.tmp", "a.whl"];
        for name in others {
            fs_err::write(path(name), "other").unwrap();
        }
        fs_err::write(path("target"), "other").unwrap();
        symlink("target", path(".wheelworks-llllll.tmp")).unwrap();
        sweep(folder.path());
        let mut expected: Vec<String> = others.map(str::to_owned).to_vec();
        expected.extend(["target".to_owned(), ".wheelworks-llllll.tmp".to_owned()]);
        for live in [live_file.path(), live_directory.path()] {
            expected.push(live.file_name().unwrap().to_str().unwrap().to_owned());
        }
        expected.sort();
        assert_eq!(names(folder.path()), expected);
        assert!(live_directory.path().join("content").exists());
        drop((live_file, live_directory));
        sweep(&path("missing"));
    }

    #[test]
    fn dropped_and_kept_directories_are_unlocked() {
        let folder = tempfile::tempdir().unwrap();
        drop((file(folder.path()).unwrap(), directory(folder.path()).unwrap()));
        assert_eq!(names(folder.path()), Vec::<String>::new());
        let kept = directory(folder.path()).unwrap().keep();
        assert!(kept.is_dir());
        sweep(folder.path());
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    /// A concurrent sweep never removes a file that is in use.
    #[test]
    fn concurrent_sweeps_spare_new_files() {
        let folder = tempfile::tempdir().unwrap();
        // The channel closes when the test ends or panics. Then the sweeping thread ends, and so can the scope.
        let (running, stopped) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let _running = running;
            let path = folder.path();
            scope.spawn(move || {
                while stopped.try_recv() == Err(TryRecvError::Empty) {
                    sweep(path);
                }
            });
            for _ in 0..3000 {
                let (file, directory) = (file(path).unwrap(), directory(path).unwrap());
                assert!(file.path().exists() && directory.path().is_dir());
            }
        });
    }
}
