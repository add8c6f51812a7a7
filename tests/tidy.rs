//! Checks rules of this repository that the compiler does not check.

mod document_references;
mod layer_table;
mod layers;
mod versions;

use std::path::Path;
use std::process::Command;

use regex::Regex;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Accepted cycles between files of one module, as pairs: the first file should not use the second.
const INNER_CYCLES: &[(&str, &str)] = &[];

/// The files that may contain `unsafe`, with the reasons.
const UNSAFE: [&str; 3] = [
    // Asks the C library for the figures of its allocator.
    "src/allocator.rs",
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

/// Returns the Rust files below a directory whose code matches.
fn files_with(pattern: &Regex, directory: &str) -> Vec<String> {
    let mut files = rust_files(directory);
    files.retain(|file| pattern.is_match(&code(&read(file))));
    files
}

#[test]
fn unsafe_code_is_only_in_the_listed_files() {
    let keyword = Regex::new(r"\bunsafe\b(\s*\{|\s+(fn|impl|extern))").unwrap();
    assert_eq!(files_with(&keyword, ""), UNSAFE);
}

#[test]
fn only_the_client_opens_connections() {
    let network = Regex::new(
        r"\b(ureq|rustls|rustls_native_certs|ToSocketAddrs|SocketAddr)\b|\b(Tcp|Udp)[A-Z]|\bnet::\*",
    )
    .unwrap();
    assert_eq!(files_with(&network, "src/"), ["src/remote/client.rs"]);
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
