//! Environment markers (PEP 508): the part of a requirement after the `;`.
//!
//! This module parses `and`, `or` and parentheses itself and gives `pep508_rs` single comparisons only.
//! The trees of `pep508_rs` are built by recursion, grow exponentially for some short markers, panic on
//! the largest version number, and are never freed.

use std::collections::BTreeSet;

use pep508_rs::MarkerExpression;
use pep508_rs::marker::MarkerValueExtra;

/// Validates a marker and returns the extras that it mentions, normalised (PEP 685).
pub(super) fn extras_of(marker: &str) -> Result<BTreeSet<String>, String> {
    let mut extras = BTreeSet::new();
    let mut depth = 0_usize;
    let mut expects_comparison = true;
    for token in tokens(marker) {
        match (token, expects_comparison) {
            ("(", true) => depth += 1,
            (")", false) if depth > 0 => depth -= 1,
            ("and" | "or", false) => expects_comparison = true,
            ("(" | ")" | "and" | "or", _) => {
                return Err(format!("unexpected `{token}` in the marker"));
            }
            (comparison, true) => {
                extras.extend(extra_of(comparison)?);
                expects_comparison = false;
            }
            (other, false) => return Err(format!("expected `and` or `or` before `{other}`")),
        }
    }
    if expects_comparison {
        Err("expected a comparison at the end of the marker".to_owned())
    } else if depth > 0 {
        Err("expected `)` at the end of the marker".to_owned())
    } else {
        Ok(extras)
    }
}

/// Returns the extra of a comparison such as `extra == "cuda"`; `None` for other comparisons.
fn extra_of(comparison: &str) -> Result<Option<String>, String> {
    match MarkerExpression::from_str(comparison) {
        Ok(Some(MarkerExpression::Extra { name: MarkerValueExtra::Extra(name), .. })) => {
            Ok(Some(name.to_string()))
        }
        Ok(Some(MarkerExpression::Extra { .. })) => Err(format!("`{comparison}` names no extra")),
        Ok(Some(_)) => Ok(None),
        Ok(None) => Err(format!("`{comparison}` compares what cannot be compared")),
        Err(error) => Err(error.message.to_string()),
    }
}

/// Splits a marker into `(`, `)`, `and`, `or` and comparisons, without the blanks around them.
fn tokens(marker: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let (mut start, mut position) = (0, 0);
    while let Some(word) = marker.get(position..).and_then(first_word) {
        let end = position + word.len();
        if matches!(word, "(" | ")" | "and" | "or") {
            tokens.push(marker.get(start..position).unwrap_or_default().trim());
            tokens.push(word);
            start = end;
        }
        position = end;
    }
    tokens.push(marker.get(start..).unwrap_or_default().trim());
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// Returns the quoted string, word or other character that `text` begins with.
fn first_word(text: &str) -> Option<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let first = text.chars().next()?;
    let end = match first {
        '"' | '\'' => text.get(1..)?.find(first).map_or(text.len(), |length| length + 2),
        _ if is_word(first) => text.find(|c| !is_word(c)).unwrap_or(text.len()),
        _ => first.len_utf8(),
    };
    text.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_are_found() {
        for (marker, extras) in [
            ("os_name == 'a'", vec![]),
            ("extra == 'X_y'", vec!["x-y"]),
            ("extra=='a'and extra==\"b\"or'c' == extra", vec!["a", "b", "c"]),
            (
                "(python_version >= '3.8' and (extra == 'a' or os_name not in 'x or extra'))",
                vec!["a"],
            ),
            ("sys_platform == 'and (' and extra != 'z'", vec!["z"]),
            ("python_version ~= '1.18446744073709551615.1'", vec![]),
        ] {
            let found = extras_of(marker).unwrap_or_else(|error| panic!("{marker}: {error}"));
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), extras, "{marker}");
        }
    }

    #[test]
    fn wrong_markers_are_refused() {
        for marker in [
            "",
            "and",
            "()",
            "(os_name == 'a'",
            "os_name == 'a')",
            "os_name == 'a' and",
            "or os_name == 'a'",
            "os_name == 'a' and or os_name == 'b'",
            "os_name == 'a' os_name == 'b'",
            "(os_name == 'a') os_name == 'b'",
            "os_name == 'a' (os_name == 'b')",
            "os_name == 'a",
            "os_name = 'a'",
            "nonsense == 'a'",
            "os_name == sys_platform",
            "python_version == 'three'",
            "extra == 'a b'",
            "extra > 'a'",
        ] {
            assert!(extras_of(marker).is_err(), "{marker:?}");
        }
    }

    #[test]
    fn long_and_deep_markers_take_little_stack_and_linear_time() {
        let deep = format!("{}extra == 'x'{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(extras_of(&deep).map(|extras| extras.len()), Ok(1));
        // The decision diagram of this marker does not fit into memory.
        let pairs: Vec<String> =
            (0..99).map(|n| format!("(extra == 'a{n}' and extra == 'b{n}')")).collect();
        assert_eq!(extras_of(&pairs.join(" or ")).map(|extras| extras.len()), Ok(198));
    }
}
