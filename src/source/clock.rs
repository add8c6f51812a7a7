//! Whether a file system gives each change of a file a time of its own.
//!
//! Most took the time of a change from a clock that ticks every few milliseconds: two changes within a
//! tick have one time. Linux 6.13 and later take it, on ext4, XFS, Btrfs and tmpfs, from the precise
//! clock if somebody has looked at the file's times since its last change ("multigrain timestamps",
//! `Documentation/filesystems/multigrain-ts.rst`). There a fingerprint stands for the content as soon as it is
//! taken; elsewhere only when the file has been left alone for a while.

use std::io;
use std::time::{Duration, Instant};

use fs_err::File;

use super::fingerprint::status_changed;

/// Changes that must all have times of their own.
const CHANGES: usize = 4;

/// They must be made within this time: the shortest tick that kernels are built with.
const TICK: Duration = Duration::from_millis(1);

/// How often it is tried, in case the thread has to wait for a core.
const TRIES: usize = 3;

/// Whether it is so on the file system of this file, which is found out by setting its permissions to
/// what they are. A clock that ticks would give four changes within a tick at most two times.
pub fn tells_changes_apart(file: &File) -> io::Result<bool> {
    if cfg!(not(unix)) {
        return Ok(false);
    }
    let permissions = file.metadata()?.permissions();
    for _ in 0..TRIES {
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;
    use crate::source::Input;

    /// Where it is said to be so, it is: a write right after a look has another fingerprint, time set back or
    /// not.
    #[test]
    fn what_is_told_apart_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs_err::write(&path, "content").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        if !tells_changes_apart(&file).unwrap() {
            return;
        }
        for _ in 0..1000 {
            let modified = file.metadata().unwrap().modified().unwrap();
            let before = Input::find(&path).unwrap().fingerprint_now();
            file.file().write_all_at(b"other", 0).unwrap();
            file.set_modified(modified).unwrap();
            assert_ne!(Input::find(&path).unwrap().fingerprint_now(), before);
        }
    }
}
