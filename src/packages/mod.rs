//! Finds the distribution package that owns a file, in the package databases below a root directory.
//!
//! Reads the databases of dpkg, apk and rpm as files. No program is executed, so that a sysroot of another
//! machine works as well as this machine.

mod apk;
mod dpkg;
mod error;
mod license_texts;
mod os_release;
mod package;
mod rpm;
mod system_root;
mod wanted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use self::error::PackagesError;
pub use self::license_texts::{LicenseText, license_texts};
pub(crate) use self::package::encode_url_part;
pub use self::package::{Package, PackageKind};
#[cfg(fuzzing)]
pub use self::rpm::fuzzing;
use self::system_root::SystemRoot;
use self::wanted::Wanted;

/// Returns the packages that own these files, by the path as given. Files that no package owns are
/// missing.
///
/// `root` is `/` or a sysroot; the paths are absolute and as seen from there. Symbolic links are followed
/// below the root. Where `/lib` is a link to `/usr/lib` (merged `/usr`), a package may list its files under
/// either name; both are looked up. Two paths of one file each have an entry.
///
/// # Errors
///
/// A database that cannot be read, is damaged, or is larger than any real one.
pub fn find_owners(
    root: &Path,
    files: &[PathBuf],
) -> Result<BTreeMap<PathBuf, Package>, PackagesError> {
    // dpkg alone has thousands of lists of files.
    if files.is_empty() {
        return Ok(BTreeMap::new());
    }
    let root = SystemRoot::new(root);
    let mut wanted = Wanted::new(&root, files);
    apk::find(&root, &mut wanted)?;
    rpm::find(&root, &mut wanted)?;
    dpkg::find(&root, &mut wanted)?;
    let distribution = os_release::id(&root)?;
    Ok(wanted.into_owners(distribution.as_deref()))
}
