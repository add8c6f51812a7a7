//! Writes the members of a wheel to an archive.
//!
//! ```text
//! Members → tasks on the pool → archive in order → RECORD → central directory
//! ```
//!
//! The archive's bytes are a function of the members and the options alone: members are sorted, large
//! members are cut into chunks by content, and the results of the tasks are written in task order.
//!
//! This module knows no verb, no option and no request: a verb plans the members, and decides what
//! happens with the finished file.

mod content;
mod error;
mod large;
mod member;
mod reuse;
mod tasks;
mod validate;
mod write;

pub(crate) use self::content::{ArchivedMember, MemberContent};
pub(crate) use self::member::{Member, Members, dist_info_member, is_program};
pub(crate) use self::reuse::{Own, keep};
pub(crate) use self::tasks::Scratch;
pub(crate) use self::validate::validate;
pub(crate) use self::write::{WriteOptions, Written, write};
