//! A client of the worker: runs the real binary and talks to it through pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, SystemTime};

use protobuf::CodedInputStream;

use super::fifo::Fifo;
use super::messages::{Request, Response};
use super::{Capture, TIMEOUT, WHEELWORKS, wait, wait_for};

/// A running worker. If the test fails, prints the conversation and kills the worker.
pub(crate) struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: Capture,
    /// Responses, then an error if stdout has anything else.
    responses: Receiver<Result<Response, String>>,
    is_json: bool,
    transcript: Vec<String>,
    /// Stdout, if the test does not read it.
    unread: Option<ChildStdout>,
    directory: tempfile::TempDir,
}

/// The end of a worker.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    /// The responses that the test has not received yet.
    pub(crate) responses: Vec<Response>,
    pub(crate) stderr: String,
}

impl End {
    /// Returns the log without its timestamps, which differ between runs.
    pub(crate) fn log(&self) -> String {
        let lines = self.stderr.lines().map(|line| match line.split_once('Z') {
            Some((time, rest)) if time.starts_with("20") => rest.trim_start(),
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Worker {
    /// Starts a worker that uses protocol buffers.
    pub(crate) fn proto() -> Self {
        Self::start(&mut Command::new(WHEELWORKS), &[])
    }

    /// Starts a worker that uses JSON.
    pub(crate) fn json() -> Self {
        Self::start(&mut Command::new(WHEELWORKS), &["--worker_protocol=json"])
    }

    /// Starts the binary, or a shell that replaces itself with it, in a temporary directory.
    pub(crate) fn start(command: &mut Command, arguments: &[&str]) -> Self {
        let is_json = arguments.contains(&"--worker_protocol=json");
        Self::start_with(command, arguments, |stdout, sender| {
            thread::spawn(move || {
                let result =
                    if is_json { read_json(stdout, &sender) } else { read(stdout, &sender) };
                if let Err(error) = result {
                    drop(sender.send(Err(error)));
                }
            });
        })
    }

    /// Starts a worker with closed stdout.
    pub(crate) fn closed() -> Self {
        Self::start_with(&mut Command::new(WHEELWORKS), &[], |stdout, _| drop(stdout))
    }

    /// Starts a worker with open stdout that is not read.
    pub(crate) fn unread(command: &mut Command) -> Self {
        let (sender, stdout) = mpsc::channel();
        let mut worker = Self::start_with(command, &[], |stdout, _| sender.send(stdout).unwrap());
        worker.unread = stdout.recv().ok();
        worker
    }

    /// Starts a worker and reads its stdout only after `gate` has received a message.
    pub(crate) fn gated(gate: Receiver<()>) -> Self {
        Self::start_with(&mut Command::new(WHEELWORKS), &[], |stdout, sender| {
            thread::spawn(move || {
                if gate.recv().is_ok()
                    && let Err(error) = read(stdout, &sender)
                {
                    drop(sender.send(Err(error)));
                }
            });
        })
    }

    /// Starts a worker and closes its stdout after `len` bytes.
    pub(crate) fn closed_after(len: usize) -> Self {
        Self::start_with(&mut Command::new(WHEELWORKS), &[], move |mut stdout, _| {
            thread::spawn(move || drop(stdout.read_exact(&mut vec![0; len])));
        })
    }

    fn start_with(
        command: &mut Command,
        arguments: &[&str],
        listen: impl FnOnce(ChildStdout, Responses),
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = command
            .args(arguments)
            .arg("--persistent_worker")
            .current_dir(directory.path())
            .env("WHEELWORKS_FAULTS", "1")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, responses) = mpsc::channel();
        listen(child.stdout.take().unwrap(), sender);
        let stderr = Capture::new(child.stderr.take().unwrap());
        let stdin = child.stdin.take();
        let is_json = arguments.contains(&"--worker_protocol=json");
        Self {
            child,
            stdin,
            stderr,
            responses,
            is_json,
            transcript: Vec::new(),
            unread: None,
            directory,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Returns the worker's working directory.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn process(&self) -> &Child {
        &self.child
    }

    pub(crate) fn send(&mut self, request: &Request) {
        let frame = if self.is_json { request.to_json() } else { request.to_frame() };
        self.note(format!("sent     {request:?}"));
        self.write(&frame);
    }

    /// Sends requests with the ids from `first` on until the worker ends.
    ///
    /// One response is not enough to notice that stdout is closed: a child that another test starts has
    /// a copy of the pipe between its fork and its exec.
    pub(crate) fn send_until_it_ends(&mut self, first: i32, request: impl Fn(i32) -> Request) {
        for id in first..first + 60 {
            self.note(format!("sent     request {id} to a closed worker"));
            let frame = request(id).to_frame();
            let stdin = self.stdin.as_mut().unwrap();
            let is_sent = stdin.write_all(&frame).and_then(|()| stdin.flush()).is_ok();
            if !is_sent || wait_for(&mut self.child, Duration::from_secs(1)).is_some() {
                return;
            }
        }
    }

    /// Sends bytes as they are.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let escaped = bytes.get(..200).unwrap_or(bytes).escape_ascii();
        self.note(format!("sent     {} bytes: {escaped}", bytes.len()));
        self.write(bytes);
    }

    fn write(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(bytes).and_then(|()| stdin.flush()).unwrap();
    }

    /// Returns the next response. A timeout, the end of the stream or anything but a frame fails the test.
    pub(crate) fn receive(&mut self) -> Response {
        match self.responses.recv_timeout(TIMEOUT) {
            Ok(Ok(response)) => {
                self.note(format!("received {response:?}"));
                response
            }
            Ok(Err(error)) => panic!("stdout holds something else than frames: {error}"),
            Err(error) => panic!("no response: {error}"),
        }
    }

    /// Sends a request and returns its response. No other request may be in flight.
    pub(crate) fn ask(&mut self, request: &Request) -> Response {
        self.send(request);
        self.receive()
    }

    /// Stops the worker's clock for the age of files at 50 ms from now, or two seconds, as the file system of
    /// the worker's directory needs. Files last changed before now are then settled, and files that change
    /// from now on are not, however long the test takes.
    pub(crate) fn let_files_settle(&mut self) {
        let wait = if keeps_kernel_time(self.directory()) { 50 } else { 2000 };
        let settled = SystemTime::now() + Duration::from_millis(wait);
        let since_1970 = settled.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let time = (since_1970.as_millis() + 1).to_string();
        let response = self.ask(&Request::new(1, &["fault", "--stop-clock-at", &time]));
        assert_eq!((response.exit_code, response.output.as_str()), (0, ""));
    }

    /// Waits until the log has a text `count` times.
    pub(crate) fn wait_for_log(&self, text: &str, count: usize) {
        self.stderr.wait_for(text, count);
    }

    /// Creates a named pipe in the worker's directory.
    pub(crate) fn fifo(&self, name: &str) -> Fifo {
        Fifo::new(self.directory(), name)
    }

    /// Returns the log so far.
    pub(crate) fn log_so_far(&self) -> String {
        self.stderr.so_far()
    }

    pub(crate) fn close_stdin(&mut self) {
        self.note("closed stdin".to_owned());
        self.stdin = None;
    }

    /// Closes stdin, then waits like [`Self::end`].
    pub(crate) fn finish(mut self) -> End {
        self.close_stdin();
        self.end()
    }

    /// Waits until the worker ends by itself, and checks that stdout contained only frames.
    pub(crate) fn end(mut self) -> End {
        let status = wait(&mut self.child).expect("the worker does not end");
        let mut responses = Vec::new();
        loop {
            match self.responses.recv_timeout(TIMEOUT) {
                Ok(Ok(response)) => {
                    self.note(format!("received {response:?}"));
                    responses.push(response);
                }
                Ok(Err(error)) => panic!("stdout holds something else than frames: {error}"),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error @ mpsc::RecvTimeoutError::Timeout) => panic!("stdout is open: {error}"),
            }
        }
        End { code: status.code(), responses, stderr: self.stderr.all() }
    }

    fn note(&mut self, line: String) {
        self.transcript.push(line);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("--- conversation\n{}", self.transcript.join("\n"));
            println!("--- stderr\n{}", self.stderr.so_far());
        }
        // If the test passed, the worker has already ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

type Responses = Sender<Result<Response, String>>;

fn read(mut stdout: impl Read, responses: &Responses) -> Result<(), String> {
    let mut stream = CodedInputStream::new(&mut stdout);
    while let Some(response) = Response::read(&mut stream)? {
        drop(responses.send(Ok(response)));
    }
    Ok(())
}

fn read_json(stdout: impl Read, responses: &Responses) -> Result<(), String> {
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8(line.map_err(|it| it.to_string())?);
        let line = line.map_err(|it| it.to_string())?;
        drop(responses.send(Ok(Response::from_json(&line)?)));
    }
    Ok(())
}

/// Whether the file system takes the time of a change from this kernel's clock, in fractions of a second.
pub(crate) fn keeps_kernel_time(directory: &Path) -> bool {
    let output = Command::new("stat").args(["-f", "-c", "%T"]).arg(directory).output().unwrap();
    let names = ["ext2/ext3", "xfs", "btrfs", "tmpfs", "f2fs"];
    names.contains(&String::from_utf8(output.stdout).unwrap().trim())
}
