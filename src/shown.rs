//! How a bad value appears in a message: on one line and of bounded length, whatever is in it.

use std::path::Path;

/// Longest value that a message repeats in full, in characters.
const LONGEST: usize = 200;

/// `value` with what steers escaped, and its end replaced by `…` if it is very long.
pub(crate) fn shown(value: &str) -> String {
    let mut characters = value.chars();
    let mut text = String::new();
    characters.by_ref().take(LONGEST).for_each(|character| push(&mut text, character));
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

/// `value` with what steers escaped, however long it is.
pub(crate) fn plain(value: &str) -> String {
    let mut text = String::new();
    value.chars().for_each(|character| push(&mut text, character));
    text
}

fn push(text: &mut String, character: char) {
    if steers(character) {
        text.extend(character.escape_default());
    } else {
        text.push(character);
    }
}

/// Whether a character does something to the text around it instead of being seen: control characters,
/// the ends of lines and paragraphs, and those of bidirectional text, with which a name can be made to look
/// like another (UAX #9, 2).
fn steers(character: char) -> bool {
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

/// A path as it appears in a message.
pub(crate) fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_long_values_cut() {
        assert_eq!(shown("a\nb\u{1b}é"), "a\\nb\\u{1b}é");
        assert_eq!(plain("a\r\n\u{9b}é"), "a\\r\\n\\u{9b}é");
        assert_eq!(plain(&"x".repeat(LONGEST + 1)), "x".repeat(LONGEST + 1));
        assert_eq!(shown(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        assert_eq!(shown(&"x".repeat(LONGEST + 1)), format!("{}…", "x".repeat(LONGEST)));
    }

    #[test]
    fn what_turns_text_around_is_escaped() {
        let turns = "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        let escaped: String = turns.chars().flat_map(char::escape_default).collect();
        assert_eq!((shown(turns), plain(turns)), (escaped.clone(), escaped));
        // What is read from right to left by itself is a name as any other; so are words with joiners.
        for name in ["שלום", "مرحبا", "می\u{200c}خواهم", "größe", "轮子"] {
            assert_eq!(shown(name), name);
        }
    }
}
