//! Findings: rules that a wheel breaks, and where.
//!
//! A verb has a [`RuleTable`] and collects [`Finding`]s. Its result for one wheel implements
//! [`report::Reported`]; [`report`] then renders it in every form and decides what goes to
//! standard output and what to a file.

mod collection;
mod finding;
pub mod report;
mod rule;
mod rule_list;
mod selection;

pub(crate) use self::collection::Findings;
pub(crate) use self::finding::{Finding, Location, count, sort_by_member};
pub(crate) use self::rule::rules;
pub use self::rule::{Rule, RuleTable, Severity};
pub use self::rule_list::RuleListArguments;
pub(crate) use self::selection::Selection;
pub use self::selection::UnknownRule;
