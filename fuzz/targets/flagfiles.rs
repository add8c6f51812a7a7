//! Nested argument files, compared with a second, simple expansion: both return the same arguments, or both
//! refuse.

#![no_main]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wheelworks::error::Diagnose as _;
use wheelworks::flagfile;
use wheelworks_fuzz::Sandbox;

/// The number of files, named `a`, `b` and so on.
const MOST: usize = 6;

/// The number of arguments at which the comparison stops.
const LONG: usize = 1 << 16;

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(Sandbox::new);

fuzz_target!(|input: &[u8]| {
    let files: BTreeMap<String, &[u8]> =
        ('a'..).map(String::from).zip(input.split(|byte| *byte == 0).take(MOST)).collect();
    let arguments = ["@a", "--flagfile=b", "@@c", "x"];
    let mut model = Model { is_beyond: false, files: &files, open: Vec::new(), out: Vec::new() };
    let expected = arguments.iter().try_for_each(|argument| model.argument(argument));
    if model.is_beyond || model.out.len() > LONG {
        return;
    }
    for (name, content) in &files {
        SANDBOX.write(name, content);
    }
    let given = arguments.iter().map(OsString::from).collect();
    let found = flagfile::expand(given, &SANDBOX.work());
    for name in files.keys() {
        SANDBOX.remove(name);
    }
    match (expected, found) {
        (Ok(()), Ok(found)) => {
            // Text that Bazel has encoded twice is decoded, which this comparison leaves out.
            if model.out.iter().all(|argument| argument.is_ascii()) {
                assert_eq!(found, model.out.iter().map(OsString::from).collect::<Vec<_>>());
            } else {
                let is_probe = |argument: &&String| argument.starts_with("--utf8-probe=");
                let probes = model.out.iter().filter(is_probe).count();
                assert!((model.out.len() - probes..=model.out.len()).contains(&found.len()));
            }
        }
        (Err(()), Err(error)) => assert!(error.message_with_hint().contains("\nhint: "), "{error}"),
        (expected, found) => panic!("expected {expected:?}, found {found:?}"),
    }
});

struct Model<'a> {
    /// Whether a path leaves the directory. The files there are unknown.
    is_beyond: bool,
    files: &'a BTreeMap<String, &'a [u8]>,
    open: Vec<String>,
    out: Vec<String>,
}

impl Model<'_> {
    fn argument(&mut self, argument: &str) -> Result<(), ()> {
        if self.out.len() > LONG {
            return Ok(());
        }
        let plain = |model: &mut Self, text: &str| model.out.push(text.to_owned());
        match argument.as_bytes() {
            [b'@', b'@', ..] => plain(self, &argument[1..]),
            [b'@', _, ..] => return self.file(&argument[1..]),
            _ => match argument.strip_prefix("--flagfile=") {
                Some(file) => return self.file(file),
                None => plain(self, argument),
            },
        }
        Ok(())
    }

    fn file(&mut self, path: &str) -> Result<(), ()> {
        // Other spellings of a path, such as `./a`, are the same file. `a/` is no file.
        let parts: Vec<&str> = path.split('/').collect();
        self.is_beyond |= path.starts_with('/') || parts.contains(&"..");
        if matches!(parts.last(), Some(&("" | "."))) {
            return Err(());
        }
        let parts: Vec<&str> =
            parts.into_iter().filter(|part| !part.is_empty() && *part != ".").collect();
        let name = parts.join("/");
        if self.open.contains(&name) || self.open.len() == 32 {
            return Err(());
        }
        let text = self.files.get(&name).and_then(|content| std::str::from_utf8(content).ok());
        let text = text.ok_or(())?;
        self.open.push(name);
        let mut lines: Vec<&str> = text.split('\n').collect();
        if lines.last() == Some(&"") {
            lines.pop();
        }
        let is_last = |index: usize| !text.ends_with('\n') && index + 1 == lines.len();
        for (index, line) in lines.iter().enumerate() {
            let line = if is_last(index) { line } else { line.strip_suffix('\r').unwrap_or(line) };
            self.argument(line)?;
        }
        self.open.pop();
        Ok(())
    }
}
