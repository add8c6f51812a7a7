//! Input files: mapped if they are large, read if they are small, and checked for changes.
//!
//! While a command runs, another process may edit, truncate or replace an input. That must neither
//! kill the process nor reach an output. So each [`Input`] holds the [`FileFingerprint`] that the
//! file had when it was found. It is compared when the file is opened, and again before the output
//! is renamed.

mod clock;
mod content;
mod error;
mod fingerprint;
mod input;
mod mapping;
mod timestamps;

pub use self::clock::{Clock, Moment};
pub use self::content::FileContent;
pub use self::error::SourceError;
pub use self::fingerprint::{FileFingerprint, FileId};
pub use self::input::{Change, Input, MAP_THRESHOLD, read_small};
pub use self::timestamps::{has_fine_timestamps, is_later_now};
