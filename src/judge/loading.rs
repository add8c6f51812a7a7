//! Findings about what a loader does with one file: it refuses it, or needs more memory or permissions.

use super::rules;
use super::trees::Elf;
use super::verdict::Verdict;
use crate::elf::SegmentFault;
use crate::findings::{Finding, Severity};
use crate::platform::{Libc, Machine};
use crate::wheel::PlatformTag;

/// The version that glibc 2.36 and later define for files with `DT_RELR`.
const RELR_VERSION: &str = "GLIBC_ABI_DT_RELR";

/// The first glibc that applies `DT_RELR`.
const RELR_GLIBC: (u32, u32) = (2, 36);

/// Adds the findings about one file.
pub(super) fn about_loading(elf: &Elf, verdict: &Verdict, found: &mut Vec<Finding>) {
    let mut add = |rule, message: String| found.push(Finding::new(rule, Some(&elf.path), message));
    if elf.facts.executable_stack {
        add(
            &rules::EXECUTABLE_STACK,
            "it asks for an executable stack; glibc 2.41 and later refuse to dlopen it".to_owned(),
        );
    }
    if elf.facts.text_relocations {
        add(&rules::TEXT_RELOCATIONS, "it has text relocations: the loader must make its code writable, which SELinux forbids and which no two processes can share".to_owned());
    }
    for fault in &elf.facts.segment_faults {
        add(&rules::SEGMENT_NOT_MAPPABLE, message(*fault));
    }
    let (machine, largest) = (verdict.policies.machine(), elf.facts.max_page_size);
    let expected = page_size(machine, verdict.policies.libc());
    if largest < expected && elf.facts.segment_faults.is_empty() {
        add(
            &rules::PAGE_SIZE,
            format!(
                "it is linked for pages of {} KiB at most; kernels for {machine} have pages of up to {} KiB",
                largest >> 10,
                expected >> 10
            ),
        );
    }
    for table in &elf.facts.malformed_tables {
        let message =
            format!("{} contradicts the rest of the file, so it was left out", table.tag());
        add(&rules::MALFORMED_TABLE, message);
    }
    found.extend(about_packed_relocations(elf, verdict));
}

fn message(fault: SegmentFault) -> String {
    match fault {
        SegmentFault::Alignment { align } => format!(
            "a segment has the alignment {align}, no power of two of at least 4096; loaders before glibc 2.35 refuse it"
        ),
        SegmentFault::Offset { offset, address, align } => format!(
            "a segment has the offset {offset:#x} and the address {address:#x}, which differ modulo {align}; loaders refuse it"
        ),
        SegmentFault::Order { address } => format!(
            "the segment with the address {address:#x} begins before the end of the one in front of it; loaders map one over the other"
        ),
        SegmentFault::BeyondFile { end, len } => format!(
            "a segment ends at byte {end} of a file of {len} bytes; the process is killed when it reads what is missing"
        ),
    }
}

/// Returns the largest page size in bytes that Linux kernels for a machine are built with.
fn page_size(machine: Machine, libc: Libc) -> u64 {
    match machine {
        Machine::Aarch64 | Machine::X86_64 if libc == Libc::Android => 16 << 10,
        Machine::Aarch64 | Machine::Ppc64 | Machine::Ppc64le | Machine::Loongarch64 => 64 << 10,
        _ => 4 << 10,
    }
}

/// Returns the finding for `DT_RELR` in a file that older loaders do not refuse: they ignore the
/// relocations, and the process crashes.
fn about_packed_relocations(elf: &Elf, verdict: &Verdict) -> Option<Finding> {
    let needed = &elf.facts.verneed;
    let versions = || needed.iter().flat_map(|library| &library.versions);
    if !elf.facts.packed_relocations || versions().any(|version| version.name == RELR_VERSION) {
        return None;
    }
    let finding = |message: &str| {
        Finding::new(&rules::RELR_WITHOUT_VERSION, Some(&elf.path), message.to_owned())
    };
    match verdict.policies.libc() {
        Libc::Android => None,
        Libc::Musl => {
            let mut finding = finding(
                "it has DT_RELR, which musl before 1.2.4 ignores: the process then crashes",
            );
            finding.severity = Severity::Info;
            finding.fix = "link it with `-Wl,-z,nopack-relative-relocs`";
            Some(finding)
        }
        Libc::Glibc
            if !needed.is_empty()
                && elf.facts.needed.iter().any(|it| it.starts_with("libc.so.")) =>
        {
            Some(finding(
                "it has DT_RELR and does not need GLIBC_ABI_DT_RELR: glibc before 2.36 ignores the relocations and the process crashes, later ones refuse the file",
            ))
        }
        Libc::Glibc => {
            let version = PlatformTag::parse_for(verdict.policies.machine(), verdict.tag())
                .and_then(|tag| tag.libc_version());
            let is_recent = version.is_some_and(|(_, version)| version >= RELR_GLIBC);
            (!is_recent).then(|| {
                finding("it has DT_RELR, which glibc before 2.36 ignores: the process then crashes")
            })
        }
    }
}
