//! `DEST=SRC`: how options name a file and its place in the wheel.

use std::ffi::OsStr;

use super::error::PackError;

/// A place and a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub(super) destination: String,
    pub(super) source: &'a str,
}

/// Reads the value of an option.
pub(super) fn pair<'a>(option: &'static str, text: &'a OsStr) -> Result<Pair<'a>, PackError> {
    let text = utf8(option, text)?;
    let (destination, source) = split(text).ok_or_else(|| bad(option, text, "DEST=SRC"))?;
    if source.is_empty() {
        return Err(PackError::NoSource { option, text: text.to_owned() });
    }
    Ok(Pair { destination, source })
}

/// The value of an option as text.
pub(super) fn utf8<'a>(option: &'static str, text: &'a OsStr) -> Result<&'a str, PackError> {
    text.to_str().ok_or_else(|| bad(option, &text.to_string_lossy(), "UTF-8"))
}

pub(super) fn bad(option: &'static str, text: &str, expected: &'static str) -> PackError {
    PackError::MemberForm { option, text: text.to_owned(), expected }
}

/// Splits at the first `=` that no backslash stands before; unescapes the part in front of it.
pub(super) fn split(text: &str) -> Option<(String, &str)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_arguments_split_at_the_first_bare_equals_sign() {
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
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
