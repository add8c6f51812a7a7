//! Inputs that are read or mapped, unchanged, changed or truncated.

use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

use std::time::{Duration, SystemTime};

use super::*;
use crate::source::fingerprint::status_changed;

fn file_of(len: u64) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&vec![7; usize::try_from(len).unwrap()]).unwrap();
    file
}

#[test]
fn small_files_are_read_and_large_ones_mapped() {
    for len in [0, 1, MAP_THRESHOLD - 1, MAP_THRESHOLD, MAP_THRESHOLD + 1] {
        let file = file_of(len);
        let content = Input::find(file.path()).unwrap().open().unwrap();
        assert_eq!(content.bytes().len() as u64, len);
        assert!(content.bytes().iter().all(|&byte| byte == 7));
        assert_eq!(matches!(content, FileContent::Mapped(_)), len >= MAP_THRESHOLD, "{len}");
        assert!(content.is_intact());
    }
}

#[test]
fn a_truncated_mapped_file_reads_as_zeros_and_is_not_intact() {
    let len = 4 * MAP_THRESHOLD;
    let file = file_of(len);
    let input = Input::find(file.path()).unwrap();
    let content = input.open().unwrap();
    let other = file_of(len);
    let other_content = Input::find(other.path()).unwrap().open().unwrap();
    file.as_file().set_len(10).unwrap();
    // The first page is still there; what lies behind the file's end is not.
    assert_eq!(content.bytes()[9], 7);
    assert!(content.is_intact());
    assert_eq!(content.bytes()[usize::try_from(len).unwrap() - 1], 0);
    assert!(!content.is_intact());
    assert!(matches!(input.check_unchanged(), Err(SourceError::Changed(_))));
    assert!(other_content.bytes().iter().all(|&byte| byte == 7));
    assert!(other_content.is_intact(), "another mapping is not blamed");
}

/// Returns the resident KiB of the mapping at `address`, from `/proc/self/smaps`.
#[cfg(target_os = "linux")]
fn resident_kib(address: usize) -> u64 {
    let maps = fs_err::read_to_string("/proc/self/smaps").unwrap();
    let start = format!("{address:x}-");
    let lines = maps.lines().skip_while(|line| !line.starts_with(&start));
    let found = lines.skip(1).find_map(|line| line.strip_prefix("Rss:"));
    found.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn unmapped_pages_are_not_resident_and_are_read_again() {
    let len = usize::try_from(4 * MAP_THRESHOLD).unwrap();
    let file = file_of(4 * MAP_THRESHOLD);
    let content = Input::find(file.path()).unwrap().open().unwrap();
    let address = content.bytes().as_ptr().addr();
    let all_are_seven = || content.bytes().iter().all(|&byte| byte == 7);
    for (range, resident) in [
        (0..0, len),
        (len..len + 9, len),
        (0..len / 2, len / 2),
        (len / 2..usize::MAX, len / 2),
        (0..len, 0),
    ] {
        assert!(all_are_seven(), "{range:?}");
        content.unmap_pages(range.clone());
        assert_eq!(resident_kib(address), resident as u64 / 1024, "{range:?}");
    }
    assert!(all_are_seven());
    assert!(content.is_intact());
}

#[test]
fn a_change_is_noticed_at_opening_and_at_the_end() {
    let file = file_of(10);
    let input = Input::find(file.path()).unwrap();
    assert_eq!(input.check_unchanged().unwrap(), Change::None);
    file.as_file().set_len(11).unwrap();
    assert!(matches!(input.open(), Err(SourceError::Changed(_))));
    assert!(matches!(input.check_unchanged(), Err(SourceError::Changed(_))));
}

#[test]
fn same_size_and_time_but_another_file_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs_err::write(&path, "one").unwrap();
    let input = Input::find(&path).unwrap();
    let modified = fs_err::metadata(&path).unwrap().modified().unwrap();
    let other = folder.path().join("b");
    fs_err::write(&other, "two").unwrap();
    File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
    fs_err::rename(&other, &path).unwrap();
    assert!(matches!(input.check_unchanged(), Err(SourceError::Changed(_))));
}

#[test]
fn a_new_link_is_a_possible_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs_err::write(&path, "one").unwrap();
    let mut input = Input::find(&path).unwrap();
    // As if the file had been found a second earlier: the link may come within one tick of the clock.
    input.fingerprint.status_changed.0 -= 1;
    fs_err::hard_link(&path, folder.path().join("b")).unwrap();
    assert_eq!(input.check_unchanged().unwrap(), Change::Possible);
    assert_eq!(input.open().unwrap().bytes(), b"one");
    assert!(input.is_same_file(&Input::find(&folder.path().join("b")).unwrap()));
}

#[test]
fn a_fingerprint_counts_when_the_file_has_settled() {
    let file = file_of(10);
    let later = Clock::default();
    let fingerprint = |clock: &Clock| Input::find(file.path()).unwrap().settled_fingerprint(clock);
    let changed = |nanoseconds: u64| {
        let (seconds, since) = status_changed(&file.as_file().metadata().unwrap());
        let since_1970 = Duration::new(seconds.try_into().unwrap(), since.try_into().unwrap());
        SystemTime::UNIX_EPOCH + since_1970 + Duration::from_nanos(nanoseconds)
    };
    let is_local = has_kernel_time(file.path(), &Input::find(file.path()).unwrap().fingerprint());
    for (nanoseconds, is_settled) in [
        (0, false),
        (49_999_999, false),
        (50_000_000, is_local),
        (1_999_999_999, is_local),
        (2_000_000_000, true),
    ] {
        later.stop_at(changed(nanoseconds));
        assert_eq!(fingerprint(&later).is_some(), is_settled, "after {nanoseconds} ns");
    }
    let first = fingerprint(&later).unwrap();
    assert_eq!(fingerprint(&later), Some(first.clone()));
    // An edit that sets the time of modification back is a change, as soon as the clock has ticked.
    let modified = file.as_file().metadata().unwrap().modified().unwrap();
    let edit = || {
        file.as_file().write_all_at(b"x", 3).unwrap();
        file.as_file().set_modified(modified).unwrap();
        fingerprint(&later) != Some(first.clone())
    };
    assert!((0..1_000_000).any(|_| edit()), "the clock does not tick");
    later.stop_at(changed(0));
    assert_eq!(fingerprint(&later), None);
    later.stop_at(changed(2_000_000_000));
    assert_ne!(fingerprint(&later).unwrap(), first);
}

#[test]
fn a_mapped_file_settles_when_the_clock_ticks() {
    for (len, is_mapped) in [(MAP_THRESHOLD - 1, false), (MAP_THRESHOLD, true)] {
        let file = file_of(len);
        let input = Input::find(file.path()).unwrap();
        let is_local = has_kernel_time(file.path(), &input.fingerprint());
        let (seconds, nanoseconds) = input.fingerprint().changed_at();
        // By the other clock, no time has passed.
        let at =
            |nanoseconds| Moment { time: SystemTime::UNIX_EPOCH, kernel: (seconds, nanoseconds) };
        for later in [0, 1] {
            let moment = at(nanoseconds + later);
            let is_settled = input.fingerprint_settled_at(moment).is_some();
            assert_eq!(is_settled, is_local && is_mapped && later > 0, "{len} bytes");
            let settles = input.settles_next_tick(moment).is_some();
            assert_eq!(settles, is_local && is_mapped && later == 0, "{len} bytes");
        }
    }
}

#[test]
fn other_than_regular_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Input::find(folder.path()).unwrap_err();
    assert!(matches!(error, SourceError::Directory(_)));
    let error = Input::find(&folder.path().join("missing")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read `"), "{error}");
    let error = Input::find(Path::new("/dev/null")).unwrap_err();
    assert!(matches!(error, SourceError::Special(_)));
}
