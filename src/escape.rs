//! Escapes untrusted values for messages: one line, no control characters, bounded length. Writes bytes as digits.

use std::fmt::Write as _;
use std::path::Path;

/// Longest value that a message repeats in full, in characters.
const MAX_CHARS: usize = 200;

/// Returns `value` with control and bidirectional characters escaped, cut at 200 characters.
///
/// A value that was cut ends in `…`.
pub(crate) fn escape_truncated(value: &str) -> String {
    let mut characters = value.chars();
    let mut text = String::new();
    characters.by_ref().take(MAX_CHARS).for_each(|character| push_escaped(&mut text, character));
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

/// Returns `text` with control and bidirectional characters escaped, at any length.
pub(crate) fn escape_text(text: &str) -> String {
    let mut escaped = String::new();
    text.chars().for_each(|character| push_escaped(&mut escaped, character));
    escaped
}

/// Returns text for the content of an element of HTML or XML, or for a value of an attribute: its markup is escaped, and
/// characters that XML 1.0 does not have are replaced. Control characters are left to [`escape_text`].
pub(crate) fn escape_markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns a number of things, such as `2 wheels`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Returns bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Returns a path for a message: [`escape_truncated`] of its lossy UTF-8 form.
pub(crate) fn escape_path(path: &Path) -> String {
    escape_truncated(&path.to_string_lossy())
}

fn push_escaped(text: &mut String, character: char) {
    if alters_display(character) {
        text.extend(character.escape_default());
    } else {
        text.push(character);
    }
}

/// Returns whether a character changes how the text around it is displayed.
///
/// These are control characters, line and paragraph separators, and the bidirectional formatting
/// characters, with which one name can be made to look like another (UAX #9, section 2).
fn alters_display(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_long_values_cut() {
        assert_eq!(escape_truncated("a\nb\u{1b}é"), "a\\nb\\u{1b}é");
        assert_eq!(escape_text("a\r\n\u{9b}é"), "a\\r\\n\\u{9b}é");
        assert_eq!(escape_text(&"x".repeat(MAX_CHARS + 1)), "x".repeat(MAX_CHARS + 1));
        assert_eq!(escape_truncated(&"x".repeat(MAX_CHARS)), "x".repeat(MAX_CHARS));
        assert_eq!(
            escape_truncated(&"x".repeat(MAX_CHARS + 1)),
            format!("{}…", "x".repeat(MAX_CHARS))
        );
    }

    #[test]
    fn bidirectional_controls_are_escaped() {
        let controls = "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        let escaped: String = controls.chars().flat_map(char::escape_default).collect();
        assert_eq!((escape_truncated(controls), escape_text(controls)), (escaped.clone(), escaped));
        // Right-to-left scripts and joiners are parts of ordinary names.
        for name in ["שלום", "مرحبا", "می\u{200c}خواهم", "größe", "轮子"] {
            assert_eq!(escape_truncated(name), name);
        }
    }
}
