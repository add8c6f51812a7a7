//! Detects whether a file system has fine-grained timestamps, so that each change of a file has a
//! different time.
//!
//! Most file systems take the time of a change from a clock that ticks every few milliseconds: two changes
//! within a tick have one time. Since Linux 6.13, ext4, XFS, Btrfs and tmpfs take it from the precise clock
//! if a process has read the file's times since its last change ("multigrain timestamps",
//! `Documentation/filesystems/multigrain-ts.rst`). There a fingerprint identifies the content as soon as it
//! is taken. Elsewhere it does so only when the file has been unchanged for two seconds.

use std::io;
use std::time::{Duration, Instant};

use fs_err::File;

use super::fingerprint::status_changed;

/// The number of changes that must all have different times.
const CHANGES: usize = 4;

/// The changes must be made within this time: the shortest tick that kernels are built with.
const TICK: Duration = Duration::from_millis(1);

/// The number of attempts, because the thread may have to wait for a core.
const ATTEMPTS: usize = 3;

/// Whether the file system of this file has fine-grained timestamps.
///
/// Sets the file's permissions to their present value four times within a tick. A clock that ticks shows
/// two times at most.
///
/// # Errors
///
/// The caller does not own the file, or the file system refuses.
pub fn has_fine_timestamps(file: &File) -> io::Result<bool> {
    if cfg!(not(unix)) {
        return Ok(false);
    }
    let permissions = file.metadata()?.permissions();
    for _ in 0..ATTEMPTS {
        let began = Instant::now();
        let mut times = Vec::with_capacity(CHANGES);
        for _ in 0..CHANGES {
            file.set_permissions(permissions.clone())?;
            times.push(status_changed(&file.metadata()?));
        }
        if began.elapsed() < TICK {
            times.dedup();
            return Ok(times.len() == CHANGES);
        }
    }
    Ok(false)
}

/// How long [`is_later_now`] waits: several of the longest ticks that kernels are built with.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// Waits until the file system's clock shows a later time than `time`, in seconds and nanoseconds since 1970.
/// Returns false if it does not within 50 ms. Then a later change of a file on that file system gets a later
/// time.
///
/// # Errors
///
/// The caller does not own `file`, or the file system refuses.
pub fn is_later_now(file: &File, time: (i64, i64)) -> io::Result<bool> {
    let began = Instant::now();
    let permissions = file.metadata()?.permissions();
    while cfg!(unix) && began.elapsed() < MAX_WAIT {
        file.set_permissions(permissions.clone())?;
        if status_changed(&file.metadata()?) > time {
            return Ok(true);
        }
        std::thread::sleep(TICK / 4);
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;
    use crate::source::Input;

    /// With fine-grained timestamps, a write directly after the metadata was read changes the
    /// fingerprint, even if the time of modification is set back.
    #[test]
    fn fine_timestamps_make_unique_fingerprints() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs_err::write(&path, "content").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        if !has_fine_timestamps(&file).unwrap() {
            return;
        }
        for _ in 0..1000 {
            let modified = file.metadata().unwrap().modified().unwrap();
            let before = Input::find(&path).unwrap().fingerprint();
            file.file().write_all_at(b"other", 0).unwrap();
            file.set_modified(modified).unwrap();
            assert_ne!(Input::find(&path).unwrap().fingerprint(), before);
        }
    }
}
