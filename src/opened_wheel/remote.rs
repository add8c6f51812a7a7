//! A wheel on a server, of which only the members that are needed are downloaded.
//!
//! The local copy is a sparse file. Once it has what is needed, the other members are made empty, and the copy is opened
//! like any archive.

use std::ops::Range;
use std::path::PathBuf;

use super::archive::Archive;
use super::content::{ContentError, MemberData, Strictness};
use super::dist_info::DistInfoDirs;
use super::error::ArchiveError;
use super::limits::max_dist_info_file_bytes;
use crate::deflate::Inflater;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::remote::{PartialCopy, RemoteError, RemoteProblem};
use crate::source::{FileContent, Input};
use crate::zip::{DirectoryError, PartialMember, directory_range, partial_members};

/// Most bytes of a local header behind its name: the longest extra field.
const MAX_EXTRA: usize = 0xFFFF + 30;

/// A wheel on a server.
#[derive(Debug)]
pub struct RemoteArchive {
    copy: PartialCopy,
    members: Vec<PartialMember>,
    /// Whether each member is read, in whole or in part.
    is_read: Vec<bool>,
}

impl RemoteArchive {
    /// Reads the directory of a wheel.
    ///
    /// # Errors
    ///
    /// It cannot be read, or the file is no archive.
    pub fn open(mut copy: PartialCopy, cancel: &CancelFlag) -> Result<Self, Error> {
        let read = |copy: &PartialCopy| Ok::<_, Error>(Input::find(copy.path())?.open()?);
        let content = read(&copy)?;
        let directory = directory_range(content.bytes());
        let directory = directory.map_err(|source| wrong(&copy, source))?;
        let from_directory = as_u64(directory.start)..copy.transfer().len;
        copy.fetch(vec![from_directory], cancel)?;
        let content = read(&copy)?;
        let members = partial_members(content.bytes());
        let members = members.map_err(|source| wrong(&copy, source))?;
        let is_read = vec![false; members.len()];
        Ok(Self { copy, members, is_read })
    }

    /// Returns the members, in the order of the directory.
    #[must_use]
    pub fn members(&self) -> &[PartialMember] {
        &self.members
    }

    /// Returns the copy.
    #[must_use]
    pub fn copy(&self) -> &PartialCopy {
        &self.copy
    }

    /// Returns what is there of the archive; zeros are in place of the rest.
    ///
    /// # Errors
    ///
    /// The copy cannot be read.
    pub fn content(&self) -> Result<FileContent, Error> {
        Ok(Input::find(self.copy.path())?.open()?)
    }

    /// Downloads members, each with its local header.
    ///
    /// # Errors
    ///
    /// The server fails, or the request was cancelled.
    pub fn fetch_members(&mut self, which: &[usize], cancel: &CancelFlag) -> Result<(), Error> {
        let mut ranges = Vec::with_capacity(which.len());
        for &at in which {
            let Some(member) = self.members.get(at) else { continue };
            self.is_read[at] = true;
            let longest = usize::try_from(member.compressed).unwrap_or(usize::MAX);
            let most = longest.saturating_add(member.name.len() + MAX_EXTRA);
            let len = member.extent.len().min(most);
            ranges.push(as_u64(member.extent.start)..as_u64(member.extent.start + len));
        }
        self.copy.fetch(ranges, cancel)
    }

    /// Downloads the first bytes of members: their local headers, and the first ones of their data.
    ///
    /// # Errors
    ///
    /// As [`Self::fetch_members`].
    pub fn fetch_heads(
        &mut self,
        which: &[usize],
        len: usize,
        cancel: &CancelFlag,
    ) -> Result<(), Error> {
        let head = |&at: &usize| {
            let member = self.members.get(at)?;
            let end = member.extent.end.min(member.extent.start.saturating_add(len));
            Some(as_u64(member.extent.start)..as_u64(end))
        };
        let ranges = which.iter().filter_map(head).collect();
        self.copy.fetch(ranges, cancel)
    }

    /// Downloads parts of the data of a member.
    ///
    /// # Errors
    ///
    /// As [`Self::fetch_members`]; or its local header is wrong.
    pub fn fetch_parts(
        &mut self,
        at: usize,
        parts: &[Range<u64>],
        cancel: &CancelFlag,
    ) -> Result<(), Error> {
        let Some(member) = self.members.get(at) else { return Ok(()) };
        self.is_read[at] = true;
        let content = self.content()?;
        let data = member.data(content.bytes()).map_err(|source| wrong(&self.copy, source))?;
        let start = as_u64(data.start);
        let in_file =
            |part: &Range<u64>| start.saturating_add(part.start)..start.saturating_add(part.end);
        self.copy.fetch(parts.iter().map(in_file).collect(), cancel)
    }

    /// Returns the data of a member in the content of [`Self::content`]; zeros are in place of what was not read.
    ///
    /// # Errors
    ///
    /// Its local header is wrong.
    pub fn data<'c>(
        &'c self,
        at: usize,
        content: &'c FileContent,
    ) -> Result<MemberData<'c>, Error> {
        let member = &self.members[at];
        let range = member.data(content.bytes()).map_err(|source| wrong(&self.copy, source))?;
        Ok(MemberData {
            bytes: content.bytes().get(range).unwrap_or_default(),
            method: member.method,
            uncompressed: member.uncompressed,
            crc: member.crc,
            chunks: member.chunks.as_ref(),
        })
    }

    /// Downloads files of the dist-info directory. Returns their contents.
    ///
    /// # Errors
    ///
    /// One is missing, damaged or too long, and as [`Self::fetch_members`].
    pub fn dist_info_files<const N: usize>(
        &mut self,
        names: [&str; N],
        cancel: &CancelFlag,
    ) -> Result<[Vec<u8>; N], Error> {
        let members = self.members.iter().map(|member| member.name.as_str());
        let archive = || PathBuf::from(self.copy.url().to_string());
        let directory = DistInfoDirs::of_members(members).only();
        let directory =
            directory.map_err(|source| ArchiveError::DistInfo { archive: archive(), source })?;
        let mut which = Vec::with_capacity(N);
        for name in names {
            let path = format!("{directory}/{name}");
            let at = self.members.iter().position(|member| member.name == path);
            which.push(
                at.ok_or_else(|| ArchiveError::NoMember { archive: archive(), member: path })?,
            );
        }
        self.fetch_members(&which, cancel)?;
        let content = self.content()?;
        let mut found = [const { Vec::new() }; N];
        for (bytes, at) in found.iter_mut().zip(which) {
            let member = &self.members[at];
            let limit = max_dist_info_file_bytes(&member.name);
            let (lenient, mut inflater) = (Strictness::Lenient, Inflater::new());
            self.data(at, &content)?
                .append_to(bytes, limit, lenient, &mut inflater, cancel)
                .map_err(|source| self.on_member(at, source))?;
        }
        Ok(found)
    }

    /// Returns the error for the content of a member.
    #[must_use]
    pub fn on_member(&self, at: usize, source: ContentError) -> Error {
        if matches!(source, ContentError::Cancelled) {
            return Error::Cancelled;
        }
        let (archive, member) = (self.copy.url().to_string().into(), self.members[at].name.clone());
        ArchiveError::Member { archive, member, source }.into()
    }

    /// Makes the members empty that were not read, and opens the copy.
    ///
    /// # Errors
    ///
    /// The copy cannot be written, or is no archive that can be trusted.
    pub fn finish(mut self) -> Result<(Archive, PartialCopy), Error> {
        let content = self.content()?;
        let mut writes = Vec::new();
        for (member, _) in self.members.iter().zip(&self.is_read).filter(|(_, is_read)| !**is_read)
        {
            let emptied = member.emptied(content.bytes());
            writes.extend(emptied.map_err(|source| wrong(&self.copy, source))?);
        }
        drop(content);
        for (at, bytes) in writes {
            self.copy.patch(as_u64(at), &bytes)?;
        }
        let archive = Archive::open(self.copy.path());
        let archive = archive.map_err(|error| renamed(&self.copy, &error.into()))?;
        Ok((archive, self.copy))
    }
}

fn as_u64(at: usize) -> u64 {
    at as u64
}

fn wrong(copy: &PartialCopy, source: DirectoryError) -> Error {
    let archive = copy.url().to_string().into();
    ArchiveError::Directory { archive, source }.into()
}

/// Returns an error about the copy as one about the file on the server.
#[must_use]
pub fn renamed(copy: &PartialCopy, error: &Error) -> Error {
    if matches!(error, Error::Cancelled) {
        return Error::Cancelled;
    }
    let path = copy.path().display().to_string();
    let message = error.to_string().replace(&format!("`{path}`: "), "").replace(&path, "the copy");
    let problem = RemoteProblem::Wheel { message, hint: error.hint() };
    RemoteError::new(copy.url(), problem).into()
}
