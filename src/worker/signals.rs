//! SIGTERM and SIGINT, turned from interruptions into calls on a thread of their own.
//!
//! The thread works where a flag that is looked at would not: while the reader is blocked in a
//! read of stdin, which the operating system simply resumes.

use std::io;
use std::process::ExitCode;

/// Calls `on_signal` with each SIGTERM and SIGINT from now on.
#[cfg(unix)]
pub(super) fn watch(mut on_signal: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGINT])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            on_signal(signal);
        }
    })?;
    Ok(())
}

/// Elsewhere nothing asks politely: the process is ended from outside.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "fails on Unix")]
pub(super) fn watch(_on_signal: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// What a process that a signal ended exits with, as shells have it.
pub(super) fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}
