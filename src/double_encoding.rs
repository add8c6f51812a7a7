//! Text that Bazel 4 encoded as UTF-8 twice.
//!
//! Bazel 4 holds text as bytes of UTF-8, one a character, and encodes it as UTF-8 once more when it
//! writes an argument file: `größe` arrives as `grÃ¶Ã\u{9f}e`. Later releases do not, and the text
//! alone does not show whether it was encoded twice. So the rules add an option with a known
//! letter, and the form in which the letter arrives decides how the other arguments are decoded. In
//! remote execution the names of files are encoded twice as well.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The option that the rules add to the arguments, encoded once.
const PROBE: &str = "--utf8-probe=é";

/// The probe, encoded twice.
const PROBE_ENCODED_TWICE: &str = "--utf8-probe=Ã©";

/// Removes the probe from the arguments. Decodes the others if the probe was encoded twice.
pub(crate) fn undo(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_probe = |it: &OsString| it.as_os_str() == PROBE || it.as_os_str() == PROBE_ENCODED_TWICE;
    let is_twice = arguments.iter().any(|it| it.as_os_str() == PROBE_ENCODED_TWICE);
    arguments.retain(|it| !is_probe(it));
    if is_twice {
        return arguments.into_iter().map(|it| decoded(&it).unwrap_or(it)).collect();
    }
    arguments
}

/// Undoes the second encoding of an argument; `None` if it was not encoded twice.
fn decoded(argument: &OsStr) -> Option<OsString> {
    let bytes =
        argument.to_str()?.chars().map(|it| u8::try_from(it).ok()).collect::<Option<_>>()?;
    String::from_utf8(bytes).ok().map(OsString::from)
}

/// Returns a path in its doubly encoded form, if that differs.
pub(crate) fn encoded_twice(path: &Path) -> Option<PathBuf> {
    let text = path.to_str().filter(|text| !text.is_ascii())?;
    Some(text.bytes().map(char::from).collect::<String>().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_decides_whether_arguments_are_decoded() {
        let twice = encoded_twice(Path::new("größe 大")).unwrap().into_os_string();
        assert_ne!(twice, "größe 大");
        let cases: [(&[&OsStr], &[&str]); 5] = [
            (&[OsStr::new(PROBE), OsStr::new("größe")], &["größe"]),
            (&[OsStr::new("a"), OsStr::new(PROBE_ENCODED_TWICE), &twice], &["a", "größe 大"]),
            // An argument that cannot be doubly encoded stays unchanged.
            (&[OsStr::new(PROBE_ENCODED_TWICE), OsStr::new("大")], &["大"]),
            (&[OsStr::new("Ã©")], &["Ã©"]),
            (&[], &[]),
        ];
        for (arguments, expected) in cases {
            let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
            assert_eq!(undo(arguments), *expected);
        }
    }

    #[test]
    fn a_second_encoding_does_not_change_ascii() {
        assert_eq!(encoded_twice(Path::new("a/b")), None);
    }
}
