//! The directory of site-packages below the output, as `--layout` and `--python-version` name it.

use crate::wheel::{MemberPath, PythonVersion};

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

#[cfg(test)]
mod tests {
    use super::*;

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
