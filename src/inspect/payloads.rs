//! Reads the payloads of device code as they stream by: hashes them, and sums up kernels.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::device_code::{Compression, Entry, Kind, PayloadVisitor, decompress, functions};
use crate::memory;

/// Maximum length of a payload whose kernels are listed, in bytes.
const MAX_PAYLOAD: u64 = 256 << 20;

/// Maximum number of bytes of the names of a library's kernels.
const MAX_NAMES: usize = 128 << 20;

/// What is wanted of payloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing.
    Nothing,
    /// The hashes of all.
    Hashes,
    /// The hashes of those at these offsets.
    HashesAt(HashSet<u64>),
    /// The hashes, and the kernels of cubins.
    Kernels,
}

/// A kernel, summed up over the cubins that have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KernelSums {
    /// Bytes of machine code, not compressed.
    pub(super) bytes: u64,
    /// The number of cubins that have it.
    pub(super) cubins: u64,
    /// Bytes of machine code by architecture.
    pub(super) architectures: BTreeMap<String, u64>,
}

/// The kernels of a library.
#[derive(Debug, Default)]
pub(super) struct Kernels {
    pub(super) by_name: BTreeMap<String, KernelSums>,
    /// Cubins whose kernels are not listed: they are damaged, or there are too many.
    pub(super) unread: u64,
    names: usize,
}

/// Visits the payloads of one file.
#[derive(Debug)]
pub(super) struct Payloads {
    wanted: Wanted,
    /// Hashes by the offsets of the payloads.
    pub(super) hashes: HashMap<u64, [u8; 32]>,
    pub(super) kernels: Kernels,
    current: Option<Entry>,
    hasher: blake3::Hasher,
    /// The payload, if its kernels are wanted.
    bytes: Vec<u8>,
    is_complete: bool,
}

impl Payloads {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            hashes: HashMap::new(),
            kernels: Kernels::default(),
            current: None,
            hasher: blake3::Hasher::new(),
            bytes: Vec::new(),
            is_complete: false,
        }
    }

    /// Adds the kernels of a cubin.
    fn add_kernels(&mut self, mut entry: Entry) {
        if entry.compression == Compression::None {
            // The length of a cubin without a container was not known at its start.
            entry.uncompressed_len = self.bytes.len() as u64;
        }
        let code = decompress(&entry, &self.bytes).ok().filter(|_| self.is_complete);
        let Some(found) = code.and_then(|code| functions(&code).ok()) else {
            self.kernels.unread += 1;
            return;
        };
        let architecture = entry.architecture_name();
        for function in found.into_iter().filter(|function| function.is_kernel) {
            let kernels = &mut self.kernels;
            if !kernels.by_name.contains_key(&function.name) {
                kernels.names += function.name.len();
                if kernels.names > MAX_NAMES {
                    kernels.unread += 1;
                    return;
                }
            }
            let sums = kernels.by_name.entry(function.name).or_default();
            sums.bytes = sums.bytes.saturating_add(function.len);
            sums.cubins += 1;
            match sums.architectures.get_mut(&architecture) {
                Some(bytes) => *bytes = bytes.saturating_add(function.len),
                None => drop(sums.architectures.insert(architecture.clone(), function.len)),
            }
        }
    }
}

impl PayloadVisitor for Payloads {
    fn begin(&mut self, entry: &Entry) -> bool {
        let is_wanted = match &self.wanted {
            Wanted::Nothing => false,
            Wanted::Hashes | Wanted::Kernels => true,
            Wanted::HashesAt(offsets) => offsets.contains(&entry.payload_offset),
        };
        if is_wanted {
            self.hasher.reset();
            self.bytes.clear();
            self.is_complete = true;
            self.current = Some(entry.clone());
        }
        is_wanted
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        let is_cubin = self.current.as_ref().is_some_and(|entry| entry.kind == Kind::Cubin);
        if self.wanted == Wanted::Kernels && is_cubin && self.is_complete {
            let is_short = self.bytes.len() as u64 + bytes.len() as u64 <= MAX_PAYLOAD;
            self.is_complete = is_short && memory::append(&mut self.bytes, bytes).is_ok();
        }
    }

    fn end(&mut self) {
        let Some(entry) = self.current.take() else { return };
        self.hashes.insert(entry.payload_offset, self.hasher.finalize().into());
        if self.wanted == Wanted::Kernels && entry.kind == Kind::Cubin {
            self.add_kernels(entry);
        }
    }
}
