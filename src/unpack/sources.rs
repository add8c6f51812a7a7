//! The inputs of an output: archives, opened and checked, and single files.

use std::path::PathBuf;

use super::UnpackArguments;
use super::error::UnpackError;
use super::files::DeclaredFile;
use super::layout::{InstallLayout, InstalledPath};
use super::site_packages::SitePackages;
use super::unpacked_wheel::UnpackedWheel;
use crate::context::Context;
use crate::digest::sha256_of;
use crate::error::Error;
use crate::escape::{escape_path, escape_truncated};
use crate::exec::CancelFlag;
use crate::opened_wheel::{
    Archive, ArchiveError, CheckedMember, FoundFile, MemberKind, UnpackedTotal,
    is_record_or_signature,
};
use crate::source::Change;
use crate::wheel::{MemberPath, Record, Sha256Digest};
use crate::wheel_paths::{self, UnpackedWheels};
use crate::zip::{Entry, Mode};

/// All inputs.
pub(super) struct Sources {
    pub(super) archives: Vec<OpenArchive>,
    pub(super) files: Vec<DeclaredFile>,
    /// Wheels that are directories. Their files are in `files`.
    unpacked: Vec<UnpackedWheel>,
}

/// One archive.
pub(super) struct OpenArchive {
    pub(super) archive: Archive,
    pub(super) members: Vec<PlacedMember>,
    /// Its RECORD, if the written files are compared with it.
    record: Option<ExpectedRecord>,
}

/// The RECORD that the written files are compared with.
struct ExpectedRecord {
    record: Record,
    dist_info: String,
}

/// A member, and its path in the output.
pub(super) struct PlacedMember {
    /// Its path in the archive.
    path: MemberPath,
    /// Its path in the output.
    pub(super) to: MemberPath,
    pub(super) kind: MemberKind,
    /// Its index in the archive's directory.
    index: usize,
    /// The bytes to write instead of the archive's.
    pub(super) replaced: Option<Vec<u8>>,
}

/// Identifies a source: a member of an archive, or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum SourceId {
    Member { archive: usize, member: usize },
    File(usize),
}

/// The options for one archive.
#[derive(Clone, Copy)]
struct UnpackMode<'a> {
    /// Whether members get the paths of an installer.
    install: bool,
    /// Site-packages below the output, if it is not the output.
    site_packages: Option<&'a SitePackages>,
    /// Whether the written files are compared with RECORD.
    check_record: bool,
}

impl Sources {
    /// Opens and checks all inputs in the arguments.
    pub(super) fn open(arguments: &UnpackArguments, context: &Context<'_>) -> Result<Self, Error> {
        let mut unpacked = UnpackedTotal::new(arguments.limits.limits());
        let mut archives = Vec::new();
        let check_record = !arguments.record.no_check_record;
        let site_packages = arguments.site_packages().map_err(UnpackError::from)?;
        let site_packages = site_packages.as_ref();
        let wheel = UnpackMode { install: true, site_packages, check_record };
        let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Accepted, context)?;
        let others = wheel_paths::expand(&arguments.archives, UnpackedWheels::Refused, context)?;
        let (directories, wheels): (Vec<&PathBuf>, Vec<&PathBuf>) =
            wheels.iter().partition(|path| context.resolve(path).is_dir());
        let wheels = wheels.into_iter().map(|path| (path, wheel));
        let others = others.iter().chain(&arguments.zips).map(|path| {
            let is_wheel = path.extension().is_some_and(|it| it == "whl");
            let check_record = arguments.record.check_record && is_wheel;
            (path, UnpackMode { install: false, site_packages: None, check_record })
        });
        for (path, mode) in wheels.chain(others) {
            context.cancel.check()?;
            let archive = Archive::open(&context.resolve(path))?;
            let members = unpacked.check(&archive)?;
            archives.push(OpenArchive::new(archive, members, mode, context.cancel)?);
        }
        let mut files = Vec::new();
        let mut unpacked = Vec::new();
        for path in directories {
            let root = context.resolve(path);
            let (files, cancel) = (&mut files, context.cancel);
            let wheel = UnpackedWheel::open(&root, site_packages, check_record, files, cancel);
            unpacked.push(wheel?);
        }
        for text in &arguments.files {
            files.push(DeclaredFile::new(text, context)?);
        }
        Ok(Self { archives, files, unpacked })
    }

    /// Returns each source with its destination and kind.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SourceId, &MemberPath, Option<MemberKind>)> {
        let members = self.archives.iter().enumerate().flat_map(|(archive, open)| {
            open.members.iter().enumerate().map(move |(member, placed)| {
                (SourceId::Member { archive, member }, &placed.to, Some(placed.kind))
            })
        });
        let files = self.files.iter().enumerate();
        members.chain(files.map(|(index, file)| {
            (SourceId::File(index), &file.to, file.mode.map(MemberKind::File))
        }))
    }

    /// Returns the archive and the entry of a member.
    pub(super) fn member(
        &self,
        archive: usize,
        member: usize,
    ) -> (&Archive, &PlacedMember, &Entry) {
        let open = &self.archives[archive];
        let placed = &open.members[member];
        (&open.archive, placed, &open.archive.directory().entries()[placed.index])
    }

    /// Returns the indices of a member's archive and of its entry there. `None` if other bytes than the
    /// member's are written.
    pub(super) fn entry_index(&self, source: SourceId) -> Option<(usize, usize)> {
        let SourceId::Member { archive, member } = source else { return None };
        let placed = &self.archives[archive].members[member];
        placed.replaced.is_none().then_some((archive, placed.index))
    }

    /// Returns the length in bytes, from the archive's directory or the file system.
    pub(super) fn len(&self, source: SourceId) -> u64 {
        match source {
            SourceId::Member { archive, member } => self.member(archive, member).2.uncompressed,
            SourceId::File(index) => self.files[index].input.len(),
        }
    }

    /// Returns whether two sources may have the same content, from facts that need no reading.
    pub(super) fn may_be_same(&self, one: SourceId, other: SourceId) -> bool {
        let crc = |source| match source {
            SourceId::Member { archive, member } => {
                let (_, placed, entry) = self.member(archive, member);
                placed.replaced.is_none().then_some(entry.crc)
            }
            SourceId::File(_) => None,
        };
        match (crc(one), crc(other)) {
            (Some(a), Some(b)) => a == b && self.len(one) == self.len(other),
            _ => true,
        }
    }

    /// Returns whether the content's SHA-256 is needed.
    pub(super) fn is_hashed(&self, source: SourceId) -> bool {
        match source {
            SourceId::Member { archive, .. } => self.archives[archive].record.is_some(),
            SourceId::File(_) => true,
        }
    }

    /// Returns the name of a source for messages.
    pub(super) fn describe(&self, source: SourceId) -> String {
        match source {
            SourceId::Member { archive, member } => {
                let (archive, placed, _) = self.member(archive, member);
                let member = escape_truncated(placed.path.as_str());
                format!("member `{member}` of `{}`", escape_path(archive.path()))
            }
            SourceId::File(index) => format!("`{}`", escape_path(self.files[index].input.path())),
        }
    }

    /// Checks that the written files agree with each RECORD and that no input has changed.
    /// `digest_of` returns the SHA-256 of the bytes that were written from a source.
    pub(super) fn verify(
        &self,
        digest_of: impl Fn(SourceId) -> Option<Sha256Digest>,
        cancel: &CancelFlag,
    ) -> Result<(), Error> {
        for (index, open) in self.archives.iter().enumerate() {
            open.archive.check_intact()?;
            // Every byte was checked by CRC-32, so a new modification time alone is no change.
            open.archive.check_unchanged()?;
            open.compare(|member| digest_of(SourceId::Member { archive: index, member }))?;
        }
        for wheel in &self.unpacked {
            wheel.compare(&self.files, |index| digest_of(SourceId::File(index)))?;
        }
        for (index, file) in self.files.iter().enumerate() {
            let change = file.input.check_unchanged().map_err(UnpackError::from)?;
            if change == Change::Possible && file.replaced.is_none() {
                let content = file.input.open().map_err(UnpackError::from)?;
                let digest = sha256_of(&content, cancel)?;
                if digest_of(SourceId::File(index)) != Some(digest) {
                    return Err(UnpackError::from(file.input.changed()).into());
                }
            }
        }
        Ok(())
    }
}

impl OpenArchive {
    /// Compares RECORD with the members; a member without a known digest by its length only.
    fn compare(&self, digest: impl Fn(usize) -> Option<Sha256Digest>) -> Result<(), ArchiveError> {
        let Some(ExpectedRecord { record, dist_info }) = &self.record else { return Ok(()) };
        let entries = self.archive.directory().entries();
        let named = self.members.iter().enumerate().filter(|(_, member)| {
            member.kind != MemberKind::Directory && !is_record_or_signature(&member.path, dist_info)
        });
        let files: Vec<FoundFile<'_>> = named
            .map(|(index, member)| FoundFile {
                path: &member.path,
                size: entries[member.index].uncompressed,
                digest: digest(index),
            })
            .collect();
        self.archive.compare(record, &files)
    }

    fn new(
        archive: Archive,
        members: Vec<CheckedMember>,
        mode: UnpackMode<'_>,
        cancel: &CancelFlag,
    ) -> Result<Self, Error> {
        if !mode.install && !mode.check_record {
            let members = members.into_iter().map(PlacedMember::same).collect();
            return Ok(Self { archive, members, record: None });
        }
        let dist_info = archive.dist_info()?;
        let layout = InstallLayout::new(&dist_info, &members, mode.site_packages);
        let is_moved = mode.install && !layout.is_plain();
        let is_record_moved = mode.install && !layout.keeps_record();
        let record = if mode.check_record || is_record_moved {
            Some(archive.read_record(&dist_info, cancel)?)
        } else {
            None
        };
        let mut placed = Vec::with_capacity(members.len());
        for member in members {
            if is_moved {
                placed.extend(PlacedMember::installed(member, &layout)?);
            } else {
                placed.push(PlacedMember::same(member));
            }
        }
        if let Some(record) = record.as_ref().filter(|_| is_record_moved) {
            let is_record = |member: &&mut PlacedMember| {
                member.path.strip_dir(&dist_info).is_some_and(|name| name == "RECORD")
            };
            if let Some(member) = placed.iter_mut().find(is_record) {
                member.replaced = Some(layout.installed_record(record, &member.path)?);
            }
        }
        let record = record.filter(|_| mode.check_record);
        let record = record.map(|record| ExpectedRecord { record, dist_info });
        let open = Self { archive, members: placed, record };
        // Missing and surplus files are refused before anything is written.
        open.compare(|_| None)?;
        Ok(open)
    }
}

impl PlacedMember {
    fn same(CheckedMember { path, kind, index }: CheckedMember) -> Self {
        Self { to: path.clone(), path, kind, index, replaced: None }
    }

    /// Gives a member the path of an installer. `None` for the data directory and the directories
    /// of its schemes, which are not created.
    fn installed(
        member: CheckedMember,
        layout: &InstallLayout,
    ) -> Result<Option<Self>, UnpackError> {
        let is_file = member.kind != MemberKind::Directory;
        Ok(match layout.installed_path(&member.path, is_file)? {
            InstalledPath::Same => Some(Self::same(member)),
            InstalledPath::Dropped => None,
            InstalledPath::Moved { to, script } => {
                let kind = if script { MemberKind::File(Mode::Executable) } else { member.kind };
                let CheckedMember { path, index, .. } = member;
                Some(Self { path, to, kind, index, replaced: None })
            }
        })
    }
}
