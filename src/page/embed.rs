//! Escapes text and data for a place in an HTML file.

use std::fmt::Write as _;

use serde_json::Value;

use crate::error::Error;
use crate::{escape, json};

/// Returns text for the content of an element, with control and bidirectional characters escaped.
pub(super) fn text(text: &str) -> String {
    escape::escape_markup(&escape::escape_truncated(text))
}

/// Returns JSON on one line for a `script` element of type `application/json`. Characters that HTML gives a meaning, and
/// the line separators that older JavaScript refuses in strings, are escaped. In JSON they occur in strings only.
pub(super) fn json(data: &Value) -> Result<String, Error> {
    let mut escaped = String::new();
    for character in json::to_line(data)?.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn nothing_ends_the_element() {
        let data = json!({"</script><!--": "a & b\u{2028}\u{2029}\u{0}\"é"});
        let escaped = super::json(&data).unwrap();
        assert_eq!(
            escaped,
            r#"{"\u003c/script\u003e\u003c!--":"a \u0026 b\u2028\u2029\u0000\"é"}"#
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), data);
        assert_eq!(super::text("<b a=\"c\">&\u{202e}"), "&lt;b a=&quot;c&quot;&gt;&amp;\\u{202e}");
    }
}
