//! Writes the members of a plan to an archive, in order, and RECORD after them.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::ThreadPool;

use fs_err::File;

use super::large::LargeMember;
use super::member::Member;
use super::reuse::{Learned, Places, Reuse};
use super::tasks::{Chunk, Data, Done, Packed, Packer, Scratch, Tasks};
use super::{Plan, folder_of};
use crate::context::Context;
use crate::cost::Counts;
use crate::deflate::Level;
use crate::elf::{Facts, Machine};
use crate::error::{Error, FileError};
use crate::escape::escape_truncated;
use crate::exec::ordered;
use crate::warm::{ChunkDigest, ChunkLookup, ContentHash};
use crate::wheel::{
    MemberPath, PlatformTag, Record, RecordRow, Sha256Digest, WheelError, WheelTags,
};
use crate::zip::{ArchiveWriter, ChunkTable, Method, OpenMember, Sizes, Timestamp};

/// Bytes copied at once when a member turns out to be incompressible.
const COPY_STEP: usize = 1 << 20;

/// How to write.
pub(super) struct WriteOptions<'a> {
    /// `None` stores.
    pub(super) level: Option<Level>,
    /// Whether the facts of ELF files are wanted.
    pub(super) audit: bool,
    /// Whether the directory says where chunks are.
    pub(super) chunk_tables: bool,
    pub(super) timestamp: Timestamp,
    pub(super) pool: &'a ThreadPool,
    pub(super) context: &'a Context<'a>,
}

/// What was written.
pub(super) struct Written {
    /// The rows of the members, in their order.
    pub(super) rows: Vec<RecordRow>,
    /// The facts of members that are ELF files, if they were wanted.
    pub(super) facts: Vec<(MemberPath, Arc<Facts>)>,
    /// What later requests may know, if nothing has changed until the end.
    pub(super) learned: Vec<Learned>,
    /// Where chunks stand, if wheels are remembered.
    pub(super) places: Option<Places>,
    pub(super) counts: Counts,
    pub(super) warnings: Vec<String>,
}

/// Writes a whole wheel to an empty file.
pub(super) fn write(
    plan: &Plan,
    file: &mut File,
    options: &WriteOptions<'_>,
) -> Result<Written, Error> {
    let progress = progress_bar(plan.members.total_len(), options.context.interactive);
    let scratch = Scratch {
        directory: folder_of(&plan.out),
        cancel: options.context.cancel,
        pool: Some(options.pool),
    };
    let mut output = Output {
        archive: ArchiveWriter::new(file, options.timestamp),
        out: &plan.out,
        level: options.level,
        chunk_tables: options.chunk_tables,
        scratch,
        rows: Vec::new(),
        facts: Vec::new(),
        learned: Vec::new(),
        places: options.context.cache.keeps_wheels().then(Places::default),
        open: None,
        counts: Counts::default(),
        foreign: ForeignCode::new(&plan.filename.tags),
    };
    let reuse = Reuse::new(options.context, options.level);
    let packer = Packer::new(options.level, options.audit, reuse, scratch);
    ordered::run(
        options.pool,
        ordered::window(options.pool),
        options.context.cancel,
        Tasks::new(plan.members.iter(), &packer),
        |task| packer.work(task),
        |done| {
            output.take(done, &packer.reuse)?;
            progress.set_position(output.counts.bytes_in);
            Ok(())
        },
    )?;
    progress.finish_and_clear();
    output.finish(plan, &packer)
}

fn progress_bar(total: u64, visible: bool) -> ProgressBar {
    let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let template = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
    // A template that does not parse costs the bar its looks, never the wheel.
    bar.with_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}

/// The archive being written, and RECORD's rows so far.
struct Output<'a> {
    archive: ArchiveWriter<&'a mut File>,
    out: &'a std::path::Path,
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
    foreign: ForeignCode,
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
        if let Some(machine) = machine {
            self.foreign.note(path.as_str(), machine);
        }
        self.rows.push(RecordRow { path, digest, size: member.len() });
    }

    /// Writes RECORD and the directory.
    fn finish(mut self, plan: &Plan, packer: &Packer<'_>) -> Result<Written, Error> {
        let rows = std::mem::take(&mut self.rows);
        let path = plan.members.record_path();
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
            warnings: self.foreign.warnings(),
        })
    }
}

/// Code for a CPU that the wheel's tags do not name: most often a build that mixed up host and
/// target.
struct ForeignCode {
    platforms: Vec<PlatformTag>,
    found: Vec<(String, Machine)>,
}

/// Members named in the warning; a whole tree of the wrong CPU needs no list.
const NAMED: usize = 3;

impl ForeignCode {
    fn new(tags: &WheelTags) -> Self {
        Self { platforms: tags.platforms().collect(), found: Vec::new() }
    }

    fn note(&mut self, member: &str, machine: Machine) {
        if self.platforms.iter().all(|platform| *platform == PlatformTag::Any)
            || !self.platforms.iter().any(|platform| platform.may_run(machine))
        {
            self.found.push((member.to_owned(), machine));
        }
    }

    fn warnings(mut self) -> Vec<String> {
        self.found.sort_by_key(|(_, machine)| *machine);
        let platforms: Vec<String> = self.platforms.iter().map(PlatformTag::to_string).collect();
        let mut warnings = Vec::new();
        let mut rest: &[(String, Machine)] = &self.found;
        while let Some((_, machine)) = rest.first() {
            let end = rest.iter().position(|(_, other)| other != machine).unwrap_or(rest.len());
            let (group, others) = rest.split_at(end);
            rest = others;
            let mut names: Vec<String> = group
                .iter()
                .take(NAMED)
                .map(|(name, _)| format!("`{}`", escape_truncated(name)))
                .collect();
            if group.len() > NAMED {
                names.push(format!("{} more", group.len() - NAMED));
            }
            warnings.push(format!(
                "code for {machine} in a wheel for `{}`: {}\nhint: correct the platform tag, or build for its CPU",
                platforms.join("."),
                names.join(", ")
            ));
        }
        warnings
    }
}
