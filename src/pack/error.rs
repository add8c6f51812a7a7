//! The typed errors of `pack`: options, directories that are read, and the wheel that is written.

mod arguments;
mod output;
mod tree;

pub(crate) use self::arguments::ArgumentsError;
pub(crate) use self::output::OutputError;
pub(crate) use self::tree::TreeError;
