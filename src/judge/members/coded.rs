//! Reads device code together with the facts of a member, in the same pass.
//!
//! Device code can be anywhere in a library's data, so the member is inflated to its end. Where its chunk
//! table is trusted, only the chunks with tables and with data that may hold device code are.

use std::ops::ControlFlow;

use rayon::ThreadPool;

use super::streamed::{self, FirstPass};
use super::{MAGIC, MemberFacts, MemberReader, Stop};
use crate::deflate::Inflater;
use crate::device_code::{CodeSummary, DeviceCode, NoPayloads};
use crate::elf::ElfFacts;
use crate::error::Error;
use crate::opened_wheel::{Chunked, Ended, LibraryPass, PartsError, code_of_file, read_library};
use crate::zip::Method;

/// Returns a new visitor of payloads, none of which is wanted.
fn visitor() -> NoPayloads {
    NoPayloads
}

fn summary(code: &DeviceCode) -> Option<CodeSummary> {
    Some(CodeSummary::of(code)).filter(|summary| !summary.is_empty())
}

/// Returns the facts and the device code of a member that this thread inflates.
pub(super) fn facts(
    member: &MemberReader<'_>,
    inflater: &mut Inflater,
) -> Result<MemberFacts, PartsError> {
    let is_elf_file = member.is_elf_file(inflater)?;
    if !is_elf_file && !member.wanted.may_hold_code {
        return Ok(MemberFacts { elf: member.facts(inflater)?, ..MemberFacts::default() });
    }
    let (limits, data, len) = (member.limits, member.data(), member.entry.uncompressed);
    if member.chunked().is_some() && (limits.trust || limits.own) {
        let elf = member.facts(inflater)?;
        let parts = read_library(&data, visitor, inflater, member.cancel)?;
        return Ok(MemberFacts { elf, code: summary(&parts.code), ..MemberFacts::default() });
    }
    if member.entry.method == Method::Stored {
        let code = summary(&code_of_file(data.bytes));
        return Ok(MemberFacts { elf: member.facts(inflater)?, code, ..MemberFacts::default() });
    }
    if len <= super::SMALL {
        let whole = member.whole(inflater)?;
        let elf = is_elf_file.then(|| ElfFacts::read(&whole, limits.detail())).transpose()?;
        return Ok(MemberFacts {
            elf,
            code: summary(&code_of_file(&whole)),
            ..MemberFacts::default()
        });
    }
    let mut pass = LibraryPass::new(len, NoPayloads);
    let elf = if is_elf_file {
        let mut first = FirstPass::new(len, limits);
        member.inflate(inflater, both(&mut first, &mut pass))?;
        let facts = first.into_facts();
        Some(facts.unwrap_or_else(|parts| streamed::later_passes(member, parts, None, inflater))?)
    } else {
        member.inflate(inflater, |piece| {
            pass.feed(piece);
            ControlFlow::Continue(())
        })?;
        None
    };
    let index = member.index.take();
    let parts = pass.finish(&data, index.as_ref(), &visitor, inflater, member.cancel)?;
    member.index.set(index.filter(|_| limits.verifies()));
    Ok(MemberFacts { elf, code: summary(&parts.code), ..MemberFacts::default() })
}

/// Returns the facts and the device code of a member with a chunk table, inflated by all threads; `None` if
/// the table is wrong.
///
/// # Errors
/// The outer error is a cancellation.
pub(super) fn facts_in_chunks(
    member: &MemberReader<'_>,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
    pool: &ThreadPool,
) -> Result<Option<Result<MemberFacts, PartsError>>, Error> {
    let mut first = FirstPass::new(member.entry.uncompressed, member.limits);
    let mut pass = LibraryPass::new(member.entry.uncompressed, NoPayloads);
    let sink = both(&mut first, &mut pass);
    match chunked.inflate(pool, MAGIC, member.cancel, sink)? {
        Ended::Unproven | Ended::Stopped(Stop::Enough, _) => return Ok(None),
        Ended::Stopped(Stop::Failed(error), _) => return Ok(Some(Err(error))),
        Ended::Whole => {}
    }
    let again = Some((chunked, member.entry.uncompressed));
    let facts = first.into_facts();
    let facts =
        facts.unwrap_or_else(|parts| streamed::later_passes(member, parts, again, inflater));
    let parts = pass.finish(&member.data(), None, &visitor, inflater, member.cancel);
    Ok(Some(facts.and_then(|elf| {
        let parts = parts?;
        Ok(MemberFacts { elf: Some(elf), code: summary(&parts.code), ..MemberFacts::default() })
    })))
}

/// Returns a sink that passes each piece to both: to the second one also when the first has enough.
fn both(
    first: &mut FirstPass,
    pass: &mut LibraryPass<NoPayloads>,
) -> impl FnMut(&[u8]) -> ControlFlow<Stop> {
    let mut has_enough = false;
    move |piece| {
        pass.feed(piece);
        if has_enough {
            return ControlFlow::Continue(());
        }
        match first.take(piece) {
            ControlFlow::Break(Stop::Enough) => {
                has_enough = true;
                ControlFlow::Continue(())
            }
            flow => flow,
        }
    }
}
