//! The settings of an audit. A verdict depends on them and on the wheel alone.

use std::path::PathBuf;

use super::device_code::CodeRequirements;
use super::exclusions::Exclusions;
use super::given::GivenLibraries;
use super::host::Scope;
use super::members::Limits;
use super::providers::Providers;
use super::required_tag::RequiredTag;
use super::rules::RULES;
use crate::findings::Selection;
use crate::policy::PolicyFile;

/// The settings of an audit.
#[derive(Debug)]
pub(crate) struct AuditConfig {
    /// Where libraries outside of the wheel are searched.
    pub(crate) scope: Scope,
    /// Libraries that are found before those of any directory.
    pub(crate) given: GivenLibraries,
    /// Absolute directories to search for libraries, instead of those in the loader's configuration.
    pub(crate) library_dirs: Option<Vec<PathBuf>>,
    /// Absolute directories of `LD_LIBRARY_PATH`, searched before those.
    pub(crate) environment_dirs: Vec<PathBuf>,
    /// Excluded libraries.
    pub(crate) exclude: Exclusions,
    /// Wheels that bring libraries for the audited ones.
    pub(crate) providers: Providers,
    /// Policies in addition to the built-in ones.
    pub(crate) policy_file: Option<PolicyFile>,
    /// Whether code for more than the baseline instruction set fails every policy.
    pub(crate) check_isa: bool,
    /// Platform tags that the wheel must meet.
    pub(crate) required_tags: Vec<RequiredTag>,
    /// Whether the wheel must meet the platform tags of its own name.
    pub(crate) require_declared: bool,
    /// What is required of device code. It is read only if `limits` say so.
    pub(crate) device_code: CodeRequirements,
    /// The rules that are checked.
    pub(crate) selection: Selection,
    /// Whether warnings fail the command, and errors do without a required tag.
    pub(crate) is_strict: bool,
    /// Bounds on the memory for one member, and on trust in the archive.
    pub(crate) limits: Limits,
}

/// Default of [`Limits::of_tables`], in bytes.
const DEFAULT_TABLES: u64 = 256 << 20;

impl AuditConfig {
    /// Returns settings with which a verdict depends on the wheel alone: no library of this machine is
    /// searched.
    pub(crate) fn of_wheel_alone() -> Self {
        Self {
            scope: Scope::Nowhere,
            given: GivenLibraries::default(),
            library_dirs: None,
            environment_dirs: Vec::new(),
            exclude: Exclusions::default(),
            providers: Providers::default(),
            policy_file: None,
            check_isa: true,
            required_tags: Vec::new(),
            require_declared: false,
            device_code: CodeRequirements::default(),
            selection: Selection::all(&RULES),
            is_strict: false,
            limits: Limits::of_tables(DEFAULT_TABLES),
        }
    }
}
