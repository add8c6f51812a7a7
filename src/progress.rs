//! The progress bar on stderr. In a worker it is hidden: the client owns the process's streams.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

/// A progress bar, or none. It disappears when it is dropped.
#[derive(Debug, Default)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Returns no progress bar.
    #[must_use]
    pub fn hidden() -> Self {
        Self(None)
    }

    /// Returns a progress bar for `total` bytes on stderr.
    pub(crate) fn on_stderr(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        // Binary units, as in all reports.
        let template =
            "{bar:40} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left";
        // A template that does not parse is no reason to fail: the default style serves.
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(Some(bar.with_finish(ProgressFinish::AndClear).with_style(style)))
    }

    /// Adds to the bytes that are done.
    pub(crate) fn add(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }

    /// Sets the bytes that are done.
    pub(crate) fn set(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }
}
