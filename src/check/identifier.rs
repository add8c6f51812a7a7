//! Names that Python can import.

/// Python's keywords.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Whether Python can import a module or package of this name, as one part of a dotted name.
pub(super) fn is_identifier(part: &str) -> bool {
    let mut characters = part.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|other| other.is_alphanumeric() || other == '_')
        && !KEYWORDS.contains(&part)
}

/// Whether `text` can be an `Import-Name` (PEP 794): a dotted name, optionally followed by `; private`.
pub(super) fn is_import_name(text: &str) -> bool {
    let (name, option) = match text.split_once(';') {
        Some((name, option)) => (name.trim_end(), option.trim_start()),
        None => (text, "private"),
    };
    // A check of non-ASCII characters needs Unicode tables. Without them all are accepted, because
    // refusing a valid name does more harm.
    let is_part = |part: &str| is_identifier(&part.replace(|c: char| !c.is_ascii(), "_"));
    option == "private" && name.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        assert!(is_identifier("größe_1") && !is_identifier("1a") && !is_identifier("class"));
    }

    #[test]
    fn import_names() {
        for text in ["a", "a.b_1", "a;private", "a.b ; private", "größe", "match", "क्षेत्र"]
        {
            assert!(is_import_name(text), "{text}");
        }
        for text in [
            "",
            "class",
            "a.class",
            "a..b",
            ".a",
            "1a",
            "a-b",
            "a b",
            "a; public",
            "a;",
            ";private",
        ] {
            assert!(!is_import_name(text), "{text}");
        }
    }
}
