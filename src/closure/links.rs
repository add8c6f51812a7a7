//! How the libraries of a closure find each other, for reports.

use super::installed::Installed;
use super::process::{FoundBy, Link, Module};

/// A library of the closure.
#[derive(Debug)]
pub(super) struct Library {
    /// The index of its wheel.
    pub(super) wheel: usize,
    /// Its path in the archive.
    pub(super) path: String,
}

/// A needed library that was found.
#[derive(Debug)]
pub(super) struct LibraryLink {
    /// The index of the library that needs it.
    pub(super) from: usize,
    /// The needed name.
    pub(super) name: String,
    /// The index of the library that it leads to, or who brings it from outside.
    pub(super) to: Result<usize, &'static str>,
    /// How it was found.
    pub(super) by: FoundBy,
}

/// Returns the libraries, and the links between them.
pub(super) fn libraries(
    installed: &Installed,
    links: Vec<Link>,
) -> (Vec<Library>, Vec<LibraryLink>) {
    let libraries = installed
        .objects
        .iter()
        .map(|object| Library { wheel: object.wheel, path: object.member.clone() });
    let links = links.into_iter().map(|Link { object, name, module, by }| {
        let to = match module {
            Module::Object(index) => Ok(index),
            Module::Outside(_, provider) => Err(provider.name()),
        };
        LibraryLink { from: object, name, to, by }
    });
    (libraries.collect(), links.collect())
}
