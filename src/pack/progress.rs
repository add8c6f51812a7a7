//! The progress bar of `pack` and `repack`.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Returns a progress bar on stderr for `total` bytes; hidden unless `visible`.
pub(super) fn progress_bar(total: u64, visible: bool) -> ProgressBar {
    let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let template = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
    // A template that does not parse is no reason to fail: the default style serves.
    bar.with_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
}
