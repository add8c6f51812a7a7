//! The facts that a verdict needs, of an object file of any format.

use std::borrow::Cow;

use super::mach_o::{MachOFacts, MachOSlice};
use super::pe::PeFacts;
use crate::elf::{ElfFacts, Sparse, Unfinished};
use crate::platform::Machine;
use crate::slash_path;

/// The facts of an object file that a verdict depends on.
pub trait ObjectFile {
    /// Returns the CPU, if platform tags have a name for it.
    fn machine(&self) -> Option<Machine>;

    /// Returns the names of the libraries that the file needs directly, in the file's order.
    fn needed_libraries(&self) -> &[String];

    /// Returns the names of the defined functions that may be the entry point of a Python module.
    fn entry_points(&self) -> &[String];

    /// Returns the minimum system: each version that the file needs of a library or of the system, as its
    /// name and the version's.
    fn minimum_system(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)>;
}

impl ObjectFile for ElfFacts {
    fn machine(&self) -> Option<Machine> {
        self.platform.machine
    }

    fn needed_libraries(&self) -> &[String] {
        &self.needed
    }

    fn entry_points(&self) -> &[String] {
        &self.entry_points
    }

    fn minimum_system(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.verneed.iter().flat_map(|needed| {
            let versions = needed.versions.iter();
            versions.map(|version| (needed.library.as_str(), version.name.as_str().into()))
        })
    }
}

impl ObjectFile for MachOSlice {
    fn machine(&self) -> Option<Machine> {
        self.cpu.machine()
    }

    fn needed_libraries(&self) -> &[String] {
        &self.needed
    }

    fn entry_points(&self) -> &[String] {
        &self.entry_points
    }

    fn minimum_system(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let (platform, version) = (self.platform, self.minimum_version);
        platform
            .zip(version)
            .map(|(it, version)| (it.name(), version.to_string().into()))
            .into_iter()
    }
}

impl ObjectFile for PeFacts {
    fn machine(&self) -> Option<Machine> {
        Self::machine(self)
    }

    fn needed_libraries(&self) -> &[String] {
        &self.needed
    }

    fn entry_points(&self) -> &[String] {
        &self.entry_points
    }

    fn minimum_system(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let (major, minor) = self.subsystem_version;
        std::iter::once(("Windows", format!("{major}.{minor}").into()))
    }
}

/// The facts of a Mach-O or PE file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectFacts {
    /// A Mach-O file.
    MachO(MachOFacts),
    /// A PE file.
    Pe(PeFacts),
}

impl ObjectFacts {
    /// Reads the facts of a whole file; `None` if it is neither a Mach-O nor a PE file.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mach_o = MachOFacts::read(bytes).map(Self::MachO);
        mach_o.or_else(|| PeFacts::read(bytes).map(Self::Pe))
    }

    /// Reads the facts from the known parts of a file of `len` bytes; `None` as for [`Self::read`].
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists the ranges that are needed, too.
    pub fn read_parts(parts: &Sparse, len: u64) -> Result<Option<Self>, Unfinished> {
        match MachOFacts::read_parts(parts, len)? {
            Some(facts) => Ok(Some(Self::MachO(facts))),
            None => Ok(PeFacts::read_parts(parts, len)?.map(Self::Pe)),
        }
    }

    /// Returns whether a file that begins with these bytes may have facts. Four bytes are enough.
    #[must_use]
    pub fn may_be(head: &[u8]) -> bool {
        matches!(
            head,
            [b'M', b'Z', ..]
                | [0xCE | 0xCF, 0xFA, 0xED, 0xFE, ..]
                | [0xFE, 0xED, 0xFA, 0xCE | 0xCF, ..]
                | [0xCA, 0xFE, 0xBA, 0xBE | 0xBF, ..]
        )
    }

    /// Returns the file name by which other files need the library at a path: that of its install name, or the name in
    /// lower case of a DLL.
    #[must_use]
    pub fn library_name(&self, path: &str) -> Option<String> {
        let leaf = |name: &str| slash_path::file_name(name).to_owned();
        match self {
            Self::MachO(facts) => {
                facts.slices.iter().find_map(|slice| slice.install_name.as_deref()).map(leaf)
            }
            Self::Pe(_) => Some(leaf(path).to_ascii_lowercase()),
        }
    }

    /// Returns the size in memory in bytes, about.
    #[must_use]
    pub fn weight(&self) -> u64 {
        match self {
            Self::MachO(facts) => facts.weight(),
            Self::Pe(facts) => facts.weight(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Detail;
    use crate::elf::sample::{Layout, library};
    use crate::platform::Machine;

    #[test]
    fn elf_facts_answer() {
        let facts = ElfFacts::read(&library(Layout::SMALL), Detail::Whole).unwrap();
        assert_eq!(facts.machine(), Some(Machine::X86_64));
        assert_eq!(facts.needed_libraries(), ["libc.so.6"]);
        assert_eq!(facts.entry_points(), ["PyInit_sample"]);
        assert!(facts.minimum_system().eq([("libc.so.6", "GLIBC_2.34".into())]));
    }
}
