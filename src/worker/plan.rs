//! Planning: a request is parsed, once, and gets a size class.
//!
//! This reads argument files and the metadata of inputs, so it runs on a separate thread: neither
//! the reader nor the dispatcher waits for a file system.

use std::ffi::OsString;
use std::path::Path;

use super::protocol::WorkRequest;
use super::size_class::{SizeClass, Stat};
use crate::cli::Invocation;
use crate::color::Terminal;
use crate::command;
use crate::context::Outcome;
use crate::exec::CancelFlag;

/// A request that can run.
#[derive(Debug)]
pub(super) struct Plan {
    /// The request, without its arguments.
    pub(super) request: WorkRequest,
    /// The parsed arguments, or the response if they are wrong.
    pub(super) command: Result<Invocation, Outcome>,
    pub(super) size_class: SizeClass,
}

impl Plan {
    /// Parses the arguments of a request and estimates how much it reads.
    pub(super) fn new(mut request: WorkRequest, cancel: &CancelFlag, stat: &Stat) -> Self {
        let arguments = std::mem::take(&mut request.arguments);
        let arguments = arguments.into_iter().map(OsString::from).collect();
        let base_dir = Path::new(&request.sandbox_dir);
        let command = command::parse(arguments, base_dir, Terminal::default());
        let size_class = match &command {
            Ok(invocation) => SizeClass::of(|| invocation.verb.inputs(), base_dir, cancel, stat),
            Err(_) => SizeClass::Small,
        };
        Self { request, command, size_class }
    }
}

#[cfg(test)]
mod tests {
    use fs_err::metadata;

    use super::*;
    use crate::double_encoding::encoded_twice;
    use crate::worker::size_class::SMALL_BYTES;

    fn size_class(directory: &Path, arguments: &[&str]) -> SizeClass {
        let request = WorkRequest {
            arguments: arguments.iter().map(|&it| it.to_owned()).collect(),
            sandbox_dir: directory.to_str().unwrap().to_owned(),
            ..WorkRequest::default()
        };
        let stat = |path: &Path| metadata(path);
        Plan::new(request, &CancelFlag::default(), &stat).size_class
    }

    fn file(directory: &Path, name: &str, length: u64) {
        let path = directory.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::File::create(path).unwrap().set_len(length).unwrap();
    }

    /// The arguments of a declared wheel with some more.
    fn pack<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["pack", "--out=a.whl", "--distribution=a", "--version=1"], more].concat()
    }

    #[test]
    fn the_inputs_of_a_verb_decide_the_size_class() {
        use SizeClass::{Large, Small};

        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        file(folder, "tree/small.py", SMALL_BYTES / 2);
        file(folder, "deep/a/large=.so", SMALL_BYTES + 1);
        file(folder, "LICENSE", SMALL_BYTES + 1);
        file(folder, "größe.so", SMALL_BYTES + 1);
        let large = "deep/a/large=.so";
        let twice = encoded_twice(Path::new("größe.so")).unwrap();
        let twice = format!("--member=x.so={}", twice.to_str().unwrap());
        fs_err::write(folder.join("large.args"), pack(&["--member=x=deep"]).join("\n")).unwrap();
        fs_err::write(folder.join("small.args"), "check\ntree/small.py\n").unwrap();
        let cases: Vec<(Vec<&str>, SizeClass)> = vec![
            (vec![], Small),
            (vec!["--version"], Small),
            (vec!["no-such-verb", large], Small),
            (vec!["check", "absent.whl"], Small),
            (vec!["check", "tree/small.py"], Small),
            (vec!["check", "tree/small.py", "tree/small.py", "tree/small.py"], Large),
            (vec!["check", large], Large),
            (vec!["check", "absent.whl", "--src-dir=deep"], Large),
            (vec!["audit", large], Large),
            (vec!["inspect", large], Large),
            (vec!["diff", "absent.whl", large], Large),
            (vec!["lddtree", large], Large),
            (vec!["unpack", "-d", "deep", "tree/small.py"], Small),
            (vec!["unpack", "-d", "out", "--zip", large], Large),
            (vec!["unpack", "-d", "out", "--file=x=deep/a/large=.so"], Large),
            (vec!["repack", "-w", "deep", "tree/small.py"], Small),
            (vec!["repack", "-w", "out", large], Large),
            (pack(&["--member=x.so=deep/a/large=.so"]), Large),
            (pack(&["--member", "a\\=b.so=deep/a/large=.so"]), Large),
            (pack(&["--member", "x.so=größe.so"]), Large),
            (pack(&["--utf8-probe=Ã©", &twice]), Large),
            (pack(&["--data-file=data/x=deep"]), Large),
            (pack(&["--requires-file", large]), Large),
            (pack(&["--license-file", "LICENSE"]), Large),
            (pack(&["--license-file=LICENSE=deep/a/large=.so"]), Large),
            (pack(&["--strip-path-prefix=deep", "--add-path-prefix=deep"]), Small),
            (vec!["pack", "tree"], Small),
            (vec!["pack", "deep"], Large),
            (vec!["pack", "-w", "deep", "tree"], Small),
            (vec!["@small.args"], Small),
            (vec!["@large.args"], Large),
            (vec!["--flagfile=absent.args"], Small),
        ];
        for (arguments, expected) in cases {
            assert_eq!(size_class(folder, &arguments), expected, "{arguments:?}");
        }
    }
}
