//! Libraries that the caller names one by one. They are found before those of any directory, also where no
//! directory is searched.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::JudgeError;
use crate::elf::{Detail, ElfFacts, FileLocation};
use crate::source::Input;

/// The directory of the libraries. No file system has a directory of this name.
const DIRECTORY: &str = "/\0";

/// Named libraries, in the order in which they are searched.
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenLibraries(Arc<[GivenLibrary]>);

/// One named library.
#[derive(Debug)]
struct GivenLibrary {
    /// The path as given, which reports have.
    path: PathBuf,
    /// The absolute path.
    file: PathBuf,
    facts: Arc<ElfFacts>,
}

impl GivenLibraries {
    /// Reads libraries. Each has two paths: as given, and absolute.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is no ELF file.
    pub(crate) fn read(
        paths: impl IntoIterator<Item = (PathBuf, PathBuf)>,
    ) -> Result<Self, JudgeError> {
        let libraries = paths.into_iter().map(|(path, file)| {
            let input = Input::find(&file)?;
            let content = input.open()?;
            let facts = ElfFacts::read(content.bytes(), Detail::Loading);
            if !content.is_intact() {
                return Err(input.faulted().into());
            }
            match facts {
                Ok(facts) => Ok(GivenLibrary { path, file, facts: Arc::new(facts) }),
                Err(source) => Err(JudgeError::Elf { path, source }),
            }
        });
        Ok(Self(libraries.collect::<Result<_, _>>()?))
    }

    /// Returns a directory for each library: two of one name may be for two machines.
    pub(super) fn directories(&self) -> impl Iterator<Item = FileLocation> {
        (0..self.0.len())
            .map(|number| FileLocation::Host(Path::new(DIRECTORY).join(number.to_string())))
    }

    /// Returns whether a path is in the directory of the libraries.
    pub(super) fn contains(path: &Path) -> bool {
        path.starts_with(DIRECTORY)
    }

    /// Returns the absolute path of the library with a path.
    pub(super) fn file(&self, path: &Path) -> Option<&Path> {
        self.0.iter().find(|library| library.path == path).map(|library| library.file.as_path())
    }

    /// Returns the library at a path in one of the directories. A library has two names there: that of its
    /// file, and its soname.
    pub(super) fn elf(&self, path: &Path) -> Option<(PathBuf, Arc<ElfFacts>)> {
        let (directory, name) = (path.parent()?, path.file_name()?.to_str()?);
        let number: usize = directory.strip_prefix(DIRECTORY).ok()?.to_str()?.parse().ok()?;
        let library = self.0.get(number)?;
        let is_named = library.facts.soname.as_deref() == Some(name)
            || library.path.file_name().and_then(|it| it.to_str()) == Some(name);
        is_named.then(|| (library.path.clone(), Arc::clone(&library.facts)))
    }
}
