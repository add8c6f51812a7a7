//! `--base`: opens earlier wheels.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::Error;
use crate::source::Input;
use crate::wheel_paths::{self, UnpackedWheels};
use crate::wheel_writer::BaseWheels;

/// The wheels of `--base`, and warnings about files that are no archives: they change no byte of the new wheel.
#[derive(Default)]
pub(super) struct Base {
    /// The wheels; `None` if the option is not given.
    pub(super) wheels: Option<BaseWheels>,
    /// The warnings.
    pub(super) warnings: Vec<String>,
}

/// Opens the wheels of `--base`.
///
/// # Errors
/// A path does not exist, or cannot be read.
pub(super) fn open(arguments: &[PathBuf], context: &Context<'_>) -> Result<Base, Error> {
    let (mut wheels, mut warnings) = (BaseWheels::default(), Vec::new());
    for path in wheel_paths::expand(arguments, UnpackedWheels::Accepted, context)? {
        let path = context.resolve(&path);
        // An empty directory, or an unpacked wheel, which has no compressed chunks.
        if path.is_dir() {
            continue;
        }
        if let Err(error) = wheels.add(Input::find(&path)?) {
            warnings.push(format!("no chunk is copied from a base wheel: {error}"));
        }
    }
    let wheels = Some(wheels).filter(|_| !arguments.is_empty());
    Ok(Base { wheels, warnings })
}
