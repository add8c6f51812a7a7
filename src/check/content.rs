//! Members' content: streamed on all threads, never whole in memory.

use std::ops::ControlFlow;

use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::archive::{Archive, found, rule_for_content};
use super::record::{Digest, RecordTable};
use super::rules;
use crate::context::Context;
use crate::deflate::Inflater;
use crate::error::Error;
use crate::findings::{Findings, Rule};
use crate::object_file::ObjectKind;
use crate::opened_wheel::{Chunked, ContentError, Strictness};
use crate::zip::{ChunkClaim, RawMember};

/// How many bytes at the start of a file are kept to recognise its format: an ELF header has at most 64. Of PE
/// files, [`ObjectKind::HEAD`] bytes are kept.
const HEAD: usize = 64;

/// How many bytes are inflated before the length is first compared with the directory's.
const FIRST: usize = 64 << 10;

/// The rules that need the content.
pub(super) const RULES: [&Rule; 11] = [
    &rules::ZIP_DATA,
    &rules::ZIP_SIZE,
    &rules::ZIP_CRC,
    &rules::ZIP_CHUNK_TABLE,
    &rules::RECORD_HASH,
    &rules::DUPLICATE_FILES,
    &rules::NATIVE_ANY,
    &rules::NATIVE_PURELIB,
    &rules::NATIVE_PLATFORM,
    &rules::NATIVE_NONE,
    &rules::NESTED_ARCHIVE,
];

/// The facts about a member's content that rules need.
#[derive(Debug)]
pub(super) struct ContentSummary {
    /// The first bytes, enough for [`ObjectKind::of`].
    pub(super) head: Vec<u8>,
    pub(super) sha256: [u8; 32],
    /// The digest for RECORD, if RECORD has another than SHA-256.
    pub(super) stronger: Option<Digest>,
    /// Whether the data is valid and its chunk table does not match it.
    has_false_table: bool,
}

/// Reads all members, in the archive's order. The result is `None` for a directory, and for a member that
/// cannot be read, which is a finding.
pub(super) fn read(
    archive: &Archive<'_>,
    record: &RecordTable,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<Vec<Option<ContentSummary>>, Error> {
    let mut contents: Vec<Option<ContentSummary>> = Vec::new();
    contents.resize_with(archive.members.len(), || None);
    if archive.exceeds_ratio() || !findings.want(&RULES) {
        return Ok(contents);
    }
    // The largest first: it alone can take as long as all others together.
    let mut order: Vec<usize> =
        (0..archive.members.len()).filter(|&at| !archive.members[at].is_directory()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(archive.members[at].uncompressed));
    let mut read: Vec<(usize, Result<ContentSummary, ContentError>)> = context.pool.install(|| {
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
                if let Some(rule) = rule_for_content(&error) {
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
    record: &RecordTable,
    inflater: &mut Inflater,
    context: &Context<'_>,
) -> Result<ContentSummary, ContentError> {
    let data = archive.data(member)?;
    let add = |inflated: usize| context.progress.add(share(inflated, member));
    if let Some(chunked) = Chunked::new(data) {
        let mut hashers = Hashers::new(member, record);
        if chunked.inflate_alone(inflater, context.cancel, |bytes| {
            add(bytes.len());
            hashers.update(bytes);
        }) {
            return Ok(hashers.finish(false));
        }
    }
    let mut hashers = Hashers::new(member, record);
    data.stream(inflater, FIRST, Strictness::Strict, context.cancel, |bytes| {
        add(bytes.len());
        hashers.update(bytes);
        ControlFlow::<()>::Continue(())
    })?;
    Ok(hashers.finish(member.chunks != ChunkClaim::None))
}

/// Returns how many bytes of the archive a number of inflated bytes of a member stands for.
fn share(inflated: usize, member: &RawMember) -> u64 {
    let share = inflated as u128 * u128::from(member.compressed);
    u64::try_from(share / u128::from(member.uncompressed.max(1))).unwrap_or_default()
}

/// The hashers of one member.
struct Hashers {
    head: Vec<u8>,
    sha256: Sha256,
    stronger: Stronger,
}

impl Hashers {
    fn new(member: &RawMember, record: &RecordTable) -> Self {
        let stronger = match record.digest(&member.name) {
            Some(Digest::Sha384(_)) => Stronger::Sha384(Sha384::new()),
            Some(Digest::Sha512(_)) => Stronger::Sha512(Sha512::new()),
            _ => Stronger::None,
        };
        Self { head: Vec::with_capacity(HEAD), sha256: Sha256::new(), stronger }
    }

    fn update(&mut self, bytes: &[u8]) {
        let missing = ObjectKind::HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(missing)]);
        self.sha256.update(bytes);
        match &mut self.stronger {
            Stronger::None => {}
            Stronger::Sha384(hasher) => hasher.update(bytes),
            Stronger::Sha512(hasher) => hasher.update(bytes),
        }
    }

    fn finish(mut self, has_false_table: bool) -> ContentSummary {
        if !self.head.starts_with(b"MZ") {
            self.head.truncate(HEAD);
        }
        self.head.shrink_to_fit();
        let stronger = match self.stronger {
            Stronger::None => None,
            Stronger::Sha384(hasher) => Some(Digest::Sha384(hasher.finalize().to_vec())),
            Stronger::Sha512(hasher) => Some(Digest::Sha512(hasher.finalize().to_vec())),
        };
        let sha256 = self.sha256.finalize().into();
        ContentSummary { head: self.head, sha256, stronger, has_false_table }
    }
}

/// A second hasher, if RECORD has a stronger digest than SHA-256.
enum Stronger {
    None,
    Sha384(Sha384),
    Sha512(Sha512),
}
