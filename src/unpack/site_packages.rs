//! The directory of site-packages below the output, as `--layout` and `--python-version` name it.

use std::str::FromStr;

use crate::wheel::MemberPath;

/// A directory of site-packages below the prefix, such as `lib/python3.12/site-packages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SitePackages(MemberPath);

impl SitePackages {
    /// Names a directory, relative to the prefix.
    pub(super) fn new(path: MemberPath) -> Self {
        Self(path)
    }

    /// Returns the path of a file in it, relative to the prefix.
    pub(super) fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.0)
    }

    /// Returns the path of a file of the prefix, relative to this directory.
    pub(super) fn relative(&self, path: &MemberPath) -> String {
        let shared = self.0.components().zip(path.components());
        let shared = shared.take_while(|(one, other)| one == other).count();
        let up = self.0.components().skip(shared).map(|_| "..");
        up.chain(path.components().skip(shared)).collect::<Vec<_>>().join("/")
    }

    /// Returns the directory of headers, relative to the prefix: the one that pip and uv use in a
    /// virtual environment of the Python that the path names, else `include`.
    pub(super) fn include(&self) -> String {
        let is_python = |name: &&str| {
            name.strip_prefix("python")
                .is_some_and(|version| version.parse::<PythonVersion>().is_ok())
        };
        let python = self.0.components().find(is_python);
        python.map_or("include".to_owned(), |python| format!("include/site/{python}"))
    }
}

/// The major and minor version of a Python: `3.12` of `3.12.4`, `3.13t` without the GIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonVersion(String);

impl PythonVersion {
    /// Returns the version of these parts.
    #[must_use]
    pub fn new(major: u16, minor: u16) -> Self {
        Self(format!("{major}.{minor}"))
    }

    /// Returns site-packages of this Python below a prefix.
    #[must_use]
    pub fn site_packages(&self) -> String {
        format!("lib/python{}/site-packages", self.0)
    }
}

impl FromStr for PythonVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
        let mut parts = text.splitn(3, '.');
        match (parts.next(), parts.next()) {
            (Some(major), Some(minor))
                if is_number(major) && is_number(minor.strip_suffix('t').unwrap_or(minor)) =>
            {
                Ok(Self(format!("{major}.{minor}")))
            }
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
            ("../3.12", None),
            ("3.12/4", None),
        ] {
            let found = text.parse::<PythonVersion>().ok().map(|it| it.site_packages());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn headers_go_below_the_python_of_the_path() {
        for (path, expected) in [
            ("lib/python3.12/site-packages", "include/site/python3.12"),
            ("lib64/python3.13t/site-packages", "include/site/python3.13t"),
            ("site-packages", "include"),
            ("python/lib", "include"),
        ] {
            assert_eq!(SitePackages::new(path.parse().unwrap()).include(), expected);
        }
    }
}
