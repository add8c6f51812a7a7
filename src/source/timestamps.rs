//! Detects whether a file system has fine-grained timestamps, so that each change of a file has a
//! different time.
//!
//! Most file systems take the time of a change from a clock that ticks every few milliseconds: two changes
//! within a tick have one time. Since Linux 6.13, ext4, XFS, Btrfs and tmpfs take it from the precise clock
//! if a process has read the file's times since its last change ("multigrain timestamps",
//! `Documentation/filesystems/multigrain-ts.rst`). There a fingerprint identifies the content as soon as it
//! is taken. On other local file systems of Linux it does so when the clock has ticked since the file's last change, and
//! elsewhere, where the clock may be a server's or tick every two seconds, after two seconds. docs/decisions.md,
//! "Warm state", has the reasons.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use fs_err::File;

use super::fingerprint::{FileFingerprint, status_changed};

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

/// How long a file must be unchanged before its fingerprint identifies its content, if [`has_kernel_time`] holds:
/// five of the longest ticks that kernels are built with (`CONFIG_HZ=100`).
pub(super) const KERNEL_SETTLE_TIME: Duration = Duration::from_millis(50);

/// File systems of Linux that take the time of a change from this kernel's clock (`current_time` in `fs/inode.c`), by
/// their numbers in `linux/magic.h`: ext2 to ext4, XFS, Btrfs, tmpfs, F2FS. Not network file systems and FUSE, whose
/// times come from elsewhere, nor overlayfs, which may hide one.
#[cfg(target_os = "linux")]
const WITH_KERNEL_TIME: [i64; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0xF2F5_2010];

/// Whether the time of the file's last change is one of this kernel's clock, in fractions of a second. ext4 with
/// inodes of 128 bytes keeps whole seconds only.
pub(super) fn has_kernel_time(path: &Path, fingerprint: &FileFingerprint) -> bool {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt as _;

        let (_, nanoseconds) = fingerprint.changed_at();
        let is_on_same_device =
            || fs_err::metadata(path).is_ok_and(|it| it.dev() == fingerprint.file_id().device);
        nanoseconds != 0
            && rustix::fs::statfs(path).is_ok_and(|it| {
                // The type of the number differs between the machines.
                #[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
                let number = i64::try_from(it.f_type);
                number.is_ok_and(|number| WITH_KERNEL_TIME.contains(&number))
            })
            && is_on_same_device()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (path, fingerprint);
        false
    }
}

/// Waits until no call of `write` to the file is under way. Such a call has set the time of change before the caller
/// looked at it, and may still copy bytes. It holds the inode's lock, which `SEEK_DATA` takes on ext4, Btrfs, tmpfs
/// and F2FS, or on XFS the lock that `read` takes. Direct I/O and stores to a shared mapping are not waited for.
pub(super) fn wait_for_writer(file: &File) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{SeekFrom, seek};
        // Whether they succeed does not matter: where they do not, nothing holds a lock that they take.
        let _ = seek(file.file(), SeekFrom::Data(0));
        let _ = rustix::io::pread(file.file(), &mut [0_u8][..], 0);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file;
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
    use crate::source::{Clock, Input};

    /// A write after the wait gets a later time, whatever is done to the time of modification.
    #[test]
    fn a_write_after_the_wait_has_a_later_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs_err::write(&path, vec![1; 1 << 20]).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        if !has_kernel_time(&path, &Input::find(&path).unwrap().fingerprint()) {
            return;
        }
        for _ in 0..20 {
            let before = Input::find(&path).unwrap();
            let moment = Clock::default().later_than(before.fingerprint().changed_at());
            let modified = file.metadata().unwrap().modified().unwrap();
            file.file().write_all_at(b"other", 0).unwrap();
            file.set_modified(modified).unwrap();
            let settled = before.fingerprint_settled_at(moment).unwrap();
            assert_ne!(Input::find(&path).unwrap().fingerprint(), settled);
        }
    }

    /// Content that is read after the wait stays the content of the fingerprint, also if a `write` was under way.
    #[test]
    fn a_write_that_is_under_way_is_waited_for() {
        const LEN: usize = 64 << 20;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs_err::write(&path, vec![0; LEN]).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        let found = || Input::find(&path).unwrap();
        if !has_kernel_time(&path, &found().fingerprint()) {
            return;
        }
        for byte in 1..=5 {
            let new = vec![byte; LEN];
            let mut read = Vec::new();
            std::thread::scope(|scope| {
                let writer = scope.spawn(|| file.file().write_at(&new, 0).unwrap());
                while !writer.is_finished() {
                    let input = found();
                    let settled = input.fingerprint_settled_at(Clock::default().now());
                    let Some(settled) = settled else { continue };
                    // The write may have begun since the file was found.
                    let Ok(content) = input.open() else { continue };
                    read.push((settled, [0, LEN - 1].map(|at| content.bytes()[at])));
                }
                assert_eq!(writer.join().unwrap(), LEN);
            });
            let last = found().fingerprint();
            for (settled, bytes) in read {
                assert!(settled != last || bytes == [byte; 2], "{bytes:?} and not {byte}");
            }
        }
    }

    #[test]
    fn files_of_other_file_systems_have_other_times() {
        let times = |path: &str| {
            let metadata = fs_err::metadata(path).unwrap();
            has_kernel_time(Path::new(path), &FileFingerprint::of_metadata(&metadata))
        };
        assert!(!times("/proc/self/stat"));
        assert!(!times("/sys/kernel"));
    }

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
