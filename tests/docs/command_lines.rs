//! Runs the command lines of all documents: each line of each block marked `sh`, in a directory of its own.

use std::path::{Path, PathBuf};

use crate::device_code::crafted::{cubin, entry, fat_binary, library};
use crate::support::WHEELWORKS;
use crate::support::command::TestDir;
use crate::support::sample::{noise, text};
use crate::support::wheel::Wheel;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The directories with documents.
const DIRECTORIES: [&str; 9] = [
    "",
    "bazel",
    "benches",
    "docs",
    "examples",
    "examples/cuda_plugin",
    "examples/from_auditwheel",
    "examples/from_py_wheel",
    "packaging/python",
];

/// A comment before a block whose lines are not run, with the reason behind it.
const NOT_RUN: &str = "<!-- not run: ";

/// Words that stand for names in command lines, and the files of [`files`] that take their place. Longer ones come
/// first.
const NAMES: [(&str, &str); 13] = [
    (
        "nvidia_cuda_runtime_cu12-….whl",
        "nvidia_cuda_runtime_cu12-12.9.79-py3-none-linux_x86_64.whl",
    ),
    ("FILE|WHEEL", "code-1.1-py3-none-linux_x86_64.whl"),
    ("DEST=SRC…", "code/more.txt=src/example.py"),
    ("ARCHIVE…", "code-1.1-py3-none-linux_x86_64.whl"),
    ("WHEEL…", "code-1.1-py3-none-linux_x86_64.whl"),
    ("OLD.whl", "code-1.0-py3-none-linux_x86_64.whl"),
    ("ZIP…", "data.zip"),
    ("WHEEL", "code-1.1-py3-none-linux_x86_64.whl"),
    ("TREE", "tree"),
    ("FILE", "new/code-1.1-py3-none-linux_x86_64.whl"),
    ("OLD", "code-1.0-py3-none-linux_x86_64.whl"),
    ("NEW", "code-1.1-py3-none-linux_x86_64.whl"),
    ("DIR", "made"),
];

/// A block of a document.
struct Block {
    /// The document and the line.
    place: String,
    language: String,
    /// Whether the comment before it says why it is not run.
    is_run: bool,
    lines: Vec<String>,
}

/// Returns the documents, relative to the repository.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in DIRECTORIES {
        for entry in fs_err::read_dir(Path::new(ROOT).join(directory)).unwrap() {
            let name = PathBuf::from(entry.unwrap().file_name());
            if name.extension().is_some_and(|it| it == "md") {
                found.push(Path::new(directory).join(name));
            }
        }
    }
    found.sort();
    found
}

/// Returns the fenced blocks of a document.
fn blocks(document: &Path) -> Vec<Block> {
    let text = fs_err::read_to_string(Path::new(ROOT).join(document)).unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    let mut before = "";
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim_start();
        if let Some(language) = trimmed.strip_prefix("```") {
            is_open = !is_open;
            if is_open {
                blocks.push(Block {
                    place: format!("{}:{number}", document.display()),
                    language: language.to_owned(),
                    is_run: !before.starts_with(NOT_RUN),
                    lines: Vec::new(),
                });
            }
        } else if let (true, Some(block)) = (is_open, blocks.last_mut()) {
            match block.lines.last_mut() {
                Some(last) if last.ends_with('\\') => {
                    last.pop();
                    last.push_str(trimmed);
                }
                _ => block.lines.push(line.to_owned()),
            }
        }
        if !trimmed.is_empty() {
            before = trimmed;
        }
    }
    assert!(!is_open, "{}: a block has no end", document.display());
    blocks
}

/// Returns a command line with files in place of the words of [`NAMES`].
fn with_names(line: &str) -> String {
    let mut line = line.to_owned();
    for (word, name) in NAMES {
        let mut rest = std::mem::take(&mut line);
        while let Some(at) = rest.find(word) {
            let is_part = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
            let after = at + word.len();
            let is_word =
                !is_part(rest[..at].chars().next_back()) && !is_part(rest[after..].chars().next());
            line.push_str(&rest[..at]);
            line.push_str(if is_word { name } else { word });
            rest.drain(..after);
        }
        line.push_str(&rest);
    }
    line
}

/// Makes the files that command lines name.
fn files() -> TestDir {
    let dir = TestDir::new();
    let sms = [50_u8, 60, 75, 80, 90];
    let mut entries: Vec<Vec<u8>> = sms
        .iter()
        .map(|sm| entry(2, (*sm).into(), 0x11, &cubin(*sm, &noise(9000, (*sm).into())), 0))
        .collect();
    entries.push(entry(1, 90, 0x11, &noise(3000, 3), 0));
    library(&dir, "lib.so", &[(".nv_fatbin", fat_binary(&entries))]);
    let code = fs_err::read(dir.path().join("lib.so")).unwrap();
    for directory in ["dist", "yesterday"] {
        fs_err::create_dir(dir.path().join(directory)).unwrap();
    }
    for (directory, name) in [
        ("", "code-1.0-py3-none-linux_x86_64.whl"),
        ("", "code-1.1-py3-none-linux_x86_64.whl"),
        ("", "torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
        ("", "nvidia_cuda_runtime_cu12-12.9.79-py3-none-linux_x86_64.whl"),
        ("dist", "pkg-1.0-cp312-cp312-linux_x86_64.whl"),
        ("dist", "code-1.0-cp312-abi3-linux_x86_64.whl"),
        ("yesterday", "code-1.0-py3-none-linux_x86_64.whl"),
    ] {
        let mut wheel = Wheel::new(name);
        wheel
            .member("code/lib.so", code.clone())
            .member("code/__init__.py", "")
            .member("code/text", text(900, 1));
        wheel.write(&dir.path().join(directory));
    }
    let copy =
        |from: &str, to: &str| fs_err::copy(dir.path().join(from), dir.path().join(to)).unwrap();
    copy("code-1.1-py3-none-linux_x86_64.whl", "a.whl");
    copy("code-1.1-py3-none-linux_x86_64.whl", "data.zip");
    let tree = Wheel::new("sample-1.0-py3-none-any.whl");
    tree.unpack(&dir.path().join("tree"));
    copy_tree(&dir.path().join("tree"), &dir.path().join("TREE"));
    dir.write("src/example/__init__.py", "").write("src/example.py", "");
    dir.write("budget.toml", "[wheel]\ncontent = \"10MiB\"\n").write("home/.keep", "");
    dir.write("dep.c", "int dep(void) { return 1; }\n");
    dir.write("mod.c", "extern int dep(void); int mod(void) { return dep(); }\n");
    let build = "mkdir -p build new .venv/lib/python3.12/site-packages home/bin home/.local/share/bash-completion/completions
        gcc -shared -fPIC -g dep.c -Wl,-soname,libdep.so.1 -o build/libdep.so.1
        gcc -shared -fPIC -g mod.c build/libdep.so.1 -o build/_native.so
        cp build/libdep.so.1 build/libexample.so
        gcc -shared -fPIC -g dep.c -Wl,-soname,libfoo.so.1 -o libfoo.so.1
        gcc -shared -fPIC -g mod.c libfoo.so.1 -o mod.so";
    dir.command("sh", &["-e", "-c", build]).expect(0);
    let baseline =
        ["inspect", "--report=json", "code-1.0-py3-none-linux_x86_64.whl", "-o", "baseline.json"];
    dir.wheelworks(&baseline).expect(0);
    Wheel::new("nvidia_cuda_runtime_cu12-12.9.79-py3-none-linux_x86_64.whl")
        .unpack(&dir.path().join(".venv/lib/python3.12/site-packages"));
    dir
}

fn copy_tree(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap();
    assert!(status.success());
}

/// Every line ends with exit code 0, or with 1: findings. The verdict on the made-up files does not matter; a line that
/// the command line refuses, or whose files cannot be read, ends with 2.
#[test]
fn command_lines_of_documents_run() {
    let template = files();
    let bin = Path::new(WHEELWORKS).parent().unwrap().display();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let mut failures = Vec::new();
    let mut count = 0;
    for document in documents() {
        for block in blocks(&document) {
            let is_command =
                |line: &&String| line.starts_with("wheelworks ") && !line.contains(" = ");
            let commands = block.lines.iter().filter(is_command);
            if block.language != "sh" {
                assert_eq!(commands.count(), 0, "{}: mark the block with `sh`", block.place);
                continue;
            }
            if !block.is_run {
                continue;
            }
            for line in block.lines.iter().filter(|line| !line.is_empty() && !line.starts_with('#'))
            {
                let dir = TestDir::new();
                let here = dir.path().join("here");
                copy_tree(template.path(), &here);
                let script = format!("cd here\n{}", with_names(line));
                let command = dir.command("sh", &["-e", "-c", &script]).env("PATH", &path);
                let (code, output) = command.env("HOME", here.join("home")).expect_any();
                if ![0, 1].contains(&code) || output.stderr.contains("not found") {
                    failures.push(format!(
                        "{}: {line}\n  exit code {code}: {}",
                        block.place, output.stderr
                    ));
                }
                count += 1;
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} lines fail; `files` and `NAMES` have what they may name:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count > 60, "{count} lines");
}
