//! Opens files that a user names, and refuses pipes instead of waiting for their writer.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file for reading, and follows symbolic links. Returns `None` for anything else, such as a
/// directory or a pipe.
///
/// The check looks at the open file, not at the path, so the file cannot be replaced in between.
///
/// # Errors
///
/// The system's error, without the path.
pub(crate) fn open(path: &Path) -> io::Result<Option<impl Read>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Without this flag, opening a pipe blocks until another process opens it for writing. The
        // flag has no effect on reads of regular files.
        options.custom_flags(libc::O_NONBLOCK);
    }
    match options.open(path) {
        Ok(file) => {
            let is_regular = file.metadata()?.is_file();
            Ok(is_regular.then_some(file))
        }
        // Opening a socket fails.
        Err(error) => match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => Ok(None),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs_err::write(path("file"), "content").unwrap();
        let read = |name: &str| {
            open(&path(name)).unwrap().map(|mut file| {
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                text
            })
        };
        assert_eq!(read("file").as_deref(), Some("content"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("file", path("link")).unwrap();
            assert_eq!(read("link").as_deref(), Some("content"));
            assert_eq!(read("."), None);
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), mode).unwrap();
            assert_eq!(read("pipe"), None);
            let _listener = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
            assert_eq!(read("socket"), None);
        }
        assert_eq!(
            open(&path("missing")).err().map(|error| error.kind()),
            Some(io::ErrorKind::NotFound)
        );
    }
}
