//! Runs commands in a temporary directory.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::{Capture, TIMEOUT, WHEELWORKS, wait_for};

/// A temporary directory for one test.
pub(crate) struct TestDir(tempfile::TempDir);

impl TestDir {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and creates its parent directories.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        write(self.path(), name, content);
        self
    }

    /// Returns a command that runs `wheelworks` with these arguments in this directory.
    pub(crate) fn wheelworks(&self, arguments: &[&str]) -> TestCommand<'_> {
        self.command(WHEELWORKS, arguments)
    }

    /// Returns a command for another program. The program may start `wheelworks`, so the command sets the
    /// same environment.
    pub(crate) fn command(
        &self,
        program: impl AsRef<OsStr>,
        arguments: &[impl AsRef<OsStr>],
    ) -> TestCommand<'_> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env("WHEELWORKS_FAULTS", "1")
            .env_remove("WHEELWORKS_LOG")
            .env_remove("RUST_BACKTRACE")
            .env_remove("SOURCE_DATE_EPOCH");
        TestCommand { dir: self, command, patience: TIMEOUT }
    }

    fn listing(&self) -> String {
        let mut text = String::new();
        for entry in walkdir::WalkDir::new(self.path()).sort_by_file_name().into_iter().flatten() {
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            writeln!(text, "{size:>12} {}", entry.path().display()).unwrap();
        }
        text
    }
}

/// Writes a file below a directory, and creates its parent directories.
pub(crate) fn write(directory: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = directory.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, content).unwrap();
}

/// A command under test. On an unexpected exit, the failure shows its output and the directory's files.
pub(crate) struct TestCommand<'a> {
    dir: &'a TestDir,
    command: Command,
    patience: Duration,
}

/// The output of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TestCommand<'_> {
    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Adds an argument. It need not be valid UTF-8.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a longer timeout than [`TIMEOUT`], in minutes, for tests that process gigabytes with an
    /// unoptimised binary.
    pub(crate) fn patience(mut self, minutes: u64) -> Self {
        self.patience = Duration::from_secs(60 * minutes);
        self
    }

    /// Runs the command. Fails the test unless it ends with this exit code.
    pub(crate) fn expect(self, code: i32) -> Output {
        self.expect_after(code, |_| ())
    }

    /// Runs the command, ignores its output and returns its exit code.
    pub(crate) fn run_to_end(mut self) -> Option<i32> {
        self.command.stdin(Stdio::null()).output().unwrap().status.code()
    }

    /// Like [`Self::expect`]; calls `disturb` with the process while it runs.
    pub(crate) fn expect_after(mut self, code: i32, disturb: impl FnOnce(&Child)) -> Output {
        let (status, output) = self.finish(disturb);
        assert!(
            status.and_then(|status| status.code()) == Some(code),
            "expected exit code {code}, {}",
            self.story(status, &output)
        );
        output
    }

    /// Runs the command and returns its exit code and output. Fails the test if a signal ended it.
    pub(crate) fn expect_any(self) -> (i32, Output) {
        self.expect_any_after(|_| ())
    }

    /// Like [`Self::expect_any`]; calls `disturb` with the process while it runs.
    pub(crate) fn expect_any_after(mut self, disturb: impl FnOnce(&Child)) -> (i32, Output) {
        let (status, output) = self.finish(disturb);
        let code = status.and_then(|status| status.code());
        assert!(code.is_some(), "expected an exit code, {}", self.story(status, &output));
        (code.unwrap(), output)
    }

    fn finish(&mut self, disturb: impl FnOnce(&Child)) -> (Option<ExitStatus>, Output) {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdout = Capture::new(child.stdout.take().unwrap());
        let mut stderr = Capture::new(child.stderr.take().unwrap());
        disturb(&child);
        let status = wait_for(&mut child, self.patience);
        if status.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        (status, Output { stdout: stdout.all(), stderr: stderr.all() })
    }

    fn story(&self, status: Option<ExitStatus>, output: &Output) -> String {
        format!(
            "found {status:?} (None: still running)\n--- command\n{:?}\n--- files\n{}--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.dir.listing(),
            output.stdout,
            output.stderr,
        )
    }
}
