//! Names that are no files on Windows.

/// Names of devices, in upper case (Naming Files, Paths, and Namespaces, Win32).
const DEVICES: [&str; 6] = ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];

/// Whether one component of a path is a device on Windows, whatever its extension: what is written to
/// `aux.py` there goes to a port.
#[must_use]
pub fn is_device(component: &str) -> bool {
    let stem = component.split(['.', ':']).next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    // Superscripts are digits there, of the three that Latin-1 has.
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
            assert!(is_device(name), "{name}");
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
            assert!(!is_device(name), "{name}");
        }
    }
}
