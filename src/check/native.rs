//! Compares native code with the wheel's platform tags. Magic bytes identify native code. Also
//! finds nested archives.

use super::archive::Archive;
use super::content::ContentSummary;
use super::filename::ParsedName;
use super::rules;
use super::wheel_file::Header;
use crate::findings::Findings;
use crate::object_file::{ObjectFormat, ObjectKind};
use crate::wheel::PlatformTag;

/// Returns the kind of an object file, from its magic bytes and its name.
fn object_kind(head: &[u8], name: &str) -> Option<ObjectKind> {
    // `.exe` files are often data, such as the launchers in setuptools.
    ObjectKind::of(head)
        .filter(|kind| kind.format != ObjectFormat::Pe || has_suffix(name, &["pyd", "dll"]))
}

/// Returns the text of a finding about a file of this kind.
fn describe(kind: ObjectKind) -> String {
    match (kind.format, kind.machine) {
        (ObjectFormat::Elf, Some(machine)) => format!("an ELF file for {machine}"),
        (ObjectFormat::Elf, None) => "an ELF file".to_owned(),
        (ObjectFormat::MachO, _) => "a Mach-O file".to_owned(),
        (ObjectFormat::Pe, _) => "a library for Windows".to_owned(),
    }
}

/// Returns whether a file of this kind can run on a tag's platform.
fn runs_on(kind: ObjectKind, tag: &PlatformTag) -> bool {
    match kind.format {
        ObjectFormat::Elf => {
            // ELF files for other devices, such as GPU code and firmware, are data.
            let fits = kind
                .machine
                .is_none_or(|machine| tag.machine().is_none_or(|wanted| wanted == machine));
            tag.is_linux() && fits
        }
        ObjectFormat::MachO => tag.is_apple(),
        ObjectFormat::Pe => tag.is_windows(),
    }
}

/// Returns whether a file is an ELF file for a CPU that no platform tag names, such as a GPU.
fn is_foreign_elf(kind: ObjectKind) -> bool {
    kind == ObjectKind { format: ObjectFormat::Elf, machine: None }
}

fn has_suffix(name: &str, suffixes: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, suffix)| suffixes.iter().any(|it| suffix.eq_ignore_ascii_case(it)))
}

/// Returns whether a file may be the reason for a platform tag: object files, static libraries, WebAssembly,
/// and files whose content is unknown.
fn is_native(content: Option<&ContentSummary>) -> bool {
    let Some(ContentSummary { head, .. }) = content else { return true };
    let magics: [&[u8]; 3] = [b"!<arch>\n", b"\0asm", b"MZ"];
    ObjectKind::of(head).is_some() || magics.iter().any(|magic| head.starts_with(magic))
}

/// Reports native code for other platforms or in purelib, platform tags without native code, and nested
/// archives.
pub(super) fn check(
    archive: &Archive<'_>,
    contents: &[Option<ContentSummary>],
    name: Option<&ParsedName>,
    header: &Header,
    findings: &mut Findings<'_>,
) {
    let tags: Vec<PlatformTag> =
        name.iter().flat_map(|name| name.parsed.tags.platforms()).collect();
    let is_for_any = tags.contains(&PlatformTag::Any);
    // Purelib and platlib are one directory on macOS and Windows.
    let has_two_folders =
        tags.is_empty() || !tags.iter().all(|tag| tag.is_apple() || tag.is_windows());
    for (member, content) in archive.members.iter().zip(contents) {
        let Some(content) = content else { continue };
        let path = member.name.as_ref();
        if content.head.starts_with(b"PK\x03\x04")
            && has_suffix(path, &["zip", "whl", "egg", "jar"])
        {
            findings.add_at(&rules::NESTED_ARCHIVE, path, "");
        }
        let Some(kind) = object_kind(&content.head, path) else { continue };
        if is_for_any && !is_foreign_elf(kind) {
            findings.add_at(&rules::NATIVE_ANY, path, describe(kind));
        } else if !tags.is_empty() && !is_for_any && !tags.iter().any(|tag| runs_on(kind, tag)) {
            findings.add_at(&rules::NATIVE_PLATFORM, path, describe(kind));
        }
        let is_purelib = if path.contains(".data/") {
            path.contains(".data/purelib/")
        } else {
            header.root_is_purelib
        };
        // Native code in an `any` wheel is reported above. GPU code is data: no tool moves it to platlib.
        if is_purelib && has_two_folders && !is_foreign_elf(kind) && !is_for_any {
            findings.add_at(&rules::NATIVE_PURELIB, path, describe(kind));
        }
    }
    let mut files =
        archive.members.iter().zip(contents).filter(|(member, _)| !member.is_directory());
    // An unknown system, or a misspelt one, may be for anything.
    let are_known =
        !tags.is_empty() && !tags.iter().any(|tag| matches!(tag, PlatformTag::Other(_)));
    if are_known && !is_for_any && !files.any(|(_, content)| is_native(content.as_ref())) {
        findings.add(&rules::NATIVE_NONE, "");
    }
}
