//! The environment variables of wheelworks. The process reads each once, at start.
//!
//! | variable | meaning |
//! |---|---|
//! | `SOURCE_DATE_EPOCH` | Timestamp of every member, in seconds since 1970 (reproducible-builds.org). `--timestamp` wins over it. |
//! | `AUDITWHEEL_LD_LIBRARY_PATH` | Directories in which an audit looks for libraries, separated by colons, as for `auditwheel`. |
//! | `LD_LIBRARY_PATH` | The same, after them; not with `--ldpaths` or `--sysroot`. |
//! | `AUDITWHEEL_PLAT`, `AUDITWHEEL_PATCHER`, `AUDITWHEEL_ZIP_COMPRESSION_LEVEL` | Values of `repair` for `--plat`, `--patcher` and `--zip-compression-level`, as for `auditwheel`. The options win over them. |
//! | `WHEELWORKS_LOG` | The log level on stderr, as a `tracing` filter such as `debug` or `wheelworks::worker=trace`. Default `warn`. |
//! | `WHEELWORKS_SAVE_REQUESTS` | A directory into which the worker writes each request it reads, one JSON file a request, for replay. |
//! | `WHEELWORKS_VALIDATE_OUTPUT` | `1`: read every wheel again before it is renamed into place, and fail if a member's CRC, size or RECORD row is off. |
//! | `NO_COLOR` | Set: no colours (no-color.org). `--color` wins over all variables about colours. |
//! | `FORCE_COLOR`, `CLICOLOR_FORCE` | Neither empty nor `0`: colours even if stdout is no terminal. |
//! | `CLICOLOR` | `0`: no colours. |
//! | `TERM` | `dumb`, or not set: no progress bar, and no colours unless `CLICOLOR` or `CI` is set. |
//! | `WHEELWORKS_FAULTS` | `1`: accept the hidden command `fault`, by which tests make a request panic or sleep, or stop a clock, and benchmarks read the allocator's figures. |

use std::ffi::OsString;
use std::path::PathBuf;

/// The values of the variables at the start of the process. All requests see the same values.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `SOURCE_DATE_EPOCH`, unparsed: a bad value is an error only in a command that uses it.
    pub source_date_epoch: Option<OsString>,
    /// `AUDITWHEEL_LD_LIBRARY_PATH`.
    pub auditwheel_ld_library_path: Option<String>,
    /// `LD_LIBRARY_PATH`.
    pub ld_library_path: Option<String>,
    /// `AUDITWHEEL_PLAT`.
    pub auditwheel_plat: Option<String>,
    /// `AUDITWHEEL_PATCHER`.
    pub auditwheel_patcher: Option<String>,
    /// `AUDITWHEEL_ZIP_COMPRESSION_LEVEL`.
    pub auditwheel_level: Option<String>,
    /// `WHEELWORKS_LOG`.
    pub log: Option<String>,
    /// `WHEELWORKS_SAVE_REQUESTS`.
    pub save_requests: Option<PathBuf>,
    /// `WHEELWORKS_VALIDATE_OUTPUT`.
    pub validate_output: bool,
    /// `WHEELWORKS_FAULTS`.
    pub faults: bool,
    /// Whether the terminal can draw a progress bar: `TERM` is neither missing nor `dumb`.
    pub can_move_cursor: bool,
    /// Whether the variables about colours turn them on or off; `None`: on if stdout is a terminal.
    pub color: Option<bool>,
}

impl Environment {
    /// Reads the process's environment. A variable set to the empty string counts as not set.
    #[must_use]
    pub fn read() -> Self {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name| var(name).map(|value| value.to_string_lossy().into_owned());
        let is_on = |name| var(name).is_some_and(|value| value != "0");
        Self {
            source_date_epoch: var("SOURCE_DATE_EPOCH"),
            auditwheel_ld_library_path: text("AUDITWHEEL_LD_LIBRARY_PATH"),
            ld_library_path: text("LD_LIBRARY_PATH"),
            auditwheel_plat: text("AUDITWHEEL_PLAT"),
            auditwheel_patcher: text("AUDITWHEEL_PATCHER"),
            auditwheel_level: text("AUDITWHEEL_ZIP_COMPRESSION_LEVEL"),
            log: text("WHEELWORKS_LOG"),
            save_requests: var("WHEELWORKS_SAVE_REQUESTS").map(PathBuf::from),
            validate_output: is_on("WHEELWORKS_VALIDATE_OUTPUT"),
            faults: is_on("WHEELWORKS_FAULTS"),
            can_move_cursor: var("TERM").is_some_and(|term| term != "dumb"),
            color: color(var),
        }
    }
}

/// Returns whether the variables turn colours on or off, in the order of the crate anstream; `FORCE_COLOR` is as
/// on force-color.org.
fn color(var: impl Fn(&'static str) -> Option<OsString>) -> Option<bool> {
    let is_on = |name| var(name).map(|value| value != "0");
    let can_color = var("TERM").is_some_and(|term| term != "dumb");
    if var("NO_COLOR").is_some() {
        return Some(false);
    }
    if is_on("FORCE_COLOR") == Some(true) || is_on("CLICOLOR_FORCE") == Some(true) {
        return Some(true);
    }
    match is_on("CLICOLOR") {
        Some(false) => Some(false),
        None if !can_color && var("CI").is_none() => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    /// The values are those of anstream 1.0 (`auto.rs`), and of uv 0.9 for `FORCE_COLOR`.
    #[test]
    fn variables_turn_colors_on_and_off() {
        for (variables, expected) in [
            (&[("TERM", "xterm")][..], None),
            (&[], Some(false)),
            (&[("TERM", "dumb")], Some(false)),
            (&[("TERM", "dumb"), ("CLICOLOR", "1")], None),
            (&[("CI", "1")], None),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], Some(false)),
            (&[("TERM", "xterm"), ("NO_COLOR", "0")], Some(false)),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Some(false)),
            (&[("CLICOLOR_FORCE", "1")], Some(true)),
            (&[("TERM", "dumb"), ("FORCE_COLOR", "1")], Some(true)),
            (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "0")], None),
            (&[("TERM", "xterm"), ("FORCE_COLOR", "0")], None),
            (&[("TERM", "xterm"), ("CLICOLOR", "0")], Some(false)),
            (&[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], Some(true)),
        ] {
            let var = |name: &'static str| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(super::color(var), expected, "{variables:?}");
        }
    }
}
