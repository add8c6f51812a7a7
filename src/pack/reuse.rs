//! What packing takes from earlier requests, and leaves for later ones.

use std::ops::Range;
use std::sync::{Arc, Weak};

use fs_err::File;
use tempfile::NamedTempFile;

use super::large::LargeMember;
use crate::context::Context;
use crate::deflate::{self, Level, Piece, Position, RestingDeflaters};
use crate::elf::Facts;
use crate::error::Error;
use crate::source::{Input, Stamp};
use crate::warm::{
    ChunkRecord, ContentHash, Form, Found, Layout, MemberKey, MemberRecord, PieceKey, Warm,
};
use crate::wheel::Sha256Digest;

/// A member that a later request may know.
pub(super) type Learned = (MemberKey, MemberRecord);

/// The caches, as one request sees them.
pub(super) struct Reuse<'a> {
    context: &'a Context<'a>,
    /// `None` stores, and then there is nothing to reuse.
    level: Option<Level>,
}

impl<'a> Reuse<'a> {
    pub(super) fn new(context: &'a Context<'a>, level: Option<Level>) -> Self {
        Self { context, level }
    }

    /// Compressors that other requests have left.
    pub(super) fn deflaters(&self) -> &'a RestingDeflaters {
        self.context.warm.deflaters()
    }

    fn warm(&self) -> Option<(&'a Warm, Level)> {
        Some((self.context.warm, self.level?)).filter(|(warm, _)| warm.is_on())
    }

    /// What a file is known by, if it can be known.
    fn key(&self, input: &Input) -> Option<MemberKey> {
        let (_, level) = self.warm()?;
        let token = self.context.tokens.of(input.path()).map(ContentHash::of);
        Some(MemberKey { stamp: input.stamp()?, token, level: level.number() })
    }

    /// What is known of a file.
    pub(super) fn known(&self, input: &Input) -> Option<Arc<MemberRecord>> {
        self.context.warm.member(&self.key(input)?)
    }

    /// A piece that is known.
    pub(super) fn known_piece(&self, key: PieceKey) -> Option<Arc<Piece>> {
        self.context.warm.known_piece(key)
    }

    /// The piece of some content, which `make` makes if need be, and what it is found by.
    pub(super) fn piece(
        &self,
        content: &[u8],
        kind: deflate::Content,
        form: Form,
        mut make: impl FnMut() -> Result<Piece, Error>,
    ) -> Result<(Found, Option<ContentHash>), Error> {
        let Some((warm, level)) = self.warm() else {
            return Ok((Found { piece: Arc::new(make()?), reused: false }, None));
        };
        let hash = ContentHash::of(content);
        let key = PieceKey { content: hash, level: level.for_content(kind).number(), form };
        Ok((warm.piece(key, self.context.cancel, make)?, Some(hash)))
    }

    /// What is now known of a small member.
    pub(super) fn learn_whole(
        &self,
        input: &Input,
        kind: deflate::Content,
        content: Option<ContentHash>,
        record: MemberRecord,
    ) -> Option<Learned> {
        let (_, level) = self.warm()?;
        let level = level.for_content(kind).number();
        let chunks = vec![ChunkRecord { len: input.len(), content: content? }];
        Some((self.key(input)?, MemberRecord { level, chunks, is_whole: true, ..record }))
    }

    /// What is now known of a large member, if that is more than before.
    pub(super) fn learn_large(
        &self,
        large: &LargeMember<'_>,
        digest: Sha256Digest,
        chunks: Vec<ChunkRecord>,
        facts: Option<Arc<Facts>>,
    ) -> Result<Option<Learned>, Error> {
        if large.known.as_ref().is_some_and(|known| known.facts.is_some() || facts.is_none()) {
            return Ok(None);
        }
        let key = large.member.content.file().and_then(|input| self.key(input));
        let (Some((_, level)), Some(key)) = (self.warm(), key) else {
            return Ok(None);
        };
        let kind = large.kind()?;
        let record = MemberRecord {
            digest,
            level: level.for_content(kind).number(),
            chunks,
            is_whole: false,
            is_program: large.is_program()?,
            is_elf: kind == deflate::Content::Code,
            machine: large.machine()?,
            facts,
        };
        Ok(Some((key, record)))
    }
}

/// Remembers members, when their files have turned out to be the same at the end.
pub(super) fn keep(learned: Vec<Learned>, warm: &Warm) {
    for (key, record) in learned {
        warm.keep_member(key, record);
    }
}

/// Where pieces stand in a wheel that is being written.
#[derive(Default)]
pub(super) struct Places {
    pieces: Vec<(Range<usize>, Weak<Piece>)>,
    /// Where the central directory begins.
    pub(super) directory: u64,
}

impl Places {
    /// A piece that is about to be written at an offset.
    pub(super) fn note(&mut self, at: u64, piece: &Arc<Piece>) {
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let range = start..start.saturating_add(piece.bytes.len());
        self.pieces.push((range, Arc::downgrade(piece)));
    }

    /// What was written from an offset on is overwritten.
    pub(super) fn forget_from(&mut self, at: u64) {
        self.pieces.retain(|(range, _)| (range.start as u64) < at);
    }
}

/// A wheel that was written, not yet in its place.
pub(super) struct Own {
    stamp: Stamp,
    directory: ContentHash,
    layout: Option<Layout>,
}

impl Own {
    /// Looks at the file when the last byte is written, and nobody else has had it. What keeps it from being
    /// known is no error.
    pub(super) fn look(file: &NamedTempFile<File>, places: Places, warm: &Warm) -> Option<Self> {
        let stamp = Stamp::of_open(file.as_file()).ok()?;
        warm.learn_precision(file.as_file(), stamp.place().device);
        let content = Input::find(file.path()).ok()?.open().ok()?;
        let bytes = content.bytes();
        let directory = bytes.get(usize::try_from(places.directory).ok()?..)?;
        let directory = ContentHash::of(directory);
        let layout = Layout::of(bytes, places.pieces);
        content.is_intact().then_some(Self { stamp, directory, layout })
    }

    /// Remembers the wheel, now that its file has its name. Nobody wrote to it on the way there, or the time
    /// of modification would be another one.
    pub(super) fn keep(self, file: &File, warm: &Warm) {
        if let Ok(stamp) = Stamp::of_open(file)
            && stamp.has_content_of(&self.stamp)
        {
            warm.keep_written(stamp, self.directory, self.layout);
        }
    }
}

/// The form of a chunk's piece.
pub(super) fn form_of(position: Position) -> Form {
    match position {
        Position::Inner => Form::Inner,
        Position::Last => Form::Last,
    }
}
