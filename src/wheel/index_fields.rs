//! Values of METADATA that PyPI validates: addresses, URLs and classifiers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// The list of `trove-classifiers`, which `scripts/classifiers` writes: its version in the first line, then a
/// classifier a line. Behind a deprecated one follow a tab and what replaces it, if anything.
const CLASSIFIERS: &str = include_str!("classifiers.txt");

/// The replacements of each classifier; `None` if it is not deprecated.
static REPLACEMENTS: LazyLock<HashMap<&str, Option<&str>>> = LazyLock::new(|| {
    let lines = CLASSIFIERS.lines().skip(1);
    lines
        .map(|line| line.split_once('\t').map_or((line, None), |(it, by)| (it, Some(by))))
        .collect()
});

/// Domains that no address can have (RFC 6761 and others).
const SPECIAL_DOMAINS: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// Maximum length of an address in bytes (RFC 5321, 4.5.3.1.3).
const MAX_ADDRESS_BYTES: usize = 254;

/// Maximum length of a part of a domain in bytes (RFC 1035, 2.3.1).
const MAX_LABEL_BYTES: usize = 63;

/// Checks a `Classifier`. Those that begin with `Private ::` keep a wheel from PyPI on purpose.
///
/// # Errors
///
/// PyPI does not know it, or has deprecated it.
pub fn check_classifier(classifier: &str) -> Result<(), IndexFieldError> {
    let classifier = classifier.to_owned();
    match REPLACEMENTS.get(classifier.as_str()) {
        Some(None) => Ok(()),
        Some(Some(replacement)) => {
            Err(IndexFieldError::Deprecated { classifier, replacement: (*replacement).to_owned() })
        }
        None if classifier.starts_with("Private ::") => Ok(()),
        None => Err(IndexFieldError::Classifier { classifier }),
    }
}

/// Checks a `Home-page`, `Download-URL` or the URL of a `Project-URL`.
///
/// # Errors
///
/// PyPI refuses it: it is not a URL of HTTP, or has `[` or `]` in its path or query.
pub fn check_url(url: &str) -> Result<(), IndexFieldError> {
    let error = || IndexFieldError::Url { url: url.to_owned() };
    let (scheme, rest) = url.split_once(':').ok_or_else(error)?;
    let is_http = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let rest = rest.split('#').next().unwrap_or_default();
    let path = rest.strip_prefix("//").map_or(rest, |authority| {
        authority.find(['/', '\\', '?']).and_then(|end| authority.get(end..)).unwrap_or_default()
    });
    if is_http && !path.contains(['[', ']']) { Ok(()) } else { Err(error()) }
}

/// Checks an `Author-email` or `Maintainer-email`. PyPI validates the address of a single person; of several,
/// it validates none.
///
/// # Errors
///
/// The address is not valid, or none can be read from the value.
pub fn check_emails(value: &str) -> Result<(), IndexFieldError> {
    let Some(mailbox) = single_mailbox(value) else { return Ok(()) };
    let address = match mailbox.split_once('<') {
        Some((_, address)) => address.split('>').next().unwrap_or_default(),
        None if mailbox.matches('@').count() > 1 => return Ok(()),
        None if mailbox.contains('@') => &mailbox,
        // Python takes the first word for the address.
        None => mailbox.split_whitespace().next().unwrap_or_default(),
    };
    let address = address.trim();
    match address_problem(address).filter(|_| !address.is_empty()) {
        Some(problem) => Err(IndexFieldError::Email { address: address.to_owned(), problem }),
        None => Ok(()),
    }
}

/// Returns a value without its comments and quoted names; `None` if it lists several mailboxes or a group, or
/// if Python refuses to split it.
fn single_mailbox(value: &str) -> Option<String> {
    let mut mailbox = String::new();
    let mut characters = value.trim_end_matches([',', ';', ' ', '\t', '\n']).chars();
    while let Some(character) = characters.next() {
        let end = match character {
            ',' | ';' | ':' | '[' => return None,
            '"' => '"',
            '(' => ')',
            other => {
                mailbox.push(other);
                continue;
            }
        };
        loop {
            match characters.next()? {
                '\\' => {
                    characters.next();
                }
                other if other == end => break,
                _ => {}
            }
        }
    }
    Some(mailbox)
}

/// Returns what is wrong with an address.
fn address_problem(address: &str) -> Option<&'static str> {
    let Some((local, domain)) = address.split_once('@') else { return Some("no `@`") };
    let (local, domain) = (local.trim(), domain.trim());
    let is_atom = |atom: &str| {
        let is_atext = |c: char| {
            !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
        };
        !atom.is_empty() && atom.chars().all(is_atext)
    };
    let is_label = |label: &str| {
        let is_reserved = label.get(2..).is_some_and(|rest| rest.starts_with("--"))
            && !label.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("xn"));
        label.bytes().all(|byte| !byte.is_ascii() || byte.is_ascii_alphanumeric() || byte == b'-')
            && !(label.is_empty() || label.starts_with('-') || label.ends_with('-'))
            && label.len() <= MAX_LABEL_BYTES
            && !is_reserved
    };
    if !local.split('.').all(is_atom) {
        Some("an invalid part in front of the `@`")
    } else if !domain.split('.').all(is_label) {
        Some("an invalid domain")
    } else if !domain.contains('.') || domain.ends_with(|last: char| last.is_ascii_digit()) {
        Some("no top-level domain")
    } else if SPECIAL_DOMAINS.iter().any(|special| {
        domain.len() > special.len()
            && domain.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(special))
    }) {
        Some("a domain that is reserved")
    } else if address.len() > MAX_ADDRESS_BYTES {
        Some("more than 254 bytes")
    } else {
        None
    }
}

/// A value that PyPI refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexFieldError {
    /// An unknown classifier.
    #[error(
        "`{}` is not a classifier of {}",
        escape_truncated(classifier),
        CLASSIFIERS.lines().next().unwrap_or_default()
    )]
    Classifier {
        /// The text.
        classifier: String,
    },
    /// A deprecated classifier.
    #[error("`{}` is a deprecated classifier", escape_truncated(classifier))]
    Deprecated {
        /// The classifier.
        classifier: String,
        /// What replaces it, possibly nothing.
        replacement: String,
    },
    /// Not a URL that PyPI links to.
    #[error(
        "`{}` is not a URL: expected `https:` or `http:`, and no `[` or `]`",
        escape_truncated(url)
    )]
    Url {
        /// The text.
        url: String,
    },
    /// Not an address.
    #[error("`{}` is not an e-mail address: it has {problem}", escape_truncated(address))]
    Email {
        /// The text.
        address: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Diagnose for IndexFieldError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Classifier { .. } => {
                "correct it, or leave it out; `Private :: Do Not Upload` is allowed"
            }
            Self::Deprecated { replacement, .. } if replacement.is_empty() => "leave it out",
            Self::Deprecated { replacement, .. } => {
                let replacement = replacement.replace('\t', "` or `");
                return Some(format!("write `{replacement}`").into());
            }
            Self::Url { .. } => "as in `https://example.org`",
            Self::Email { .. } => "as in `Ada Lovelace <ada@example.org>`",
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `trove-classifiers` 2026.9.21.13.
    #[test]
    fn classifiers_are_those_of_pypi() {
        for known in
            ["Programming Language :: Python :: 3", "Typing :: Typed", "Private :: Do Not Upload"]
        {
            assert_eq!(check_classifier(known), Ok(()), "{known}");
        }
        for unknown in [
            "",
            "Programming Language :: Python :: 3 ",
            "Typing",
            "typing :: typed",
            "trove-classifiers",
        ] {
            let error = check_classifier(unknown).unwrap_err();
            assert!(matches!(error, IndexFieldError::Classifier { .. }), "{unknown}");
        }
        let hint = |classifier| check_classifier(classifier).unwrap_err().message_with_hint();
        insta::assert_snapshot!(hint("Natural Language :: Ukranian"), @r"
        `Natural Language :: Ukranian` is a deprecated classifier
        hint: write `Natural Language :: Ukrainian`
        ");
        insta::assert_snapshot!(hint("Licence :: MIT"), @r"
        `Licence :: MIT` is not a classifier of trove-classifiers 2026.9.21.13
        hint: correct it, or leave it out; `Private :: Do Not Upload` is allowed
        ");
        assert!(REPLACEMENTS.len() > 800);
    }

    /// As `rfc3986` 2.0 validates a normalised URL with PyPI's settings: schemes `http` and `https`, no
    /// authority required; scheme, host, path and query validated.
    #[test]
    fn urls_are_those_of_pypi() {
        for url in [
            "https://e.org",
            "http://e.org/a b",
            "HTTPS://e.org:80/x?y=1#[z]",
            "https:",
            "http:foo",
            "https://[::1]/",
            "https://e.org/größe|<a>\\%zz",
            "https://u:p@e.org/",
        ] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for url in [
            "",
            "UNKNOWN",
            "e.org",
            "//e.org",
            "/x",
            "ftp://e.org",
            "git+https://e.org",
            "mailto:a@e.org",
            " https://e.org",
            "https://e.org/[x]",
            "https://e.org/?a[]=1",
            "https//e.org",
        ] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }

    /// As `email-validator` 2.4 validates what `email.utils.parseaddr` of Python 3.11 and 3.13 finds, the way PyPI calls
    /// them.
    #[test]
    fn addresses_are_those_of_pypi() {
        for value in [
            "ada@example.org",
            "Ada Lovelace <ada@example.org>",
            "\"Lovelace, Ada\" <ada@example.org>",
            "ada@example.org (Ada)",
            "=?utf-8?q?Andr=C3=A9?= <andre@example.org>",
            "André <andré@exämple.org>",
            "a.b+c@x-y.example.co",
            // Of several, none is validated.
            "a, b",
            "ada@example.org, bob",
            "Ada, Bob <bob@localhost>",
            "ada@example.org,",
            "",
            "Ada <>",
            "Ada [at] example",
            "Ada <ada @example.org>",
            "ada@bob@example.org",
        ] {
            assert_eq!(check_emails(value), Ok(()), "{value}");
        }
        for value in [
            "Ada",
            "Ada Lovelace",
            "Ada <ada>",
            "Ada <ada@localhost>",
            "Ada <ada@host.local>",
            "ada@example",
            "ada@1.2.3.4",
            "ada at example.org",
            "ada.@example.org",
            "a..b@example.org",
            "ada@-example.org",
            "ada@exa_mple.org",
            "ada@example..org",
            "Ada Lovelace ada@example.org",
            "=?utf-8?q?ada=40example=2Eorg?=",
            "@example.org",
        ] {
            assert!(check_emails(value).is_err(), "{value}");
        }
        let long = format!("{}@example.org", "a".repeat(243));
        assert!(check_emails(&long).is_err() && check_emails(&long[1..]).is_ok());
    }
}
