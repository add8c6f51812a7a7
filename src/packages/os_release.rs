//! The distribution's identifier, from `os-release`.

use std::path::Path;

use super::error::PackagesError;
use super::system_root::SystemRoot;

/// Maximum size in bytes. Real ones have 300 to 500.
const MAX_BYTES: u64 = 1 << 20;

/// Returns the value of `ID`, such as `debian`.
///
/// # Errors
///
/// A file that cannot be read.
pub(super) fn id(root: &SystemRoot<'_>) -> Result<Option<String>, PackagesError> {
    for path in ["/etc/os-release", "/usr/lib/os-release"] {
        if let Some(bytes) = root.read(Path::new(path), MAX_BYTES)? {
            return Ok(id_of(&String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(None)
}

/// Returns the value of `ID` in the text of the file. The format is that of assignments in a shell; values
/// of `ID` have no characters that a shell expands.
fn id_of(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("ID="))?;
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    (!unquoted.is_empty()).then(|| unquoted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn quotes_are_not_part_of_the_identifier() {
        let cases = [
            ("NAME=\"Debian\"\nID=debian\n", Some("debian")),
            ("ID=\"almalinux\"\r\n", Some("almalinux")),
            ("VERSION_ID=9\nID='opensuse-leap'", Some("opensuse-leap")),
            ("VERSION_ID=12\n", None),
            ("ID=\"\"", None),
        ];
        for (text, expected) in cases {
            assert_eq!(id_of(text).as_deref(), expected, "{text}");
        }
    }
}
