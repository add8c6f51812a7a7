//! Content that a wheel holds more than once.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;

use super::inventory::{Inventory, Member, Problem};
use crate::context::Context;
use crate::deflate::Inflater;
use crate::error::Error;
use crate::opened_wheel::Archive;

/// Files with the same content.
#[derive(Debug, Serialize)]
pub(super) struct Duplicate {
    /// Length of the content in bytes.
    pub(super) content: u64,
    /// Bytes of the archive that would be saved if the content were stored once.
    pub(super) wasted: u64,
    /// Their paths, sorted.
    pub(super) paths: Vec<String>,
}

/// Finds duplicate content. Only files with the same CRC-32 and length are read and compared by
/// hash. Those that cannot be read are returned as problems.
pub(super) fn find(
    archive: &Archive,
    inventory: &Inventory,
    context: &Context<'_>,
) -> Result<(Vec<Duplicate>, Vec<Problem>), Error> {
    let mut alike: BTreeMap<(u64, u32), Vec<&Member>> = BTreeMap::new();
    for member in inventory.members.iter().filter(|member| member.content > 0) {
        alike.entry((member.content, member.crc)).or_default().push(member);
    }
    let candidates: Vec<&Member> =
        alike.into_values().filter(|members| members.len() > 1).flatten().collect();
    let hashes = context.pool.install(|| {
        let hashes = candidates.into_par_iter().map_init(Inflater::new, |inflater, member| {
            match hash(archive, member, inflater, context) {
                Err(Error::Refused(error)) => Ok((Err(error.to_string()), member)),
                result => Ok::<_, Error>((Ok(result?), member)),
            }
        });
        hashes.collect::<Result<Vec<_>, Error>>()
    })?;
    let mut same: BTreeMap<[u8; 32], Vec<&Member>> = BTreeMap::new();
    let mut problems = Vec::new();
    for (hash, member) in hashes {
        match hash {
            Ok(hash) => same.entry(hash).or_default().push(member),
            Err(problem) => problems.push(Problem { path: member.path.clone(), problem }),
        }
    }
    let mut found: Vec<Duplicate> =
        same.into_values().filter(|members| members.len() > 1).map(|it| duplicate(&it)).collect();
    found.sort_by(|one, other| {
        other.wasted.cmp(&one.wasted).then_with(|| one.paths.cmp(&other.paths))
    });
    Ok((found, problems))
}

fn hash(
    archive: &Archive,
    member: &Member,
    inflater: &mut Inflater,
    context: &Context<'_>,
) -> Result<[u8; 32], Error> {
    let mut hasher = blake3::Hasher::new();
    if let Some(entry) = archive.directory().entries().get(member.index) {
        archive.read(entry, inflater, context.cancel, |piece| {
            hasher.update(piece);
            Ok(())
        })?;
    }
    Ok(hasher.finalize().into())
}

fn duplicate(members: &[&Member]) -> Duplicate {
    let sum: u64 = members.iter().map(|member| member.compressed).sum();
    let largest = members.iter().map(|member| member.compressed).max().unwrap_or_default();
    let mut paths: Vec<String> = members.iter().map(|member| member.path.clone()).collect();
    paths.sort_unstable();
    let content = members.first().map_or(0, |member| member.content);
    Duplicate { content, wasted: sum - largest, paths }
}
