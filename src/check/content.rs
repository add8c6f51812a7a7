//! Members' content: streamed, on all threads, and never in memory as a whole.

use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::archive::{Archive, Trouble};
use super::findings::Findings;
use super::record::{Digest, Record};
use super::rules::{self, Rule};
use crate::context::Context;
use crate::deflate::Inflater;
use crate::error::Error;
use crate::zip::RawMember;

/// Bytes by which a file's format is known: an ELF header has 64 at most.
const HEAD: usize = 64;

/// The rules that need it.
const RULES: [&Rule; 9] = [
    &rules::ZIP_DATA,
    &rules::ZIP_SIZE,
    &rules::ZIP_CRC,
    &rules::RECORD_HASH,
    &rules::DUPLICATE_FILES,
    &rules::NATIVE_ANY,
    &rules::NATIVE_PURELIB,
    &rules::NATIVE_PLATFORM,
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
    if archive.is_bomb || !findings.want(&RULES) {
        return Ok(contents);
    }
    // The largest first: it alone may take as long as all others together.
    let mut order: Vec<usize> =
        (0..archive.members.len()).filter(|&at| !archive.members[at].is_directory()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(archive.members[at].uncompressed));
    let mut read: Vec<(usize, Result<Content, Trouble>)> = context.pool.install(|| {
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
            Ok(seen) => contents[at] = Some(seen),
            Err(trouble) => {
                if let Some(rule) = trouble.rule() {
                    findings.add_at(rule, &archive.members[at].name, trouble.to_string());
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
) -> Result<Content, Trouble> {
    let mut head = Vec::with_capacity(HEAD);
    let mut sha256 = Sha256::new();
    let mut stronger = match record.digest(&member.name) {
        Some(Digest::Sha384(_)) => Stronger::Sha384(Sha384::new()),
        Some(Digest::Sha512(_)) => Stronger::Sha512(Sha512::new()),
        _ => Stronger::None,
    };
    archive.stream(member, inflater, context.cancel, |piece| {
        let missing = HEAD - head.len();
        head.extend_from_slice(&piece[..piece.len().min(missing)]);
        sha256.update(piece);
        match &mut stronger {
            Stronger::None => {}
            Stronger::Sha384(hasher) => hasher.update(piece),
            Stronger::Sha512(hasher) => hasher.update(piece),
        }
    })?;
    let stronger = match stronger {
        Stronger::None => None,
        Stronger::Sha384(hasher) => Some(Digest::Sha384(hasher.finalize().to_vec())),
        Stronger::Sha512(hasher) => Some(Digest::Sha512(hasher.finalize().to_vec())),
    };
    Ok(Content { head, sha256: sha256.finalize().into(), stronger })
}

/// A second hasher, for a RECORD that asks for more than SHA-256.
enum Stronger {
    None,
    Sha384(Sha384),
    Sha512(Sha512),
}
