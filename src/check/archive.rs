//! Maps flaws of the archive to the rules that they break.

use super::rules;
use super::tar::is_tar;
use crate::context::Context;
use crate::error::Error;
use crate::findings::{Findings, Rule};
use crate::opened_wheel::ContentError;
pub(super) use crate::opened_wheel::StrictArchive as Archive;
use crate::zip::{DirectoryError, FlawKind};

/// Parses the archive's headers and reports each flaw as a finding.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    findings: &mut Findings<'_>,
) -> Result<Archive<'a>, DirectoryError> {
    let archive = Archive::read(bytes, &mut |flaw| {
        let rule = rule_for(flaw.kind);
        match &flaw.member {
            Some(member) => findings.add_at(rule, member, flaw.found),
            None => findings.add(rule, flaw.found),
        }
    })?;
    if is_tar(bytes) {
        findings.add(&rules::ZIP_TAR, "");
    }
    if archive.exceeds_ratio() {
        let (total, len) = (archive.unpacked_len(), bytes.len());
        findings.add(&rules::ZIP_RATIO, format!("{total} bytes in an archive of {len}"));
    }
    Ok(archive)
}

/// Reads a file of the dist-info directory. `None` if it is missing or unreadable. An unreadable file is a
/// finding; a missing file is a finding only if `is_needed`.
pub(super) fn read_metadata(
    archive: &Archive<'_>,
    name: &str,
    is_needed: bool,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(member) = archive.find(name) else {
        if is_needed {
            findings.add_at(&rules::DIST_INFO_FILE, name, "the file is missing");
        }
        return Ok(None);
    };
    let read = archive.read_dist_info_file(member, context.cancel);
    context.cancel.check()?;
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ContentError::Memory(error)) => Err(error.into()),
        Err(error) => {
            findings.add_at(&rules::DIST_INFO_FILE, name, found(&error));
            Ok(None)
        }
    }
}

/// Returns the rule that unreadable content breaks; `None` if a flaw of the archive already covers
/// it.
pub(super) fn rule_for_content(error: &ContentError) -> Option<&'static Rule> {
    match error {
        ContentError::Inflate(_) | ContentError::TrailingData { .. } => Some(&rules::ZIP_DATA),
        ContentError::Length { .. } => Some(&rules::ZIP_SIZE),
        ContentError::Crc { .. } => Some(&rules::ZIP_CRC),
        ContentError::Unreadable
        | ContentError::TooLong { .. }
        | ContentError::Memory(_)
        | ContentError::Cancelled => None,
    }
}

/// Returns the text of a finding about unreadable content. The rule's own text says what is expected.
pub(super) fn found(error: &ContentError) -> String {
    match error {
        ContentError::Inflate(source) => source.to_string(),
        ContentError::Length { expected, found } => format!("{found} bytes, not {expected}"),
        ContentError::Crc { expected, found } => format!("{found:08x}, not {expected:08x}"),
        ContentError::TooLong { limit, found } => {
            format!("{found} bytes; the limit is {limit}")
        }
        error => error.to_string(),
    }
}

/// Returns the rule that a flaw breaks.
fn rule_for(kind: FlawKind) -> &'static Rule {
    match kind {
        FlawKind::Prefix => &rules::ZIP_PREFIX,
        FlawKind::Trailing => &rules::ZIP_TRAILING,
        FlawKind::Comment => &rules::ZIP_COMMENT,
        FlawKind::End => &rules::ZIP_END,
        FlawKind::Zip64End | FlawKind::Zip64Extra => &rules::ZIP_ZIP64,
        FlawKind::Record => &rules::ZIP_GAP,
        FlawKind::TooManyMembers => &rules::ZIP_MANY,
        FlawKind::NoLocalHeader | FlawKind::LocalDiffers => &rules::ZIP_LOCAL,
        FlawKind::Bounds => &rules::ZIP_BOUNDS,
        FlawKind::Hidden => &rules::ZIP_HIDDEN,
        FlawKind::Overlap => &rules::ZIP_OVERLAP,
        FlawKind::Duplicate => &rules::ZIP_DUPLICATE,
        FlawKind::DataDescriptor => &rules::ZIP_DESCRIPTOR,
        FlawKind::Encrypted => &rules::ZIP_ENCRYPTED,
        FlawKind::Method => &rules::ZIP_METHOD,
        FlawKind::MemberComment => &rules::ZIP_MEMBER_COMMENT,
        FlawKind::Extra => &rules::ZIP_EXTRA,
        FlawKind::UnicodePath => &rules::ZIP_UNICODE_PATH,
        FlawKind::NameEncoding => &rules::NAME_ENCODING,
        FlawKind::NameFlag => &rules::NAME_FLAG,
        FlawKind::NameControl => &rules::NAME_CONTROL,
        FlawKind::StoredLength => &rules::ZIP_STORED,
    }
}
