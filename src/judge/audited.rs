//! The result of the audit of one wheel.

use super::verdict::Verdict;
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
