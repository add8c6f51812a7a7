//! Why an ELF file cannot be edited.

use thiserror::Error;

/// Why an ELF file cannot be edited. The caller names the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// The file contradicts itself, or ends too early.
    #[error("at byte {offset}: expected {expected}, found {found}")]
    Malformed {
        /// Offset in the file, in bytes.
        offset: u64,
        /// What the format has there.
        expected: &'static str,
        /// What the file has there.
        found: String,
    },
    /// The file has no dynamic section, so it has no names to edit: it is an object file, or it is
    /// statically linked.
    #[error("expected a dynamic section, found a file without one")]
    NotDynamic,
    /// The file names no program interpreter: it is a library, or statically linked.
    #[error("expected a program interpreter, found a file without one")]
    NoInterpreter,
    /// The edited file would break a limit of the format.
    #[error("expected {expected}, found {found}")]
    Limit {
        /// The limit.
        expected: &'static str,
        /// What the edit needs.
        found: String,
    },
    /// A name holds a zero byte, which ends names in ELF files.
    #[error("expected a name without zero bytes, found one in {0:?}")]
    ZeroByte(String),
}

impl EditError {
    pub(super) fn malformed(offset: u64, expected: &'static str, found: impl Into<String>) -> Self {
        Self::Malformed { offset, expected, found: found.into() }
    }
}
