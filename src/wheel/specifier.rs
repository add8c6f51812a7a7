//! Version specifiers (PEP 440), such as `>=2.0,<3`, as `packaging` reads them: a comma at the end is allowed,
//! and `===` takes any printable text. (`packaging` takes control characters too; METADATA cannot hold all of
//! them.)

/// Checks specifiers that are joined by commas. There may be none.
pub(super) fn check_list(text: &str) -> Result<(), String> {
    let text = text.trim();
    let text = text.strip_suffix(',').filter(|list| !list.trim().is_empty()).unwrap_or(text);
    if text.is_empty() { Ok(()) } else { text.split(',').try_for_each(check) }
}

/// Checks one specifier.
pub(super) fn check(text: &str) -> Result<(), String> {
    let text = text.trim();
    if let Some(character) = text.chars().find(|character| character.is_control()) {
        return Err(format!("expected printable characters, found {character:?}"));
    }
    if let Some(version) = text.strip_prefix("===") {
        let is_word =
            !version.trim_start().contains(|c: char| c.is_whitespace() || ";)".contains(c));
        return if is_word { Ok(()) } else { Err(format!("`{text}` has more than one version")) };
    }
    text.parse::<pep440_rs::VersionSpecifier>().map(drop).map_err(|error| error.to_string())
}
