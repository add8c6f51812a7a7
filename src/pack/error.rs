//! The typed errors of `pack`: in its options, its input directories and its output.

mod arguments;
mod output;
mod tree;

pub(crate) use self::arguments::ArgumentsError;
pub(crate) use self::output::OutputError;
pub(crate) use self::tree::TreeError;
