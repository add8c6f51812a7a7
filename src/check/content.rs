//! Members' content: streamed, on all threads, and never in memory as a whole.

use std::ops::ControlFlow;

use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::archive::{Archive, found, rule_of_content};
use super::record::{Digest, Record};
use super::rules;
use crate::context::Context;
use crate::deflate::Inflater;
use crate::error::Error;
use crate::findings::{Findings, Rule};
use crate::opened_wheel::{Chunked, ContentError, Strictness};
use crate::zip::{ChunkClaim, RawMember};

/// Bytes by which a file's format is known: an ELF header has 64 at most.
const HEAD: usize = 64;

/// Bytes of content after which it is first compared with the length that the directory says.
const FIRST: usize = 64 << 10;

/// The rules that need it.
const RULES: [&Rule; 11] = [
    &rules::ZIP_DATA,
    &rules::ZIP_SIZE,
    &rules::ZIP_CRC,
    &rules::ZIP_CHUNK_TABLE,
    &rules::RECORD_HASH,
    &rules::DUPLICATE_FILES,
    &rules::NATIVE_ANY,
    &rules::NATIVE_PURELIB,
    &rules::NATIVE_PLATFORM,
    &rules::NATIVE_UNAUDITED,
    &rules::NESTED_ARCHIVE,
];

/// What is known of a member's content.
#[derive(Debug)]
pub(super) struct Content {
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    pub(super) sha256: [u8; 32],
    /// The digest that RECORD asks for, if that is another.
    pub(super) stronger: Option<Digest>,
    /// Whether its data is sound, and not as its table of chunks says.
    has_false_table: bool,
}

/// The content of all members, in the archive's order; `None` for what is no file, or cannot be
/// read, which is told.
pub(super) fn read(
    archive: &Archive<'_>,
    record: &Record,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<Vec<Option<Content>>, Error> {
    let mut contents: Vec<Option<Content>> = Vec::new();
    contents.resize_with(archive.members.len(), || None);
    if archive.exceeds_ratio() || !findings.want(&RULES) {
        return Ok(contents);
    }
    // The largest first: it alone may take as long as all others together.
    let mut order: Vec<usize> =
        (0..archive.members.len()).filter(|&at| !archive.members[at].is_directory()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(archive.members[at].uncompressed));
    let mut read: Vec<(usize, Result<Content, ContentError>)> = context.pool.install(|| {
        order
            .into_iter()
            .par_bridge()
            .map_init(Inflater::new, |inflater, at| {
                (at, of_member(archive, &archive.members[at], record, inflater, context))
            })
            .collect()
    });
    context.cancel.check()?;
    read.sort_unstable_by_key(|(at, _)| *at);
    for (at, result) in read {
        match result {
            Ok(seen) => {
                if seen.has_false_table {
                    let found = "the data has no such chunks";
                    findings.add_at(&rules::ZIP_CHUNK_TABLE, &archive.members[at].name, found);
                }
                contents[at] = Some(seen);
            }
            Err(error) => {
                if let Some(rule) = rule_of_content(&error) {
                    findings.add_at(rule, &archive.members[at].name, found(&error));
                }
            }
        }
    }
    Ok(contents)
}

fn of_member(
    archive: &Archive<'_>,
    member: &RawMember,
    record: &Record,
    inflater: &mut Inflater,
    context: &Context<'_>,
) -> Result<Content, ContentError> {
    let data = archive.data(member)?;
    if let Some(chunked) = Chunked::new(data) {
        let mut hashers = Hashers::new(member, record);
        if chunked.inflate_alone(inflater, context.cancel, |piece| hashers.update(piece)) {
            return Ok(hashers.finish(false));
        }
    }
    let mut hashers = Hashers::new(member, record);
    data.stream(inflater, FIRST, Strictness::Strict, context.cancel, |piece| {
        hashers.update(piece);
        ControlFlow::<()>::Continue(())
    })?;
    Ok(hashers.finish(member.chunks != ChunkClaim::None))
}

/// What takes the pieces of a member.
struct Hashers {
    head: Vec<u8>,
    sha256: Sha256,
    stronger: Stronger,
}

impl Hashers {
    fn new(member: &RawMember, record: &Record) -> Self {
        let stronger = match record.digest(&member.name) {
            Some(Digest::Sha384(_)) => Stronger::Sha384(Sha384::new()),
            Some(Digest::Sha512(_)) => Stronger::Sha512(Sha512::new()),
            _ => Stronger::None,
        };
        Self { head: Vec::with_capacity(HEAD), sha256: Sha256::new(), stronger }
    }

    fn update(&mut self, piece: &[u8]) {
        let missing = HEAD - self.head.len();
        self.head.extend_from_slice(&piece[..piece.len().min(missing)]);
        self.sha256.update(piece);
        match &mut self.stronger {
            Stronger::None => {}
            Stronger::Sha384(hasher) => hasher.update(piece),
            Stronger::Sha512(hasher) => hasher.update(piece),
        }
    }

    fn finish(self, has_false_table: bool) -> Content {
        let stronger = match self.stronger {
            Stronger::None => None,
            Stronger::Sha384(hasher) => Some(Digest::Sha384(hasher.finalize().to_vec())),
            Stronger::Sha512(hasher) => Some(Digest::Sha512(hasher.finalize().to_vec())),
        };
        let sha256 = self.sha256.finalize().into();
        Content { head: self.head, sha256, stronger, has_false_table }
    }
}

/// A second hasher, for a RECORD that asks for more than SHA-256.
enum Stronger {
    None,
    Sha384(Sha384),
    Sha512(Sha512),
}
