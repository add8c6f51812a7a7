//! The archive that is being written: members in order, RECORD, the central directory.

use std::path::Path;
use std::sync::Arc;

use super::archived_member::ArchivedMember;
use super::cache::{LevelCache, MemberEntry};
use super::copied_member::CopiedMember;
use super::large::LargeMember;
use super::member::Member;
use super::member_facts::MemberFacts;
use super::members::Members;
use super::plan::{WheelPlan, WriteOptions};
use super::task_runner::{CompressedPart, MemberData, SmallMember, TaskResult, TaskRunner};
use super::tasks::{Chunk, Task};
use super::wheel_entry::{AuditFacts, ChunkOffsets};
use crate::deflate::Level;
use crate::elf::ElfFacts;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::metrics::Counts;
use crate::platform::Machine;
use crate::warm::{ChunkDigest, ChunkLookup, WheelFacts};
use crate::wheel::{MemberPath, Record, RecordRow, Sha256Digest, WheelError};
use crate::zip::{ArchiveWriter, ChunkTable, Method, Mode, OpenMember, SharedBytes, Sink, Sizes};

/// Bytes copied at once when a member turns out to be incompressible.
const COPY_STEP: usize = 1 << 20;

/// The result of writing a wheel.
pub(crate) struct Written {
    /// The members' rows of RECORD, in archive order.
    pub(crate) rows: Vec<RecordRow>,
    /// The facts of members that are ELF files, if they were collected.
    pub(crate) facts: Vec<(MemberPath, Arc<ElfFacts>)>,
    /// The CPUs of members that are ELF files, in archive order.
    pub(crate) machines: Vec<(MemberPath, Machine)>,
    /// Members, bytes and chunks, and how many of them came from the cache.
    pub(crate) counts: Counts,
    /// Cache entries of the members, to be inserted once the inputs are verified to be unchanged.
    pub(super) entries: Vec<MemberEntry>,
    /// The offsets of chunks, if wheels are cached.
    pub(super) offsets: Option<ChunkOffsets>,
    /// What an audit of the wheel would read, if wheels are cached and all of it is known.
    pub(super) audit_facts: Option<WheelFacts>,
}

/// The archive that is being written, and RECORD's rows so far.
pub(super) struct Output<'a> {
    archive: ArchiveWriter<&'a mut dyn Sink>,
    out: &'a Path,
    level: Option<Level>,
    chunk_tables: bool,
    cancel: &'a CancelFlag,
    rows: Vec<RecordRow>,
    facts: Vec<(MemberPath, Arc<ElfFacts>)>,
    entries: Vec<MemberEntry>,
    offsets: Option<ChunkOffsets>,
    audit_facts: Option<AuditFacts>,
    /// The large member whose chunks are being written.
    open: Option<OpenLarge>,
    counts: Counts,
    machines: Vec<(MemberPath, Machine)>,
}

/// A large member that is being written.
struct OpenLarge {
    entry: OpenMember,
    crc: crc32fast::Hasher,
    /// The offsets of its chunks, if the directory is to hold them.
    table: Option<ChunkTable>,
    /// The hashes of its chunks so far, if chunks are cached.
    chunks: Option<Vec<ChunkDigest>>,
    /// The CRC-32 of each chunk.
    crcs: Vec<u32>,
    facts: Option<Arc<ElfFacts>>,
}

impl<'o> Output<'o> {
    /// Starts an archive in an empty file.
    pub(super) fn new(
        plan: &'o WheelPlan,
        file: &'o mut dyn Sink,
        options: &WriteOptions<'o>,
    ) -> Self {
        Self {
            archive: ArchiveWriter::new(file, options.timestamp),
            out: &plan.out,
            level: options.level,
            chunk_tables: options.chunk_tables,
            cancel: options.cancel,
            rows: Vec::new(),
            facts: Vec::new(),
            entries: Vec::new(),
            offsets: options.cache.keeps_wheels().then(ChunkOffsets::default),
            audit_facts: options.cache.keeps_wheels().then(AuditFacts::default),
            open: None,
            counts: Counts::default(),
            machines: Vec::new(),
        }
    }

    /// Returns the number of uncompressed bytes written so far.
    pub(super) fn bytes_in(&self) -> u64 {
        self.counts.bytes_in
    }

    /// Writes the result of the next task.
    pub(super) fn append(
        &mut self,
        result: TaskResult<'_>,
        cache: &LevelCache<'_>,
    ) -> Result<(), Error> {
        match result {
            TaskResult::Small(member, mut small) => {
                self.add_facts(member, std::mem::take(&mut small.facts));
                self.entries.extend(small.entry.take());
                self.write_small(member, &small)
            }
            TaskResult::Copied { member, copied, digest, facts } => {
                self.add_facts(member, facts);
                self.write_copied(member, copied, digest)
            }
            TaskResult::Chunk(chunk, part) => {
                if chunk.index == 0 {
                    self.add_facts(chunk.large.member, part.facts.clone());
                }
                self.write_chunk(&chunk, part)?;
                if chunk.large.ends_at(chunk.range.end) {
                    self.finish_large(&chunk.large, cache)
                } else {
                    Ok(())
                }
            }
        }
    }

    fn add_facts(&mut self, member: &Member, facts: MemberFacts) {
        if let Some(known) = &mut self.audit_facts {
            known.add(self.rows.len(), &member.path, &facts);
        }
        self.facts.extend(facts.elf.map(|facts| (member.path.clone(), facts)));
    }

    fn count(&mut self, len: u64, reused: bool) {
        self.counts.add(&Counts {
            bytes_in: len,
            bytes_reused: if reused { len } else { 0 },
            chunks: 1,
            chunks_reused: u64::from(reused),
            ..Counts::default()
        });
    }

    /// Begins a member of this length.
    fn begin(&mut self, member: &Member, mode: Mode, len: u64) -> Result<OpenMember, Error> {
        let begun = self.archive.begin(member.path.as_str(), mode, len);
        let mut open = begun.map_err(FileError::on("write", self.out))?;
        if let Some(timestamp) = member.timestamp {
            open.set_timestamp(timestamp);
        }
        Ok(open)
    }

    fn write_small(&mut self, member: &Member, small: &SmallMember) -> Result<(), Error> {
        let uncompressed = small.len;
        let on_write = || FileError::on("write", self.out);
        let entry = self.begin(member, small.mode, uncompressed)?;
        if let (Some(offsets), MemberData::Deflated(compressed)) = (&mut self.offsets, &small.data)
        {
            offsets.add(self.archive.position(), compressed);
        }
        self.archive.append(&small.data).map_err(on_write())?;
        let sizes = Sizes { crc: small.crc, uncompressed };
        self.archive.finish_member(&entry, small.data.method(), sizes).map_err(on_write())?;
        self.count(uncompressed, small.reused);
        self.counts.bytes_unread += if small.unread { uncompressed } else { 0 };
        self.add_row(member, small.digest, uncompressed, small.machine);
        Ok(())
    }

    /// Copies a member with its compressed bytes.
    fn write_copied(
        &mut self,
        member: &Member,
        copied: &CopiedMember,
        digest: Sha256Digest,
    ) -> Result<(), Error> {
        let on_write = || FileError::on("write", self.out);
        let ArchivedMember { archive, .. } = &copied.source;
        let entry = copied.source.entry();
        let (uncompressed, mode) = (entry.uncompressed, member.mode(false));
        let mut open = self.begin(member, mode, uncompressed)?;
        // Without the copy, a missing page would look like an error of the output.
        let mut copy = Vec::new();
        for step in archive.data(entry).bytes.chunks(COPY_STEP) {
            self.cancel.check()?;
            copy.clear();
            copy.extend_from_slice(step);
            self.archive.append(&copy).map_err(on_write())?;
        }
        archive.check_intact()?;
        if let Some(chunks) = entry.chunks.as_ref().filter(|_| self.chunk_tables) {
            open.describe_chunks(chunks.clone());
        }
        let sizes = Sizes { crc: entry.crc, uncompressed };
        self.archive.finish_member(&open, entry.method, sizes).map_err(on_write())?;
        self.count(uncompressed, true);
        let machine = copied.facts().and_then(|facts| facts.platform.machine);
        self.add_row(member, digest, uncompressed, machine);
        Ok(())
    }

    fn write_chunk(&mut self, chunk: &Chunk<'_>, part: CompressedPart) -> Result<(), Error> {
        let CompressedPart { lookup: ChunkLookup { compressed, reused }, content, facts } = part;
        let on_write = || FileError::on("write", self.out);
        if self.open.is_none() {
            let (large, member) = (&chunk.large, chunk.large.member);
            let entry = self.begin(member, large.mode(), large.len())?;
            let crc = crc32fast::Hasher::new();
            let level = self.level.filter(|_| self.chunk_tables);
            let table = level.and_then(|level| large.table_level(level)).map(ChunkTable::new);
            self.open = Some(OpenLarge {
                entry,
                crc,
                table,
                chunks: Some(Vec::new()),
                crcs: Vec::new(),
                facts: facts.elf,
            });
        }
        let len = chunk.range.len() as u64;
        if let Some(open) = &mut self.open {
            open.crc.combine(&crc32fast::Hasher::new_with_initial_len(compressed.crc, len));
            open.crcs.push(compressed.crc);
            if let Some(table) = &mut open.table {
                table.push(compressed.bytes.len() as u64, len);
            }
            match (&mut open.chunks, content) {
                (Some(chunks), Some(content)) => chunks.push(ChunkDigest { len, content }),
                (chunks, _) => *chunks = None,
            }
        }
        if let Some(offsets) = &mut self.offsets {
            offsets.add(self.archive.position(), &compressed);
        }
        let bytes: SharedBytes = compressed;
        self.archive.append_shared(&bytes).map_err(on_write())?;
        self.count(len, reused);
        Ok(())
    }

    fn finish_large(
        &mut self,
        large: &LargeMember<'_>,
        cache: &LevelCache<'_>,
    ) -> Result<(), Error> {
        let Some(OpenLarge { mut entry, crc, table, chunks, crcs, facts }) = self.open.take()
        else {
            return Err(Error::Internal("a large member has no chunks".to_owned()));
        };
        let uncompressed = large.len();
        let crc = crc.finalize();
        let method = if self.level.is_none() {
            Method::Stored
        } else if self.archive.data_len(&entry) < uncompressed {
            Method::Deflated
        } else {
            // This also avoids ZIP64 for a member that deflate would push over 4 GiB.
            self.store_instead(large, &entry, crc)?;
            Method::Stored
        };
        if let Some(table) = table.filter(|it| method == Method::Deflated && it.len() > 1) {
            entry.describe_chunks(table);
        }
        let sizes = Sizes { crc, uncompressed };
        self.archive
            .finish_member(&entry, method, sizes)
            .map_err(FileError::on("write", self.out))?;
        let digest = large.digest()?;
        if let (Method::Deflated, Some(chunks)) = (method, chunks) {
            let cached = large.to_cached(digest, chunks, &crcs, facts);
            let source = &large.member.source;
            self.entries.extend(cached.and_then(|it| cache.entry(source, large.kind(), it)));
        }
        self.add_row(large.member, digest, uncompressed, large.machine());
        self.counts.bytes_unread += if large.is_unread() { uncompressed } else { 0 };
        large.check_intact()?;
        large.check_crc(crc)?;
        Ok(())
    }

    /// Writes an incompressible member again, stored.
    fn store_instead(
        &mut self,
        large: &LargeMember<'_>,
        entry: &OpenMember,
        crc: u32,
    ) -> Result<(), Error> {
        let on_write = || FileError::on("write", self.out);
        self.archive.rewind(entry).map_err(on_write())?;
        if let Some(offsets) = &mut self.offsets {
            offsets.truncate(self.archive.position());
        }
        let mut stored = crc32fast::Hasher::new();
        let len = large.bytes()?.len();
        for start in (0..len).step_by(COPY_STEP) {
            self.cancel.check()?;
            let copy = large.copy(start..len.min(start + COPY_STEP))?;
            stored.update(&copy);
            self.archive.append(&copy).map_err(on_write())?;
        }
        if stored.finalize() != crc {
            return Err(large.changed());
        }
        Ok(())
    }

    fn add_row(
        &mut self,
        member: &Member,
        digest: Sha256Digest,
        size: u64,
        machine: Option<Machine>,
    ) {
        let path = member.path.clone();
        self.machines.extend(machine.map(|machine| (path.clone(), machine)));
        self.rows.push(RecordRow { path, digest, size });
    }

    /// Writes RECORD and the central directory.
    pub(super) fn finish(
        mut self,
        members: &Members,
        runner: &TaskRunner<'_>,
    ) -> Result<Written, Error> {
        let rows = std::mem::take(&mut self.rows);
        let path = members.record_path();
        let record = Record::new(rows).map_err(WheelError::from)?;
        let bytes = record.render(path).map_err(WheelError::from)?;
        let text = self.audit_facts.as_ref().map(|_| bytes.clone()).unwrap_or_default();
        let member = members.record(bytes);
        self.append(runner.run(Task::Small(&member))?, &runner.cache)?;
        if let Some(offsets) = &mut self.offsets {
            offsets.directory = self.archive.position();
        }
        let bytes_out = self.archive.finish().map_err(FileError::on("write", self.out))?;
        let rows = record.into_rows();
        let counts = Counts { members: rows.len() as u64 + 1, bytes_out, ..self.counts };
        Ok(Written {
            rows,
            facts: self.facts,
            entries: self.entries,
            offsets: self.offsets,
            audit_facts: self.audit_facts.and_then(|facts| facts.finish(text)),
            counts,
            machines: self.machines,
        })
    }
}
