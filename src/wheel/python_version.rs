//! The major and minor version of a Python, as `--python-version` names it.

use std::fmt;
use std::str::FromStr;

/// The major and minor version of a Python: `3.12` of `3.12.4`, `3.13t` without the GIL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PythonVersion {
    major: u16,
    minor: u16,
    is_free_threaded: bool,
}

impl PythonVersion {
    /// Returns the version of these parts, with the GIL.
    #[must_use]
    pub fn new(major: u16, minor: u16) -> Self {
        Self { major, minor, is_free_threaded: false }
    }

    /// Returns the build without the GIL of the same version.
    #[must_use]
    pub fn free_threaded(self) -> Self {
        Self { is_free_threaded: true, ..self }
    }

    /// Returns the major and minor version.
    #[must_use]
    pub fn numbers(&self) -> (u16, u16) {
        (self.major, self.minor)
    }

    /// Returns whether it is a build without the GIL.
    #[must_use]
    pub fn is_free_threaded(&self) -> bool {
        self.is_free_threaded
    }

    /// Returns site-packages of this Python below a prefix.
    #[must_use]
    pub fn site_packages(&self) -> String {
        format!("lib/python{self}/site-packages")
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.is_free_threaded { "t" } else { "" };
        write!(formatter, "{}.{}{suffix}", self.major, self.minor)
    }
}

impl FromStr for PythonVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str| {
            let is_number = !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
            is_number.then(|| part.parse::<u16>().ok()).flatten()
        };
        let mut parts = text.splitn(3, '.');
        let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (minor, is_free_threaded) =
            minor.strip_suffix('t').map_or((minor, false), |minor| (minor, true));
        match (number(major), number(minor)) {
            (Some(major), Some(minor)) => Ok(Self { major, minor, is_free_threaded }),
            _ => Err("expected a version such as `3.12` or `3.12.4`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [
            ("3.12", Some("lib/python3.12/site-packages")),
            ("3.12.4", Some("lib/python3.12/site-packages")),
            ("3.13t", Some("lib/python3.13t/site-packages")),
            ("3", None),
            ("3.", None),
            ("3.x", None),
            ("3.99999", None),
            ("../3.12", None),
            ("3.12/4", None),
        ] {
            let found = text.parse::<PythonVersion>().ok().map(|it| it.site_packages());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
