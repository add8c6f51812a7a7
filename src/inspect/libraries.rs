//! The ELF files of a wheel, with the lengths of their sections.

use std::fmt::Write as _;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;

use super::inventory::{FileKind, Inventory, Member};
use crate::context::Context;
use crate::deflate::Inflater;
use crate::elf::{Outline, is_elf};
use crate::error::Error;
use crate::opened_wheel::{Archive, Chunked, PartsError, PartsReader};

/// The number of first bytes that are read. They contain the headers and usually the notes.
const HEAD_BYTES: u64 = 64 << 10;

/// Bytes that are read in front of each wanted range: the names of sections are in front of the
/// section table, so one pass over the stream reads both.
const MARGIN_BYTES: u64 = 64 << 10;

/// Maximum number of bytes of tables that are read. 65,535 sections with their names take less.
const MAX_TABLE_BYTES: u64 = 16 << 20;

/// One ELF file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Library {
    pub(super) path: String,
    /// Bytes of its content.
    pub(super) content: u64,
    /// Bytes that it takes in the archive.
    pub(super) compressed: u64,
    /// The CPU, by its name in platform tags.
    pub(super) machine: Option<String>,
    /// `DT_SONAME`.
    pub(super) soname: Option<String>,
    /// The build ID in hexadecimal digits.
    pub(super) build_id: Option<String>,
    /// Whether it has no table of all symbols, and no debug information.
    pub(super) stripped: bool,
    /// Bytes of debug information.
    pub(super) debug: u64,
    /// Bytes of GPU code for CUDA.
    pub(super) gpu_code: u64,
    /// Sections, the longest first.
    pub(super) sections: Vec<Section>,
    /// Why its tables could not be read.
    pub(super) problem: Option<String>,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) len: u64,
}

/// Reads every file that may be an ELF file.
pub(super) fn find(
    archive: &Archive,
    inventory: &Inventory,
    context: &Context<'_>,
) -> Result<Vec<Library>, Error> {
    let candidates = inventory.members.iter().filter(|member| member.kind == FileKind::NativeCode);
    let candidates: Vec<&Member> = candidates.collect();
    context.pool.install(|| {
        let found = candidates.into_par_iter().map_init(Inflater::new, |inflater, member| {
            context.cancel.check()?;
            library(archive, member, inflater, context)
        });
        let mut libraries = Vec::new();
        for library in found.collect::<Vec<_>>() {
            libraries.extend(library?);
        }
        Ok(libraries)
    })
}

/// Reads one file; `None` if it is no ELF file.
fn library(
    archive: &Archive,
    member: &Member,
    inflater: &mut Inflater,
    context: &Context<'_>,
) -> Result<Option<Library>, Error> {
    let Some(entry) = archive.directory().entries().get(member.index) else { return Ok(None) };
    let data = archive.data(entry);
    let mut reader =
        PartsReader::new(data.uncompressed, HEAD_BYTES + MAX_TABLE_BYTES).with_margin(MARGIN_BYTES);
    let mut fetch = |reader: &mut PartsReader| -> Result<(), PartsError> {
        let fetched = Chunked::new(data).and_then(|it| reader.fetch_chunks(it, inflater));
        match fetched {
            Some(()) => Ok(()),
            None => Ok(reader.fetch_in_pass(&data, usize::MAX, inflater, context.cancel)?),
        }
    };
    let head = 0..HEAD_BYTES.min(data.uncompressed);
    let parsed =
        reader.want(vec![head.clone()], 0).and_then(|()| fetch(&mut reader)).and_then(|()| {
            match reader.parts.get(&head) {
                Some(bytes) if is_elf(bytes) => reader.parse(Outline::read_parts, fetch).map(Some),
                _ => Ok(None),
            }
        });
    let problem = match parsed {
        Ok(outline) => return Ok(outline.map(|outline| known(member, outline))),
        Err(PartsError::Content(error)) => match archive.checked(entry, Err(error)) {
            // Damaged content is a problem of this file only.
            Err(Error::Refused(error)) => error.to_string(),
            result => return result,
        },
        Err(PartsError::Elf(error)) => error.to_string(),
        Err(PartsError::TooLarge { limit, .. }) => format!("tables of more than {limit} bytes"),
        Err(PartsError::Endless) => "its tables refer to each other without end".to_owned(),
    };
    let problem = problem.lines().next().map(str::to_owned);
    Ok(Some(Library { problem, ..unknown(member) }))
}

fn unknown(member: &Member) -> Library {
    Library {
        path: member.path.clone(),
        content: member.content,
        compressed: member.compressed,
        machine: None,
        soname: None,
        build_id: None,
        stripped: false,
        debug: 0,
        gpu_code: 0,
        sections: Vec::new(),
        problem: None,
    }
}

fn known(member: &Member, outline: Outline) -> Library {
    let debug = outline.len_of(&[".debug_", ".zdebug_"]);
    let gpu_code = outline.len_of(&[".nv_fatbin", "__nv_relfatbin"]);
    let mut sections: Vec<Section> = outline
        .sections
        .into_iter()
        .map(|section| Section { name: section.name, len: section.len })
        .collect();
    sections.sort_by(|one, other| other.len.cmp(&one.len).then_with(|| one.name.cmp(&other.name)));
    let hex = |bytes: Vec<u8>| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    Library {
        machine: outline.machine.map(|machine| machine.to_string()),
        soname: outline.soname,
        build_id: outline.build_id.map(hex),
        stripped: !outline.has_symbol_table && debug == 0,
        debug,
        gpu_code,
        sections,
        ..unknown(member)
    }
}
