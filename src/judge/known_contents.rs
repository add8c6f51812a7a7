//! The contents of a wheel that an earlier request of this process has read, or has written.
//!
//! They are found by the fingerprint of the wheel's file, so that the file is not opened.

use std::collections::HashMap;
use std::sync::Arc;

use super::contents::Contents;
use super::member_paths::leads_elsewhere;
use super::members::Limits;
use crate::context::Context;
use crate::elf::ElfFacts;
use crate::metrics::Counts;
use crate::source::Input;
use crate::warm::{CachedWheel, Derived, WheelFacts};
use crate::wheel::{RecordRows, WheelFilename};

/// Approximate bytes that a member takes in [`Contents`] besides its path: entries of two tables.
const MEMBER_WEIGHT: usize = 128;

/// Contents that are kept with the record of a wheel. They were made from its facts.
#[derive(Debug)]
struct KnownContents {
    /// The file name, which has the tags.
    file_name: String,
    contents: Arc<Contents>,
}

/// Returns the contents of a wheel's file, if this process knows all that these limits ask for.
pub(super) fn find(
    input: &Input,
    (file_name, name): (&str, &WheelFilename),
    limits: Limits,
    context: &Context<'_>,
) -> Option<Arc<Contents>> {
    let record = context.cache.wheel(input)?;
    let facts = covering(&record, limits)?;
    let known = record.derived::<KnownContents>().filter(|known| {
        let has_codes = known.contents.codes().is_some();
        known.file_name == file_name && has_codes == limits.has_device_code()
    });
    let contents = if let Some(known) = known {
        Arc::clone(&known.contents)
    } else {
        let contents = Arc::new(of_writer(file_name, name, facts)?);
        keep(input, &contents, context);
        contents
    };
    context.metrics.count(&Counts {
        archives: 1,
        archives_known: 1,
        bytes_known: input.len(),
        ..Counts::default()
    });
    Some(contents)
}

/// Keeps the contents of a wheel's file, which were read with these limits and did not change meanwhile.
pub(super) fn keep_read(
    input: &Input,
    contents: &Arc<Contents>,
    limits: Limits,
    context: &Context<'_>,
) {
    let is_covered =
        context.cache.wheel(input).is_some_and(|record| covering(&record, limits).is_some());
    // Indexes of streams are for one request, and large.
    if is_covered && !contents.has_stream_indexes() {
        keep(input, contents, context);
    }
}

fn keep(input: &Input, contents: &Arc<Contents>, context: &Context<'_>) {
    let file_name = contents.name().to_owned();
    let weight = contents.files().iter().map(|path| 3 * path.len() + MEMBER_WEIGHT).sum::<usize>();
    let known = KnownContents { file_name, contents: Arc::clone(contents) };
    context.cache.keep_derived(input, Derived { value: Arc::new(known), weight: weight as u64 });
}

fn covering(record: &CachedWheel, limits: Limits) -> Option<&Arc<WheelFacts>> {
    record.facts.as_ref().filter(|facts| limits.of_own(record.is_written).cover(facts))
}

/// Returns the contents of a wheel whose writer collected the facts. `None` if the archive must be read: for
/// facts of another origin, and for the message of any error.
fn of_writer(file_name: &str, name: &WheelFilename, facts: &WheelFacts) -> Option<Contents> {
    if !facts.of_writer {
        return None;
    }
    let mut contents = Contents::named(file_name.to_owned(), Some(&name.tags));
    contents.add_objects([]);
    let mut elves: HashMap<usize, &Arc<ElfFacts>> =
        facts.elves.iter().map(|(at, elf)| (*at, elf)).collect();
    let mut last = String::new();
    for (at, row) in RecordRows::new(&facts.record).enumerate() {
        let path = std::str::from_utf8(row.ok()?.path()).ok()?.to_owned();
        if leads_elsewhere(&path) {
            return None;
        }
        contents.add_recorded(path.clone(), elves.remove(&at).cloned()).ok()?;
        last = path;
    }
    let record = contents.dist_info().ok()? + "/RECORD";
    (last == record && elves.is_empty()).then_some(contents)
}
