//! A distribution package, and its package URL.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that a package URL encodes: all but the unreserved ones of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns a part of a package URL, percent-encoded.
pub(crate) fn encode_url_part(part: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(part, ENCODED)
}

/// The package manager of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageKind {
    /// Alpine's `apk`.
    Apk,
    /// `dpkg` of Debian and Ubuntu.
    Deb,
    /// `rpm` of Red Hat and SUSE.
    Rpm,
}

impl PackageKind {
    /// Returns the type in package URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apk => "apk",
            Self::Deb => "deb",
            Self::Rpm => "rpm",
        }
    }
}

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Its package manager.
    pub kind: PackageKind,
    /// `ID` of the distribution's `os-release`, such as `debian`; `None` without that file.
    pub distribution: Option<String>,
    /// The name, without an architecture.
    pub name: String,
    /// The version: with epoch for dpkg, `VERSION-RELEASE` for rpm.
    pub version: String,
}

impl Package {
    /// Returns the package URL: `pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1`.
    #[must_use]
    pub fn url(&self) -> String {
        let kind = self.kind.as_str();
        let distribution = self
            .distribution
            .as_deref()
            .map(|id| format!("{}/", encode_url_part(id)))
            .unwrap_or_default();
        format!(
            "pkg:{kind}/{distribution}{}@{}",
            encode_url_part(&self.name),
            encode_url_part(&self.version)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_encode_what_python_quotes_with_nothing_safe() {
        let package = |distribution: Option<&str>, name: &str, version: &str| Package {
            kind: PackageKind::Deb,
            distribution: distribution.map(str::to_owned),
            name: name.to_owned(),
            version: version.to_owned(),
        };
        let cases = [
            (
                package(Some("debian"), "zlib1g", "1:1.2.13.dfsg-1"),
                "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1",
            ),
            (package(Some("a/b"), "libstdc++6", "12~rc1"), "pkg:deb/a%2Fb/libstdc%2B%2B6@12~rc1"),
            (package(None, "é_x", "1 @"), "pkg:deb/%C3%A9_x@1%20%40"),
        ];
        for (package, url) in cases {
            assert_eq!(package.url(), url);
        }
    }
}
