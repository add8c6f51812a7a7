//! Machine code, recognised by its first bytes, against the wheel's platform; archives in the archive.

use super::archive::Archive;
use super::content::ContentSummary;
use super::filename::ParsedName;
use super::rules;
use super::wheel_file::Header;
use crate::elf;
use crate::findings::Findings;
use crate::platform::Machine;
use crate::wheel::PlatformTag;

/// A format of machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Linux and Android.
    Elf(Option<Machine>),
    /// macOS and iOS.
    MachO,
    /// Windows.
    Pe,
}

impl Format {
    fn of(head: &[u8], name: &str) -> Option<Self> {
        let magic: [u8; 4] = *head.first_chunk()?;
        match magic {
            [0x7F, b'E', b'L', b'F'] => Some(Self::Elf(elf::machine(head))),
            [0xCE | 0xCF, 0xFA, 0xED, 0xFE] | [0xFE, 0xED, 0xFA, 0xCE | 0xCF] => Some(Self::MachO),
            // A fat file; Java's classes begin alike, but have a version where the count is.
            [0xCA, 0xFE, 0xBA, 0xBE] if head.get(4..7) == Some(&[0, 0, 0]) && head[7] < 20 => {
                Some(Self::MachO)
            }
            // `.exe` files are often data: setuptools has launchers.
            [b'M', b'Z', ..] if has_suffix(name, &["pyd", "dll"]) => Some(Self::Pe),
            _ => None,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Elf(Some(machine)) => format!("an ELF file for {machine}"),
            Self::Elf(None) => "an ELF file".to_owned(),
            Self::MachO => "a Mach-O file".to_owned(),
            Self::Pe => "a library for Windows".to_owned(),
        }
    }

    /// Whether it runs where a wheel with this platform tag is installed.
    fn suits(self, tag: &PlatformTag) -> bool {
        match self {
            Self::Elf(machine) => {
                // What is for no CPU that Linux runs on is data: a GPU's code, firmware.
                let fits = machine
                    .is_none_or(|machine| tag.machine().is_none_or(|wanted| wanted == machine));
                tag.is_linux() && fits
            }
            Self::MachO => tag.is_apple(),
            Self::Pe => tag.is_windows(),
        }
    }
}

fn has_suffix(name: &str, suffixes: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, suffix)| suffixes.iter().any(|it| suffix.eq_ignore_ascii_case(it)))
}

/// Finds machine code for other platforms or in purelib, and archives.
pub(super) fn check(
    archive: &Archive<'_>,
    contents: &[Option<ContentSummary>],
    name: Option<&ParsedName>,
    header: &Header,
    findings: &mut Findings<'_>,
) {
    let mut elf_files = 0_usize;
    let tags: Vec<PlatformTag> =
        name.iter().flat_map(|name| name.parsed.tags.platforms()).collect();
    let is_for_any = tags.contains(&PlatformTag::Any);
    for (member, content) in archive.members.iter().zip(contents) {
        let Some(content) = content else { continue };
        let path = member.name.as_ref();
        if content.head.starts_with(b"PK\x03\x04")
            && has_suffix(path, &["zip", "whl", "egg", "jar"])
        {
            findings.add_at(&rules::NESTED_ARCHIVE, path, "");
        }
        let Some(format) = Format::of(&content.head, path) else { continue };
        elf_files += usize::from(matches!(format, Format::Elf(Some(_))));
        if is_for_any && format != Format::Elf(None) {
            findings.add_at(&rules::NATIVE_ANY, path, format.name());
        } else if !tags.is_empty() && !is_for_any && !tags.iter().any(|tag| format.suits(tag)) {
            findings.add_at(&rules::NATIVE_PLATFORM, path, format.name());
        }
        let is_purelib = if path.contains(".data/") {
            path.contains(".data/purelib/")
        } else {
            header.root_is_purelib
        };
        // Machine code in a wheel for any platform is reported above; no tool moves a GPU's code to platlib.
        if is_purelib && format != Format::Elf(None) && !is_for_any {
            findings.add_at(&rules::NATIVE_PURELIB, path, format.name());
        }
    }
    let promise = tags.iter().find(|tag| tag.libc_version().is_some());
    if let Some(tag) = promise.filter(|_| elf_files > 0) {
        let files = if elf_files == 1 { "1 ELF file" } else { &format!("{elf_files} ELF files") };
        findings.add(&rules::NATIVE_UNAUDITED, format!("{files} under `{tag}`"));
    }
}
