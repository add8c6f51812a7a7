//! A wheel before and after its repair.

use std::path::Path;
use std::sync::Arc;

use super::edits::{FileEdit, Layout};
use super::grafts::Grafts;
use super::tags::{NewName, NewWheelFile};
use crate::judge::{Contents, RequiredTag};
use crate::opened_wheel::{Archive, CheckedMember};

/// The archive of a wheel.
pub(super) struct OpenedArchive<'a> {
    /// The resolved path.
    pub(super) file: &'a Path,
    /// The archive.
    pub(super) archive: Arc<Archive>,
    /// Its members.
    pub(super) members: Vec<CheckedMember>,
}

/// A wheel that is being repaired: in an archive, or planned.
pub(super) struct Wheel<'a> {
    /// The path as given.
    pub(super) given: &'a Path,
    /// The file's name.
    pub(super) name: String,
    /// Its dist-info directory.
    pub(super) dist_info: String,
    /// WHEEL.
    pub(super) headers: Vec<u8>,
    /// What an audit needs of it.
    pub(super) contents: &'a Contents,
}

/// What a wheel becomes.
pub(super) struct NewWheel {
    /// The tag that was asked for, or chosen.
    pub(super) policy: String,
    /// The new name.
    pub(super) name: NewName,
    /// Where files go.
    pub(super) layout: Layout,
    /// The grafts.
    pub(super) grafts: Grafts,
    /// The edits of the wheel's files.
    pub(super) edits: Vec<FileEdit>,
    /// The new WHEEL.
    pub(super) wheel_file: NewWheelFile,
    /// The tags that it must meet.
    pub(super) required: Vec<RequiredTag>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
}
