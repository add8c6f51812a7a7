//! Shared code of the tests. Every wait has a timeout, and failures print the output so far.

pub(crate) mod archive;
pub(crate) mod capabilities;
pub(crate) mod client;
pub(crate) mod command;
pub(crate) mod craft;
pub(crate) mod documents;
pub(crate) mod fifo;
pub(crate) mod messages;
pub(crate) mod sample;
pub(crate) mod wheel;

use std::io::Read;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a test waits for anything. A test must not fail because the machine is busy.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(1);

/// The binary under test.
pub(crate) const WHEELWORKS: &str = env!("CARGO_BIN_EXE_wheelworks");

/// Polls until a condition holds.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "timeout: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Returns whether a process has mapped a file.
pub(crate) fn has_mapped(child: &Child, name: &str) -> bool {
    // After the process has ended, this file cannot be read.
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", child.id()));
    maps.is_ok_and(|maps| maps.lines().any(|line| line.contains(name)))
}

/// Waits for a child. Returns its status, or `None` if it still runs after [`TIMEOUT`].
pub(crate) fn wait(child: &mut Child) -> Option<ExitStatus> {
    wait_for(child, TIMEOUT)
}

/// Waits for a child. Returns its status, or `None` if it still runs after `patience`.
pub(crate) fn wait_for(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(2));
    }
    None
}

/// A stream that a thread reads in the background, so that its writer never blocks.
pub(crate) struct Capture {
    bytes: Arc<(Mutex<Vec<u8>>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

impl Capture {
    pub(crate) fn new(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let sink = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                sink.0.lock().unwrap().extend_from_slice(&buffer[..length]);
                sink.1.notify_all();
            }
        });
        Self { bytes, reader: Some(reader) }
    }

    /// Returns the text so far.
    pub(crate) fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.0.lock().unwrap()).into_owned()
    }

    /// Waits until a text has occurred `count` times.
    pub(crate) fn wait_for(&self, text: &str, count: usize) {
        let (bytes, has_more) = &*self.bytes;
        let lacks =
            |bytes: &mut Vec<u8>| String::from_utf8_lossy(bytes).matches(text).count() < count;
        let waited = has_more.wait_timeout_while(bytes.lock().unwrap(), TIMEOUT, lacks);
        assert!(!waited.unwrap().1.timed_out(), "{text:?} did not appear {count} times");
    }

    /// Returns the whole text. Call this only after the writer has ended.
    pub(crate) fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.so_far()
    }
}

/// Sends a signal to a process, without a line of unsafe code.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let script = format!("kill -{name} {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &script]).status().unwrap().success());
}
