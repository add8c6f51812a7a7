//! The audit core: from the contents of a wheel to a verdict and findings.
//!
//! ```text
//! wheel → Contents (facts of its ELF files) → Elves (what each needs, and where that is)
//!       → Verdict (which policies hold) → findings
//! ```
//!
//! This module knows no command line: [`AuditConfig`] holds plain values. [`Judge::judge`] takes
//! [`Contents`], so a caller can judge a wheel again after a change. The verdict is that of
//! `auditwheel` 6.8; DESIGN.md lists the intended differences.

mod abi3;
mod apple;
mod archived;
mod audited;
mod code_rules;
mod config;
mod contents;
mod device_code;
mod dyld;
mod error;
mod exclusions;
mod external;
mod foreign;
mod given;
mod host;
mod hygiene;
pub(crate) mod json;
mod known_contents;
pub(crate) mod known_wheels;
pub(crate) mod layout;
mod library_trees;
mod loading;
mod member_paths;
mod members;
mod pipeline;
mod policy_rows;
mod providers;
mod read;
mod remote;
mod repairable;
mod report;
mod required_tag;
mod requirement;
pub(crate) mod rules;
mod stable_abi;
mod system_rules;
mod system_tag;
mod system_verdict;
mod systems;
mod text;
mod trees;
mod unpacked_files;
mod verdict;
mod windows;
mod windows_dlls;

pub(crate) use self::archived::read_archive;
pub(crate) use self::audited::{Audited, Judgement};
pub(crate) use self::config::AuditConfig;
pub(crate) use self::contents::Contents;
pub(crate) use self::device_code::CodeRequirements;
pub(crate) use self::exclusions::Exclusions;
pub(crate) use self::foreign::{Foreign, Mismatch};
pub(crate) use self::given::GivenLibraries;
pub(crate) use self::host::Scope;
pub(crate) use self::library_trees::LibraryTree;
pub(crate) use self::members::Limits;
pub(crate) use self::pipeline::Judge;
pub(crate) use self::policy_rows::PolicyRow;
pub(crate) use self::providers::{MetadataOf, Providers, dist_info_file};
pub(crate) use self::read::read as read_contents;
pub(crate) use self::remote::{WholeMembers, fetch_elf_parts};
pub(crate) use self::repairable::{
    Analysis, Analyzed, Criteria, ElfLibraries, FoundLibrary, Platform, ProvidedLibrary,
};
pub(crate) use self::required_tag::RequiredTag;
