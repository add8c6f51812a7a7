//! Reads the headers of METADATA and WHEEL files that other tools wrote: the e-mail format (RFC 822),
//! read as Python's parser does.

/// The header fields before the first blank line.
///
/// Parsing never fails: bytes that are not UTF-8 become `\u{fffd}`. A line without a name in front of its
/// `:`, or that continues no field, is skipped; any other line that is no field ends the headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<Field>,
    has_body: bool,
}

/// A field of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    /// The value as Python has it: with the blanks at its end and around its folds.
    raw: String,
    /// The value without these blanks.
    value: String,
}

impl Headers {
    /// Parses the fields. Keeps only whether there is a body, not its text.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let mut lines = Lines::new(bytes);
        for (_, line) in &mut lines {
            match line {
                Line::Field(name, value) => {
                    fields.push(Field { name, value: value.trim().to_owned(), raw: value });
                }
                Line::Continued(text) => {
                    let Some(field) = fields.last_mut() else { continue };
                    field.value.push('\n');
                    field.value.push_str(text.trim());
                    field.raw.push('\n');
                    field.raw.push_str(&text);
                }
                Line::Skipped => {}
            }
        }
        Self { fields, has_body: !lines.body().is_empty() }
    }

    /// Returns a file without the fields whose names `is_removed` accepts, and with lines behind the fields that
    /// stay. All other bytes are those of the file.
    #[must_use]
    pub fn replaced(bytes: &[u8], is_removed: impl Fn(&str) -> bool, added: &str) -> Vec<u8> {
        let mut text = Vec::with_capacity(bytes.len());
        let mut lines = Lines::new(bytes);
        let mut is_kept = true;
        for (line, kind) in &mut lines {
            if let Line::Field(name, _) = kind {
                is_kept = !is_removed(&name);
            }
            if is_kept {
                text.extend_from_slice(line);
            }
        }
        let first = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let first = first.and_then(|at| bytes.get(at..)).unwrap_or(b"\n");
        let end: &[u8] = if first.starts_with(b"\r\n") { b"\r\n" } else { &first[..1] };
        if !text.is_empty() && !text.ends_with(b"\n") && !text.ends_with(b"\r") {
            text.extend_from_slice(end);
        }
        for line in added.lines() {
            text.extend_from_slice(line.as_bytes());
            text.extend_from_slice(end);
        }
        text.extend_from_slice(lines.rest);
        text
    }

    /// Returns whether a body follows the fields: in METADATA, the description.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.has_body
    }

    /// Iterates over the names of the fields, as written, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// Iterates over the names and values of the fields, in order. A folded value has `\n` at its folds.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (field.name.as_str(), field.value.as_str()))
    }

    /// Returns the value of the first field of a name, in any case. A folded value has `\n` at its folds.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Iterates over the values of all fields of a name, in any case, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.named(name).map(|field| field.value.as_str())
    }

    /// Returns the value of the first field of a name as Python has it; see [`Self::get_all_raw`].
    #[must_use]
    pub fn get_raw(&self, name: &str) -> Option<&str> {
        self.get_all_raw(name).next()
    }

    /// Iterates over the values of all fields of a name, in any case, as Python has them: without the blanks
    /// in front, with those at the end, and with the indentation of folded lines.
    pub fn get_all_raw(&self, name: &str) -> impl Iterator<Item = &str> {
        self.named(name).map(|field| field.raw.trim_start_matches([' ', '\t', '\n']))
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }
}

/// A line of the headers.
enum Line {
    /// A name and, behind the `:`, the value.
    Field(String, String),
    /// Continues the field before it.
    Continued(String),
    /// Belongs to no field.
    Skipped,
}

/// Iterates over the lines of the headers, with their ends.
struct Lines<'a> {
    rest: &'a [u8],
    /// Whether a line that begins with a blank continues the last field.
    is_open: bool,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, is_open: false }
    }

    /// Returns what follows the headers, without the blank line.
    fn body(&self) -> &'a [u8] {
        match split_line(self.rest) {
            Some(([], tail)) => tail,
            _ => self.rest,
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a [u8], Line);

    fn next(&mut self) -> Option<Self::Item> {
        let (line, tail) = split_line(self.rest).filter(|(line, _)| !line.is_empty())?;
        let text = String::from_utf8_lossy(line);
        let kind = if text.starts_with([' ', '\t']) {
            if self.is_open { Line::Continued(text.into_owned()) } else { Line::Skipped }
        } else if text.starts_with(':') {
            self.is_open = false;
            Line::Skipped
        } else {
            let (name, value) = text.split_once(':').filter(|(name, _)| is_name(name))?;
            self.is_open = true;
            Line::Field(name.to_owned(), value.to_owned())
        };
        let whole = self.rest.get(..self.rest.len() - tail.len()).unwrap_or_default();
        self.rest = tail;
        Some((whole, kind))
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
        for text in ["A: b\nno field\nC: d", "A: b\nx y: z\nC: d", "A: b\n\nC: d"] {
            let headers = Headers::parse(text.as_bytes());
            assert_eq!((headers.get("a"), headers.get("c")), (Some("b"), None), "{text:?}");
        }
        for text in ["A: b\n: x\n folded\nC: d", " folded\nA: b\nC: d"] {
            let headers = Headers::parse(text.as_bytes());
            assert_eq!((headers.get("a"), headers.get("c")), (Some("b"), Some("d")), "{text:?}");
        }
        assert_eq!(Headers::parse(b"A: \xff").get("a"), Some("\u{fffd}"));
    }

    #[test]
    fn raw_values_keep_the_blanks_behind() {
        let headers = Headers::parse(b"A:\t b \nC: d,\n  e \nF:\n g\n");
        let raw: Vec<_> = ["a", "c", "f"].map(|name| headers.get_raw(name)).into();
        assert_eq!(raw, [Some("b "), Some("d,\n  e "), Some("g")]);
        assert_eq!(headers.get("c"), Some("d,\ne"));
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
            (" folded", false),
        ] {
            assert_eq!(Headers::parse(text.as_bytes()).has_body(), has_body, "{text:?}");
        }
    }

    #[test]
    fn other_bytes_stay_when_fields_are_replaced() {
        let is_removed = |name: &str| name.eq_ignore_ascii_case("b");
        for (text, expected) in [
            ("A:  x \n\ty\nb: 1\n 2\nC:z\n", "A:  x \n\ty\nC:z\nN: 1\nM: 2\n"),
            ("A: x\r\nB: 1\r\n\r\nbody\r\n", "A: x\r\nN: 1\r\nM: 2\r\n\r\nbody\r\n"),
            ("A: x", "A: x\nN: 1\nM: 2\n"),
            ("B: x", "N: 1\nM: 2\n"),
            ("", "N: 1\nM: 2\n"),
            ("A: x\n\n\nB: 1\n", "A: x\nN: 1\nM: 2\n\n\nB: 1\n"),
            ("A: x\nno field\nB: 1", "A: x\nN: 1\nM: 2\nno field\nB: 1"),
            (" folded\nA: x\n: y\n z\n", " folded\nA: x\n: y\n z\nN: 1\nM: 2\n"),
        ] {
            let found = Headers::replaced(text.as_bytes(), is_removed, "N: 1\nM: 2\n");
            assert_eq!(String::from_utf8_lossy(&found), expected, "{text:?}");
        }
        assert_eq!(Headers::replaced(b"A: \xff\n", is_removed, ""), b"A: \xff\n");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let headers = Headers::parse(&bytes);
            prop_assert!(headers.fields.len() <= bytes.len());
            let same = Headers::replaced(&bytes, |_| false, "");
            prop_assert!(same.len() <= bytes.len() + 2);
        }
    }
}
