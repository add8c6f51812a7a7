//! Writes the members of a plan to an archive, in order, and RECORD after them.

use std::path::Path;
use std::sync::Arc;

use rayon::ThreadPool;

use fs_err::File;

use super::large::LargeMember;
use super::member::{Member, Members};
use super::reuse::{Learned, Places, Reuse};
use super::tasks::{Chunk, Data, Done, Packed, Packer, Scratch, Tasks};
use crate::context::Tokens;
use crate::cost::Counts;
use crate::deflate::Level;
use crate::elf::Facts;
use crate::error::{Error, FileError};
use crate::exec::{CancelFlag, ordered};
use crate::platform::Machine;
use crate::temporary::folder_of;
use crate::warm::{Cache, ChunkDigest, ChunkLookup, ContentHash};
use crate::wheel::{MemberPath, Record, RecordRow, Sha256Digest, WheelError};
use crate::zip::{ArchiveWriter, ChunkTable, Method, OpenMember, Sizes, Timestamp};

/// Bytes copied at once when a member turns out to be incompressible.
const COPY_STEP: usize = 1 << 20;

/// How to write.
pub(crate) struct WriteOptions<'a> {
    /// `None` stores.
    pub(crate) level: Option<Level>,
    /// Whether the facts of ELF files are wanted.
    pub(crate) audit: bool,
    /// Whether the directory says where chunks are.
    pub(crate) chunk_tables: bool,
    pub(crate) timestamp: Timestamp,
    pub(crate) pool: &'a ThreadPool,
    pub(crate) cancel: &'a CancelFlag,
    pub(crate) cache: &'a Cache,
    pub(crate) tokens: &'a Tokens,
}

/// What was written.
pub(crate) struct Written {
    /// The rows of the members, in their order.
    pub(crate) rows: Vec<RecordRow>,
    /// The facts of members that are ELF files, if they were wanted.
    pub(crate) facts: Vec<(MemberPath, Arc<Facts>)>,
    /// What later requests may know, if nothing has changed until the end.
    pub(crate) learned: Vec<Learned>,
    /// Where chunks stand, if wheels are remembered.
    pub(crate) places: Option<Places>,
    pub(crate) counts: Counts,
    /// The CPUs of members that are ELF files.
    pub(crate) machines: Vec<(MemberPath, Machine)>,
}

/// Writes a whole wheel to an empty file. `out` is the path that errors name.
///
/// `on_progress` gets the number of uncompressed bytes written so far.
pub(crate) fn write(
    members: &Members,
    out: &Path,
    file: &mut File,
    options: &WriteOptions<'_>,
    on_progress: &mut dyn FnMut(u64),
) -> Result<Written, Error> {
    let scratch =
        Scratch { directory: folder_of(out), cancel: options.cancel, pool: Some(options.pool) };
    let mut output = Output {
        archive: ArchiveWriter::new(file, options.timestamp),
        out,
        level: options.level,
        chunk_tables: options.chunk_tables,
        scratch,
        rows: Vec::new(),
        facts: Vec::new(),
        learned: Vec::new(),
        places: options.cache.keeps_wheels().then(Places::default),
        open: None,
        counts: Counts::default(),
        machines: Vec::new(),
    };
    let reuse = Reuse::new(options.cache, options.tokens, options.cancel, options.level);
    let packer = Packer::new(options.level, options.audit, reuse, scratch);
    ordered::run(
        options.pool,
        ordered::window(options.pool),
        options.cancel,
        Tasks::new(members.iter(), &packer),
        |task| packer.work(task),
        |done| {
            output.take(done, &packer.reuse)?;
            on_progress(output.counts.bytes_in);
            Ok(())
        },
    )?;
    output.finish(members, &packer)
}

/// The archive being written, and RECORD's rows so far.
struct Output<'a> {
    archive: ArchiveWriter<&'a mut File>,
    out: &'a Path,
    level: Option<Level>,
    chunk_tables: bool,
    scratch: Scratch<'a>,
    rows: Vec<RecordRow>,
    facts: Vec<(MemberPath, Arc<Facts>)>,
    learned: Vec<Learned>,
    places: Option<Places>,
    /// The large member whose chunks are coming in.
    open: Option<OpenLarge>,
    counts: Counts,
    machines: Vec<(MemberPath, Machine)>,
}

struct OpenLarge {
    entry: OpenMember,
    crc: crc32fast::Hasher,
    /// Where its chunks are, if the directory is to say so.
    table: Option<ChunkTable>,
    /// As far as they are known.
    chunks: Option<Vec<ChunkDigest>>,
    facts: Option<Arc<Facts>>,
}

impl Output<'_> {
    fn take(&mut self, done: Done<'_>, reuse: &Reuse<'_>) -> Result<(), Error> {
        match done {
            Done::Whole { member, mut packed } => {
                self.keep_facts(member, packed.facts.take());
                self.learned.extend(packed.learned.take());
                self.write_whole(member, &packed)
            }
            Done::Chunk { chunk, found, content, facts } => {
                self.keep_facts(chunk.large.member, facts.clone());
                self.write_chunk(&chunk, &found, content, facts)?;
                if chunk.large.ends_at(chunk.range.end) {
                    self.finish_large(&chunk.large, reuse)
                } else {
                    Ok(())
                }
            }
        }
    }

    fn keep_facts(&mut self, member: &Member, facts: Option<Arc<Facts>>) {
        self.facts.extend(facts.map(|facts| (member.path.clone(), facts)));
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

    fn write_whole(&mut self, member: &Member, packed: &Packed) -> Result<(), Error> {
        let uncompressed = member.len();
        let on_write = || FileError::on("write", self.out);
        let entry = self
            .archive
            .begin(member.path.as_str(), packed.mode, uncompressed)
            .map_err(on_write())?;
        if let (Some(places), Data::Deflated(compressed)) = (&mut self.places, &packed.data) {
            places.note(self.archive.position(), compressed);
        }
        self.archive.append(&packed.data).map_err(on_write())?;
        let sizes = Sizes { crc: packed.crc, uncompressed };
        self.archive.finish_member(&entry, packed.data.method(), sizes).map_err(on_write())?;
        self.count(uncompressed, packed.reused);
        self.counts.bytes_unread += if packed.unread { uncompressed } else { 0 };
        self.note(member, packed.digest, packed.machine);
        Ok(())
    }

    fn write_chunk(
        &mut self,
        chunk: &Chunk<'_>,
        found: &ChunkLookup,
        content: Option<ContentHash>,
        facts: Option<Arc<Facts>>,
    ) -> Result<(), Error> {
        let on_write = || FileError::on("write", self.out);
        if self.open.is_none() {
            let (large, member) = (&chunk.large, chunk.large.member);
            let entry = self
                .archive
                .begin(member.path.as_str(), large.mode()?, member.len())
                .map_err(on_write())?;
            let crc = crc32fast::Hasher::new();
            let level = self.level.filter(|_| self.chunk_tables);
            let table = match level {
                Some(level) => {
                    let level = level.for_content(large.kind()?);
                    Some(ChunkTable::new(level.number()))
                }
                None => None,
            };
            self.open = Some(OpenLarge { entry, crc, table, chunks: Some(Vec::new()), facts });
        }
        let len = chunk.range.len() as u64;
        if let Some(open) = &mut self.open {
            open.crc.combine(&crc32fast::Hasher::new_with_initial_len(found.compressed.crc, len));
            if let Some(table) = &mut open.table {
                table.push(found.compressed.bytes.len() as u64, len);
            }
            match (&mut open.chunks, content) {
                (Some(chunks), Some(content)) => chunks.push(ChunkDigest { len, content }),
                (chunks, _) => *chunks = None,
            }
        }
        if let Some(places) = &mut self.places {
            places.note(self.archive.position(), &found.compressed);
        }
        self.archive.append(&found.compressed.bytes).map_err(on_write())?;
        self.count(len, found.reused);
        Ok(())
    }

    fn finish_large(&mut self, large: &LargeMember<'_>, reuse: &Reuse<'_>) -> Result<(), Error> {
        let Some(OpenLarge { mut entry, crc, table, chunks, facts }) = self.open.take() else {
            return Err(Error::Internal("a member ended before it began".to_owned()));
        };
        let uncompressed = large.member.len();
        let crc = crc.finalize();
        let method = if self.level.is_none() {
            Method::Stored
        } else if self.archive.data_len(&entry) < uncompressed {
            Method::Deflated
        } else {
            // Also what keeps ZIP64 out of a member that deflate would push over 4 GiB.
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
            self.learned.extend(reuse.learn_large(large, digest, chunks, facts)?);
        }
        self.note(large.member, digest, large.machine()?);
        self.counts.bytes_unread += if large.is_unread() { uncompressed } else { 0 };
        large.check_intact()?;
        large.check_crc(crc)?;
        Ok(())
    }

    /// Writes an incompressible member again, as it is.
    fn store_instead(
        &mut self,
        large: &LargeMember<'_>,
        entry: &OpenMember,
        crc: u32,
    ) -> Result<(), Error> {
        let on_write = || FileError::on("write", self.out);
        self.archive.rewind(entry).map_err(on_write())?;
        if let Some(places) = &mut self.places {
            places.forget_from(self.archive.position());
        }
        let mut stored = crc32fast::Hasher::new();
        let mut copy = Vec::new();
        for step in large.bytes()?.chunks(COPY_STEP) {
            self.scratch.cancel.check()?;
            copy.clear();
            copy.extend_from_slice(step);
            stored.update(&copy);
            self.archive.append(&copy).map_err(on_write())?;
        }
        if stored.finalize() != crc {
            return Err(large.changed());
        }
        Ok(())
    }

    fn note(&mut self, member: &Member, digest: Sha256Digest, machine: Option<Machine>) {
        let path = member.path.clone();
        self.machines.extend(machine.map(|machine| (path.clone(), machine)));
        self.rows.push(RecordRow { path, digest, size: member.len() });
    }

    /// Writes RECORD and the directory.
    fn finish(mut self, members: &Members, packer: &Packer<'_>) -> Result<Written, Error> {
        let rows = std::mem::take(&mut self.rows);
        let path = members.record_path();
        let record = Record::new(rows).map_err(WheelError::from)?;
        let bytes = record.render(path).map_err(WheelError::from)?;
        let member = Member::generated(path.clone(), bytes);
        self.take(packer.work(super::tasks::Task::Whole(&member))?, &packer.reuse)?;
        if let Some(places) = &mut self.places {
            places.directory = self.archive.position();
        }
        let bytes_out = self.archive.finish().map_err(FileError::on("write", self.out))?;
        let rows = record.into_rows();
        let counts = Counts { members: rows.len() as u64 + 1, bytes_out, ..self.counts };
        Ok(Written {
            rows,
            facts: self.facts,
            learned: self.learned,
            places: self.places,
            counts,
            machines: self.machines,
        })
    }
}
