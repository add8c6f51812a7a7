//! The wheels that a command line names: files, the wheels in a directory, or a list on standard input.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::context::Context;
use crate::error::{Diagnose, Error, FileError};
use crate::escape::{escape_path, escape_truncated};

/// Maximum length of a list on standard input in bytes.
const MAX_LIST_BYTES: u64 = 64 << 20;

/// Why an argument names no wheels.
#[derive(Debug, Error)]
pub(crate) enum WheelPathsError {
    /// A directory without wheels.
    #[error("`{}`: expected wheels in the directory, found none", escape_path(.0))]
    NoWheels(PathBuf),
    /// A directory with a dist-info directory.
    #[error("`{}`: expected a wheel, found an unpacked one", escape_path(.0))]
    Unpacked(PathBuf),
    /// A directory in place of one wheel, with another number of wheels.
    #[error("`{}`: expected one wheel in this directory, found {}",
        escape_path(.directory), if .found.is_empty() { "none".to_owned() } else { escape_truncated(&.found.join(", ")) })]
    NotOneWheel {
        /// The directory.
        directory: PathBuf,
        /// The names of the wheels in it, sorted.
        found: Vec<String>,
    },
    /// Two wheels whose new wheels would have one name in one directory.
    #[error("`{}` and `{}`: expected another name for each new wheel, found `{}` for both",
        escape_path(.first), escape_path(.second), escape_truncated(.name))]
    SameName {
        /// A wheel.
        first: PathBuf,
        /// A later one.
        second: PathBuf,
        /// The name of both new wheels.
        name: String,
    },
    /// `-` in a request of a worker.
    #[error("`-`: expected paths, found a request, which has no standard input")]
    NoStdin,
    /// Standard input cannot be read.
    #[error("`-`: cannot read standard input: {0}")]
    Stdin(#[source] io::Error),
    /// The list is longer than [`MAX_LIST_BYTES`].
    #[error("`-`: expected at most {MAX_LIST_BYTES} bytes of paths, found more")]
    LongList,
}

impl Diagnose for WheelPathsError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::NoWheels(_) => "check the path; wheels end with `.whl`",
            Self::Unpacked(_) => "pack it first: `wheelworks pack DIRECTORY`",
            Self::SameName { .. } => {
                "run the command once for each, with another directory for `-w`"
            }
            Self::NoStdin => "name the wheels, or put their paths into an argument file: `@FILE`",
            Self::NotOneWheel { .. } => {
                "make the build write one wheel there, or name the wheel itself"
            }
            Self::Stdin(_) => "write one path a line",
            Self::LongList => "name a directory instead of its files",
        };
        Some(hint.into())
    }
}

/// What a directory with a dist-info directory stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnpackedWheels {
    /// It is an error.
    Refused,
    /// An unpacked wheel, which the verb reads.
    Accepted,
}

/// Returns the wheels that these arguments name: `-` stands for the paths on standard input, one a line, and a
/// directory for the wheels in it, sorted.
pub(crate) fn expand(
    arguments: &[PathBuf],
    unpacked: UnpackedWheels,
    context: &Context<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let listed = if argument == Path::new("-") {
            Cow::Owned(listed_on_stdin(context)?)
        } else {
            Cow::Borrowed(std::slice::from_ref(argument))
        };
        for path in listed.iter() {
            context.cancel.check()?;
            let directory = context.resolve(path);
            if directory.is_dir() {
                paths.extend(wheels_in(path, &directory, unpacked)?);
            } else {
                paths.push(path.clone());
            }
        }
    }
    Ok(paths)
}

/// Returns an error if the new wheels of two wheels have one name. `new_name` returns it from the file name of a wheel.
pub(crate) fn refuse_same_names(
    wheels: &[PathBuf],
    new_name: impl Fn(&str) -> String,
) -> Result<(), WheelPathsError> {
    let mut seen: HashMap<String, &Path> = HashMap::new();
    for wheel in wheels {
        let name = new_name(&wheel.file_name().unwrap_or_default().to_string_lossy());
        if let Some(first) = seen.insert(name.clone(), wheel) {
            let (first, second) = (first.to_owned(), wheel.clone());
            return Err(WheelPathsError::SameName { first, second, name });
        }
    }
    Ok(())
}

/// Returns the wheel at `path`, or the one wheel in the directory `path`: a build may not know the file name
/// beforehand.
pub(crate) fn only(path: &Path, context: &Context<'_>) -> Result<PathBuf, Error> {
    let directory = context.resolve(path);
    if !directory.is_dir() {
        return Ok(path.to_owned());
    }
    match Listing::of(&directory)?.wheels.as_slice() {
        [only] => Ok(path.join(only)),
        found => {
            let found = found.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            Err(WheelPathsError::NotOneWheel { directory: path.to_owned(), found }.into())
        }
    }
}

/// What is in a directory.
#[derive(Default)]
struct Listing {
    /// The names of the wheels, sorted.
    wheels: Vec<PathBuf>,
    /// Whether there is a dist-info directory.
    is_unpacked: bool,
}

impl Listing {
    fn of(directory: &Path) -> Result<Self, FileError> {
        let unreadable = |error| FileError::on("read", directory)(error);
        let mut listing = Self::default();
        for entry in fs_err::read_dir(directory).map_err(unreadable)? {
            let name = PathBuf::from(entry.map_err(unreadable)?.file_name());
            match name.extension().and_then(|extension| extension.to_str()) {
                Some("dist-info") => listing.is_unpacked = true,
                Some("whl") => listing.wheels.push(name),
                _ => {}
            }
        }
        listing.wheels.sort_unstable();
        Ok(listing)
    }
}

/// Returns the length of all wheels together in bytes, as far as they can be read.
pub(crate) fn total_len(wheels: &[PathBuf], context: &Context<'_>) -> u64 {
    let lens = wheels.iter().filter_map(|path| fs_err::metadata(context.resolve(path)).ok());
    lens.map(|metadata| metadata.len()).fold(0, u64::saturating_add)
}

/// Returns the wheels in a directory. `path` is as it was given.
fn wheels_in(
    path: &Path,
    directory: &Path,
    unpacked: UnpackedWheels,
) -> Result<Vec<PathBuf>, Error> {
    let listing = Listing::of(directory)?;
    match (listing.is_unpacked, listing.wheels.is_empty(), unpacked) {
        (true, _, UnpackedWheels::Refused) => {
            Err(WheelPathsError::Unpacked(path.to_owned()).into())
        }
        (false, true, UnpackedWheels::Refused) => {
            Err(WheelPathsError::NoWheels(path.to_owned()).into())
        }
        // The verb says what it expects in a directory that is neither.
        (true, ..) | (_, true, _) => Ok(vec![path.to_owned()]),
        (false, false, _) => Ok(listing.wheels.iter().map(|name| path.join(name)).collect()),
    }
}

fn listed_on_stdin(context: &Context<'_>) -> Result<Vec<PathBuf>, WheelPathsError> {
    if !context.streams.reads_stdin {
        return Err(WheelPathsError::NoStdin);
    }
    let mut list = Vec::new();
    let limited = &mut io::stdin().lock().take(MAX_LIST_BYTES + 1);
    limited.read_to_end(&mut list).map_err(WheelPathsError::Stdin)?;
    if list.len() as u64 > MAX_LIST_BYTES {
        return Err(WheelPathsError::LongList);
    }
    let lines =
        list.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Ok(lines.filter(|line| !line.is_empty()).map(path_of_bytes).collect())
}

#[cfg(unix)]
fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
