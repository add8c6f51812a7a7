//! A directory in which commands run, and outside of which they must not write.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tempfile::TempDir;
use wheelworks::cli::{self, Verb};
use wheelworks::color::Terminal;
use wheelworks::common_arguments::CommonArguments;
use wheelworks::context::{Context, InputDigests, Outcome, Report, Streams};
use wheelworks::env::Environment;
use wheelworks::error::Error;
use wheelworks::exec::CancelFlag;
use wheelworks::metrics::RequestMetrics;
use wheelworks::progress::Progress;
use wheelworks::warm::Cache;
use wheelworks::{audit, check, pack, unpack};

/// The bidirectional control characters of UAX #9, with which one name can look like another.
const TURNING: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// Returns a pool of two threads, shared by all inputs.
pub fn pool() -> &'static ThreadPool {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| ThreadPoolBuilder::new().num_threads(2).build().unwrap())
}

/// Returns the parsed arguments. They are parsed once, because parsing takes longer than most runs.
fn parsed(arguments: &[&str]) -> &'static Verb {
    static VERBS: Mutex<BTreeMap<String, &Verb>> = Mutex::new(BTreeMap::new());
    VERBS.lock().unwrap().entry(arguments.join("\n")).or_insert_with(|| {
        let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
        let invocation = cli::parse(&arguments, Terminal::default());
        Box::leak(Box::new(invocation.expect("arguments of a target").verb))
    })
}

fn run(verb: &Verb, context: &Context<'_>) -> Result<Report, Error> {
    match verb {
        Verb::Repack(arguments) => pack::run_repack(arguments, context),
        Verb::Retag(arguments) => pack::run_retag(arguments, context),
        Verb::Audit(arguments) => audit::run(arguments, context),
        Verb::Lddtree(arguments) => audit::run_lddtree(arguments, context),
        Verb::Unpack(arguments) => unpack::run(arguments, context),
        Verb::Check(arguments) => check::run(arguments, context),
        other => panic!("{other:?} reads no wheel"),
    }
}

/// A directory that contains only `work`, in which commands run. A file beside `work` means that a command
/// has written outside of its directory.
#[derive(Debug)]
pub struct Sandbox {
    directory: TempDir,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// Creates a sandbox, in memory where the system has such a file system.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let directory = tempfile::Builder::new().prefix("wheelworks-fuzz-").tempdir_in(parent);
        let directory = directory.unwrap();
        fs::create_dir(directory.path().join("work")).unwrap();
        Self { directory }
    }

    /// Returns the directory in which commands run.
    pub fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    /// Writes a file below `work`.
    pub fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.work().join(name), content).unwrap();
    }

    /// Removes a file or a directory with its content.
    pub fn remove(&self, name: &str) {
        let path = self.work().join(name);
        let _ = fs::remove_dir_all(&path);
        let _ = fs::remove_file(&path);
    }

    /// Runs one command. Fails if it panics, or if its messages contain control characters: they go to a
    /// terminal.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let (cancel, cache) = (CancelFlag::default(), Cache::off());
        let (environment, digests) = (Environment::default(), InputDigests::default());
        let work = self.work();
        let context = Context {
            base_dir: &work,
            cancel: &cancel,
            pool: pool(),
            environment: &environment,
            cache: &cache,
            digests: &digests,
            streams: Streams::default(),
            common: CommonArguments::default(),
            progress: &Progress::hidden(),
            verbose: false,
            metrics: &RequestMetrics::default(),
        };
        let outcome = match run(parsed(arguments), &context) {
            Ok(report) => Outcome {
                exit_code: report.exit_code,
                stdout: report.stdout,
                stderr: report.errors.iter().map(|error| format!("error: {error}\n")).collect(),
                cancelled: false,
            },
            Err(error) => Outcome::from(&error),
        };
        let code = outcome.exit_code as u8;
        assert!(code <= 2, "{arguments:?}: a defect: {}", outcome.stderr);
        assert!(!outcome.cancelled);
        // JSON escapes all characters below a space.
        let is_json = outcome.stdout.starts_with(['{', '[']);
        let is_raw = |character: char| {
            let steers = || character.is_control() || TURNING.contains(&character);
            !"\n\t".contains(character) && (character < ' ' || !is_json && steers())
        };
        let texts = [&outcome.stdout, &outcome.stderr];
        assert!(!texts.iter().any(|text| text.contains(is_raw)), "{arguments:?}: {outcome:?}");
        let is_error = outcome.stderr.starts_with("error: ");
        assert!(code != 2 || is_error, "{arguments:?}: an error without a message: {outcome:?}");
        outcome
    }

    /// Returns the paths and contents of all files below a directory of `work`.
    pub fn files(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.work().join(name);
        let entries = walkdir::WalkDir::new(&root).min_depth(1).into_iter().map(Result::unwrap);
        entries
            .filter(|entry| !entry.file_type().is_dir())
            .map(|entry| {
                assert!(entry.file_type().is_file(), "{entry:?} is no regular file");
                let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                (path, fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    /// Fails if `work` contains other names than these, or the sandbox contains more than `work`.
    pub fn holds(&self, expected: &[&str]) {
        let names = |path: &Path| {
            let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<String> =
                entries.map(|name| name.to_string_lossy().into_owned()).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(names(self.directory.path()), ["work"], "something was written outside");
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(names(&self.work()), expected);
    }
}
