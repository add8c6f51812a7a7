//! The libraries of a wheel, with the lengths of their sections, and the device code of all files.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;

use rayon::iter::{IntoParallelRefMutIterator as _, ParallelBridge as _, ParallelIterator as _};
use serde::Serialize;

use super::device_code::{
    ArchitectureSums, FileCode, LibraryCode, Likeness, WheelCode, likeness, sums_of,
};
use super::inventory::{FileKind, Inventory, Member};
use super::payloads::{Payloads, Wanted};
use crate::context::Context;
use crate::deflate::Inflater;
use crate::device_code::{Container, DeviceCode};
use crate::elf::{Outline, SectionLen};
use crate::error::Error;
use crate::escape::hexadecimal;
use crate::object_file::ObjectOutline;
use crate::opened_wheel::{Archive, CompressedOffsets, may_hold_device_code, read_library};

/// One library or program: an ELF, Mach-O or PE file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Library {
    pub(super) path: String,
    /// Bytes of its content.
    pub(super) content: u64,
    /// Bytes that it takes in the archive.
    pub(super) compressed: u64,
    /// `elf`, `mach-o` or `pe`.
    pub(super) format: &'static str,
    /// The CPU, by its name in platform tags.
    pub(super) machine: Option<String>,
    /// The oldest system that loads a Mach-O file, for each slice: `x86_64: macOS 10.9, arm64: macOS 11.0`.
    pub(super) minimum_system: Option<String>,
    /// `DT_SONAME`.
    pub(super) soname: Option<String>,
    /// The build ID in hexadecimal digits.
    pub(super) build_id: Option<String>,
    /// Whether it has no table of all symbols, and no debug information. Always false unless it is an ELF file.
    pub(super) stripped: bool,
    /// Bytes of debug information.
    pub(super) debug: u64,
    /// What `strip` would remove: debug information and the table of all symbols.
    pub(super) strippable: Strippable,
    /// Bytes of GPU code for CUDA.
    pub(super) gpu_code: u64,
    /// Sections, the longest first.
    pub(super) sections: Vec<Section>,
    /// Why its tables could not be read.
    pub(super) problem: Option<String>,
}

/// What `strip` would remove, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Strippable {
    pub(super) content: u64,
    /// About what it takes in the archive.
    pub(super) compressed: u64,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) len: u64,
    /// About how many bytes it takes in the archive.
    pub(super) compressed: u64,
    /// The device code in it, sorted by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) architectures: Vec<ArchitectureSums>,
}

/// What was read of a file: its sections if it is an ELF file, and its device code.
pub(super) struct Found {
    pub(super) library: Option<Library>,
    pub(super) code: Option<FileCode>,
}

/// Reads every file that may be a library, or device code alone.
pub(super) fn find(
    archive: &Archive,
    inventory: &Inventory,
    with_kernels: bool,
    context: &Context<'_>,
) -> Result<(Vec<Library>, WheelCode), Error> {
    let candidates: Vec<&Member> =
        inventory.members.iter().filter(|member| may_have_device_code(member)).collect();
    // The largest first: it alone may take as long as all others together.
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(candidates[at].compressed));
    let mut found = context.pool.install(|| {
        let found =
            order.into_iter().par_bridge().map_init(Inflater::recording_index, |inflater, at| {
                context.cancel.check()?;
                let member = candidates[at];
                // A chunk table allows to skip payloads; then only those that may be equal are hashed, later.
                let wanted = match (with_kernels, member.chunks) {
                    (true, _) => Wanted::Kernels,
                    (false, 0) => Wanted::Hashes,
                    (false, _) => Wanted::Nothing,
                };
                Ok((at, read(archive, member, &wanted, inflater, context)?))
            });
        found.collect::<Result<Vec<_>, Error>>()
    })?;
    found.sort_unstable_by_key(|(at, _)| *at);
    let (mut libraries, mut codes) = (Vec::new(), Vec::new());
    for (at, found) in found {
        libraries.extend(found.library);
        codes.extend(found.code.map(|code| (candidates[at], code)));
    }
    hash_likely_duplicates(archive, &mut codes, context)?;
    let codes = codes.into_iter().map(|(_, code)| code).collect();
    Ok((libraries, WheelCode::of(codes, with_kernels)))
}

/// Returns whether a file is a library, a program, or device code alone.
fn may_have_device_code(member: &Member) -> bool {
    member.kind == FileKind::NativeCode || may_hold_device_code(&member.path)
}

/// Hashes the payloads that have the same kind, architecture and lengths as another one and were not hashed
/// yet.
fn hash_likely_duplicates(
    archive: &Archive,
    codes: &mut [(&Member, FileCode)],
    context: &Context<'_>,
) -> Result<(), Error> {
    let mut counts: BTreeMap<Likeness, u64> = BTreeMap::new();
    let entries = |code: &FileCode| -> Vec<(Likeness, u64)> {
        let containers = code.code.containers.iter();
        let entries = containers.flat_map(|it| it.entries.iter().map(move |entry| (it, entry)));
        entries
            .filter_map(|(it, entry)| Some((likeness(it, entry)?, entry.payload_offset)))
            .collect()
    };
    for (_, code) in codes.iter() {
        for (likeness, _) in entries(code) {
            *counts.entry(likeness).or_default() += 1;
        }
    }
    context.pool.install(|| {
        codes.par_iter_mut().try_for_each_init(Inflater::new, |inflater, (member, code)| {
            let is_wanted = |(likeness, offset): &(Likeness, u64)| {
                counts.get(likeness).is_some_and(|&count| count > 1)
                    && !code.hashes.contains_key(offset)
            };
            let wanted: HashSet<u64> =
                entries(code).into_iter().filter(is_wanted).map(|(_, offset)| offset).collect();
            if wanted.is_empty() {
                return Ok(());
            }
            let found = read(archive, member, &Wanted::HashesAt(wanted), inflater, context)?;
            code.hashes.extend(found.code.into_iter().flat_map(|code| code.hashes));
            Ok(())
        })
    })
}

/// Reads one file.
fn read(
    archive: &Archive,
    member: &Member,
    wanted: &Wanted,
    inflater: &mut Inflater,
    context: &Context<'_>,
) -> Result<Found, Error> {
    let none = Found { library: None, code: None };
    let Some(entry) = archive.directory().entries().get(member.index) else { return Ok(none) };
    let visitor = || Payloads::new(wanted.clone());
    let parts = read_library(&archive.data(entry), visitor, inflater, context.cancel);
    let parts = match parts {
        Ok(parts) => parts,
        Err(error) => match archive.checked::<()>(entry, Err(error)) {
            // Damaged content is a problem of this file only.
            Err(Error::Refused(error)) => {
                return Ok(Found { library: Some(unreadable(member, &*error)), code: None });
            }
            result => return result.map(|()| none),
        },
    };
    archive.check_intact()?;
    let library = match parts.outline {
        Ok(Some(outline)) => Some(known(member, outline, &parts.code, &parts.offsets)),
        Ok(None) => {
            parts.object.map(|object| of_object(member, object, &parts.code, &parts.offsets))
        }
        Err(error) => Some(unreadable(member, &error)),
    };
    let code = (!parts.code.is_empty()).then(|| FileCode {
        library: LibraryCode::new(&member.path, &parts.code, &parts.offsets),
        code: parts.code,
        hashes: parts.visitor.hashes.into_iter().collect(),
        kernels: parts.visitor.kernels,
    });
    Ok(Found { library, code })
}

/// Returns a file whose tables or content cannot be read.
fn unreadable(member: &Member, error: &dyn Display) -> Library {
    let problem = error.to_string().lines().next().map(str::to_owned);
    Library { problem, ..unknown(member) }
}

fn unknown(member: &Member) -> Library {
    Library {
        path: member.path.clone(),
        content: member.content,
        compressed: member.compressed,
        format: "elf",
        machine: None,
        minimum_system: None,
        soname: None,
        build_id: None,
        stripped: false,
        debug: 0,
        strippable: Strippable::default(),
        gpu_code: 0,
        sections: Vec::new(),
        problem: None,
    }
}

fn known(
    member: &Member,
    outline: Outline,
    code: &DeviceCode,
    offsets: &CompressedOffsets,
) -> Library {
    let debug = outline.len_of(&[".debug_", ".zdebug_"]);
    let gpu_code = outline.len_of(&[".nv_fatbin", "__nv_relfatbin"]);
    let mut strippable = Strippable::default();
    let is_stripped_off = |name: &str| {
        let is_debug = name.starts_with(".debug_") || name.starts_with(".zdebug_");
        is_debug || (outline.has_symbol_table && matches!(name, ".symtab" | ".strtab"))
    };
    let sections = sections(outline.sections, code, offsets);
    for section in sections.iter().filter(|section| is_stripped_off(&section.name)) {
        strippable.content = strippable.content.saturating_add(section.len);
        strippable.compressed = strippable.compressed.saturating_add(section.compressed);
    }
    Library {
        machine: outline.machine.map(|machine| machine.to_string()),
        soname: outline.soname,
        build_id: outline.build_id.map(|id| hexadecimal(&id)),
        stripped: !outline.has_symbol_table && debug == 0,
        debug,
        strippable,
        gpu_code,
        sections,
        ..unknown(member)
    }
}

/// Returns a Mach-O or PE file.
fn of_object(
    member: &Member,
    object: ObjectOutline,
    code: &DeviceCode,
    offsets: &CompressedOffsets,
) -> Library {
    let problem = "expected headers of at most 64 KiB, found longer or damaged ones";
    Library {
        format: object.format.name(),
        machine: object.machine,
        minimum_system: object.minimum_system,
        sections: sections(object.sections, code, offsets),
        problem: object.is_incomplete.then(|| problem.to_owned()),
        ..unknown(member)
    }
}

/// Returns sections with what they take in the archive and their device code, the longest first.
fn sections(
    sections: Vec<SectionLen>,
    code: &DeviceCode,
    offsets: &CompressedOffsets,
) -> Vec<Section> {
    let mut in_sections = by_section(&sections, code);
    let section = |(index, SectionLen { name, offset, len }): (usize, SectionLen)| {
        let compressed = offsets.share(&(offset..offset.saturating_add(len)));
        let inside = in_sections.remove(&index).unwrap_or_default();
        Section { name, len, compressed, architectures: sums_of(inside.into_iter(), offsets) }
    };
    let mut sections: Vec<Section> = sections.into_iter().enumerate().map(section).collect();
    sections.sort_by(|one, other| other.len.cmp(&one.len).then_with(|| one.name.cmp(&other.name)));
    sections
}

/// Returns the containers of device code by the index of their section. Where sections overlap, a container is in the
/// one that begins last before it.
fn by_section<'a>(
    sections: &[SectionLen],
    code: &'a DeviceCode,
) -> HashMap<usize, Vec<&'a Container>> {
    let start = |(index, section): (usize, &SectionLen)| (section.offset, section.len, index);
    let mut starts: Vec<(u64, u64, usize)> = sections.iter().enumerate().map(start).collect();
    starts.sort_unstable();
    let mut found: HashMap<usize, Vec<&Container>> = HashMap::new();
    for container in &code.containers {
        let begun = starts.partition_point(|(offset, ..)| *offset <= container.range.start);
        let section = begun.checked_sub(1).and_then(|last| starts.get(last));
        let Some(&(offset, len, index)) = section else { continue };
        if container.range.start - offset < len {
            found.entry(index).or_default().push(container);
        }
    }
    found
}
