//! The licence texts that a distribution installs for a package.

use std::path::{Path, PathBuf};

use super::error::PackagesError;
use super::package::{Package, PackageKind};
use super::system_root::SystemRoot;

/// Maximum size of one text in bytes. The largest of Debian has 2 MB.
const MAX_BYTES: u64 = 16 << 20;

/// Maximum number of files and directories of one package's licences.
const MAX_ENTRIES: usize = 1000;

/// Maximum depth of the directories that hold them.
const MAX_DEPTH: usize = 8;

/// A licence text of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseText {
    /// Its path relative to the package's directory of licences, with `/` between components.
    pub path: String,
    /// The text.
    pub bytes: Vec<u8>,
}

/// Returns the licence texts of a package: Debian's `copyright`, and the files below
/// `/usr/share/licenses/NAME` of rpm. Alpine installs none.
///
/// # Errors
///
/// Files that cannot be read, or more of them than any package has.
pub fn license_texts(root: &Path, package: &Package) -> Result<Vec<LicenseText>, PackagesError> {
    let root = SystemRoot::new(root);
    let mut texts = Vec::new();
    // A damaged database must not name another directory.
    if package.name.contains('/') || matches!(package.name.as_str(), "" | "." | "..") {
        return Ok(texts);
    }
    match package.kind {
        PackageKind::Apk => (),
        PackageKind::Deb => {
            let path = Path::new("/usr/share/doc").join(&package.name).join("copyright");
            if let Some(bytes) = root.read(&path, MAX_BYTES)? {
                texts.push(LicenseText { path: "copyright".to_owned(), bytes });
            }
        }
        PackageKind::Rpm => {
            // Until RHEL 7 the directory had the version in its name.
            let version = package.version.split('-').next().unwrap_or_default();
            for directory in [package.name.clone(), format!("{}-{version}", package.name)] {
                if texts.is_empty() && !directory.contains('/') {
                    add_below(
                        &root,
                        &Path::new("/usr/share/licenses").join(directory),
                        &mut texts,
                    )?;
                }
            }
        }
    }
    Ok(texts)
}

/// Adds the files below a directory, sorted by path. Names that are not UTF-8 are left out.
fn add_below(
    root: &SystemRoot<'_>,
    top: &Path,
    texts: &mut Vec<LicenseText>,
) -> Result<(), PackagesError> {
    let mut pending: Vec<(PathBuf, String, usize)> = vec![(top.to_owned(), String::new(), 0)];
    let mut visited = 0;
    while let Some((path, name, depth)) = pending.pop() {
        visited += 1;
        if visited > MAX_ENTRIES {
            let path = root.on_machine(top);
            return Err(PackagesError::TooManyFiles { path, limit: MAX_ENTRIES });
        }
        if let Some(bytes) = root.read(&path, MAX_BYTES)? {
            texts.push(LicenseText { path: name, bytes });
        } else if depth < MAX_DEPTH {
            for child in root.names(&path)? {
                let Some(child) = child.to_str() else { continue };
                let slash = if name.is_empty() { "" } else { "/" };
                pending.push((path.join(child), format!("{name}{slash}{child}"), depth + 1));
            }
        }
    }
    texts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(())
}
