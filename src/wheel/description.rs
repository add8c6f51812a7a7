//! The long description: the body of METADATA, and the field that names its markup.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// How an index renders the description (core metadata, `Description-Content-Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// `text/markdown`.
    Markdown,
    /// `text/x-rst`.
    RestructuredText,
    /// `text/plain`.
    Plain,
}

impl ContentType {
    /// Returns the type of a file by its extension. A file without extension is plain text.
    ///
    /// # Errors
    ///
    /// Any extension but `.md`, `.markdown`, `.rst` and `.txt`.
    pub fn of(path: &Path) -> Result<Self, DescriptionError> {
        let extension =
            path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("md" | "markdown") => Ok(Self::Markdown),
            Some("rst") => Ok(Self::RestructuredText),
            Some("txt") | None => Ok(Self::Plain),
            Some(_) => Err(DescriptionError::Extension { path: path.display().to_string() }),
        }
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Markdown => "text/markdown",
            Self::RestructuredText => "text/x-rst",
            Self::Plain => "text/plain",
        })
    }
}

impl FromStr for ContentType {
    type Err = DescriptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "text/markdown" => Ok(Self::Markdown),
            "text/x-rst" => Ok(Self::RestructuredText),
            "text/plain" => Ok(Self::Plain),
            _ => Err(DescriptionError::Type { text: text.to_owned() }),
        }
    }
}

/// The value of `Description-Content-Type`: a content type with the parameters that core metadata
/// allows, as in `text/markdown; charset=UTF-8; variant=GFM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptionType {
    content_type: ContentType,
    parameters: Vec<(String, String)>,
}

impl From<ContentType> for DescriptionType {
    fn from(content_type: ContentType) -> Self {
        Self { content_type, parameters: Vec::new() }
    }
}

impl FromStr for DescriptionType {
    type Err = DescriptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || DescriptionError::Type { text: text.to_owned() };
        let parsed = Self::parse_any(text)?;
        let is_known = |(name, _): &(String, String)| match name.as_str() {
            "charset" => true,
            "variant" => parsed.content_type == ContentType::Markdown,
            _ => false,
        };
        if parsed.parameters.iter().all(is_known) { Ok(parsed) } else { Err(bad()) }
    }
}

impl DescriptionType {
    /// Parses a type with any parameters, as `packaging` does, but without extended ones (RFC 2231).
    ///
    /// # Errors
    ///
    /// Another type, a parameter with a wrong form or for the second time, or a charset or variant of Markdown
    /// that indexes do not render.
    pub fn parse_any(text: &str) -> Result<Self, DescriptionError> {
        let bad = || DescriptionError::Type { text: text.to_owned() };
        if text.contains(['\n', '\r']) {
            return Err(bad());
        }
        let (content_type, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let content_type: ContentType = content_type.trim().parse().map_err(|_| bad())?;
        let mut parameters: Vec<(String, String)> = Vec::new();
        while !rest.trim().is_empty() {
            let (name, value, next) = parameter(rest).ok_or_else(bad)?;
            let is_rendered = match name.as_str() {
                "charset" => value.eq_ignore_ascii_case("UTF-8"),
                "variant" if content_type == ContentType::Markdown => {
                    matches!(value.as_str(), "GFM" | "CommonMark")
                }
                _ => true,
            };
            if !is_rendered || parameters.iter().any(|(known, _)| *known == name) {
                return Err(bad());
            }
            parameters.push((name, value));
            rest = next;
        }
        Ok(Self { content_type, parameters })
    }
}

/// Splits off `NAME=VALUE` and the `;` behind it (RFC 2045). `None` if the form is wrong.
fn parameter(text: &str) -> Option<(String, String, &str)> {
    let is_token = |text: &str, others: &str| {
        let is_in_token =
            |c: char| !(c.is_control() || c.is_whitespace() || "()<>@,:;\\\"/[]?=*'".contains(c));
        !text.is_empty() && text.chars().all(|c| is_in_token(c) && !others.contains(c))
    };
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim(), value.trim_start());
    let (value, rest) = if let Some(quoted) = value.strip_prefix('"') {
        let (value, rest) = quoted.split_once('"')?;
        (value, rest.trim_start())
    } else {
        let (value, rest) = value.split_at(value.find(';').unwrap_or(value.len()));
        (is_token(value.trim_end(), "").then(|| value.trim_end())?, rest)
    };
    let next = if rest.is_empty() { rest } else { rest.strip_prefix(';')? };
    (is_token(name, "%") && !value.contains('\\'))
        .then(|| (name.to_ascii_lowercase(), value.to_owned(), next))
}

impl fmt::Display for DescriptionType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.content_type.fmt(formatter)?;
        self.parameters.iter().try_for_each(|(name, value)| write!(formatter, "; {name}={value}"))
    }
}

/// A long description and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    content_type: DescriptionType,
    body: String,
}

impl Description {
    /// Makes a description of a file's content. Without `content_type`, the extension of `path` gives the
    /// type.
    ///
    /// # Errors
    ///
    /// An unknown extension, or content that is not UTF-8.
    pub fn from_file(
        path: &Path,
        content: Vec<u8>,
        content_type: Option<DescriptionType>,
    ) -> Result<Self, DescriptionError> {
        let content_type = match content_type {
            Some(content_type) => content_type,
            None => ContentType::of(path)?.into(),
        };
        let body = String::from_utf8(content).map_err(|error| DescriptionError::NotUtf8 {
            path: path.display().to_string(),
            position: error.utf8_error().valid_up_to(),
        })?;
        Ok(Self { content_type, body: body.trim_start_matches('\u{feff}').to_owned() })
    }

    /// Returns a description without text.
    #[must_use]
    pub fn empty(content_type: DescriptionType) -> Self {
        Self { content_type, body: String::new() }
    }

    /// Returns the content type.
    #[must_use]
    pub fn content_type(&self) -> &DescriptionType {
        &self.content_type
    }

    /// Returns the text without a byte order mark.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// A file that cannot be the long description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// An extension without a content type.
    #[error(
        "`{}` cannot be the description: expected a file in `.md`, `.rst` or `.txt`",
        escape_truncated(path)
    )]
    Extension {
        /// The file.
        path: String,
    },
    /// A type that indexes do not render.
    #[error(
        "`{}` is not the type of a description: expected `text/markdown`, `text/x-rst` or `text/plain`",
        escape_truncated(text)
    )]
    Type {
        /// The text.
        text: String,
    },
    /// Bytes that are not UTF-8.
    #[error(
        "`{}` cannot be the description: expected UTF-8, found another byte at position {position}",
        escape_truncated(path)
    )]
    NotUtf8 {
        /// The file.
        path: String,
        /// How many bytes before it are UTF-8.
        position: usize,
    },
}

impl Diagnose for DescriptionError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Extension { .. } => {
                "indexes render Markdown, reStructuredText and plain text only"
            }
            Self::Type { .. } => {
                "only `charset=UTF-8`, and for Markdown `variant=GFM` or `variant=CommonMark`, may follow, each after a `;`"
            }
            Self::NotUtf8 { .. } => "save the file as UTF-8",
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_gives_the_type() {
        for (path, content_type) in [
            ("README.md", "text/markdown"),
            ("docs/README.MD", "text/markdown"),
            ("a.rst", "text/x-rst"),
            ("a.txt", "text/plain"),
            ("README", "text/plain"),
        ] {
            assert_eq!(ContentType::of(Path::new(path)).unwrap().to_string(), content_type);
        }
        assert!(ContentType::of(Path::new("a.html")).is_err());
    }

    #[test]
    fn content_types_have_known_parameters_only() {
        for (text, expected) in [
            ("text/markdown", "text/markdown"),
            ("Text/X-RST; charset=utf-8", "text/x-rst; charset=utf-8"),
            (
                "text/markdown;charset=UTF-8;variant=GFM",
                "text/markdown; charset=UTF-8; variant=GFM",
            ),
        ] {
            assert_eq!(text.parse::<DescriptionType>().unwrap().to_string(), expected);
        }
        for text in
            ["", "text/html", "text/plain; variant=GFM", "text/markdown; a=b", "text/plain\nX: y"]
        {
            assert!(text.parse::<DescriptionType>().is_err(), "{text}");
        }
    }

    /// As `packaging` 26.3 has it.
    #[test]
    fn other_parameters_are_read() {
        for text in [
            "text/markdown;",
            "Text/Markdown ; charset = utf-8;",
            "text/markdown; charset=\"UTF-8\"; a=\"b; c\"",
            "text/plain; variant=x; format=flowed; a=%41",
        ] {
            assert!(DescriptionType::parse_any(text).is_ok(), "{text}");
        }
        for text in [
            "text/markdown; charset=UTF-8; charset=UTF-8",
            "text/markdown; a=1; a=2",
            "text/markdown; charset",
            "text/markdown; charset=",
            "text/markdown;; charset=UTF-8",
            "text/markdown; charset='UTF-8'",
            "text/markdown; charset*=UTF-8",
            "text/markdown; x*",
            "text/markdown; variant=gfm",
            "text/markdown charset=UTF-8",
            "text/markdown; charset=UTF-8 variant=GFM",
            "text/markdown; charset=\"UTF-8\"x",
            "text/markdown; a=b/c",
            "text/markdown; =x",
            "text/markdown; a=\"b",
            "text/plain\n ;charset=UTF-8",
            "text/markdown (GitHub)",
        ] {
            assert!(DescriptionType::parse_any(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_body_is_utf8() {
        let from =
            |content: &[u8]| Description::from_file(Path::new("a.md"), content.to_vec(), None);
        assert_eq!(from(b"\xef\xbb\xbfa\r\n").unwrap().body(), "a\r\n");
        insta::assert_snapshot!(from(b"caf\xe9").unwrap_err().message_with_hint(), @r"
        `a.md` cannot be the description: expected UTF-8, found another byte at position 3
        hint: save the file as UTF-8
        ");
    }
}
