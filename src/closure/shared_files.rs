//! Paths for which two wheels have files: of no matter if the content is the same, as in `nvidia/__init__.py`.

use std::collections::BTreeMap;

use super::installed::{Installed, SharedPath};
use super::problem::Problem;
use super::rules;
use super::wheel::ClosureWheel;
use crate::context::Context;
use crate::error::Error;

/// Maximum number of paths that are reported for two wheels.
const MAX_LISTED: usize = 100;

/// Adds the paths for which two wheels have different files, by the digests in RECORD.
pub(super) fn add(
    wheels: &[ClosureWheel],
    installed: &Installed,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Result<(), Error> {
    let mut listed: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for shared in &installed.shared {
        let SharedPath { path, kept, other } = shared;
        context.cancel.check()?;
        let one = wheels[kept.0].digest(&kept.1, context)?;
        let two = wheels[other.0].digest(&other.1, context)?;
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
