//! The result of the audit of one wheel.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::device_code::is_about_code;
use super::system_verdict::SystemVerdict;
use super::verdict::Verdict;
use crate::device_code::CodeSummary;
use crate::findings::{Finding, Severity};

/// The outcome of an audit.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// A verdict. Boxed: it is far larger than the rest.
    Verdict(Box<Verdict>),
    /// The wheel is tagged `any` and has no machine code.
    Pure,
    /// The verdict on a wheel for macOS, iOS or Windows.
    System(Box<SystemVerdict>),
    /// The wheel is for macOS, Windows or another system, and has no machine code that is judged. Holds its
    /// platform tags.
    OtherPlatform(Vec<String>),
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
    /// The required platform tags that are judged.
    pub(crate) required: Vec<String>,
    /// Platform tags of the wheel's name that are required, and for which there are no policies.
    pub(crate) not_judged: Vec<String>,
    /// Libraries that the wheel needs and that other wheels bring: who brings it, by soname.
    pub(crate) provided: BTreeMap<String, String>,
    /// Whether the wheel meets the required tags; `None` if none is required, or none can be judged.
    pub(crate) met: Option<bool>,
    /// The device code of files, by path; `None` if it was not read.
    pub(crate) device_code: Option<BTreeMap<String, Arc<CodeSummary>>>,
    /// Whether anything is required of device code.
    pub(crate) demands_device_code: bool,
    /// Whether warnings fail the command, and errors do without a required tag.
    pub(crate) is_strict: bool,
}

impl Audited {
    /// Returns the result for a wheel that nothing is known of, and of which nothing is required.
    pub(super) fn new(wheel: &str) -> Self {
        Self {
            wheel: wheel.to_owned(),
            judgement: Judgement::Pure,
            findings: Vec::new(),
            required: Vec::new(),
            not_judged: Vec::new(),
            provided: BTreeMap::new(),
            met: None,
            device_code: None,
            demands_device_code: false,
            is_strict: false,
        }
    }

    /// Returns whether anything is required of the wheel.
    pub(crate) fn is_demanded(&self) -> bool {
        self.met.is_some() || !self.not_judged.is_empty() || self.demands_device_code
    }

    /// Returns the number of errors that concern the required tags: all but those about device code.
    pub(super) fn errors_about_tags(&self) -> usize {
        let is_about_tags = |it: &&Finding| !is_about_code(it.rule);
        let errors = self.findings.iter().filter(|it| it.severity == Severity::Error);
        errors.filter(is_about_tags).count()
    }
}
