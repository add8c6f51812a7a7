//! Shared parts of the fuzz targets: values read from an input, archives made from one, and a sandbox
//! directory for commands.

mod bytes;
mod content;
mod crafted;
mod judges;
mod parts;
mod sandbox;

pub use self::bytes::Bytes;
pub use self::content::content;
pub use self::crafted::{archive, wheel};
pub use self::judges::{Judged, zlib};
pub use self::parts::in_parts;
pub use self::sandbox::{Sandbox, pool};
