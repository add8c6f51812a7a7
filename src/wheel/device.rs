//! File names that are devices on Windows.

/// Names of devices, in upper case (Naming Files, Paths, and Namespaces, Win32).
const DEVICES: [&str; 6] = ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];

/// Returns whether a component of a path is a device on Windows, with any extension: a program that
/// writes to `aux.py` there writes to a port.
#[must_use]
pub fn is_windows_device(component: &str) -> bool {
    let stem = component.split(['.', ':']).next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    // Windows takes the three superscript digits of Latin-1 for digits.
    let is_port = number.is_some_and(|number| {
        let mut characters = number.chars();
        matches!((characters.next(), characters.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    });
    is_port || DEVICES.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices() {
        for name in [
            "con",
            "CON",
            "Aux.py",
            "nul.tar.gz",
            "COM1",
            "lpt9.txt",
            "prn .x",
            "conin$",
            "com¹",
            "COM².py",
            "com³",
            "lpt¹",
            "Lpt²",
            "lpt³.tar.gz",
        ] {
            assert!(is_windows_device(name), "{name}");
        }
        for name in [
            "conf",
            "con_",
            "auxiliary.py",
            "com",
            "com10",
            "lpt",
            "comx",
            "com⁴",
            "com¹²",
            "lpt1¹",
            "_aux.py",
            "",
        ] {
            assert!(!is_windows_device(name), "{name}");
        }
    }
}
