//! Files declared one by one as `DEST=SRC`: splits the text and chooses the permissions.

use std::ffi::OsStr;
use std::path::Path;

use crate::elf;
use crate::zip::Mode;

/// Splits at the first `=` without a backslash in front of it, and unescapes the part before it.
pub(crate) fn split_destination(text: &str) -> Option<(String, &str)> {
    let mut destination = String::with_capacity(text.len());
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '=' => return Some((destination, characters.as_str())),
            '\\' => destination.push(characters.next()?),
            character => destination.push(character),
        }
    }
}

/// Returns the source of `DEST=SRC`.
pub(crate) fn source_of(text: &OsStr) -> Option<&Path> {
    Some(Path::new(split_destination(text.to_str()?)?.1))
}

/// Returns the permissions for a file with this content. The file's own permissions mean nothing:
/// files that Bazel builds are always executable, and so is every input on a remote machine.
pub(crate) fn mode_of_content(content: &[u8]) -> Mode {
    if content.starts_with(b"#!") || elf::is_program(content) {
        Mode::Executable
    } else {
        Mode::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_arguments_split_at_the_first_unescaped_equals_sign() {
        let cases: [(&str, Option<(&str, &str)>); 8] = [
            ("a=b", Some(("a", "b"))),
            ("a=b=c", Some(("a", "b=c"))),
            ("a\\=b=c", Some(("a=b", "c"))),
            ("a\\\\=c", Some(("a\\", "c"))),
            ("ä b;c=ö d\\e", Some(("ä b;c", "ö d\\e"))),
            ("=c", Some(("", "c"))),
            ("a", None),
            ("a\\", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(destination, source)| (destination.to_owned(), source));
            assert_eq!(split_destination(text), expected, "{text}");
        }
    }
}
