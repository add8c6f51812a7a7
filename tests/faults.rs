//! Injects faults into the real binary. Each row of this table has a promise and the test that injects
//! the fault. `RELIABILITY.md` names the same tests.
//!
//! | fault | promise | test |
//! |---|---|---|
//! | a source shrinks while it is mapped | SIGBUS survived, the file named, no output | `pack::disturbed::a_source_that_is_truncated_while_it_is_mapped` |
//! | a source grows, is edited, replaced, removed | the same | `pack::disturbed::a_source_that_is_edited_replaced_or_removed` |
//! | a wheel changes while it is audited, checked, unpacked or repacked | the same | `faults::inputs::a_wheel_that_changes_while_it_is_read` |
//! | a library changes while it is copied into a wheel | the same | `faults::inputs::a_library_that_changes_while_it_is_grafted` |
//! | the same with other requests in flight | the others succeed | `faults::inputs::others_in_flight_succeed` |
//! | all inputs of a request vanish | the request fails and names one, the worker goes on | `faults::inputs::all_inputs_vanish` |
//! | disk full | no output, the reason, nothing left | `pack::output::a_full_file_system`, `faults::outputs::a_full_disk` |
//! | limit on the size of files | the same | `pack::output::a_file_size_limit`, `faults::outputs::a_limit_of_the_size_of_files` |
//! | quota, input/output errors | the same | `faults::outputs::errors_of_the_system` |
//! | read-only output | the same | `pack::output::files_and_directories_without_permission`, `faults::outputs::a_read_only_file_system` |
//! | output directory removed during the command | an error, nothing left | `pack::disturbed::an_output_directory_that_is_removed`, `faults::outputs::a_directory_that_is_removed` |
//! | system calls interrupted (EINTR) | no effect | `faults::interrupted::calls_that_are_interrupted` |
//! | stopped and continued repeatedly, short reads and writes | no effect | `faults::interrupted::stopped_and_continued` |
//! | stdin ends in mid-frame | open requests are answered, exit code 2 | `worker::end::the_end_of_stdin_inside_a_frame_is_an_error` |
//! | stdout closed between frames, in mid-frame | open requests are cancelled, exit code 2 | `worker::end::a_closed_stdout_ends_the_worker`, `faults::streams::stdout_that_is_closed_in_mid_frame` |
//! | stdin, stdout and stderr closed from the start | no opened file gets their descriptors | `faults::streams::closed_from_the_start` |
//! | SIGTERM, SIGINT | nothing left behind | `pack::disturbed::signals_leave_nothing_behind`, `worker::end::a_signal_cancels_open_requests` |
//! | SIGTERM, SIGKILL at random moments | output absent or complete; leftovers are swept | `faults::killed::at_random_moments`, `faults::killed::abandoned_outputs_are_swept` |
//! | the same while unpacking or repacking | the same | `faults::killed::while_unpacking_or_repacking` |
//! | a sweep while others write | outputs of live processes stay, also of other sandboxes | `faults::killed::outputs_of_live_processes_are_not_swept`, `temporary::tests::concurrent_sweeps_spare_new_files` |
//! | file times of 1901 to 2446 | same bytes | `faults::clock::files_of_any_time` |
//! | `SOURCE_DATE_EPOCH` before 1980, after 2107 | the nearest time that ZIP can express | `pack::determinism::timestamps`, `faults::clock::source_distributions_of_any_time` |
//! | no file descriptors | an error that says so, or success | `faults::limits::few_descriptors` |
//! | the same in a worker with requests in flight | each answered once, the worker goes on | `faults::limits::few_descriptors_in_a_worker` |
//! | no memory | an error, or success; nothing left | `faults::limits::little_memory` |
//! | no memory for a file of the length in a wheel | an error | `faults::limits::no_memory_for_a_long_file` |
//! | no threads | requests wait for one, or are answered | `faults::limits::no_threads` |
//! | requests that arrive byte by byte | no effect | `worker::requests::a_frame_may_arrive_byte_by_byte` |
//! | a reader that never reads | memory is bounded; nothing is lost if it reads later | `faults::streams::a_reader_that_does_not_read` |
//! | the same, and a signal | the worker ends | `worker::end::a_signal_ends_a_worker_whose_responses_nobody_reads` |
//! | a frame that claims 2 GB | refused, no memory taken | `worker::end::a_claimed_length_is_not_allocated` |
//! | cache directory: entries damaged, truncated, emptied | detected and created again | `warm::directory::damage_is_detected_and_repaired` |
//! | entries with each other's content | the same | `faults::cache::entries_in_each_others_place` |
//! | shared by 8 processes | right bytes, bounded size | `warm::directory::eight_processes_share_it` |
//! | removed once, replaced by a file | goes on without | `warm::directory::it_may_vanish_or_be_replaced_by_a_file` |
//! | removed repeatedly while in use | right bytes | `faults::cache::removed_while_in_use` |
//! | read-only, or on a full disk | right bytes | `faults::cache::read_only_or_full` |
//! | half-written entries of killed processes | swept at start | `faults::cache::swept_at_start` |

mod cache;
mod clock;
mod inputs;
mod interrupted;
mod killed;
mod limits;
mod outputs;
mod streams;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use regex::Regex;

use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::sample::{noise, text};
use crate::support::{WHEELWORKS, signal, until};

/// Returns whether a process is a zombie: it has ended, and its status was not read yet.
fn is_over(child: &Child) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id()));
    stat.is_ok_and(|stat| stat.contains(") Z "))
}

/// Stops a process, and waits until all its threads have stopped: a thread in a system call first
/// finishes it, and a thread that waits for a CPU stops later.
fn stop(child: &Child) {
    signal(child, "STOP");
    let is_stopped = |task: &Path| {
        // A thread that has ended is stopped, too.
        fs_err::read_to_string(task.join("stat"))
            .map_or(true, |stat| [") T ", ") Z "].iter().any(|state| stat.contains(state)))
    };
    until("each thread stops", || {
        let tasks = fs_err::read_dir(format!("/proc/{}/task", child.id()));
        tasks.map_or(true, |tasks| tasks.flatten().all(|task| is_stopped(&task.path())))
    });
}

/// Starts a worker with the working directory `dir`.
fn worker_in(dir: &TestDir, arguments: &[&str]) -> Worker {
    let mut command = Command::new("env");
    let chdir = format!("--chdir={}", dir.path().display());
    Worker::start(command.args([&chdir, WHEELWORKS]), arguments)
}

/// Returns the unfinished outputs in a directory.
fn temporaries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(directory).unwrap().flatten();
    let temporary = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(".wheelworks-");
    entries.filter(|it| temporary(&it.file_name())).map(|it| it.path()).collect()
}

/// The options of [`pack_into`], without output and members.
const PACK: [&str; 4] = ["pack", "--distribution=p", "--version=1.0", "--member=pkg="];

/// The name of the wheel of [`sources`].
const WHEEL: &str = "p-1.0-py3-none-any.whl";

/// Writes files to `in/`: some large ones that are mapped and compressible, a large incompressible
/// one, and many small ones.
fn sources(dir: &TestDir) {
    for number in 0..3 {
        dir.write(&format!("in/large{number}"), text(3 << 20, number));
    }
    dir.write("in/noise", noise(2 << 20, 9));
    for number in 0..60 {
        dir.write(&format!("in/small{number:02}"), text(3000, 100 + number));
    }
}

/// Returns the arguments that pack [`sources`] into a directory.
fn pack_into(out: &str) -> Vec<String> {
    let names = ["large0", "large1", "large2", "noise"].map(str::to_owned);
    let names = names.into_iter().chain((0..60).map(|number| format!("small{number:02}")));
    let members = names.map(|name| format!("--member=pkg/{name}=in/{name}"));
    let out = format!("--out={out}/{WHEEL}");
    let options = PACK[..3].iter().map(|&it| it.to_owned()).chain([out]);
    options.chain(members).collect()
}

fn as_strs(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Packs [`sources`] into `right/` without a fault. Returns the wheel.
fn right_wheel(dir: &TestDir) -> Vec<u8> {
    fs_err::create_dir_all(dir.path().join("right")).unwrap();
    dir.wheelworks(&as_strs(&pack_into("right"))).expect(0);
    fs_err::read(dir.path().join("right").join(WHEEL)).unwrap()
}

/// `RELIABILITY.md` has every row of the table. `tidy` checks that the tests in it exist.
#[test]
fn reliability_md_names_every_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs_err::read_to_string(root.join(path)).unwrap();
    let named = Regex::new(r"`(\w+(?:::\w+)+)`").unwrap();
    let source = read("tests/faults.rs");
    let (table, _) = source.split_once("mod cache;").unwrap();
    let (document, mut count) = (read("RELIABILITY.md"), 0);
    for found in named.captures_iter(table) {
        count += 1;
        assert!(document.contains(&found[0]), "RELIABILITY.md does not name {}", &found[1]);
    }
    assert!(count > 40, "only {count} tests were found");
}
