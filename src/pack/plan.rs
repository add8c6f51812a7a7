//! What `pack`, `repack`, `sdist` and `editable` write.

use super::origin::Origin;
use crate::wheel::WheelFilename;
use crate::wheel_writer::WheelPlan;

/// A wheel to write, or the files of one.
pub(super) struct PackPlan {
    pub(super) wheel: WheelPlan,
    /// Its name before stamping, which a build system knows.
    pub(super) name: WheelFilename,
    /// Warnings about the input.
    pub(super) warnings: Vec<String>,
    /// The wheel to write again, for `repack`.
    pub(super) origin: Option<Origin>,
}
