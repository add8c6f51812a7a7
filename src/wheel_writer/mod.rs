//! Writes a wheel: members in, an archive out.
//!
//! ```text
//! WheelPlan → tasks on the pool → archive in order → RECORD → central directory → rename
//! ```
//!
//! The archive's bytes are a function of the plan and the options alone: members are sorted, large
//! members are cut into chunks by content, and results are written in the order of their tasks.
//!
//! `write_files` writes the files of a plan to a directory instead.
//!
//! This module knows no verb, no command line and no request. A verb plans the members, may inspect
//! the [`UnpublishedWheel`], and publishes it or drops it.

mod archived_member;
mod base_wheels;
mod cache;
mod chunk_hasher;
mod classify;
mod copied_blocks;
mod copied_member;
mod edited_bytes;
mod edited_content;
mod edited_member;
mod error;
mod files;
mod inflated;
mod inflated_once;
mod large;
mod member;
mod member_bytes;
mod member_facts;
mod member_source;
mod members;
mod new_entries;
mod output;
mod plan;
mod scratch;
mod splice;
mod task_runner;
mod tasks;
mod unpublished;
mod validate;
mod wheel_entry;
mod write_behind;
mod zeros;

#[cfg(test)]
mod tests;

pub(crate) use self::archived_member::ArchivedMember;
pub(crate) use self::base_wheels::BaseWheels;
pub(crate) use self::classify::{elf_facts_of_members, is_program};
pub(crate) use self::copied_member::{CopiedMember, Verification};
pub(crate) use self::edited_member::{DeviceCodeEdit, EditedMember};
pub(crate) use self::files::{open_to_all, set_mode, write_files};
pub(crate) use self::inflated_once::InflatedOnce;
pub(crate) use self::member::Member;
pub(crate) use self::member_bytes::MemberBytes;
pub(crate) use self::member_source::MemberSource;
pub(crate) use self::members::dist_info_member;
pub(crate) use self::new_entries::{NewEntries, NewEntriesWriter};
pub(crate) use self::plan::{WheelPlan, WriteOptions};
pub(crate) use self::scratch::Scratch;
pub(crate) use self::unpublished::{UnpublishedWheel, write};
