//! The arguments of the hidden command `fault`, by which tests inject faults and benchmarks read figures.

use std::path::PathBuf;

use clap::Args;

/// `wheelworks fault`.
#[derive(Debug, Args)]
pub struct FaultArguments {
    /// A file that is treated as an input.
    #[arg(long = "input", value_name = "FILE")]
    pub inputs: Vec<PathBuf>,
    /// A named pipe to open for writing first. This waits until another process reads it.
    #[arg(long, value_name = "FIFO")]
    pub notify: Option<PathBuf>,
    /// A named pipe to read then. This waits until another process has written to it.
    #[arg(long, value_name = "FIFO")]
    pub wait: Option<PathBuf>,
    /// Then, milliseconds to sleep.
    #[arg(long, default_value_t = 0)]
    pub sleep_ms: u64,
    /// At the end, panic.
    #[arg(long)]
    pub panic: bool,
    /// Text to print.
    #[arg(long, default_value = "")]
    pub say: String,
    /// Stop the clock for the age of files at this time, in milliseconds since 1970.
    #[arg(long)]
    pub stop_clock_at: Option<u64>,
    /// Print the allocator's figures as JSON, in bytes.
    #[arg(long)]
    pub allocator: bool,
}
