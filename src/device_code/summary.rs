//! The device code of a file in sums, and what packagers want to know about it first.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Architecture, Compression, DeviceCode, Form, Kind, Suffix};

/// Sums over the entries of one architecture and kind. All lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchitectureSummary {
    /// `sm_90a`, `compute_90`, `gfx942`.
    pub name: String,
    /// What the entries are.
    pub kind: Kind,
    /// Their number.
    pub entries: u64,
    /// Headers and payloads as they are in the file.
    pub bytes: u64,
    /// The code, not compressed.
    pub bytes_uncompressed: u64,
}

/// The device code of one file in sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeSummary {
    /// Sorted by name.
    pub architectures: Vec<ArchitectureSummary>,
    /// Machine code and PTX in fat binaries that the compiler did not compress.
    pub uncompressed: Uncompressed,
    /// The newest architecture with machine code, if PTX for it is missing.
    pub without_ptx: Option<WithoutPtx>,
    /// What begins like device code and is damaged.
    pub problems: Vec<String>,
}

/// Entries of fat binaries that the compiler did not compress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Uncompressed {
    /// Containers in which none of the machine code is compressed.
    pub containers: u64,
    /// Bytes of the payloads in them.
    pub bytes: u64,
}

impl Uncompressed {
    /// Returns whether it is worth a finding: nvcc itself leaves short kernels as they are.
    #[must_use]
    pub fn is_notable(self) -> bool {
        self.bytes >= 1 << 20
    }
}

/// PTX for the newest architecture is missing: no later GPU runs the code, or only older PTX.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WithoutPtx {
    /// The newest architecture with machine code.
    pub newest: String,
    /// The newest PTX that later GPUs run, if there is any.
    pub ptx: Option<String>,
}

impl CodeSummary {
    /// Sums up what a scan has found.
    #[must_use]
    pub fn of(code: &DeviceCode) -> Self {
        let mut sums: BTreeMap<(String, Kind), ArchitectureSummary> = BTreeMap::new();
        for entry in code.entries() {
            let (name, kind) = (entry.architecture_name(), entry.kind);
            let (entries, bytes, bytes_uncompressed) = (0, 0, 0);
            let sum = sums.entry((name.clone(), kind)).or_insert(ArchitectureSummary {
                name,
                kind,
                entries,
                bytes,
                bytes_uncompressed,
            });
            sum.entries += 1;
            sum.bytes = sum.bytes.saturating_add(entry.len());
            sum.bytes_uncompressed = sum.bytes_uncompressed.saturating_add(entry.uncompressed_len);
        }
        Self {
            architectures: sums.into_values().collect(),
            uncompressed: code.uncompressed(),
            without_ptx: code.without_ptx(),
            problems: code.problems.iter().map(ToString::to_string).collect(),
        }
    }

    /// Returns its size in memory in bytes.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let names = self.architectures.iter().map(|it| size_of_val(it) + it.name.len());
        let problems = self.problems.iter().map(|it| size_of_val(it) + it.len());
        (size_of_val(self) + names.chain(problems).sum::<usize>()) as u64
    }

    /// Returns whether it has no code.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.architectures.is_empty() && self.problems.is_empty()
    }
}

impl DeviceCode {
    /// Returns the fat binaries in which no machine code is compressed. A cubin without a container never is.
    #[must_use]
    pub fn uncompressed(&self) -> Uncompressed {
        let mut found = Uncompressed::default();
        for container in self.containers.iter().filter(|it| it.form == Form::FatBinary) {
            let mut cubins =
                container.entries.iter().filter(|it| it.kind == Kind::Cubin).peekable();
            let has_cubins = cubins.peek().is_some();
            if has_cubins && cubins.all(|it| it.compression == Compression::None) {
                let payloads = container.entries.iter().map(|it| it.padded_len);
                found.containers += 1;
                found.bytes = payloads.fold(found.bytes, u64::saturating_add);
            }
        }
        found
    }

    /// Returns the newest architecture with CUDA machine code, unless there is PTX of its number or a higher
    /// one that later GPUs run: one without a suffix.
    #[must_use]
    pub fn without_ptx(&self) -> Option<WithoutPtx> {
        let of_kind = |kind: Kind| {
            self.entries().filter(move |it| it.kind == kind).map(|it| &it.architecture)
        };
        let newest = of_kind(Kind::Cubin).max()?;
        let is_portable =
            |it: &&Architecture| matches!(it, Architecture::Cuda { suffix: Suffix::None, .. });
        let ptx = of_kind(Kind::Ptx).filter(is_portable).max();
        let number = |it: &Architecture| match it {
            Architecture::Cuda { number, .. } => Some(*number),
            Architecture::Amd(_) => None,
        };
        if ptx.is_some_and(|ptx| number(ptx) >= number(newest)) {
            return None;
        }
        Some(WithoutPtx {
            newest: newest.name(Kind::Cubin),
            ptx: ptx.map(|ptx| ptx.name(Kind::Ptx)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::crafted::{Crafted, ZSTD, container, crafted};
    use super::super::{NoPayloads, Scanner};
    use super::*;

    fn summary(entries: &[&[Crafted]]) -> CodeSummary {
        let bytes: Vec<u8> = entries.iter().flat_map(|entries| container(entries)).collect();
        let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
        scanner.feed(&bytes);
        CodeSummary::of(&scanner.finish().0)
    }

    fn cubin(sm: u32, flags: u64) -> Crafted {
        crafted(2, sm, flags, &[7; 128], 500)
    }

    fn ptx(sm: u32, flags: u64) -> Crafted {
        crafted(1, sm, flags, &[7; 16], 500)
    }

    #[test]
    fn ptx_for_the_newest_architecture() {
        const EXACT: u64 = 0x10_0000;
        let without = |entries: &[Crafted]| {
            summary(&[entries]).without_ptx.map(|it| (it.newest, it.ptx.unwrap_or_default()))
        };
        let found = |newest: &str, ptx: &str| Some((newest.to_owned(), ptx.to_owned()));
        assert_eq!(without(&[cubin(80, 0), ptx(80, 0)]), None);
        assert_eq!(without(&[cubin(80, 0), ptx(90, 0)]), None);
        assert_eq!(without(&[cubin(90, EXACT), ptx(90, 0)]), None);
        assert_eq!(without(&[ptx(80, 0)]), None);
        assert_eq!(without(&[cubin(80, 0), cubin(90, 0)]), found("sm_90", ""));
        assert_eq!(without(&[cubin(90, 0), ptx(80, 0)]), found("sm_90", "compute_80"));
        // No later GPU runs PTX with a suffix.
        assert_eq!(without(&[cubin(90, EXACT), ptx(90, EXACT)]), found("sm_90a", ""));
    }

    #[test]
    fn containers_that_are_not_compressed() {
        let found = summary(&[
            &[cubin(80, 0), cubin(90, 0), ptx(90, ZSTD)],
            &[cubin(80, ZSTD)],
            &[cubin(80, 0), cubin(90, ZSTD)],
            &[ptx(90, 0)],
        ]);
        assert_eq!(found.uncompressed, Uncompressed { containers: 1, bytes: 128 + 128 + 16 });
        let names: Vec<(&str, u64)> =
            found.architectures.iter().map(|it| (it.name.as_str(), it.entries)).collect();
        assert_eq!(names, [("compute_90", 2), ("sm_80", 3), ("sm_90", 2)]);
    }
}
