//! The result of the audit of one wheel.

use super::verdict::Verdict;
use crate::findings::Finding;

/// The outcome of an audit.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// A verdict. Boxed: it is far larger than the rest.
    Verdict(Box<Verdict>),
    /// The wheel is tagged `any` and has no machine code.
    Pure,
    /// The wheel is for macOS, Windows or another system, and has no ELF files for Linux.
    OtherPlatform,
    /// The wheel is tagged for Linux and has no ELF file for it. Holds the message.
    NoElf(String),
}

/// The result of the audit of one wheel.
#[derive(Debug)]
pub(crate) struct Audited {
    /// The wheel's file name.
    pub(crate) wheel: String,
    pub(crate) judgement: Judgement,
    pub(crate) findings: Vec<Finding>,
    /// The required platform tags.
    pub(crate) required: Vec<String>,
    /// Whether the wheel meets them; `None` if none are required.
    pub(crate) met: Option<bool>,
}
