//! Reads the headers of METADATA and WHEEL files that other tools wrote: the e-mail format (RFC 822),
//! read as leniently as Python's parser does.

/// The header fields before the first blank line.
///
/// Parsing never fails: bytes that are not UTF-8 become `\u{fffd}`, and the first line that is
/// neither a field nor the continuation of one ends the headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(String, String)>,
    has_body: bool,
}

impl Headers {
    /// Parses the fields. Keeps only whether there is a body, not its text.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut rest = bytes;
        while let Some((line, tail)) = split_line(rest) {
            if line.is_empty() {
                rest = tail;
                break;
            }
            let text = String::from_utf8_lossy(line);
            if text.starts_with([' ', '\t']) {
                // Before the first field there is nothing to continue.
                let Some((_, value)) = fields.last_mut() else { break };
                value.push('\n');
                value.push_str(text.trim());
            } else if let Some((name, value)) =
                text.split_once(':').filter(|(name, _)| is_name(name))
            {
                fields.push((name.to_owned(), value.trim().to_owned()));
            } else {
                break;
            }
            rest = tail;
        }
        Self { fields, has_body: !rest.is_empty() }
    }

    /// Returns whether a body follows the fields: in METADATA, the description.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.has_body
    }

    /// Iterates over the names of the fields, as written, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// Iterates over the names and values of the fields, in order. A folded value has `\n` at its folds.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the value of the first field of a name, in any case. A folded value has `\n` at its folds.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Iterates over the values of all fields of a name, in any case, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Returns whether RFC 822 allows a field name: printable ASCII without blanks.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_ascii_graphic())
}

/// Splits off the first line, which ends with LF, CR LF or a lone CR.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    let (line, tail) = bytes.split_at_checked(end)?;
    let rest = tail.strip_prefix(b"\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
    (!bytes.is_empty()).then_some((line, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_end_before_the_body() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                "Name: a",
                "SUMMARY:b : c ",
                "License: x",
                "        y",
                "\tz",
                "name: second",
                "",
                "Name: body",
            ];
            let headers = Headers::parse(text.join(end).as_bytes());
            assert_eq!(headers.get("name"), Some("a"));
            assert_eq!(headers.get_all("Name").collect::<Vec<_>>(), ["a", "second"]);
            assert_eq!(headers.get("Summary"), Some("b : c"));
            assert_eq!(headers.get("License"), Some("x\ny\nz"));
            assert_eq!(headers.get("Version"), None);
        }
    }

    #[test]
    fn a_line_that_is_not_a_field_ends_the_headers() {
        for text in
            ["A: b\nno field\nC: d", "A: b\n: x\nC: d", "A: b\nx y: z\nC: d", "A: b\n\nC: d"]
        {
            let headers = Headers::parse(text.as_bytes());
            assert_eq!((headers.get("a"), headers.get("c")), (Some("b"), None), "{text:?}");
        }
        assert_eq!(Headers::parse(b" folded\nA: b").names().count(), 0);
        assert_eq!(Headers::parse(b"A: \xff").get("a"), Some("\u{fffd}"));
    }

    #[test]
    fn the_presence_of_a_body_is_detected() {
        for (text, has_body) in [
            ("", false),
            ("A: b", false),
            ("A: b\n", false),
            ("A: b\n\n", false),
            ("A: b\r\n\r\n", false),
            ("A: b\n\n\n", true),
            ("A: b\r\rtext", true),
            ("A: b\nno field\n", true),
            (" folded", true),
        ] {
            assert_eq!(Headers::parse(text.as_bytes()).has_body(), has_body, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let headers = Headers::parse(&bytes);
            prop_assert!(headers.fields.len() <= bytes.len());
        }
    }
}
