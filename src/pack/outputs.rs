//! The outputs of a command, and inputs that it must not overwrite.

use std::path::{Path, PathBuf};

use super::error::OutputError;
use crate::source::Input;
use crate::temporary::folder_of;

/// Whether a directory, which may not exist yet, is in the existing directory `root`.
pub(super) fn is_in(directory: &Path, root: &Path) -> bool {
    let parents =
        directory.ancestors().map(|it| if it == Path::new("") { Path::new(".") } else { it });
    let existing = parents.map(fs_err::canonicalize).find_map(Result::ok);
    existing.is_some_and(|existing| existing.starts_with(root))
}

/// Returns an error if an output exists and is one of the inputs: the rename to it would remove the input.
pub(super) fn refuse_inputs(
    out: &Path,
    inputs: impl IntoIterator<Item = PathBuf>,
) -> Result<(), OutputError> {
    let Ok(existing) = Input::find(out) else { return Ok(()) };
    let mut inputs = inputs.into_iter().filter_map(|input| Input::find(&input).ok());
    if inputs.any(|input| input.is_same_file(&existing)) {
        return Err(OutputError::IsInput(out.to_owned()));
    }
    Ok(())
}

/// The outputs of a command with several wheels.
#[derive(Default)]
pub(super) struct Outputs(Vec<PathBuf>);

impl Outputs {
    /// Adds an output. Returns an error if another wheel has it. Its directory must exist.
    pub(super) fn claim(&mut self, out: &Path) -> Result<(), OutputError> {
        let folder = folder_of(out);
        let folder = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let real = folder.join(out.file_name().unwrap_or_default());
        if self.0.contains(&real) {
            return Err(OutputError::Twice(out.to_owned()));
        }
        self.0.push(real);
        Ok(())
    }
}
