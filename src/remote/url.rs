//! The address of a file on a server, its credentials and its digest.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::error::{RemoteError, RemoteProblem};

/// The schemes that are read.
const SCHEMES: [&str; 2] = ["https", "http"];

/// The address of a file. `Display` shows neither credentials nor the query, which may have a token.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl {
    scheme: &'static str,
    /// Host and port.
    authority: String,
    /// From the first slash on, with the query.
    path: String,
    /// The value of the header `Authorization`.
    authorization: Option<String>,
    sha256: Option<[u8; 32]>,
}

impl RemoteUrl {
    /// Returns whether an argument is an address, not a path.
    #[must_use]
    pub fn is_url(argument: &Path) -> bool {
        let text = argument.to_string_lossy();
        SCHEMES.iter().any(|scheme| {
            let head = text.get(..scheme.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(scheme))
                && text[scheme.len()..].starts_with("://")
        })
    }

    /// Parses `https://USER:PASSWORD@HOST:PORT/PATH?QUERY#sha256=DIGEST`. Everything but host and path may be missing.
    ///
    /// # Errors
    ///
    /// It is no address of this form. The message has no credentials.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
        let parsed = address.split_once("://").and_then(|(scheme, rest)| {
            let scheme = SCHEMES.into_iter().find(|it| scheme.eq_ignore_ascii_case(it))?;
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (user, authority) = match rest[..end].rsplit_once('@') {
                Some((user, authority)) => (Some(user), authority),
                None => (None, &rest[..end]),
            };
            let is_valid = is_authority(authority) && is_text(&rest[end..]);
            is_valid.then(|| Self {
                scheme,
                authority: authority.to_ascii_lowercase(),
                path: if rest[end..].starts_with('/') {
                    rest[end..].to_owned()
                } else {
                    format!("/{}", &rest[end..])
                },
                authorization: user.map(basic),
                sha256: None,
            })
        });
        let wrong = |expected, found: &str| {
            let problem = RemoteProblem::Address { expected, found: found.to_owned() };
            // Credentials are in front of the `@`, tokens behind the `?`.
            let shown = address.rsplit('@').next().unwrap_or_default();
            RemoteError::new(shown.split('?').next().unwrap_or_default(), problem)
        };
        let expected = "`https://HOST/PATH`, in ASCII, with other characters percent-encoded";
        let Some(url) = &parsed else { return Err(wrong(expected, "another address")) };
        let sha256 = match fragment.split('&').find_map(|part| part.strip_prefix("sha256=")) {
            None => None,
            Some(digest) => Some(digest_of(digest).ok_or_else(|| {
                wrong("a SHA-256 of 64 hexadecimal digits behind `#sha256=`", digest)
            })?),
        };
        Ok(Self { sha256, ..url.clone() })
    }

    /// Returns the address that a response to this one redirects to. Credentials are kept for the same server only.
    ///
    /// # Errors
    ///
    /// It is no address, or one without TLS while this one has it.
    pub fn redirected(&self, location: &str) -> Result<Self, RemoteError> {
        let location = location.split('#').next().unwrap_or_default();
        let path = self.path.split('?').next().unwrap_or_default();
        let server = format!("{}://{}", self.scheme, self.authority);
        // RFC 3986, 4.2: a colon in front of the first slash ends a scheme.
        let has_scheme = location.split(['/', '?']).next().is_some_and(|head| head.contains(':'));
        let text = if location.starts_with("//") {
            format!("{}:{location}", self.scheme)
        } else if location.starts_with('/') {
            format!("{server}{location}")
        } else if location.starts_with('?') {
            format!("{server}{path}{location}")
        } else if has_scheme {
            location.to_owned()
        } else {
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            format!("{server}{directory}/{location}")
        };
        let next = Self::parse(&text)?;
        if self.scheme == "https" && next.scheme == "http" {
            return Err(RemoteError::new(self, RemoteProblem::Downgrade(next.to_string())));
        }
        let is_same_server = next.scheme == self.scheme && next.authority == self.authority;
        let authorization =
            next.authorization.or_else(|| self.authorization.clone().filter(|_| is_same_server));
        Ok(Self { authorization, sha256: self.sha256, ..next })
    }

    /// Returns the address without credentials, for a request.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }

    /// Returns the value of the header `Authorization`, if there are credentials.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// Returns the SHA-256 that the file must have.
    #[must_use]
    pub fn sha256(&self) -> Option<[u8; 32]> {
        self.sha256
    }

    /// Returns the last component of the path, decoded.
    #[must_use]
    pub fn file_name(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy().into_owned()
    }
}

fn is_text(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns whether this is a host, and a port if there is a colon: a password behind it is none.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (text, ""),
    };
    !host.is_empty() && is_text(host) && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the header for credentials that are percent-encoded.
fn basic(user: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(user).collect();
    let pair = if decoded.contains(&b':') { decoded } else { [&decoded, &b":"[..]].concat() };
    format!("Basic {}", STANDARD.encode(pair))
}

fn digest_of(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    for (at, byte) in digest.iter_mut().enumerate().filter(|_| is_hex) {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    is_hex.then_some(digest)
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(formatter, "{}://{}{path}", self.scheme, self.authority)
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
#[path = "url_properties.rs"]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_secrets() {
        for (text, address, shown, name) in [
            ("https://h/a.whl", "https://h/a.whl", "https://h/a.whl", "a.whl"),
            (
                "HTTP://u:p@H:81/x/a%2Bb.whl?sig=1",
                "http://h:81/x/a%2Bb.whl?sig=1",
                "http://h:81/x/a%2Bb.whl",
                "a+b.whl",
            ),
            ("https://token@h/a.whl#egg=a", "https://h/a.whl", "https://h/a.whl", "a.whl"),
            ("https://h", "https://h/", "https://h/", ""),
            ("https://h?q", "https://h/?q", "https://h/", ""),
        ] {
            let url = RemoteUrl::parse(text).unwrap();
            assert_eq!((url.address(), url.to_string()), (address.to_owned(), shown.to_owned()));
            assert_eq!((format!("{url:?}"), url.file_name()), (shown.to_owned(), name.to_owned()));
        }
        let url = RemoteUrl::parse("https://us%3Aer:p@h/a").unwrap();
        assert_eq!(url.authorization(), Some("Basic dXM6ZXI6cA=="));
        assert_eq!(RemoteUrl::parse("https://t@h/").unwrap().authorization(), Some("Basic dDo="));
    }

    #[test]
    fn other_texts_are_refused_without_secrets() {
        let long = "0".repeat(63);
        for text in [
            "https://",
            "https:///a",
            "ftp://u:secret@h/a",
            "https://u:secret@h/a b",
            "https://u:secret@/a",
            "https://u:secret/x@h/a",
        ] {
            let error = RemoteUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(RemoteUrl::parse(&format!("https://h/a#sha256={long}")).is_err());
        let url = RemoteUrl::parse(&format!("https://h/a#sha256={long}f")).unwrap();
        assert_eq!(url.sha256().unwrap()[31], 0x0f);
        for (path, expected) in
            [("https://a", true), ("Http://a", true), ("https:/a", false), ("ä", false)]
        {
            assert_eq!(RemoteUrl::is_url(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn redirects_keep_credentials_on_one_server() {
        let url = RemoteUrl::parse("https://u:p@h/a/b.whl?q=1").unwrap();
        for (location, address, keeps) in [
            ("c.whl", "https://h/a/c.whl", true),
            ("/c.whl#x", "https://h/c.whl", true),
            ("c.whl?from=https://i/", "https://h/a/c.whl?from=https://i/", true),
            ("?q=2", "https://h/a/b.whl?q=2", true),
            ("//i/c.whl", "https://i/c.whl", false),
            ("https://h:8/c.whl", "https://h:8/c.whl", false),
        ] {
            let next = url.redirected(location).unwrap();
            assert_eq!(
                (next.address(), next.authorization().is_some()),
                (address.to_owned(), keeps)
            );
        }
        assert!(url.redirected("http://h/a").is_err());
        assert!(url.redirected("file:///etc/passwd").is_err());
    }
}
