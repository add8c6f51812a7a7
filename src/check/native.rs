//! Compares native code with the wheel's platform tags. Magic bytes identify native code. Also
//! finds nested archives.

use super::archive::Archive;
use super::content::ContentSummary;
use super::filename::ParsedName;
use super::rules;
use super::wheel_file::Header;
use crate::findings::Findings;
use crate::object_file::{AppleCpu, ObjectFormat, ObjectKind, PeCpu, PeFacts, apple_cpus};
use crate::wheel::PlatformTag;

/// Returns the kind of an object file, from its magic bytes and its name.
fn object_kind(head: &[u8], name: &str) -> Option<ObjectKind> {
    // `.exe` files are often data, such as the launchers in setuptools.
    ObjectKind::of(head)
        .filter(|kind| kind.format != ObjectFormat::Pe || has_suffix(name, &["pyd", "dll"]))
}

/// Returns the text of a finding about a file of this kind, which begins with these bytes.
fn describe(kind: ObjectKind, head: &[u8]) -> String {
    match (kind.format, kind.machine) {
        (ObjectFormat::Elf, Some(machine)) => format!("an ELF file for {machine}"),
        (ObjectFormat::Elf, None) => "an ELF file".to_owned(),
        (ObjectFormat::MachO, _) => {
            let cpus: Vec<String> = apple_cpus(head).iter().map(ToString::to_string).collect();
            format!("a Mach-O file for {}", cpus.join(", "))
        }
        (ObjectFormat::Pe, _) => match pe_cpu(head) {
            Some(cpu) => format!("a library for Windows on {cpu}"),
            None => "a library for Windows".to_owned(),
        },
    }
}

/// Returns the CPU of a PE file, from its headers.
fn pe_cpu(head: &[u8]) -> Option<PeCpu> {
    PeFacts::read(head).map(|facts| facts.cpu).filter(|cpu| *cpu != PeCpu::Other(0))
}

/// Returns whether a file of this kind, which begins with these bytes, can run on a tag's platform.
fn runs_on(kind: ObjectKind, path: &str, head: &[u8], tag: &PlatformTag) -> bool {
    match kind.format {
        ObjectFormat::Elf => {
            // ELF files for other devices, such as GPU code and firmware, are data.
            let fits = kind
                .machine
                .is_none_or(|machine| tag.machine().is_none_or(|wanted| wanted == machine));
            tag.is_linux() && fits
        }
        ObjectFormat::MachO => {
            let cpus = tag.architecture().and_then(AppleCpu::of_architecture);
            let own = apple_cpus(head);
            // Code for no CPU that is known is data, such as that for GPUs and firmware.
            let fits = cpus.is_none_or(|cpus| {
                own.iter().any(|cpu| cpus.contains(cpu))
                    || own.iter().all(|cpu| matches!(cpu, AppleCpu::Other(..)))
            });
            tag.is_apple() && fits
        }
        ObjectFormat::Pe => {
            // DLLs for other CPUs may be data: debuggers inject them into programs for those.
            let cpu = pe_cpu(head).filter(|_| has_suffix(path, &["pyd"]));
            let fits = cpu
                .and_then(PeCpu::platform_tag)
                .is_none_or(|platform| platform == tag.to_string());
            tag.is_windows() && fits
        }
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
            findings.add_at(&rules::NATIVE_ANY, path, describe(kind, &content.head));
        } else if !tags.is_empty()
            && !is_for_any
            && !tags.iter().any(|tag| runs_on(kind, path, &content.head, tag))
        {
            findings.add_at(&rules::NATIVE_PLATFORM, path, describe(kind, &content.head));
        }
        let is_purelib = if path.contains(".data/") {
            path.contains(".data/purelib/")
        } else {
            header.root_is_purelib
        };
        // Native code in an `any` wheel is reported above. GPU code is data: no tool moves it to platlib.
        if is_purelib && has_two_folders && !is_foreign_elf(kind) && !is_for_any {
            findings.add_at(&rules::NATIVE_PURELIB, path, describe(kind, &content.head));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_file::sample::{ARM64, DYLIB, Pe, X86_64, mach_o, universal};

    #[test]
    fn files_run_on_the_cpus_that_they_are_for() {
        let thin = |cpu| mach_o(cpu, DYLIB, &[], &[]);
        let both = universal(&[(X86_64, thin(X86_64)), (ARM64, thin(ARM64))]);
        let pe = |machine| Pe { machine, ..Pe::default() }.bytes();
        let table = [
            ("a.so", thin(ARM64), "macosx_11_0_arm64", true),
            ("a.so", thin(X86_64), "macosx_11_0_arm64", false),
            ("a.so", thin(X86_64), "macosx_10_9_universal2", true),
            ("a.so", thin(X86_64), "macosx_10_6_intel", true),
            ("a.so", both.clone(), "macosx_11_0_arm64", true),
            ("a.so", both, "ios_13_0_arm64_iphoneos", true),
            ("a.so", thin((0x0100_0013, 0)), "macosx_11_0_arm64", true),
            ("a.so", thin(ARM64), "win_arm64", false),
            ("a.pyd", pe(0x8664), "win_amd64", true),
            ("a.pyd", pe(0x8664), "win32", false),
            ("a.pyd", pe(0xAA64), "win_arm64", true),
            ("a.dll", pe(0x14C), "win_amd64", true),
            ("a.pyd", pe(0x8664), "macosx_11_0_arm64", false),
        ];
        for (path, bytes, tag, expected) in table {
            let head = &bytes[..bytes.len().min(ObjectKind::HEAD)];
            let kind = object_kind(head, path).unwrap();
            let tag: PlatformTag = tag.parse().unwrap();
            assert_eq!(runs_on(kind, path, head, &tag), expected, "{path} {tag}");
        }
        let kind = |bytes: &[u8]| describe(ObjectKind::of(bytes).unwrap(), bytes);
        assert_eq!(kind(&thin(ARM64)), "a Mach-O file for arm64");
        assert_eq!(kind(&pe(0xAA64)), "a library for Windows on ARM64");
    }
}
