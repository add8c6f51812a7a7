//! The URL of a requirement such as `a @ https://…` (PEP 508).

use std::net::Ipv6Addr;

/// Schemes whose URLs name a host (WHATWG's "special" schemes other than `file`).
const SCHEMES_WITH_HOST: [&str; 5] = ["ftp", "http", "https", "ws", "wss"];

/// Checks that a URL has a scheme, no blanks, and a host and a port that can be of a URL. Whether it exists, and
/// whether an installer knows the scheme, is not checked: `git+ssh://…` and `file:///…` are URLs, too.
pub(super) fn check(url: &str) -> Result<(), String> {
    problem(url).map_or(Ok(()), |problem| Err(format!("`{url}` is not a URL: {problem}")))
}

/// Returns a URL with its scheme and its host in lower case: both are the same in any case (RFC 3986, 6.2.2.1).
pub(super) fn normalized(url: &str) -> String {
    let Some((scheme, rest)) = split_scheme(url) else { return url.to_owned() };
    let scheme = scheme.to_ascii_lowercase();
    let Some(Location { user, host, port, path }) = Location::parse(rest) else {
        return format!("{scheme}:{rest}");
    };
    format!("{scheme}://{user}{}{port}{path}", host.to_ascii_lowercase())
}

fn problem(url: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = split_scheme(url) else {
        return Some("expected a scheme such as `https:` in front");
    };
    if url.contains(char::is_whitespace) {
        return Some("expected no blanks");
    }
    let needs_host = SCHEMES_WITH_HOST.iter().any(|it| scheme.eq_ignore_ascii_case(it));
    let Some(Location { host, port, .. }) = Location::parse(rest) else {
        return match (needs_host, rest) {
            (true, _) => Some("expected `//` and a host behind the scheme"),
            (false, "") => Some("expected a location behind the scheme"),
            (false, _) => None,
        };
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    if needs_host && host.is_empty() {
        Some("expected a host behind the scheme")
    } else if !is_host(host) {
        Some("expected a host name or an address")
    } else if port.starts_with('+') || !port.is_empty() && port.parse::<u16>().is_err() {
        Some("expected a port number")
    } else {
        None
    }
}

/// Splits a URL at the colon behind its scheme (RFC 3986, 3.1).
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it));
    is_scheme.then_some((scheme, rest))
}

/// What follows `//` in a URL.
struct Location<'a> {
    /// With its `@`, or empty.
    user: &'a str,
    host: &'a str,
    /// With its `:`, or empty.
    port: &'a str,
    /// With a query and a fragment, or empty.
    path: &'a str,
}

impl<'a> Location<'a> {
    /// Splits what follows the scheme; `None` if it does not begin with `//`.
    fn parse(rest: &'a str) -> Option<Self> {
        let rest = rest.strip_prefix("//")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        // An IPv6 address has colons, between brackets.
        let address = if host.starts_with('[') { host.find(']').map_or(0, |at| at + 1) } else { 0 };
        let colon = host[address..].find(':').map_or(host.len(), |at| address + at);
        let (host, port) = host.split_at(colon);
        Some(Self { user, host, port, path })
    }
}

/// Returns whether a text may be a host: an IPv6 address in brackets, or no character that a host cannot have (WHATWG's
/// "forbidden host code points").
fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|it| it.parse::<Ipv6Addr>().is_ok()),
        None => !text.contains(|it: char| it.is_control() || "<>[]\\^|:".contains(it)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for url in [
            "https://example.org",
            "HTTPS://Example.Org/a.whl",
            "https://example.org/a.whl#sha256=00&egg=a",
            "https://user:p@ss@example.org:8443/a;b?c=d",
            "https://${TOKEN}@example.org/${HOME}/a.whl",
            "http://[::1]:8080/a.whl",
            "http://[::1]",
            "http://127.0.0.1:/a.whl",
            "https://bücher.example/a.whl",
            "file:///tmp/a.whl",
            "file:a.whl",
            "git+ssh://git@example.org:22/a.git@v1",
            "git+file:///srv/a",
            "hg+static-http://example.org/a",
        ] {
            assert_eq!(check(url), Ok(()));
        }
    }

    #[test]
    fn what_is_no_url() {
        for (text, problem) in [
            ("", "expected a scheme"),
            ("example.org/a.whl", "expected a scheme"),
            ("not a url", "expected a scheme"),
            ("./a.whl", "expected a scheme"),
            ("1http://example.org", "expected a scheme"),
            ("é:a", "expected a scheme"),
            ("https:", "expected `//` and a host"),
            ("https:/example.org", "expected `//` and a host"),
            ("https://", "expected a host behind"),
            ("https:///a.whl", "expected a host behind"),
            ("https://user@/a.whl", "expected a host behind"),
            ("https://:80/a.whl", "expected a host behind"),
            ("file:", "expected a location"),
            ("https://example.org/a b.whl", "expected no blanks"),
            ("https://example.org; os_name == 'nt'", "expected no blanks"),
            ("https://example.org:port/a.whl", "expected a port"),
            ("https://example.org:65536/a.whl", "expected a port"),
            ("https://example.org:+80/a.whl", "expected a port"),
            ("https://a:b:80/a.whl", "expected a port"),
            ("https://[::1/a.whl", "expected a host name"),
            ("https://[nonsense]/a.whl", "expected a host name"),
            ("https://[::1]a/a.whl", "expected a host name"),
            ("https://a|b/a.whl", "expected a host name"),
        ] {
            let found = check(text).unwrap_err();
            let expected = format!("`{text}` is not a URL: {problem}");
            assert!(found.starts_with(&expected), "{found}");
        }
    }

    #[test]
    fn scheme_and_host_are_the_same_in_any_case() {
        for (url, expected) in [
            ("HTTPS://User@Example.ORG:80/A?B#C", "https://User@example.org:80/A?B#C"),
            ("File:///Tmp/A.whl", "file:///Tmp/A.whl"),
            ("https://h/H", "https://h/H"),
            ("https://S@S/S", "https://S@s/S"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(normalized(url), expected);
        }
    }
}
