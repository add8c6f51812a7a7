//! Size classes: small requests have slots and threads of their own, so that none of them waits for a
//! large one.
//!
//! A request is small if its inputs are few and short. That is an estimate from metadata; no input is
//! opened. Only the order of work depends on it: a request in the wrong class has the same output.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use walkdir::WalkDir;

use crate::double_encoding::encoded_twice;
use crate::exec::CancelFlag;

/// The most bytes that a small request reads: four average chunks. Packing them takes about 0.1 s of
/// one core, which is what one small request waits for another.
pub(super) const SMALL_BYTES: u64 = 4 << 20;

/// The most inputs of a small request, and the most files whose metadata is read: 1.5 µs each.
const SMALL_FILES: usize = 1000;

/// Reads the metadata of an input.
pub(super) type Stat = dyn Fn(&Path) -> io::Result<Metadata> + Send + Sync;

/// The class of a request: each has slots and a thread pool of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SizeClass {
    /// At most `SMALL_FILES` inputs of `SMALL_BYTES` in all.
    Small,
    /// All others.
    Large,
}

impl SizeClass {
    /// Returns the class of a request with these inputs, relative to `base_dir`. If the request is
    /// cancelled it stops early, with either class.
    pub(super) fn of<'a, I: Iterator<Item = &'a Path>>(
        inputs: impl Fn() -> I,
        base_dir: &Path,
        cancel: &CancelFlag,
        stat: &Stat,
    ) -> Self {
        // To count them costs a fifteenth of reading their metadata.
        if inputs().nth(SMALL_FILES).is_some() {
            return Self::Large;
        }
        let mut budget = Budget { files: SMALL_FILES, bytes: SMALL_BYTES, cancel, stat };
        for input in inputs() {
            if budget.take_input(input, base_dir).is_none() {
                return Self::Large;
            }
        }
        Self::Small
    }
}

/// One value of each size class.
#[derive(Debug, Default)]
pub(super) struct PerClass<T> {
    pub(super) small: T,
    pub(super) large: T,
}

impl<T> PerClass<T> {
    pub(super) fn of(&self, class: SizeClass) -> &T {
        match class {
            SizeClass::Small => &self.small,
            SizeClass::Large => &self.large,
        }
    }

    pub(super) fn of_mut(&mut self, class: SizeClass) -> &mut T {
        match class {
            SizeClass::Small => &mut self.small,
            SizeClass::Large => &mut self.large,
        }
    }
}

/// The remaining budget of a small request. Its methods return `None` when it is exceeded.
struct Budget<'a> {
    files: usize,
    bytes: u64,
    cancel: &'a CancelFlag,
    stat: &'a Stat,
}

impl Budget<'_> {
    fn take_file(&mut self) -> Option<()> {
        self.cancel.check().ok()?;
        self.files = self.files.checked_sub(1)?;
        Some(())
    }

    fn take_bytes(&mut self, bytes: u64) -> Option<()> {
        self.bytes = self.bytes.checked_sub(bytes)?;
        Some(())
    }

    /// An input that does not exist takes no bytes: the request will fail.
    fn take_input(&mut self, input: &Path, base_dir: &Path) -> Option<()> {
        self.take_file()?;
        let mut path = base_dir.join(input);
        let mut metadata = (self.stat)(&path);
        if metadata.is_err()
            && let Some(encoded) = encoded_twice(input)
        {
            path = base_dir.join(encoded);
            metadata = (self.stat)(&path);
        }
        match metadata {
            Ok(metadata) if metadata.is_dir() => self.take_directory(&path),
            Ok(metadata) => self.take_bytes(metadata.len()),
            Err(_) => Some(()),
        }
    }

    fn take_directory(&mut self, path: &Path) -> Option<()> {
        for entry in WalkDir::new(path).follow_links(true).min_depth(1).into_iter().flatten() {
            self.take_file()?;
            if entry.file_type().is_file() {
                self.take_bytes(entry.metadata().map_or(0, |metadata| metadata.len()))?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use fs_err::metadata;

    use super::*;

    fn class(directory: &Path, inputs: &[&str]) -> SizeClass {
        let inputs = || inputs.iter().map(Path::new);
        SizeClass::of(inputs, directory, &CancelFlag::default(), &|path| metadata(path))
    }

    fn files(directory: &Path, count: usize) {
        fs_err::create_dir(directory.join("tree")).unwrap();
        for index in 0..count {
            fs_err::write(directory.join(format!("tree/{index}")), "").unwrap();
        }
    }

    #[test]
    fn many_files_are_large() {
        let folder = tempfile::tempdir().unwrap();
        files(folder.path(), SMALL_FILES);
        assert_eq!(class(folder.path(), &["tree/1"]), SizeClass::Small);
        // The directory itself counts, too.
        assert_eq!(class(folder.path(), &["tree"]), SizeClass::Large);
        assert_eq!(class(folder.path(), &["tree/1"; SMALL_FILES]), SizeClass::Small);
        assert_eq!(class(folder.path(), &["tree/1"; SMALL_FILES + 1]), SizeClass::Large);
    }

    #[test]
    fn metadata_is_read_of_a_bounded_number_of_inputs() {
        let count = AtomicUsize::new(0);
        let read = std::sync::Arc::new(count);
        let counter = std::sync::Arc::clone(&read);
        let stat = move |_: &Path| {
            counter.fetch_add(1, Ordering::Relaxed);
            Err(io::ErrorKind::NotFound.into())
        };
        for (inputs, class, reads) in
            [(100_000, SizeClass::Large, 0), (SMALL_FILES, SizeClass::Small, SMALL_FILES)]
        {
            let inputs = || repeat_n(Path::new("absent"), inputs);
            let found = SizeClass::of(inputs, Path::new(""), &CancelFlag::default(), &stat);
            assert_eq!((found, read.load(Ordering::Relaxed)), (class, reads));
        }
    }

    #[test]
    fn a_cancelled_request_reads_no_metadata() {
        let cancel = CancelFlag::default();
        cancel.cancel();
        let stat = |_: &Path| panic!("metadata was read");
        SizeClass::of(|| std::iter::once(Path::new("x")), Path::new(""), &cancel, &stat);
    }

    #[test]
    fn links_that_form_a_cycle_end() {
        let folder = tempfile::tempdir().unwrap();
        files(folder.path(), 1);
        std::os::unix::fs::symlink("..", folder.path().join("tree/loop")).unwrap();
        assert_eq!(class(folder.path(), &["tree"]), SizeClass::Small);
    }
}
