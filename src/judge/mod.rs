//! The audit core: from the contents of a wheel to a verdict and findings.
//!
//! ```text
//! wheel → Contents (facts of its ELF files) → Elves (what each needs, and where that is)
//!       → Verdict (which policies hold) → findings
//! ```
//!
//! It knows of no command line: [`AuditConfig`] holds plain values. The verdict is that of `auditwheel`
//! 6.8; DESIGN.md lists where it knowingly differs.

mod archived;
mod config;
mod contents;
mod error;
mod external;
mod host;
mod hygiene;
pub(crate) mod json;
mod members;
mod pipeline;
mod report;
mod requirement;
pub(crate) mod rules;
mod text;
mod trees;
mod verdict;

pub(crate) use self::config::{AuditConfig, exclude_patterns};
pub(crate) use self::contents::Contents;
pub(crate) use self::error::AuditError;
pub(crate) use self::host::Scope;
pub(crate) use self::members::Limits;
pub(crate) use self::pipeline::Judge;
use self::verdict::Verdict;
use crate::findings::Finding;

/// What an audit came to.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// A verdict. Boxed: it is far larger than the rest.
    Verdict(Box<Verdict>),
    /// The wheel says that it runs anywhere, and has no machine code.
    Pure,
    /// The wheel is for macOS, Windows or another system, and has no ELF files.
    OtherPlatform,
    /// The wheel says that it is for Linux, and has no ELF file for it; in words.
    NoElf(String),
}

/// One wheel, audited.
#[derive(Debug)]
pub(crate) struct Audited {
    /// The wheel's file name.
    pub(crate) wheel: String,
    pub(crate) judgement: Judgement,
    pub(crate) findings: Vec<Finding>,
    /// The tags that were asked for.
    pub(crate) required: Vec<String>,
    /// Whether it meets them; `None` if none was asked for.
    pub(crate) met: Option<bool>,
}
