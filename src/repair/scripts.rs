//! Programs in `NAME-VERSION.data/scripts`.
//!
//! Installers put them into `bin`, at no fixed distance from site-packages, so no search path leads from there to
//! grafts. As `auditwheel` does, the program moves into site-packages, and a script takes its place.

use std::fmt::Write as _;

/// Returns the script that runs a program. `program` is its path relative to site-packages.
///
/// The script looks where an installer with the script's own layout puts the program (`--prefix`, `--user` and
/// virtual environments; `--target`), then where the interpreter's packages are, then in all directories of
/// packages.
pub(super) fn shim(program: &str) -> String {
    let program = quoted(program);
    format!(
        r#"#!python
import os
import sys
import sysconfig

PROGRAM = {program}


def directories():
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    prefix = {{"base": root, "platbase": root}}
    yield sysconfig.get_path("platlib", "posix_prefix", prefix)
    yield root
    yield sysconfig.get_path("platlib")
    yield from sys.path


if __name__ == "__main__":
    for directory in directories():
        program = os.path.join(directory, PROGRAM)
        if os.path.isfile(program):
            os.execv(program, sys.argv)
    sys.exit("%s: cannot find %s; is the package installed?" % (sys.argv[0], PROGRAM))
"#
    )
}

/// Returns a text as a literal of Python.
fn quoted(text: &str) -> String {
    let mut literal = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            character if character.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(literal, "\\U{:08x}", u32::from(character));
            }
            character => literal.push(character),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn literals() {
        assert_eq!(quoted("a.scripts/b"), r#""a.scripts/b""#);
        assert_eq!(quoted("a\"\\\n"), r#""a\"\\\U0000000a""#);
    }
}
