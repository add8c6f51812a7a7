//! What the fuzz targets share: values taken off an input, archives made from one, and a directory in
//! which commands run and must stay.

mod bytes;
mod content;
mod crafted;
mod judges;
mod sandbox;

pub use self::bytes::Bytes;
pub use self::content::content;
pub use self::crafted::{archive, wheel};
pub use self::judges::{Judged, zlib};
pub use self::sandbox::{Sandbox, pool};
