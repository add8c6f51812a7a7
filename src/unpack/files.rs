//! Files that are copied.

use std::ffi::OsStr;
use std::path::Path;

use super::error::UnpackError;
use crate::context::Context;
use crate::declared_file::split_destination;
use crate::error::Error;
use crate::source::Input;
use crate::wheel::{MemberPath, WheelError};
use crate::zip::Mode;

/// A file that is copied.
pub(super) struct DeclaredFile {
    pub(super) to: MemberPath,
    pub(super) input: Input,
    /// `None` if the content decides.
    pub(super) mode: Option<Mode>,
    /// The bytes to write instead of the file's.
    pub(super) replaced: Option<Vec<u8>>,
}

impl DeclaredFile {
    /// Finds the file of a `--file`.
    pub(super) fn new(text: &OsStr, context: &Context<'_>) -> Result<Self, Error> {
        let bad = |expected| UnpackError::FileForm {
            text: text.to_string_lossy().into_owned(),
            expected,
        };
        let text = text.to_str().ok_or_else(|| bad("UTF-8"))?;
        let (destination, source) = split_destination(text).ok_or_else(|| bad("DEST=SRC"))?;
        if source.is_empty() {
            return Err(bad("a file after the `=`").into());
        }
        let to = destination.parse().map_err(WheelError::from)?;
        let input = Input::find(&context.resolve(Path::new(source))).map_err(UnpackError::from)?;
        Ok(Self { to, input, mode: None, replaced: None })
    }
}
