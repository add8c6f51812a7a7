//! Reads device code: the machine code and the PTX for GPUs that libraries carry for CUDA and HIP.
//!
//! ```text
//! bytes of a file → Scanner → DeviceCode: containers → entries (kind, architecture, lengths)
//!                          ↘ PayloadVisitor: the payload of each entry, as it streams by
//! DeviceCode → CodeEdit: the same file without some entries, or with smaller ones
//! ```
//!
//! Containers are found by their magic numbers wherever they are, and believed only if the whole chain of
//! their entries is valid. A file is read once, front to back, in pieces of any length; payloads are not
//! kept. The vendors document none of the formats except HIP's; each file says what was measured.
//!
//! This module knows bytes only, nothing of wheels, options or Bazel.

mod amd_target;
mod architecture;
mod bundle;
mod bundle_edit;
mod candidate;
mod code_edit;
#[cfg(test)]
mod code_edit_tests;
mod coverage;
#[cfg(test)]
mod crafted;
mod cubin;
mod decompress;
mod entry;
mod fat_binary;
mod found;
mod functions;
mod kind;
mod name;
mod rebundle;
mod recompress;
mod scanner;
mod summary;
#[cfg(test)]
mod tests;

pub use self::amd_target::Processor;
pub use self::architecture::{Architecture, Suffix};
pub(crate) use self::code_edit::part;
pub use self::code_edit::{CodeEdit, ContainerFate, Fate};
pub use self::coverage::{Coverage, Gpu, KNOWN_GPUS};
pub use self::decompress::{DecompressError, MAX_UNCOMPRESSED, decompress};
pub use self::entry::{Compression, Entry};
pub use self::found::{
    Container, DeviceCode, Form, MAX_CONTAINERS, MAX_ENTRIES, MAX_PROBLEMS, Problem, ProblemKind,
    Target,
};
pub use self::functions::{Function, FunctionsError, MAX_FUNCTIONS, functions};
pub use self::kind::Kind;
pub use self::name::{ArchitectureName, ArchitectureNameError};
pub use self::rebundle::{RebundleError, rebundle};
pub use self::recompress::{is_recompressible, recompress};
pub use self::scanner::{NoPayloads, PayloadVisitor, Scanner};
pub use self::summary::{ArchitectureSummary, CodeSummary, Uncompressed, WithoutPtx};
