//! Reads the contents of a wheel at a path: an archive, or the directory of an unpacked wheel.

use std::path::Path;
use std::sync::Arc;

use super::archived;
use super::contents::Contents;
use super::error::JudgeError;
use super::members::Limits;
use crate::context::Context;
use crate::error::Error;
use crate::source::Input;

/// Reads a wheel.
pub(crate) fn read(
    path: &Path,
    limits: Limits,
    context: &Context<'_>,
) -> Result<Arc<Contents>, Error> {
    let resolved = context.resolve(path);
    if resolved.is_dir() {
        return Contents::of_directory(&resolved, limits, context).map(Arc::new);
    }
    let input = Input::find(&resolved).map_err(JudgeError::from)?;
    if resolved.extension().is_none_or(|extension| extension != "whl") {
        return Err(JudgeError::NoWheel(path.to_owned()).into());
    }
    archived::read(input, limits, context)
}
