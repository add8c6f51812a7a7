//! Edits what loaders read of an ELF file: its name, the libraries that it needs, its search path, the
//! permission of its stack. Removes what they do not read: symbols and debug information.
//!
//! An edit moves no code and no data. It rewrites words of the dynamic section, of the version needs, of
//! program headers and of section headers, and the section indexes of dynamic symbols. Tables that grow are put at
//! the end: into the last segment, which is extended, or into a new one. A further edit replaces what an earlier
//! one has put there. A long string table grows where it is: symbol versions or hash tables beside it move.
//!
//! This module shares no code with [`crate::elf`], so that its output can be checked by that reader. It knows
//! bytes only.

mod area;
mod count;
mod debug_file;
mod debug_link;
mod dynamic;
mod error;
mod extend;
mod format;
mod gaps;
mod image;
mod interpreter;
mod names;
mod patch;
mod place;
mod references;
mod renumber;
mod rewrite;
mod room;
mod section_names;
mod sections;
mod shifted_names;
mod strings;
mod tables;
mod tags;
mod tail;
mod unloaded;
mod versions;

pub use self::debug_file::debug_file;
pub use self::debug_link::DebugLink;
pub use self::error::EditError;
pub use self::patch::Patch;

/// Which of the two search paths a file has. A loader ignores `DT_RPATH` if there is a `DT_RUNPATH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchPathKind {
    /// `DT_RPATH`: comes before `LD_LIBRARY_PATH`, and holds for the libraries of the library too.
    Rpath,
    /// `DT_RUNPATH`: comes after `LD_LIBRARY_PATH`, and holds for the file alone.
    Runpath,
}

/// An edit of the search path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchPathEdit {
    /// The file has this search path afterwards, and no other.
    Set(SearchPathKind, String),
    /// The search path, if there is one, has this kind afterwards.
    Convert(SearchPathKind),
    /// The file has no search path afterwards.
    Remove,
}

/// The edits of one file. They are made in one pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// The new `DT_SONAME`.
    pub soname: Option<String>,
    /// Old and new names of needed libraries. The version needs follow. Other names stay.
    pub replace_needed: Vec<(String, String)>,
    /// Needed libraries to remove, with the versions that are needed of them: the symbols become
    /// unversioned.
    pub remove_needed: Vec<String>,
    /// Libraries to add before the needed ones, unless they are needed already.
    pub add_needed: Vec<String>,
    /// The edit of the search path.
    pub search_path: Option<SearchPathEdit>,
    /// Whether the stack is executable afterwards; `None` if that stays.
    pub executable_stack: Option<bool>,
    /// The new path of the program interpreter.
    pub interpreter: Option<String>,
    /// The new number of the operating system in the identification (`EI_OSABI`).
    pub os_abi: Option<u8>,
    /// Whether loaders must not search the default directories afterwards (`DF_1_NODEFLIB`).
    pub no_default_libraries: bool,
    /// Whether the file has an entry for debuggers afterwards (`DT_DEBUG`).
    pub debug_entry: bool,
    /// Symbols that become unversioned.
    pub unversioned_symbols: Vec<String>,
    /// Which sections to remove that no loader reads. Object files, files with debug information only, files with
    /// data behind the last section and damaged files keep all of them.
    pub strip: Option<Strip>,
    /// The file with the debug information that was removed.
    pub debug_link: Option<DebugLink>,
}

/// Which sections are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strip {
    /// Debug information and the symbols that loaders do not read (`strip --strip-all`).
    All,
    /// Debug information (`strip --strip-debug`).
    Debug,
}

impl Edits {
    /// Returns the new name of a needed library, if it gets one.
    fn replacement(&self, name: &[u8]) -> Option<&[u8]> {
        let found = self.replace_needed.iter().find(|(old, _)| old.as_bytes() == name);
        found.map(|(_, new)| new.as_bytes()).filter(|new| *new != name)
    }

    /// Returns whether a needed library is removed.
    fn removes(&self, name: &[u8]) -> bool {
        self.remove_needed.iter().any(|removed| removed.as_bytes() == name)
    }

    /// Returns whether something is edited that loaders read.
    pub(crate) fn concern_loaders(&self) -> bool {
        let other = Self { strip: None, debug_link: None, ..self.clone() };
        other != Self::default()
    }

    /// Returns whether a file without a dynamic section can have all edits.
    fn need_no_names(&self) -> bool {
        let (executable_stack, os_abi, strip) = (self.executable_stack, self.os_abi, self.strip);
        let debug_link = self.debug_link.clone();
        *self == Self { executable_stack, os_abi, strip, debug_link, ..Self::default() }
    }

    /// Returns an error if a name holds a zero byte.
    fn check(&self) -> Result<(), EditError> {
        let path = match &self.search_path {
            Some(SearchPathEdit::Set(_, path)) => Some(path),
            _ => None,
        };
        let replaced = self.replace_needed.iter().map(|(_, new)| new);
        let link = self.debug_link.iter().map(|link| &link.file_name);
        let names = self.soname.iter().chain(replaced).chain(&self.add_needed);
        let names = names.chain(&self.interpreter);
        let mut names = names.chain(path).chain(link);
        match names.find(|name| name.contains('\0')) {
            Some(name) => Err(EditError::ZeroByte(name.clone())),
            None => Ok(()),
        }
    }
}

/// Returns the changes that `edits` make to a file. Files that are not edited by them have an empty patch.
///
/// The time is linear in the length of the tables. Memory is a few times the length of the string table.
///
/// # Errors
/// If the file is no ELF file, if a name holds a zero byte, or, unless only sections are removed that no loader
/// reads, if the file has no dynamic section or its tables contradict each other.
pub fn edit(file: &[u8], edits: &Edits) -> Result<Patch, EditError> {
    edits.check()?;
    match image::Image::parse(file) {
        Ok(image) => rewrite::patch(&image, edits),
        // Nothing is removed from a file that is damaged.
        Err(_) if !edits.concern_loaders() && is_elf(file) => Ok(Patch::new(file.len() as u64)),
        Err(error) => Err(error),
    }
}

fn is_elf(file: &[u8]) -> bool {
    format::Format::of(file).is_some()
}
