//! What a wheel is made of, as types that parse: names, versions, tags, METADATA, WHEEL, RECORD.

/// A name, version, tag or metadata file that is not what the standards ask for.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {}
