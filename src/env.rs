//! The environment variables of wheelworks. The process reads each once, at start.
//!
//! | variable | meaning |
//! |---|---|
//! | `SOURCE_DATE_EPOCH` | Timestamp of every member, in seconds since 1970 (reproducible-builds.org). `--timestamp` wins over it. |
//! | `AUDITWHEEL_LD_LIBRARY_PATH` | Directories in which an audit looks for libraries, separated by colons, as for `auditwheel`. |
//! | `LD_LIBRARY_PATH` | The same, after them; not with `--ldpaths` or `--sysroot`. |
//! | `WHEELWORKS_LOG` | The log level on stderr, as a `tracing` filter such as `debug` or `wheelworks::worker=trace`. Default `warn`. |
//! | `WHEELWORKS_SAVE_REQUESTS` | A directory into which the worker writes each request it reads, one JSON file a request, for replay. |
//! | `WHEELWORKS_VALIDATE_OUTPUT` | `1`: read every wheel again before it is renamed into place, and fail if a member's CRC, size or RECORD row is off. |
//! | `WHEELWORKS_FAULTS` | `1`: accept the hidden command `fault`, by which tests make a request panic or sleep, or stop a clock. |

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
    /// `WHEELWORKS_LOG`.
    pub log: Option<String>,
    /// `WHEELWORKS_SAVE_REQUESTS`.
    pub save_requests: Option<PathBuf>,
    /// `WHEELWORKS_VALIDATE_OUTPUT`.
    pub validate_output: bool,
    /// `WHEELWORKS_FAULTS`.
    pub faults: bool,
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
            log: text("WHEELWORKS_LOG"),
            save_requests: var("WHEELWORKS_SAVE_REQUESTS").map(PathBuf::from),
            validate_output: is_on("WHEELWORKS_VALIDATE_OUTPUT"),
            faults: is_on("WHEELWORKS_FAULTS"),
        }
    }
}
