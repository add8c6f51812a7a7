//! The options that every verb has, before or after its name.

use clap::Args;

use crate::color::ColorChoice;
use crate::exec::MAX_JOBS;

/// The heading of these options in `--help`.
pub(crate) const HEADING: &str = "Common options";

/// Options of every verb.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct CommonArguments {
    /// When to colour text. `always` also colours a report in a file.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = HEADING
    )]
    pub color: ColorChoice,
    /// Threads to use; 0 means one per core. The output does not depend on it.
    #[arg(
        long,
        short = 'j',
        global = true,
        value_name = "N",
        default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(..=MAX_JOBS),
        help_heading = HEADING
    )]
    pub jobs: u16,
    /// Print more: of `show` and `audit` everything that keeps the wheel from each stricter tag, of any command its
    /// costs on stderr.
    #[arg(long, short, global = true, overrides_with = "verbose", help_heading = HEADING)]
    pub verbose: bool,
    /// Print errors and findings only: no progress, no warnings about the run, no paths of written files.
    #[arg(long, short, global = true, conflicts_with = "verbose", help_heading = HEADING)]
    pub quiet: bool,
}
