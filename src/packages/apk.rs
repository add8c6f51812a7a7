//! The database of Alpine's apk: one text, with a paragraph for each package.

use std::path::Path;

use super::error::PackagesError;
use super::package::PackageKind;
use super::system_root::SystemRoot;
use super::wanted::Wanted;

/// Its place, and that on systems with merged `/usr`.
const PLACES: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

/// Maximum size in bytes. One of 1,000 packages has 10 MB.
const MAX_BYTES: u64 = 256 << 20;

/// Adds the owners that apk knows.
///
/// # Errors
///
/// A database that cannot be read.
pub(super) fn find(root: &SystemRoot<'_>, wanted: &mut Wanted) -> Result<(), PackagesError> {
    for place in PLACES {
        if let Some(bytes) = root.read(Path::new(place), MAX_BYTES)? {
            add_owners(&bytes, wanted);
            break;
        }
    }
    Ok(())
}

/// Adds the owners in the text: `P:NAME` and `V:VERSION`, then `F:DIRECTORY` and the `R:FILE` in it.
fn add_owners(bytes: &[u8], wanted: &mut Wanted) {
    let (mut name, mut version, mut directory) = (String::new(), String::new(), &b""[..]);
    for line in bytes.split(|&byte| byte == b'\n') {
        let [field, b':', value @ ..] = line else {
            if line.is_empty() {
                (name, version, directory) = (String::new(), String::new(), b"");
            }
            continue;
        };
        match field {
            b'P' => name = String::from_utf8_lossy(value).into_owned(),
            b'V' => version = String::from_utf8_lossy(value).into_owned(),
            b'F' => directory = value,
            b'R' if wanted.has_base_name(value) && !name.is_empty() && !version.is_empty() => {
                let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
                let path = [b"/", directory, slash, value].concat();
                wanted.add(&path, PackageKind::Apk, &name, &version);
            }
            _ => (),
        }
    }
}
