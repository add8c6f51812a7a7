//! Paths for which two wheels have files: of no matter if the content is the same, as in `nvidia/__init__.py`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::installed::{Installed, SharedPath};
use super::problem::Problem;
use super::rules;
use super::wheel::ClosureWheel;
use crate::context::Context;
use crate::error::Error;
use crate::judge::dist_info_file;
use crate::wheel::RecordRows;

/// Maximum number of paths that are reported for two wheels.
const MAX_LISTED: usize = 100;

/// Adds the paths for which two wheels have different files, by the digests in RECORD.
pub(super) fn add(
    wheels: &[ClosureWheel],
    installed: &Installed,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Result<(), Error> {
    let mut records: BTreeMap<usize, BTreeMap<Vec<u8>, Vec<u8>>> = BTreeMap::new();
    for wheel in installed.shared.iter().flat_map(|shared| [shared.kept.0, shared.other.0]) {
        if let Entry::Vacant(entry) = records.entry(wheel) {
            context.cancel.check()?;
            entry.insert(digests(&wheels[wheel], installed, wheel, context)?);
        }
    }
    let digest = |(wheel, member): &(usize, String)| {
        records.get(wheel).and_then(|rows| rows.get(member.as_bytes()))
    };
    let mut listed: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for shared in &installed.shared {
        let SharedPath { path, kept, other } = shared;
        let (one, two) = (digest(kept), digest(other));
        if one.is_some() && one == two {
            continue;
        }
        let listed = listed.entry((kept.0, other.0)).or_default();
        *listed += 1;
        if *listed > MAX_LISTED {
            continue;
        }
        let package = &wheels[kept.0].candidate.package;
        let detail = format!("`{package}` has another file for `{path}`");
        let (rule, file) = (&rules::FILE_IN_TWO_WHEELS, Some(other.1.as_str()));
        problems.push(Problem::new(rule, other.0, file, package.as_str(), detail));
    }
    Ok(())
}

/// Returns the digests in the RECORD of a wheel, by path, of the files that other wheels have, too. Rows that are
/// wrong are left out: `check` reports them.
fn digests(
    wheel: &ClosureWheel,
    installed: &Installed,
    index: usize,
    context: &Context<'_>,
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Error> {
    let shared = installed.shared.iter().flat_map(|shared| [&shared.kept, &shared.other]);
    let wanted: std::collections::BTreeSet<&[u8]> =
        shared.filter(|(of, _)| *of == index).map(|(_, member)| member.as_bytes()).collect();
    let path = context.resolve(&wheel.candidate.path);
    let record = dist_info_file(&path, "RECORD", context)?;
    let rows = RecordRows::new(&record).filter_map(Result::ok);
    let rows = rows.filter(|row| wanted.contains(row.path()));
    Ok(rows.map(|row| (row.path().to_vec(), row.digest().to_vec())).collect())
}
