//! A header of rpm, as in databases: two counts, an index of tags, and their data. All numbers are
//! big-endian.

use super::Problem;
use super::integers::be32;

/// Size of the two counts before the index.
const PREFIX: usize = 8;
/// Size of an entry of the index: tag, type, offset, count.
const ENTRY: usize = 16;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const FILE_STATES: u32 = 1029;
const DIRECTORY_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIRECTORY_NAMES: u32 = 1118;

/// Maximum length of a directory in bytes: `PATH_MAX` of Linux. Longer ones hold no file.
const MAX_DIRECTORY: usize = 4096;

/// States of files that are not on the disk, or are there as another package has them: replaced, not
/// installed, of another architecture.
const ABSENT: [u8; 3] = [1, 2, 4];

/// The header of a package.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

/// An entry of the index.
struct Entry<'a> {
    /// The data from its start to the end of all data.
    data: &'a [u8],
    count: usize,
}

impl<'a> Header<'a> {
    pub(super) fn parse(blob: &'a [u8]) -> Result<Self, Problem> {
        let sizes = be32(blob, 0).zip(be32(blob, 4));
        let Some((entries, data_len)) = sizes else { return Err("a header ends in its counts") };
        let len = |number: u32| usize::try_from(number).ok();
        let bounds = len(entries).and_then(|it| it.checked_mul(ENTRY)).zip(len(data_len));
        bounds
            .and_then(|(index_len, data_len)| {
                let (index, rest) = blob.get(PREFIX..)?.split_at_checked(index_len)?;
                Some(Self { index, data: rest.get(..data_len)? })
            })
            .ok_or("a header is shorter than its counts say")
    }

    /// Returns the first entry of a tag.
    fn entry(&self, tag: u32) -> Option<Entry<'a>> {
        let entry = self.index.chunks_exact(ENTRY).find(|entry| be32(entry, 0) == Some(tag))?;
        let offset = usize::try_from(be32(entry, 8)?).ok()?;
        Some(Entry {
            data: self.data.get(offset..)?,
            count: usize::try_from(be32(entry, 12)?).ok()?,
        })
    }

    /// Returns a tag with one string.
    fn string(&self, tag: u32) -> Option<&'a str> {
        std::str::from_utf8(strings(self.entry(tag)?.data).next()?).ok()
    }

    /// Returns the name, and `VERSION-RELEASE`.
    pub(super) fn name_and_version(&self) -> Option<(&'a str, String)> {
        let (version, release) = (self.string(VERSION)?, self.string(RELEASE)?);
        Some((self.string(NAME)?, format!("{version}-{release}")))
    }

    /// Calls `visit` with the path of each installed file whose base name is `wanted`.
    pub(super) fn for_each_file(
        &self,
        mut wanted: impl FnMut(&[u8]) -> bool,
        mut visit: impl FnMut(Vec<u8>),
    ) -> Result<(), Problem> {
        let Some(names) = self.entry(BASE_NAMES) else { return Ok(()) };
        let missing = "a header has files without directories";
        let directories = self.entry(DIRECTORY_NAMES).ok_or(missing)?;
        let directories: Vec<&[u8]> = strings(directories.data).take(directories.count).collect();
        let indexes = self.entry(DIRECTORY_INDEXES).ok_or(missing)?.data;
        let states = self.entry(FILE_STATES);
        for (position, name) in strings(names.data).take(names.count).enumerate() {
            let state = states
                .as_ref()
                .and_then(|states| states.data.get(..states.count)?.get(position).copied());
            if !wanted(name) || state.is_some_and(|state| ABSENT.contains(&state)) {
                continue;
            }
            let directory = be32(indexes, position * 4)
                .and_then(|index| directories.get(usize::try_from(index).ok()?))
                .ok_or("a file of a header has no directory")?;
            if directory.len() <= MAX_DIRECTORY {
                visit([directory, name].concat());
            }
        }
        Ok(())
    }
}

/// Iterates over the strings of an array, each of which ends in a null byte.
fn strings(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let end = rest.iter().position(|&byte| byte == 0)?;
        let string = &rest[..end];
        rest = &rest[end + 1..];
        Some(string)
    })
}
