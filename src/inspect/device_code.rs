//! The device code of a wheel: its sums by architecture, of the wheel and of each file, equal entries, and the
//! GPUs that it runs on.

use std::collections::BTreeMap;

use serde::Serialize;

use super::payloads::{KernelSums, Kernels};
use crate::device_code::{
    Architecture, Container, Coverage, DeviceCode, Entry, Form, Gpu, KNOWN_GPUS, Kind,
    Uncompressed, WithoutPtx,
};
use crate::opened_wheel::CompressedOffsets;

/// Maximum number of kernels that a page lists of one architecture of a file.
const MAX_KERNELS: usize = 40;

/// The device code of one wheel.
#[derive(Debug, Serialize)]
pub(super) struct WheelCode {
    /// Sums of the wheel by architecture, sorted by name.
    pub(super) architectures: Vec<ArchitectureSums>,
    /// The files with device code, sorted by path.
    pub(super) libraries: Vec<LibraryCode>,
    /// How the CUDA code of every library runs on each GPU; empty without CUDA code.
    pub(super) gpus: Vec<GpuCoverage>,
    /// Payloads that are there more than once, the most wasteful first.
    pub(super) duplicates: Vec<EqualEntries>,
    /// Kernels, the largest first; only if they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kernels: Option<Vec<Kernel>>,
    /// Cubins whose kernels could not be read; only if kernels are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cubins_without_kernels: Option<u64>,
}

/// Sums over the entries of one architecture and kind. All lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ArchitectureSums {
    /// `sm_90a`, `compute_90`, `gfx942`.
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) entries: u64,
    /// Headers and payloads as they are in the library.
    pub(super) bytes: u64,
    /// About what they take in the archive.
    pub(super) bytes_in_wheel: u64,
    /// The code, not compressed.
    pub(super) bytes_uncompressed: u64,
    /// For the order in text.
    #[serde(skip)]
    pub(super) architecture: Architecture,
}

/// The device code of one file.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LibraryCode {
    pub(super) path: String,
    /// The number of containers; a cubin without one counts as one.
    pub(super) containers: u64,
    /// Sorted by name.
    pub(super) architectures: Vec<ArchitectureSums>,
    /// Containers that the compiler did not compress.
    pub(super) uncompressed: Uncompressed,
    /// The newest architecture with machine code, if PTX for it is missing.
    pub(super) without_ptx: Option<WithoutPtx>,
    /// What begins like device code and is damaged.
    pub(super) problems: Vec<String>,
    /// The largest kernels of each architecture, for a page; only if kernels are asked for.
    #[serde(skip)]
    pub(super) kernels: Vec<KernelOfArchitecture>,
}

/// The machine code of a kernel for one architecture in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct KernelOfArchitecture {
    pub(super) architecture: String,
    /// Its mangled name; `None` sums up those that are not listed.
    pub(super) name: Option<String>,
    /// Bytes of machine code, not compressed.
    pub(super) bytes: u64,
}

/// How CUDA code runs on a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct GpuCoverage {
    /// The compute capability: `9.0`.
    pub(super) capability: String,
    /// `native`, `family`, `jit` or `none`.
    pub(super) code: &'static str,
    #[serde(skip)]
    pub(super) coverage: Coverage,
}

/// Equal payloads.
#[derive(Debug, Clone, Serialize)]
pub(super) struct EqualEntries {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// Bytes of one in the library.
    pub(super) bytes: u64,
    /// Bytes of all but one.
    pub(super) wasted: u64,
    pub(super) copies: Vec<Copy>,
}

/// Where one of several equal payloads is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Copy {
    pub(super) path: String,
    /// The offset of its entry in the file in bytes.
    pub(super) offset: u64,
}

/// A kernel, summed up over the wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Kernel {
    /// Its mangled name.
    pub(super) name: String,
    /// Bytes of machine code, not compressed.
    pub(super) bytes: u64,
    /// The number of cubins that have it.
    pub(super) cubins: u64,
    pub(super) architectures: Vec<String>,
}

/// What was read of one file.
#[derive(Debug)]
pub(super) struct FileCode {
    pub(super) code: DeviceCode,
    pub(super) library: LibraryCode,
    /// Hashes of payloads by their offsets.
    pub(super) hashes: BTreeMap<u64, [u8; 32]>,
    pub(super) kernels: Kernels,
}

type BySums = BTreeMap<(String, &'static str), ArchitectureSums>;

fn add(sums: &mut BySums, other: &ArchitectureSums) {
    let key = (other.name.clone(), other.kind);
    match sums.get_mut(&key) {
        None => {
            sums.insert(key, other.clone());
        }
        Some(sums) => {
            sums.entries += other.entries;
            sums.bytes = sums.bytes.saturating_add(other.bytes);
            sums.bytes_in_wheel = sums.bytes_in_wheel.saturating_add(other.bytes_in_wheel);
            sums.bytes_uncompressed =
                sums.bytes_uncompressed.saturating_add(other.bytes_uncompressed);
        }
    }
}

impl LibraryCode {
    /// Sums up the device code of a file.
    pub(super) fn new(path: &str, code: &DeviceCode, offsets: &CompressedOffsets) -> Self {
        Self {
            path: path.to_owned(),
            containers: code.containers.len() as u64,
            architectures: sums_of(code.containers.iter(), offsets),
            uncompressed: code.uncompressed(),
            without_ptx: code.without_ptx(),
            problems: code.problems.iter().map(ToString::to_string).collect(),
            kernels: Vec::new(),
        }
    }
}

/// Sums up the entries of containers by architecture, sorted by name.
pub(super) fn sums_of<'a>(
    containers: impl Iterator<Item = &'a Container>,
    offsets: &CompressedOffsets,
) -> Vec<ArchitectureSums> {
    let mut sums = BySums::new();
    for container in containers {
        for entry in &container.entries {
            let one = ArchitectureSums {
                name: entry.architecture_name(),
                kind: entry.kind.name(),
                entries: 1,
                bytes: entry.len(),
                bytes_in_wheel: bytes_in_wheel(container, entry, offsets),
                bytes_uncompressed: entry.uncompressed_len,
                architecture: entry.architecture.clone(),
            };
            add(&mut sums, &one);
        }
    }
    sums.into_values().collect()
}

/// Returns about how many bytes an entry takes in the archive.
fn bytes_in_wheel(container: &Container, entry: &Entry, offsets: &CompressedOffsets) -> u64 {
    if container.form != Form::CompressedBundle {
        return offsets.share(&(entry.offset..entry.offset.saturating_add(entry.len())));
    }
    // The entries have no bytes of their own, but shares of the bundle.
    let before = container.entries.iter().take_while(|it| !std::ptr::eq(*it, entry));
    let start = before.map(Entry::len).fold(container.range.start, u64::saturating_add);
    offsets.share(&(start..start.saturating_add(entry.len())))
}

impl WheelCode {
    /// Sums up the device code of a wheel.
    pub(super) fn of(mut files: Vec<FileCode>, with_kernels: bool) -> Self {
        files.retain(|file| !file.code.is_empty());
        files.sort_by(|one, other| one.library.path.cmp(&other.library.path));
        let mut sums = BySums::new();
        for library in files.iter().map(|file| &file.library) {
            library.architectures.iter().for_each(|it| add(&mut sums, it));
        }
        let duplicates = equal_entries(&files);
        let gpus = gpus(&files);
        let unread = files.iter().map(|file| file.kernels.unread).sum();
        let mut libraries = Vec::new();
        let mut kernels: BTreeMap<String, KernelSums> = BTreeMap::new();
        for mut file in files {
            file.library.kernels = largest_of_each_architecture(&file.kernels);
            libraries.push(file.library);
            for (name, more) in file.kernels.by_name {
                let sums = kernels.entry(name).or_default();
                sums.bytes = sums.bytes.saturating_add(more.bytes);
                sums.cubins += more.cubins;
                sums.architectures.extend(more.architectures);
            }
        }
        Self {
            architectures: sums.into_values().collect(),
            libraries,
            gpus,
            duplicates,
            kernels: with_kernels.then(|| largest_first(kernels)),
            cubins_without_kernels: with_kernels.then_some(unread),
        }
    }
}

/// Returns the largest kernels of each architecture, and the sum of its others.
fn largest_of_each_architecture(kernels: &Kernels) -> Vec<KernelOfArchitecture> {
    let mut by_architecture: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for (name, sums) in &kernels.by_name {
        for (architecture, bytes) in &sums.architectures {
            by_architecture.entry(architecture).or_default().push((*bytes, name));
        }
    }
    let mut listed = Vec::new();
    for (architecture, mut found) in by_architecture {
        found.sort_unstable_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        let (largest, rest) = found.split_at(found.len().min(MAX_KERNELS));
        let row = |name: Option<&str>, bytes| KernelOfArchitecture {
            architecture: architecture.to_owned(),
            name: name.map(str::to_owned),
            bytes,
        };
        listed.extend(largest.iter().map(|(bytes, name)| row(Some(name), *bytes)));
        let rest = rest.iter().map(|(bytes, _)| *bytes).fold(0, u64::saturating_add);
        listed.extend((rest > 0).then(|| row(None, rest)));
    }
    listed
}

fn largest_first(kernels: BTreeMap<String, KernelSums>) -> Vec<Kernel> {
    let mut kernels: Vec<Kernel> = kernels
        .into_iter()
        .map(|(name, sums)| Kernel {
            name,
            bytes: sums.bytes,
            cubins: sums.cubins,
            architectures: sums.architectures.into_keys().collect(),
        })
        .collect();
    kernels
        .sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.name.cmp(&other.name)));
    kernels
}

/// Returns how the wheel runs on each GPU: as the library that runs worst.
fn gpus(files: &[FileCode]) -> Vec<GpuCoverage> {
    let is_cuda = |file: &&FileCode| {
        file.code.entries().any(|entry| matches!(entry.kind, Kind::Cubin | Kind::Ptx))
    };
    let with_cuda: Vec<&FileCode> = files.iter().filter(is_cuda).collect();
    let coverage = |number: u32| {
        let best = |file: &&FileCode| {
            let runs = |entry: &Entry| Gpu(number).runs(entry.kind, &entry.architecture);
            file.code.entries().map(runs).max().unwrap_or(Coverage::None)
        };
        let coverage = with_cuda.iter().map(best).min()?;
        let capability = Gpu(number).capability();
        Some(GpuCoverage { capability, code: coverage.name(), coverage })
    };
    KNOWN_GPUS.into_iter().filter_map(coverage).collect()
}

/// What equal payloads have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Likeness {
    kind: Kind,
    architecture: Architecture,
    compression: crate::device_code::Compression,
    compressed_len: u64,
    uncompressed_len: u64,
}

/// Returns what an entry has in common with equal ones; `None` if it has no bytes of its own.
pub(super) fn likeness(container: &Container, entry: &Entry) -> Option<Likeness> {
    let has_bytes = container.form == Form::FatBinary || container.form == Form::Cubin;
    (has_bytes && entry.compressed_len > 0).then(|| Likeness {
        kind: entry.kind,
        architecture: entry.architecture.clone(),
        compression: entry.compression,
        compressed_len: entry.compressed_len,
        uncompressed_len: entry.uncompressed_len,
    })
}

/// An entry and the file that it is in.
type FoundEntry<'a> = (&'a FileCode, &'a Entry);

fn equal_entries(files: &[FileCode]) -> Vec<EqualEntries> {
    let mut same: BTreeMap<(Likeness, [u8; 32]), Vec<FoundEntry<'_>>> = BTreeMap::new();
    for file in files {
        for container in &file.code.containers {
            for entry in &container.entries {
                if let Some(likeness) = likeness(container, entry)
                    && let Some(hash) = file.hashes.get(&entry.payload_offset)
                {
                    same.entry((likeness, *hash)).or_default().push((file, entry));
                }
            }
        }
    }
    let mut found: Vec<EqualEntries> = same
        .into_values()
        .filter(|copies| copies.len() > 1)
        .filter_map(|copies| {
            let (_, first) = copies.first()?;
            let (largest, total) = copies.iter().fold((0, 0_u64), |(largest, total), (_, it)| {
                (it.len().max(largest), total.saturating_add(it.len()))
            });
            let copy = |(file, entry): &FoundEntry<'_>| Copy {
                path: file.library.path.clone(),
                offset: entry.offset,
            };
            Some(EqualEntries {
                name: first.architecture_name(),
                kind: first.kind.name(),
                bytes: largest,
                wasted: total.saturating_sub(largest),
                copies: copies.iter().map(copy).collect(),
            })
        })
        .collect();
    found.sort_by(|one, other| {
        other.wasted.cmp(&one.wasted).then_with(|| one.copies.cmp(&other.copies))
    });
    found
}
