//! How a bad value appears in a message: on one line and of bounded length, whatever is in it.

use std::path::Path;

/// Longest value that a message repeats in full, in characters.
const LONGEST: usize = 200;

/// `value` with control characters escaped, and its end replaced by `…` if it is very long.
pub(crate) fn shown(value: &str) -> String {
    let mut text = String::new();
    for (position, character) in value.chars().enumerate() {
        if position == LONGEST {
            text.push('…');
            break;
        }
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
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
        assert_eq!(shown(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        assert_eq!(shown(&"x".repeat(LONGEST + 1)), format!("{}…", "x".repeat(LONGEST)));
    }
}
