//! The normalised form of a requirement: equal for two texts that differ only in spelling.
//!
//! `wheelworks diff` compares requirements by it. It is for comparing only: tools get the text as written.

use super::marker::{self, first_word};
use super::requirement::{Requirement, split_marker};
use super::{DistributionName, direct_url};

/// Returns a text that is the same for two requirements that differ only in blanks, quotes, the spelling of
/// names, or the order of extras, of versions and of comparisons that `and` joins (PEP 508, PEP 503, PEP 440).
/// Of a text that is no requirement, only runs of blanks become one.
#[must_use]
pub fn normalized_requirement(text: &str) -> String {
    let Ok(requirement) = text.parse::<Requirement>() else {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    };
    let written = requirement.to_string();
    let (_, marker) = split_marker(&written);
    let head = normalized_head(&requirement);
    match marker.map(normalized_marker) {
        Some(marker) if !marker.is_empty() => format!("{head} ; {marker}"),
        _ => head,
    }
}

/// Returns the versions of a specifier such as `>=3.9,<4`, sorted and each once.
#[must_use]
pub fn normalized_specifiers(text: &str) -> String {
    let parsed = text.split(',').map(|one| {
        let specifier = one.trim().parse::<pep440_rs::VersionSpecifier>();
        specifier.map_or_else(|_| one.trim().to_owned(), |it| it.to_string())
    });
    sorted(parsed.filter(|it| !it.is_empty()).collect(), ",")
}

/// Returns what is in front of the marker, with normalised names, versions or URL.
fn normalized_head(requirement: &Requirement) -> String {
    let name = requirement.name().normalized();
    let extras: Vec<String> = requirement.requested_extras().into_iter().collect();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let rest = match requirement.url() {
        Some(url) => format!(" @ {}", direct_url::normalized(url)),
        None => normalized_specifiers(requirement.versions()),
    };
    format!("{name}{extras}{rest}")
}

/// Returns a marker with normalised comparisons, without parentheses around one comparison or around all of it.
fn normalized_marker(marker: &str) -> String {
    let mut tokens: Vec<String> = Vec::new();
    for token in marker::tokens(marker) {
        tokens.push(match token {
            "(" | ")" | "and" | "or" => token.to_owned(),
            comparison => normalized_comparison(comparison),
        });
        // A comparison alone in parentheses.
        if let [.., open, _, close] = tokens.as_slice()
            && (open.as_str(), close.as_str()) == ("(", ")")
        {
            let at = tokens.len() - 3;
            tokens.remove(at);
            tokens.pop();
        }
    }
    if encloses_all(&tokens) {
        tokens.remove(0);
        tokens.pop();
    }
    let is_plain = tokens.iter().all(|token| !matches!(token.as_str(), "(" | "or"));
    if is_plain {
        tokens.retain(|token| token != "and");
        return sorted(tokens, " and ");
    }
    tokens.join(" ")
}

/// Returns whether the first token opens the parenthesis that the last one closes.
fn encloses_all(tokens: &[String]) -> bool {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index > 0 && index + 1 == tokens.len();
        }
    }
    false
}

/// Returns a comparison with single blanks and double quotes. The name of an extra is normalised.
fn normalized_comparison(comparison: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let (mut rest, mut operator) = (comparison, String::new());
    while let Some(word) = first_word(rest) {
        rest = &rest[word.len()..];
        let is_operator = !word.starts_with(|it: char| it.is_alphanumeric() || "_\"'".contains(it));
        match word.chars().next() {
            Some(blank) if blank.is_whitespace() => {}
            _ if is_operator => operator.push_str(word),
            _ => {
                if !operator.is_empty() {
                    words.push(std::mem::take(&mut operator));
                }
                words.push(unquoted(word).map_or_else(|| word.to_owned(), quoted));
            }
        }
    }
    if !operator.is_empty() {
        words.push(operator);
    }
    if words.iter().any(|word| word == "extra") {
        for word in &mut words {
            let name = unquoted(word).and_then(|name| name.parse::<DistributionName>().ok());
            if let Some(name) = name {
                *word = quoted(&name.normalized());
            }
        }
    }
    words.join(" ")
}

/// Returns the text between quotes.
fn unquoted(word: &str) -> Option<&str> {
    let quote = word.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    word.strip_prefix(quote)?.strip_suffix(quote)
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}

fn sorted(mut texts: Vec<String>, separator: &str) -> String {
    texts.sort_unstable();
    texts.dedup();
    texts.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PEP 508 and PEP 440 give both texts of a row the same meaning.
    #[test]
    fn spelling_does_not_matter() {
        for (one, other) in [
            ("numpy", " NumPy "),
            ("numpy>=1.2,<3", "numpy (<3, >= 1.2)"),
            ("my_pkg[b,A]", "My.Pkg[a, B]"),
            ("dask ; extra == 'dask'", "dask; extra==\"dask\""),
            ("dask ; extra == 'My_Extra'", "dask ; extra == 'my-extra'"),
            ("a; (os_name == 'nt')", "a ; os_name=='nt'"),
            ("a; (os_name == 'nt' and extra == 'x')", "a; extra == 'x' and os_name == 'nt'"),
            ("a; python_version not  in '3.8'", "a; python_version not in \"3.8\""),
            ("a==1.0.0-RC1", "a==1.0.0rc1"),
            (
                "a @ https://example.org/a.whl ; extra == 'x'",
                "A @ https://example.org/a.whl ; extra == \"x\"",
            ),
            ("a @ HTTPS://Example.org/a.whl", "a@https://example.ORG/a.whl"),
            ("foo (>=1,)", "foo >= 1"),
            ("foo[]===1.0-custom", "foo ===1.0-custom"),
            ("no requirement  at all;", "no requirement at all;"),
        ] {
            assert_eq!(normalized_requirement(one), normalized_requirement(other));
        }
        assert_eq!(normalized_specifiers(">= 3.9, <4"), normalized_specifiers("<4,>=3.9"));
    }

    #[test]
    fn meaning_does() {
        for (one, other) in [
            ("numpy>=1.2", "numpy>1.2"),
            ("numpy", "numpy[all]"),
            ("a @ https://example.org/a.whl", "a @ https://example.org/A.whl"),
            ("a===b@c", "a @ c:d"),
            ("a; os_name == 'nt'", "a; os_name != 'nt'"),
            (
                "a; os_name == 'nt' or extra == 'x' and extra == 'y'",
                "a; (os_name == 'nt' or extra == 'x') and extra == 'y'",
            ),
            (
                "a; (os_name == 'nt') and (extra == 'x' or extra == 'y')",
                "a; os_name == 'nt' and extra == 'x' or extra == 'y'",
            ),
            ("a; os_name == 'nt'", "a"),
        ] {
            assert_ne!(normalized_requirement(one), normalized_requirement(other));
        }
        assert_ne!(normalized_specifiers(">=3.9"), normalized_specifiers(">=3.10"));
    }

    #[test]
    fn long_markers_take_linear_time() {
        let deep = format!("a; {}extra == 'x'{}", "(".repeat(50_000), ")".repeat(50_000));
        assert_eq!(normalized_requirement(&deep), normalized_requirement("a; extra == \"x\""));
    }
}
