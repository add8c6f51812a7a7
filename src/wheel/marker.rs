//! Environment markers (PEP 508): the part of a requirement after the `;`, as `packaging` evaluates them.
//!
//! No tree is built: a short marker can stand for an exponentially large decision diagram, and a deep one for a deep
//! recursion.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{DistributionName, Version, specifier};

/// What a marker says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marker {
    /// Its text, with the names of extras normalised (PEP 685).
    pub(super) text: String,
    /// The extras that it mentions, normalised (PEP 685).
    pub(super) extras: BTreeSet<String>,
    /// Comparisons that installers evaluate differently.
    pub(super) doubtful: Vec<String>,
}

/// Variables whose values `packaging` compares as versions.
pub(super) const VERSIONS: [&str; 4] =
    ["implementation_version", "platform_release", "python_full_version", "python_version"];

/// Variables that are texts; the last six are old names.
const TEXTS: [&str; 14] = [
    "extra",
    "implementation_name",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_system",
    "platform_version",
    "sys_platform",
    "sys.platform",
    "os.name",
    "platform.machine",
    "platform.python_implementation",
    "platform.version",
    "python_implementation",
];

/// Operators, the longer ones first.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

impl Marker {
    /// Parses a marker.
    ///
    /// # Errors
    ///
    /// `packaging` cannot parse it, or cannot evaluate one of its comparisons.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut marker = Self { text: String::with_capacity(text.len()), ..Self::default() };
        let mut rest = text;
        let mut depth = 0_usize;
        let mut expects_comparison = true;
        for token in tokens(text) {
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
                    if let Some(extra) = marker.add(comparison)? {
                        written = with_quoted(comparison, &extra);
                        marker.extras.insert(extra);
                    }
                    expects_comparison = false;
                }
                (other, false) => return Err(format!("expected `and` or `or` before `{other}`")),
            }
            marker.text.extend([blanks, &written]);
            rest = after;
        }
        if expects_comparison {
            Err("expected a comparison at the end of the marker".to_owned())
        } else if depth > 0 {
            Err("expected `)` at the end of the marker".to_owned())
        } else {
            Ok(marker)
        }
    }

    /// Adds a comparison. Returns the extra that it names, normalised.
    fn add(&mut self, text: &str) -> Result<Option<String>, String> {
        let (left, operator, right) =
            split(text).ok_or_else(|| format!("`{text}` is not a comparison"))?;
        let (variable, value) = match (left, right) {
            (Operand::Variable(variable), Operand::Value(value))
            | (Operand::Value(value), Operand::Variable(variable)) => (variable, value),
            (Operand::Variable(_), Operand::Variable(_)) => {
                self.doubtful.push(text.to_owned());
                return Ok(None);
            }
            (Operand::Value(_), Operand::Value(_)) => {
                return Err(format!("`{text}` compares two texts"));
            }
        };
        let is_plain = matches!(operator, "==" | "!=");
        let mut extra = None;
        let is_clear = if VERSIONS.contains(&variable) {
            match operator {
                "in" | "not in" => {
                    value.split_whitespace().all(|word| word.parse::<Version>().is_ok())
                }
                // In front of the variable, the value must be a version.
                _ if matches!(left, Operand::Value(_)) => value.parse::<Version>().is_ok(),
                _ => specifier::check(&format!("{operator}{value}")).is_ok(),
            }
        } else if variable == "extra" {
            extra = value.parse().ok().filter(|_| is_plain);
            extra.is_some()
        } else {
            is_plain || matches!(operator, "in" | "not in")
        };
        if !is_clear && matches!(operator, "~=" | "===") {
            return Err(format!("`{text}` compares what is not a version"));
        }
        if !is_clear || value.contains('\\') {
            self.doubtful.push(text.to_owned());
        }
        Ok(extra.map(|name: DistributionName| name.normalized()))
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

/// A side of a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand<'a> {
    Variable(&'a str),
    /// A quoted text, without the quotes.
    Value(&'a str),
}

/// Splits a comparison; `None` if it is none.
pub(super) fn split(text: &str) -> Option<(Operand<'_>, &str, Operand<'_>)> {
    let (left, rest) = operand(text)?;
    let (operator, rest) = operator(rest)?;
    let (right, rest) = operand(rest)?;
    rest.is_empty().then_some((left, operator, right))
}

/// Splits off an operand and the blanks behind it.
fn operand(text: &str) -> Option<(Operand<'_>, &str)> {
    let (operand, rest) =
        if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let (value, rest) = text.get(1..)?.split_once(quote)?;
            // Python reads a backslash in front of the quote as a part of the text.
            if value.ends_with('\\') {
                return None;
            }
            (Operand::Value(value), rest)
        } else {
            let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
            let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
            let (word, rest) = text.split_at_checked(end)?;
            let is_known = VERSIONS.contains(&word) || TEXTS.contains(&word);
            (Operand::Variable(is_known.then_some(word)?), rest)
        };
    Some((operand, rest.trim_start()))
}

/// Splits off an operator and the blanks behind it.
fn operator(text: &str) -> Option<(&str, &str)> {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    if let Some(rest) = text.strip_prefix("in").filter(|rest| is_end(rest)) {
        return Some(("in", rest.trim_start()));
    }
    if let Some(rest) = text.strip_prefix("not") {
        let behind = rest.trim_start();
        let rest = behind.strip_prefix("in").filter(|next| behind != rest && is_end(next))?;
        return Some(("not in", rest.trim_start()));
    }
    let operator = OPERATORS.iter().find(|operator| text.starts_with(**operator))?;
    Some((operator, text.strip_prefix(operator)?.trim_start()))
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
            let found = Marker::parse(marker).unwrap_or_else(|error| panic!("{marker}: {error}"));
            assert_eq!(found.doubtful, [""; 0]);
            let found: Vec<&str> = found.extras.iter().map(String::as_str).collect();
            assert_eq!(found, extras, "{marker}");
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
            assert_eq!(Marker::parse(marker).unwrap().text, expected, "{marker}");
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
            "'a' == 'b'",
            "os_name ~= 'a'",
            "os_name === 'a'",
            "python_version ~= '3'",
            "python_version not  'a'",
            "python_version notin 'a'",
            "os_name == 'a\\'",
            "extras == 'a'",
        ] {
            assert!(Marker::parse(marker).is_err(), "{marker:?}");
        }
    }

    #[test]
    fn doubtful_comparisons_are_named() {
        for marker in [
            "os_name == sys_platform",
            "os_name > 'a'",
            "python_version == 'three'",
            "python_version in '3.8, 3.9'",
            "python_version >= '3.9.'",
            "python_version >= '3.9.*'",
            "implementation_version == 'x'",
            "'three' <= python_version",
            "extra == 'a b'",
            "extra > 'a'",
            "extra in 'a b'",
        ] {
            let parsed = Marker::parse(&format!("os_name == 'a' and ({marker})")).unwrap();
            assert_eq!(parsed.doubtful, [marker]);
        }
    }

    #[test]
    fn long_and_deep_markers_take_little_stack_and_linear_time() {
        let deep = format!("{}extra == 'x'{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(Marker::parse(&deep).map(|marker| marker.extras.len()), Ok(1));
        // A decision diagram of this marker does not fit into memory.
        let pairs: Vec<String> =
            (0..99).map(|n| format!("(extra == 'a{n}' and extra == 'b{n}')")).collect();
        let many = Marker::parse(&pairs.join(" or "));
        assert_eq!(many.map(|marker| marker.extras.len()), Ok(198));
    }
}
