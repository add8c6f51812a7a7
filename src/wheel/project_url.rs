//! Project links (core metadata, `Project-URL`): a label and a URL.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{SingleLine, SingleLineError, check_url};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// Maximum length of a label in characters (core metadata).
const MAX_LABEL_CHARS: usize = 32;

/// A label and a URL; `Display` writes `Label, URL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectUrl {
    label: SingleLine,
    url: SingleLine,
}

impl ProjectUrl {
    /// Makes a link of a label and an absolute URL.
    ///
    /// # Errors
    ///
    /// The label is too long or has a comma, or PyPI refuses the URL.
    pub fn new(label: &str, url: &str) -> Result<Self, ProjectUrlError> {
        let label: SingleLine = label.parse()?;
        let url: SingleLine = url.parse()?;
        if label.as_str().chars().count() > MAX_LABEL_CHARS || label.as_str().contains(',') {
            return Err(ProjectUrlError::Label { label: label.to_string() });
        }
        let has_host = url.as_str().split_once("://").is_some_and(|(_, rest)| !rest.is_empty());
        let is_url = has_host && check_url(url.as_str()).is_ok();
        if !is_url || url.as_str().contains(char::is_whitespace) {
            return Err(ProjectUrlError::Url { url: url.to_string() });
        }
        Ok(Self { label, url })
    }
}

impl FromStr for ProjectUrl {
    type Err = ProjectUrlError;

    /// Parses `Label, URL`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (label, url) =
            text.split_once(',').ok_or_else(|| ProjectUrlError::Form { text: text.to_owned() })?;
        Self::new(label, url)
    }
}

impl fmt::Display for ProjectUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}", self.label, self.url)
    }
}

/// A text that is not a link of a project.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectUrlError {
    /// No comma.
    #[error("`{}` is not a link: expected `LABEL, URL`", escape_truncated(text))]
    Form {
        /// The text.
        text: String,
    },
    /// A label that is too long or has a comma.
    #[error(
        "`{}` is not a link's label: expected at most {MAX_LABEL_CHARS} characters and no comma",
        escape_truncated(label)
    )]
    Label {
        /// The label.
        label: String,
    },
    /// Not a URL.
    #[error(
        "`{}` is not a URL: expected `https://` or `http://`, and no blanks, `[` or `]`",
        escape_truncated(url)
    )]
    Url {
        /// The text.
        url: String,
    },
    /// Line breaks, or nothing.
    #[error(transparent)]
    Line(#[from] SingleLineError),
}

impl Diagnose for ProjectUrlError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Form { .. } => "as in `Source, https://example.org/repository`",
            Self::Label { .. } => "shorten it",
            Self::Url { .. } => "as in `https://example.org`",
            Self::Line(source) => return source.hint(),
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_round_trip() {
        for text in ["Source, https://example.org/a,b", "Bug Tracker, https://e.org/?q=1#x"] {
            assert_eq!(text.parse::<ProjectUrl>().unwrap().to_string(), text);
        }
        assert_eq!("a,http://c".parse::<ProjectUrl>().unwrap().to_string(), "a, http://c");
    }

    #[test]
    fn wrong_links_are_refused() {
        let long = format!("{}, https://e.org", "x".repeat(33));
        for text in [
            "https://e.org",
            "a, e.org",
            "a, https://e.org b",
            ", https://e.org",
            "a, ",
            "a, ftp://e.org",
            "a, https://e.org/[x]",
            "a\nb, http://y",
            &long,
        ] {
            assert!(text.parse::<ProjectUrl>().is_err(), "{text:?}");
        }
        assert!(ProjectUrl::new("a,b", "http://y").is_err());
    }

    #[test]
    fn message() {
        insta::assert_snapshot!("https://e.org".parse::<ProjectUrl>().unwrap_err().message_with_hint(), @r"
        `https://e.org` is not a link: expected `LABEL, URL`
        hint: as in `Source, https://example.org/repository`
        ");
    }
}
