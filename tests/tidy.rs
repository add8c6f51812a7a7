//! Checks rules of this repository that the compiler does not check.

mod document_references;
mod layers;
mod versions;

use std::path::Path;
use std::process::Command;

use regex::Regex;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The modules of `src`, each with the modules that it may use. A module that is not listed fails
/// the test, so that its layer is decided when it is added.
const LAYERS: &[(&str, &[&str])] = &[
    // The lowest layer, which every module may use.
    ("env", &[]),
    ("escape", &[]),
    ("error", &["escape"]),
    ("exec", &["error"]),
    ("metrics", &["lock"]),
    ("context", &["metrics", "double_encoding", "env", "error", "exec", "warm"]),
    ("size", &["error"]),
    // The cache of a process.
    (
        "warm",
        &[
            "deflate",
            "elf",
            "error",
            "exec",
            "lock",
            "memory",
            "platform",
            "source",
            "temporary",
            "wheel",
        ],
    ),
    ("double_encoding", &[]),
    ("digest", &["error", "exec", "source", "wheel"]),
    ("declared_file", &["elf", "zip"]),
    ("temporary", &["error"]),
    ("json", &["error"]),
    ("lock", &[]),
    ("memory", &["error"]),
    ("platform", &[]),
    ("regular_file", &[]),
    // Formats and files. They use no command, request or option.
    ("deflate", &["error", "lock", "memory"]),
    ("elf", &["error", "platform"]),
    ("object_file", &["elf", "platform"]),
    ("policy", &["error", "escape", "platform", "regular_file", "wheel"]),
    ("source", &["error", "escape", "lock", "memory"]),
    ("wheel", &["error", "escape", "platform"]),
    ("zip", &["error", "escape"]),
    // Reading archives, for every command that does.
    (
        "opened_wheel",
        &[
            "deflate", "elf", "error", "escape", "exec", "lock", "memory", "size", "source",
            "wheel", "zip",
        ],
    ),
    // Writing archives, for every command that does.
    (
        "wheel_writer",
        &[
            "context",
            "metrics",
            "declared_file",
            "deflate",
            "digest",
            "elf",
            "error",
            "escape",
            "exec",
            "lock",
            "memory",
            "opened_wheel",
            "platform",
            "source",
            "temporary",
            "warm",
            "wheel",
            "zip",
        ],
    ),
    // Rules, findings and reports, for every command that has them.
    ("findings", &["context", "error", "escape", "json", "temporary"]),
    // The audit core. It uses no option and no verb.
    (
        "judge",
        &[
            "context",
            "metrics",
            "deflate",
            "elf",
            "error",
            "escape",
            "exec",
            "findings",
            "lock",
            "memory",
            "object_file",
            "opened_wheel",
            "platform",
            "policy",
            "source",
            "warm",
            "wheel",
            "zip",
        ],
    ),
    // Commands. They use neither the worker nor the command line of another one.
    (
        "audit",
        &["context", "elf", "error", "escape", "findings", "json", "judge", "platform", "policy"],
    ),
    (
        "check",
        &[
            "context",
            "deflate",
            "error",
            "escape",
            "exec",
            "findings",
            "json",
            "memory",
            "object_file",
            "opened_wheel",
            "source",
            "wheel",
            "zip",
        ],
    ),
    (
        "pack",
        &[
            "context",
            "metrics",
            "declared_file",
            "deflate",
            "digest",
            "elf",
            "error",
            "escape",
            "exec",
            "findings",
            "json",
            "judge",
            "opened_wheel",
            "platform",
            "policy",
            "source",
            "temporary",
            "wheel",
            "wheel_writer",
            "zip",
        ],
    ),
    (
        "unpack",
        &[
            "context",
            "declared_file",
            "deflate",
            "digest",
            "error",
            "escape",
            "exec",
            "lock",
            "opened_wheel",
            "source",
            "temporary",
            "wheel",
            "zip",
        ],
    ),
    (
        "inspect",
        &[
            "context",
            "deflate",
            "elf",
            "error",
            "escape",
            "json",
            "opened_wheel",
            "size",
            "wheel",
            "zip",
        ],
    ),
    // From the process to the command.
    ("flagfile", &["double_encoding", "error", "escape", "regular_file"]),
    (
        "cli",
        &[
            "audit", "check", "context", "error", "exec", "inspect", "pack", "size", "unpack",
            "warm",
        ],
    ),
    (
        "command",
        &["audit", "check", "cli", "context", "error", "flagfile", "inspect", "pack", "unpack"],
    ),
    (
        "worker",
        &[
            "cli",
            "command",
            "context",
            "metrics",
            "double_encoding",
            "env",
            "error",
            "exec",
            "lock",
            "warm",
        ],
    ),
    ("main", &[]),
];

/// Accepted cycles between files of one module, as pairs: the first file should not use the second.
const INNER_CYCLES: &[(&str, &str)] = &[];

/// The files that may contain `unsafe`, with the reasons.
const UNSAFE: [&str; 2] = [
    // The C interface of zlib, the reference for the positions of blocks.
    "src/deflate/verify/tests.rs",
    // Maps files and handles SIGBUS.
    "src/source/mapping.rs",
];

/// Maximum length of a source file, in lines.
const MAX_LINES: usize = 400;

/// Maximum size of a file, and of all fixtures together, in bytes.
const MAX_BYTES: u64 = 2 << 20;

/// Returns the files under version control, and new files that are not ignored.
fn tracked() -> Vec<String> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(ROOT).output().unwrap();
    assert!(output.status.success());
    let mut files: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    files.retain(|file| Path::new(ROOT).join(file).is_file());
    assert!(files.iter().any(|file| file == "src/lib.rs"));
    files
}

fn read(file: &str) -> String {
    let bytes = fs_err::read(Path::new(ROOT).join(file)).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn rust_files(folder: &str) -> Vec<String> {
    let mut files = tracked();
    files.retain(|file| {
        file.starts_with(folder) && Path::new(file).extension().is_some_and(|it| it == "rs")
    });
    files
}

/// Returns the text without comment lines.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn source_files_start_with_a_doc_comment_and_are_short() {
    let mut wrong = Vec::new();
    for file in rust_files("") {
        let text = read(&file);
        if !text.starts_with("//! ") {
            wrong.push(format!("{file}: does not begin with `//!`"));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{file}: {lines} lines, expected at most {MAX_LINES}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_is_only_in_the_listed_files() {
    let keyword = Regex::new(r"\bunsafe\b(\s*\{|\s+(fn|impl|extern))").unwrap();
    let files = rust_files("");
    let found: Vec<&str> = files
        .iter()
        .filter(|file| keyword.is_match(&code(&read(file))))
        .map(String::as_str)
        .collect();
    assert_eq!(found, UNSAFE);
}

#[test]
fn environment_variables_are_documented() {
    let name = Regex::new(r#""(WHEELWORKS_[A-Z_]+|SOURCE_DATE_EPOCH)""#).unwrap();
    let reads = Regex::new(r"\benv::vars?(_os)?\b").unwrap();
    let environment = read("src/env.rs");
    let page = read("docs/worker.md");
    let mut count = 0;
    for file in rust_files("src/") {
        let text = code(&read(&file));
        assert!(file == "src/env.rs" || !reads.is_match(&text), "{file} reads the environment");
        for found in name.captures_iter(&text) {
            let documented = format!("| `{}` |", &found[1]);
            assert!(environment.contains(&documented), "{} is not in src/env.rs", &found[1]);
            assert!(page.contains(&documented), "{} is not in docs/worker.md", &found[1]);
            count += 1;
        }
    }
    assert!(count >= 5, "only {count} variables were found");
}

#[test]
fn links_have_targets() {
    let link = Regex::new(r"\]\(([\w./-]+)(#[^)]*)?\)").unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in
        tracked().iter().filter(|file| Path::new(file).extension().is_some_and(|it| it == "md"))
    {
        let directory = Path::new(ROOT).join(file).parent().unwrap().to_owned();
        for found in link.captures_iter(&read(file)) {
            count += 1;
            if !directory.join(&found[1]).exists() {
                wrong.push(format!("{file}: {}", &found[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "only {count} links were found");
}

#[test]
fn no_registry_is_named() {
    // The user of pip, cargo or Bazel chooses the index.
    let hosts = ["pypi.org", "pythonhosted.org", "crates.io", "npmjs.", "proxy.golang.org"];
    let pattern = format!(r"https?://[\w.-]*({})", hosts.map(regex::escape).join("|"));
    let url = Regex::new(&pattern).unwrap();
    assert!(url.is_match(&format!("https://files.{}/x", hosts[1])), "the pattern matches nothing");
    // cargo and Bazel write the lock files.
    let is_generated =
        |file: &String| matches!(file.as_str(), "LICENSE" | "Cargo.lock" | "fuzz/Cargo.lock");
    let mut wrong = Vec::new();
    for file in tracked().into_iter().filter(|file| !is_generated(file)) {
        for (number, line) in read(&file).lines().enumerate() {
            if url.is_match(line) {
                wrong.push(format!("{file}:{}: {line}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small() {
    let files = tracked();
    let size = |file: &String| fs_err::metadata(Path::new(ROOT).join(file)).unwrap().len();
    let large: Vec<&String> = files.iter().filter(|file| size(file) > MAX_BYTES).collect();
    assert!(large.is_empty(), "{large:?}");
    let fixtures = files.iter().filter(|file| file.starts_with("tests/fixtures/"));
    assert!(fixtures.map(size).sum::<u64>() <= MAX_BYTES, "the fixtures together are too large");
}
