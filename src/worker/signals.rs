//! SIGTERM and SIGINT, handled on a thread of their own.
//!
//! A flag would not do: the reader is blocked in a read of stdin, which the system resumes after a signal.

use std::io;
use std::process::ExitCode;

/// Calls `on_signal` with the number of each SIGTERM and SIGINT from now on.
///
/// # Errors
///
/// Fails if the handlers or the thread cannot be set up.
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

/// Elsewhere there are no such signals: the system ends the process.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "fails on Unix")]
pub(super) fn watch(_on_signal: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// Returns the exit code of a process that a signal ended, by the convention of shells.
pub(super) fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}
