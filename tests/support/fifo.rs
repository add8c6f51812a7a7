//! Named pipes that synchronise tests with the commands that they run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use super::TIMEOUT;

/// A named pipe.
pub(crate) struct Fifo(PathBuf);

impl Fifo {
    pub(crate) fn new(directory: &Path, name: &str) -> Self {
        let path = directory.join(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Self(path)
    }

    /// Waits until a command opens the pipe for writing.
    pub(crate) fn wait(&self) {
        let path = self.0.clone();
        within_patience("no command opened the pipe for writing", move || {
            drop(fs_err::read(path).unwrap());
        });
    }

    /// Lets a command continue that reads the pipe.
    pub(crate) fn release(&self) {
        let path = self.0.clone();
        within_patience("no command reads the pipe", move || fs_err::write(path, "x").unwrap());
    }
}

fn within_patience(failure: &str, work: impl FnOnce() + Send + 'static) {
    let (sender, done) = mpsc::channel();
    thread::spawn(move || {
        work();
        sender.send(()).ok();
    });
    assert!(done.recv_timeout(TIMEOUT).is_ok(), "{failure}");
}
