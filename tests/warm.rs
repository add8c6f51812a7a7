//! A worker packs repeatedly: what it reuses, and that its wheels equal those of a cold process.

mod costs;
mod directory;
mod reuse;
mod stale;
mod wheels;

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use fs_err::File;

use crate::support::WHEELWORKS;
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::{Request, Response};

/// Starts a worker with the working directory `dir`.
fn worker(dir: &TestDir, arguments: &[&str]) -> Worker {
    let mut command = Command::new("env");
    let chdir = format!("--chdir={}", dir.path().display());
    Worker::start(command.args([&chdir, WHEELWORKS]), arguments)
}

/// The costs that a response reports.
#[derive(Debug, PartialEq, Eq)]
struct RequestMetrics {
    bytes_in: u64,
    reused: u64,
}

/// Packs with a worker. Returns the reported costs.
fn ask(worker: &mut Worker, inputs: &[(String, Vec<u8>)], arguments: &[String]) -> RequestMetrics {
    cost(&respond(worker, inputs, arguments))
}

/// Packs with a worker. Returns the response with the costs.
fn respond(worker: &mut Worker, inputs: &[(String, Vec<u8>)], arguments: &[String]) -> Response {
    let request = Request {
        id: 1,
        arguments: arguments.to_vec(),
        inputs: inputs.to_vec(),
        verbosity: 10,
        ..Request::default()
    };
    worker.ask(&request)
}

fn cost(response: &Response) -> RequestMetrics {
    assert_eq!(response.exit_code, 0, "{}", response.output);
    let [bytes_in, reused] = ["bytes in", "of them reused"].map(|words| number(response, words));
    RequestMetrics { bytes_in, reused }
}

/// Returns the number that a response reports before these words.
fn number(response: &Response, before: &str) -> u64 {
    let words: Vec<&str> = response.output.split(' ').collect();
    let at = words
        .windows(before.split(' ').count() + 1)
        .position(|window| window[1..].join(" ").trim_end_matches([',', ';']) == before);
    let at = at.unwrap_or_else(|| panic!("no `{before}` in {:?}", response.output));
    words[at].parse().unwrap()
}

/// Returns the wheel that a cold process makes of the same arguments.
fn cold(dir: &TestDir, arguments: &[String]) -> Vec<u8> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    dir.wheelworks(&arguments).expect(0);
    take(&dir.path().join(WHEEL))
}

/// The name of the wheel.
const WHEEL: &str = "pkg-1.0-py3-none-any.whl";

/// Reads a file and removes it.
fn take(path: &Path) -> Vec<u8> {
    let bytes = fs_err::read(path).unwrap();
    fs_err::remove_file(path).unwrap();
    bytes
}

fn set_modified(path: &Path, when: SystemTime) {
    File::options().write(true).open(path).unwrap().set_modified(when).unwrap();
}

/// Returns the arguments that pack these files under their own names.
fn declared<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let options = ["pack".to_owned(), format!("--out={WHEEL}"), "--distribution=pkg".to_owned()];
    let members = names.into_iter().map(|name| format!("--member=pkg/{name}={name}"));
    options.into_iter().chain(["--version=1.0".to_owned()]).chain(members).collect()
}
