//! The dynamic symbol table.

use object::elf;
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, U16, pod};

use super::strings::Strings;
use super::versions::Needed;
use super::{ElfError, ElfFacts, UndefinedNames};

/// Prefixes of the functions that Python calls when it loads a module.
const ENTRY_POINTS: [&[u8]; 3] = [b"PyInit_", b"_cffi_pypyinit_", b"init"];

/// How the names of CPython's C API begin.
const PYTHON: [&[u8]; 2] = [b"Py", b"_Py"];

/// How the names of entry points of modules begin that [`PYTHON`] would count.
const MODULES: [&[u8]; 3] = [b"PyInit_", b"PyInitU_", b"PyModExport_"];

/// Returns whether a function may be the one that Python calls when it loads a module.
#[must_use]
pub fn is_entry_point(name: &[u8]) -> bool {
    ENTRY_POINTS.iter().any(|prefix| name.starts_with(prefix))
}

/// Symbols of Python's `fpectl`.
const PYFPE: [&[u8]; 3] = [b"PyFPE_jbuf", b"PyFPE_dummy", b"PyFPE_counter"];

/// Part of the names of functions of a Python 2 with narrow Unicode (UCS-2).
const UCS2: &[u8] = b"PyUnicodeUCS2_";

/// The symbols that audits use.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    pub(super) undefined: UndefinedNames,
    pub(super) entry_points: Vec<String>,
    pub(super) uses_pyfpe: bool,
    pub(super) uses_ucs2: bool,
    python_references: Vec<String>,
    python_definitions: Vec<String>,
}

/// The tables of symbols, as bytes.
pub(super) struct Tables<'a> {
    pub(super) symbols: &'a [u8],
    /// The symbols' versions; empty if they have none.
    pub(super) versions: &'a [u8],
    pub(super) strings: &'a Strings<'a>,
    /// Whether the number of symbols is known. If not, the first symbol with an invalid name ends the
    /// table.
    pub(super) is_exact: bool,
}

/// Reads all symbols, and adds those with versions to the needed versions.
pub(super) fn read<H: FileHeader<Endian = Endianness>>(
    tables: &Tables<'_>,
    endian: Endianness,
    needed: &mut Needed,
) -> Result<Symbols, ElfError> {
    let symbols: &[H::Sym] = pod::slice_from_all_bytes(tables.symbols).unwrap_or_default();
    let versions: &[U16<Endianness>] =
        pod::slice_from_all_bytes(tables.versions).unwrap_or_default();
    let mut found = Symbols::default();
    // Symbol 0 is the undefined symbol.
    for (index, symbol) in symbols.iter().enumerate().skip(1) {
        if symbol.st_shndx(endian) != elf::SHN_UNDEF {
            if symbol.st_type() == elf::STT_FUNC {
                found.add_entry_point(symbol.st_name(endian), tables.strings)?;
            }
            if !symbol.is_local() {
                found.add_python_definition(symbol.st_name(endian), tables.strings)?;
            }
            continue;
        }
        let name = match tables.strings.get(symbol.st_name(endian).into()) {
            Ok(name) => name,
            Err(_) if !tables.is_exact => break,
            Err(error) => return Err(error),
        };
        if name.is_empty() {
            continue;
        }
        found.add_undefined(name, symbol);
        let version = versions.get(index).and_then(|version| needed.version(version.get(endian)));
        if let Some(version) = version {
            version.symbols.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(found)
}

impl Symbols {
    /// Sets the facts about symbols.
    pub(super) fn add_to(self, facts: &mut ElfFacts) {
        facts.undefined = self.undefined;
        facts.entry_points = self.entry_points;
        facts.uses_pyfpe = self.uses_pyfpe;
        facts.uses_ucs2 = self.uses_ucs2;
        facts.python_references = self.python_references;
        facts.python_definitions = self.python_definitions;
    }

    fn add_entry_point(&mut self, offset: u32, strings: &Strings<'_>) -> Result<(), ElfError> {
        let rest = strings.from(offset);
        if is_entry_point(rest) {
            self.entry_points.push(strings.text(offset.into())?);
        }
        Ok(())
    }

    fn add_python_definition(
        &mut self,
        offset: u32,
        strings: &Strings<'_>,
    ) -> Result<(), ElfError> {
        let rest = strings.from(offset);
        let has = |prefixes: &[&[u8]]| prefixes.iter().any(|prefix| rest.starts_with(prefix));
        if has(&PYTHON) && !has(&MODULES) {
            self.python_definitions.push(strings.text(offset.into())?);
        }
        Ok(())
    }

    fn add_undefined(&mut self, name: &[u8], symbol: &impl Sym) {
        let kind = symbol.st_type();
        if !symbol.is_weak() {
            self.undefined.insert(name);
        }
        if PYTHON.iter().any(|prefix| name.starts_with(prefix)) {
            self.python_references.push(String::from_utf8_lossy(name).into_owned());
        }
        if name.starts_with(b"Py") && matches!(kind, elf::STT_FUNC | elf::STT_NOTYPE) {
            self.uses_pyfpe |= PYFPE.contains(&name);
        }
        if kind == elf::STT_FUNC && !self.uses_ucs2 {
            self.uses_ucs2 = contains(name, UCS2);
        }
    }
}

/// Returns whether a name contains `part` (Boyer-Moore-Horspool). Names are many and long, and hardly
/// one contains it: three of four bytes are skipped.
fn contains(name: &[u8], part: &[u8]) -> bool {
    let Some(last) = part.len().checked_sub(1) else { return true };
    let mut end = last;
    while let Some(&byte) = name.get(end) {
        match part.iter().rposition(|&it| it == byte) {
            None => end += part.len(),
            Some(place) if place < last => end += last - place,
            Some(_) if name[end - last..=end] == *part => return true,
            Some(_) => end += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_names_are_found() {
        for name in [
            "PyUnicodeUCS2_",
            "PyUnicodeUCS2_AsUTF8String",
            "xPyUnicodeUCS2_",
            "P_PyPyUnicodeUCS2_e",
        ] {
            assert!(contains(name.as_bytes(), UCS2), "{name}");
        }
        for name in
            ["", "_", "PyUnicodeUCS2", "PyUnicodeUCS4_AsUTF8String", "yUnicodeUCS2_____________"]
        {
            assert!(!contains(name.as_bytes(), UCS2), "{name}");
        }
    }
}
