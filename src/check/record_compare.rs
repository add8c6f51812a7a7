//! Compares RECORD with the files of the archive.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::archive::Archive;
use super::content::ContentSummary;
use super::record::{Digest, RecordTable};
use super::rules;
use crate::findings::Findings;

/// Compares RECORD with the files, both ways. `contents` has the order of the archive's members.
pub(super) fn check(
    record: &RecordTable,
    archive: &Archive<'_>,
    contents: &[Option<ContentSummary>],
    findings: &mut Findings<'_>,
) {
    if !record.is_readable() {
        return;
    }
    if record.row(record.path()).is_none() {
        findings.add_at(&rules::RECORD_OWN, record.path(), "there is no row");
    }
    for (member, content) in archive.members.iter().zip(contents) {
        let name = member.name.as_ref();
        if member.is_directory() || name == record.path() {
            continue;
        }
        let Some(row) = record.row(name) else {
            if is_signature(name, record.path()) {
                findings.add_at(&rules::RECORD_SIGNATURE, name, "");
            } else {
                findings.add_at(&rules::RECORD_MISSING, name, "");
            }
            continue;
        };
        if let Some(size) = row.size.filter(|&size| size != member.uncompressed) {
            let found = member.uncompressed;
            findings.add_at(
                &rules::RECORD_SIZE,
                name,
                format!("RECORD has {size} bytes, the file {found}"),
            );
        }
        if let (Some(digest), Some(content)) = (&row.digest, content)
            && let Some(found) = difference(digest, content)
        {
            findings.add_at(&rules::RECORD_HASH, name, found);
        }
    }
    for row in record.rows().iter().filter(|row| *row.path != *record.path()) {
        if archive.find(&row.path).is_none() {
            findings.add_at(&rules::RECORD_GHOST, &row.path, "");
        }
    }
}

/// Whether a file is a signature of RECORD, for which RECORD cannot have a row.
fn is_signature(path: &str, record: &str) -> bool {
    matches!(path.strip_prefix(record), Some(".jws" | ".p7s"))
}

/// Describes how a file's digest differs from that in RECORD; `None` if it does not.
fn difference(digest: &Digest, content: &ContentSummary) -> Option<String> {
    let (name, expected, found): (&str, &[u8], &[u8]) = match (digest, &content.stronger) {
        (Digest::Sha256(expected), _) => ("sha256", expected, &content.sha256),
        (Digest::Sha384(expected), Some(Digest::Sha384(found))) => ("sha384", expected, found),
        (Digest::Sha512(expected), Some(Digest::Sha512(found))) => ("sha512", expected, found),
        _ => return None,
    };
    (expected != found).then(|| {
        let encode = |bytes| URL_SAFE_NO_PAD.encode(bytes);
        format!("RECORD has {name}={}, the file {}", encode(expected), encode(found))
    })
}
