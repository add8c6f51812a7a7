//! The long description: the body of METADATA, and the field that says how to render it.

use std::fmt;
use std::path::Path;

use crate::shown::shown;

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
    /// The type that a file's extension stands for; none means plain text.
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

/// A long description and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    content_type: ContentType,
    body: String,
}

impl Description {
    /// Takes the content of the file at `path`, whose extension gives the type.
    pub fn from_file(path: &Path, content: Vec<u8>) -> Result<Self, DescriptionError> {
        let content_type = ContentType::of(path)?;
        let body = String::from_utf8(content).map_err(|error| DescriptionError::NotUtf8 {
            path: path.display().to_string(),
            position: error.utf8_error().valid_up_to(),
        })?;
        Ok(Self { content_type, body: body.trim_start_matches('\u{feff}').to_owned() })
    }

    /// How to render it.
    #[must_use]
    pub fn content_type(&self) -> ContentType {
        self.content_type
    }

    /// The text, without a byte-order mark.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// A file that cannot be the long description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// An extension that stands for no type.
    #[error(
        "`{}` cannot be the description: expected a file in `.md`, `.rst` or `.txt`\n\
         hint: indexes render Markdown, reStructuredText and plain text only",
        shown(path)
    )]
    Extension {
        /// The file.
        path: String,
    },
    /// Bytes that are not UTF-8.
    #[error(
        "`{}` cannot be the description: expected UTF-8, found another byte at position {position}\n\
         hint: save the file as UTF-8",
        shown(path)
    )]
    NotUtf8 {
        /// The file.
        path: String,
        /// How many bytes before it are UTF-8.
        position: usize,
    },
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
    fn the_body_is_utf8() {
        let from = |content: &[u8]| Description::from_file(Path::new("a.md"), content.to_vec());
        assert_eq!(from(b"\xef\xbb\xbfa\r\n").unwrap().body(), "a\r\n");
        insta::assert_snapshot!(from(b"caf\xe9").unwrap_err(), @r"
        `a.md` cannot be the description: expected UTF-8, found another byte at position 3
        hint: save the file as UTF-8
        ");
    }
}
