//! What the file system is asked about a kept file, and made to do with it.

use std::fs::Metadata;
use std::io::{self, Read as _};
use std::path::Path;

use fs_err::File;
use sha2::{Digest as _, Sha256};

use crate::exec::CancelFlag;
use crate::source::FileFingerprint;
use crate::temporary;
use crate::wheel::Sha256Digest;

/// Bytes of a file that are hashed at a time.
const HASH_STEP_BYTES: usize = 256 << 10;

/// Returns whether the file with this fingerprint has this SHA-256.
pub(super) fn has_digest(
    path: &Path,
    fingerprint: &FileFingerprint,
    digest: &Sha256Digest,
    cancel: &CancelFlag,
) -> io::Result<bool> {
    let mut file = temporary::untrusted().read(true).open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; HASH_STEP_BYTES];
    while !cancel.is_cancelled() {
        match file.read(&mut buffer) {
            Ok(0) => {
                let is_same = FileFingerprint::of_open(&file)?.has_content_of(fingerprint);
                return Ok(is_same && digest.0 == <[u8; 32]>::from(hasher.finalize()));
            }
            Ok(len) => hasher.update(&buffer[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Makes an empty file a clone of another one, which shares its blocks until one is changed.
#[cfg(target_os = "linux")]
pub(super) fn clone_file(to: &File, from: &File) -> io::Result<()> {
    Ok(rustix::fs::ioctl_ficlone(to.file(), from.file())?)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn clone_file(_: &File, _: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns whether a file has exactly these permissions.
#[cfg(unix)]
pub(super) fn has_permissions(metadata: &Metadata, permissions: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777 == permissions
}

#[cfg(not(unix))]
pub(super) fn has_permissions(_: &Metadata, _: u32) -> bool {
    true
}

/// Sets the permissions, for any umask of the process.
#[cfg(unix)]
pub(super) fn set_permissions(path: &Path, permissions: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(permissions))
}

#[cfg(not(unix))]
pub(super) fn set_permissions(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
