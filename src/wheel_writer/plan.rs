//! The input of the wheel writer: what to write, where, and how.

use std::path::PathBuf;

use rayon::ThreadPool;

use super::base_wheels::BaseWheels;
use super::member::Member;
use super::members::Members;
use crate::context::InputDigests;
use crate::deflate::Level;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::source::Input;
use crate::temporary::folder_of;
use crate::warm::Cache;
use crate::wheel::{WheelError, WheelFilename};
use crate::zip::Timestamp;

/// A wheel to write.
pub(crate) struct WheelPlan {
    /// Its name, which the output's name may not match.
    pub(crate) filename: WheelFilename,
    /// The file to write.
    pub(crate) out: PathBuf,
    /// Its members.
    pub(crate) members: Members,
}

impl WheelPlan {
    /// Plans a wheel of `members`. `other_inputs` are files that are no members but decided the name or
    /// the metadata: they too must not change until the wheel is published.
    ///
    /// # Errors
    /// See [`Members::new`]; or no installer would look for the wheel's tags.
    pub(crate) fn new(
        filename: WheelFilename,
        out: PathBuf,
        members: Vec<Member>,
        other_inputs: Vec<Input>,
        cancel: &CancelFlag,
    ) -> Result<Self, Error> {
        let dist_info = filename.dist_info_dir();
        Self::with_dist_info(filename, out, members, other_inputs, &dist_info, cancel)
    }

    /// Plans a wheel whose dist-info directory has a name that another tool gave it.
    ///
    /// # Errors
    /// As [`WheelPlan::new`].
    pub(crate) fn with_dist_info(
        filename: WheelFilename,
        out: PathBuf,
        members: Vec<Member>,
        other_inputs: Vec<Input>,
        dist_info: &str,
        cancel: &CancelFlag,
    ) -> Result<Self, Error> {
        filename.tags.check().map_err(WheelError::from)?;
        let members = Members::new(members, other_inputs, dist_info, folder_of(&out), cancel)?;
        Ok(Self { filename, out, members })
    }
}

impl WheelPlan {
    /// Plans a wheel of `members` in this order, with RECORD behind them, in the directory `dist_info`. Their paths
    /// are those of another wheel.
    ///
    /// # Errors
    /// No installer would look for the wheel's tags.
    pub(crate) fn in_order(
        filename: WheelFilename,
        out: PathBuf,
        members: Vec<Member>,
        dist_info: &str,
        record_timestamp: Timestamp,
    ) -> Result<Self, Error> {
        filename.tags.check().map_err(WheelError::from)?;
        let members = Members::in_order(members, dist_info, record_timestamp)?;
        Ok(Self { filename, out, members })
    }
}

/// How to write a wheel.
pub(crate) struct WriteOptions<'a> {
    /// The compression level; `None` stores.
    pub(crate) level: Option<Level>,
    /// Whether to collect the facts of ELF files, for an audit.
    pub(crate) collect_facts: bool,
    /// Whether the central directory holds the offsets of chunks.
    pub(crate) chunk_tables: bool,
    /// The timestamp of every member.
    pub(crate) timestamp: Timestamp,
    /// The threads that compress.
    pub(crate) pool: &'a ThreadPool,
    /// Stops the writing.
    pub(crate) cancel: &'a CancelFlag,
    /// The cache of compressed chunks.
    pub(crate) cache: &'a Cache,
    /// The client's digests of its files.
    pub(crate) digests: &'a InputDigests,
    /// Earlier wheels, whose compressed chunks are copied. `None` if there are none.
    pub(crate) base: Option<&'a BaseWheels>,
}
