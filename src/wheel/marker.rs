//! Environment markers (PEP 508): the part of a requirement after the `;`.
//!
//! This module parses `and`, `or` and parentheses itself and gives `pep508_rs` single comparisons only.
//! The trees of `pep508_rs` are built by recursion, grow exponentially for some short markers, panic on
//! the largest version number, and are never freed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pep508_rs::MarkerExpression;
use pep508_rs::marker::MarkerValueExtra;

/// Validates a marker. Returns its text with the names of extras normalised (PEP 685), and these names.
pub(super) fn with_normal_extras(marker: &str) -> Result<(String, BTreeSet<String>), String> {
    let (mut text, mut rest) = (String::with_capacity(marker.len()), marker);
    let mut extras = BTreeSet::new();
    let mut depth = 0_usize;
    let mut expects_comparison = true;
    for token in tokens(marker) {
        let (blanks, after) = rest.split_once(token).unwrap_or_default();
        let mut written = Cow::Borrowed(token);
        match (token, expects_comparison) {
            ("(", true) => depth += 1,
            (")", false) if depth > 0 => depth -= 1,
            ("and" | "or", false) => expects_comparison = true,
            ("(" | ")" | "and" | "or", _) => {
                return Err(format!("unexpected `{token}` in the marker"));
            }
            (comparison, true) => {
                if let Some(extra) = extra_of(comparison)? {
                    written = with_quoted(comparison, &extra);
                    extras.insert(extra);
                }
                expects_comparison = false;
            }
            (other, false) => return Err(format!("expected `and` or `or` before `{other}`")),
        }
        text.extend([blanks, &written]);
        rest = after;
    }
    if expects_comparison {
        Err("expected a comparison at the end of the marker".to_owned())
    } else if depth > 0 {
        Err("expected `)` at the end of the marker".to_owned())
    } else {
        Ok((text, extras))
    }
}

/// Replaces the content of the quoted string in a comparison.
fn with_quoted<'a>(comparison: &'a str, value: &str) -> Cow<'a, str> {
    let quote = if comparison.contains('"') { '"' } else { '\'' };
    let mut parts = comparison.splitn(3, quote);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(before), Some(_), Some(after)) => {
            format!("{before}{quote}{value}{quote}{after}").into()
        }
        _ => comparison.into(),
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
pub(super) fn tokens(marker: &str) -> Vec<&str> {
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
pub(super) fn first_word(text: &str) -> Option<&str> {
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
        for (marker, expected) in [
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
            let (_, extras) =
                with_normal_extras(marker).unwrap_or_else(|error| panic!("{marker}: {error}"));
            assert_eq!(extras.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{marker}");
        }
    }

    /// PEP 685: tools that write core metadata write extras in normalised form.
    #[test]
    fn extras_are_written_normalised() {
        for (marker, expected) in [
            ("extra == 'cuda12_pip'", "extra == 'cuda12-pip'"),
            (" extra==\"A.B--c\" ", " extra==\"a-b-c\""),
            ("'X_y' == extra", "'x-y' == extra"),
            (
                "( extra == 'A_b'  or extra != 'c' )and os_name == 'D_e'",
                "( extra == 'a-b'  or extra != 'c' )and os_name == 'D_e'",
            ),
            ("platform_version == '\"A_b\"'", "platform_version == '\"A_b\"'"),
        ] {
            assert_eq!(with_normal_extras(marker).unwrap().0, expected, "{marker}");
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
            assert!(with_normal_extras(marker).is_err(), "{marker:?}");
        }
    }

    #[test]
    fn long_and_deep_markers_take_little_stack_and_linear_time() {
        let deep = format!("{}extra == 'x'{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(with_normal_extras(&deep).map(|(_, extras)| extras.len()), Ok(1));
        // The decision diagram of this marker does not fit into memory.
        let pairs: Vec<String> =
            (0..99).map(|n| format!("(extra == 'a{n}' and extra == 'b{n}')")).collect();
        assert_eq!(
            with_normal_extras(&pairs.join(" or ")).map(|(_, extras)| extras.len()),
            Ok(198)
        );
    }
}
