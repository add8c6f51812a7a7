//! Which lane a request runs in: small ones have slots and threads of their own, so that none of them
//! waits for a large one.
//!
//! A request is small if the files that its arguments name are few and short. That is an estimate,
//! made without opening any of them, and all that depends on it is the order of work: a request
//! in the wrong lane gives the same bytes, only sooner or later. What counts as a file is every text
//! that is the path of one: an argument, or what stands behind an `=` in it, as in `--member=DEST=SRC`.
//! Whether it is read or, as a wheel of an earlier build, about to be replaced, makes no difference.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::protocol::WorkRequest;
use crate::double_encoding;

/// The most that a small request reads: four average chunks. Packing it takes about 0.1 s of one core,
/// so that this is what one small request waits for another.
const SMALL_BYTES: u64 = 4 << 20;

/// The most arguments of a small request, and the most files that are looked at. The reader looks at
/// them before it reads the next request: at 1.5 µs each, 1.5 ms at most.
const SMALL_FILES: usize = 1000;

/// Options whose value names no input, but may well be a directory that is there.
const NO_INPUTS: [&str; 10] = [
    "--out",
    "-d",
    "--wheel-dir",
    "--dest-dir",
    "-w",
    "--output",
    "-o",
    "--strip-path-prefix",
    "--add-path-prefix",
    "--header-root",
];

/// A set of requests that wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    /// Done in a moment.
    Small,
    /// All others.
    Large,
}

impl Lane {
    /// The lane of a request.
    pub(super) fn of(request: &WorkRequest) -> Self {
        let is_small = request.arguments.len() <= SMALL_FILES
            && Budget { files: SMALL_FILES, bytes: SMALL_BYTES }.covers(request).is_some();
        if is_small { Self::Small } else { Self::Large }
    }
}

/// What may still be found in a small request.
struct Budget {
    files: usize,
    bytes: u64,
}

impl Budget {
    /// `None` if it does not.
    fn covers(mut self, request: &WorkRequest) -> Option<()> {
        let base_dir = Path::new(&request.sandbox_dir);
        let arguments = request.arguments.iter().map(OsString::from).collect();
        let arguments = double_encoding::undo(arguments);
        let mut is_input = true;
        for argument in arguments.iter().filter_map(|argument| argument.to_str()) {
            // What an argument file holds is not known before the request runs.
            if argument.starts_with("--flagfile=")
                || (argument.starts_with('@') && !argument.starts_with("@@"))
            {
                return None;
            }
            let option = argument.split('=').next().unwrap_or_default();
            if is_input && !NO_INPUTS.contains(&option) {
                self.take_argument(argument, base_dir)?;
            }
            is_input = !NO_INPUTS.contains(&argument);
        }
        Some(())
    }

    /// What may be a path: the argument, and what follows each `=`.
    fn take_argument(&mut self, argument: &str, base_dir: &Path) -> Option<()> {
        let parts = argument.match_indices('=').map(|(at, _)| &argument[at + 1..]);
        for text in std::iter::once(argument).chain(parts) {
            if !text.is_empty() && self.take_path(text, base_dir)? {
                break;
            }
        }
        Some(())
    }

    /// Whether there is such a file or directory.
    fn take_path(&mut self, text: &str, base_dir: &Path) -> Option<bool> {
        self.files = self.files.checked_sub(1)?;
        let found = |path: PathBuf| Some((fs_err::metadata(&path).ok()?, path));
        let twice = || double_encoding::encoded_twice(Path::new(text));
        let found = found(base_dir.join(text)).or_else(|| found(base_dir.join(twice()?)));
        let Some((metadata, path)) = found else { return Some(false) };
        if metadata.is_dir() {
            self.take_directory(&path)?;
        } else {
            self.bytes = self.bytes.checked_sub(metadata.len())?;
        }
        Some(true)
    }

    fn take_directory(&mut self, path: &Path) -> Option<()> {
        for entry in WalkDir::new(path).follow_links(true).min_depth(1).into_iter().flatten() {
            self.files = self.files.checked_sub(1)?;
            let length = entry.metadata().map_or(0, |metadata| metadata.len());
            if entry.file_type().is_file() {
                self.bytes = self.bytes.checked_sub(length)?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(directory: &Path, arguments: &[&str]) -> Lane {
        Lane::of(&WorkRequest {
            arguments: arguments.iter().map(|&it| it.to_owned()).collect(),
            sandbox_dir: directory.to_str().unwrap().to_owned(),
            ..WorkRequest::default()
        })
    }

    fn file(directory: &Path, name: &str, length: u64) {
        let path = directory.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::File::create(path).unwrap().set_len(length).unwrap();
    }

    #[test]
    fn files_count_wherever_they_stand_in_an_argument() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        file(folder, "tree/small.py", SMALL_BYTES / 2);
        file(folder, "deep/a/large=.so", SMALL_BYTES + 1);
        file(folder, "größe.so", SMALL_BYTES + 1);
        let twice = double_encoding::encoded_twice(Path::new("größe.so")).unwrap();
        let cases: [(&[&str], Lane); 14] = [
            (&[], Lane::Small),
            (&["--version"], Lane::Small),
            (&["check", "absent.whl"], Lane::Small),
            (&["check", "tree/small.py"], Lane::Small),
            (&["check", "tree/small.py", "tree/small.py", "tree/small.py"], Lane::Large),
            (&["check", "deep/a/large=.so"], Lane::Large),
            (&["pack", "--member=x.so=deep/a/large=.so"], Lane::Large),
            (&["pack", "--member", "a\\=b.so=deep/a/large=.so"], Lane::Large),
            (&["pack", "--member", "x.so=größe.so"], Lane::Large),
            (&["pack", "--utf8-probe=Ã©", twice.to_str().unwrap()], Lane::Large),
            (&["pack", "tree"], Lane::Small),
            (&["pack", "deep"], Lane::Large),
            (&["pack", "-w", "deep", "--strip-path-prefix=deep", "--out", "deep"], Lane::Small),
            (&["pack", "@arguments"], Lane::Large),
        ];
        for (arguments, expected) in cases {
            assert_eq!(lane(folder, arguments), expected, "{arguments:?}");
        }
    }

    #[test]
    fn many_files_are_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..SMALL_FILES {
            file(folder.path(), &format!("tree/{index}"), 0);
        }
        assert_eq!(lane(folder.path(), &["check", "tree/1"]), Lane::Small);
        assert_eq!(lane(folder.path(), &["pack", "tree"]), Lane::Large);
        assert_eq!(lane(folder.path(), &["tree/1"; SMALL_FILES + 1]), Lane::Large);
    }

    #[test]
    fn links_that_lead_in_a_circle_end() {
        let folder = tempfile::tempdir().unwrap();
        file(folder.path(), "tree/x", 1);
        std::os::unix::fs::symlink("..", folder.path().join("tree/loop")).unwrap();
        assert_eq!(lane(folder.path(), &["pack", "tree"]), Lane::Small);
    }
}
