//! Names of operating systems in the identification of a file (`EI_OSABI`), as `patchelf` prints and accepts them.

/// Numbers and names.
const NAMES: [(u8, &str); 12] = [
    (0, "System V"),
    (1, "HP-UX"),
    (2, "NetBSD"),
    (3, "Linux"),
    (4, "GNU Hurd"),
    (6, "Solaris"),
    (7, "AIX"),
    (8, "IRIX"),
    (9, "FreeBSD"),
    (10, "Tru64"),
    (12, "OpenBSD"),
    (13, "OpenVMS"),
];

/// Other names that are accepted.
const OTHER_NAMES: [(u8, &str); 2] = [(0, "sysv"), (3, "gnu")];

/// Returns the name of a number; the number as hexadecimal digits if it has none.
pub(super) fn name(number: u8) -> String {
    let found = NAMES.iter().find(|(known, _)| *known == number);
    found.map_or_else(|| format!("0x{number:02X}"), |(_, name)| (*name).to_owned())
}

/// Returns the number of a name, in any case.
pub(super) fn parse(text: &str) -> Result<u8, String> {
    let mut known = NAMES.iter().chain(&OTHER_NAMES);
    let found = known.find(|(_, name)| name.eq_ignore_ascii_case(text));
    let names = || NAMES.map(|(_, name)| format!("`{name}`")).join(", ");
    found.map(|(number, _)| *number).ok_or_else(|| format!("expected one of {}", names()))
}
