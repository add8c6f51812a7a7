//! The GPUs that a wheel is for.

use crate::device_code::{Architecture, Coverage, Entry, Gpu, Kind, Processor};

/// A GPU of one of the vendors.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AnyGpu {
    Nvidia(Gpu),
    Amd(Processor),
}

/// How well a GPU runs an entry: what loads the code takes the best.
pub(super) type Rank = (Coverage, u32);

impl AnyGpu {
    /// Returns how code runs on it.
    pub(super) fn runs(&self, entry: &Entry) -> Coverage {
        match self {
            Self::Nvidia(gpu) => gpu.runs(entry.kind, &entry.architecture),
            Self::Amd(processor) => processor.runs(&entry.architecture),
        }
    }

    /// Returns how well code runs on it.
    pub(super) fn rank(&self, entry: &Entry) -> Rank {
        let number = match entry.architecture {
            Architecture::Cuda { number, .. } => number,
            Architecture::Amd(_) => 0,
        };
        (self.runs(entry), number)
    }

    /// Returns the name in reports: a compute capability, such as `9.0`, or a processor, such as `gfx90a`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Nvidia(gpu) => gpu.capability(),
            Self::Amd(processor) => processor.as_str().to_owned(),
        }
    }
}

/// The GPUs on which code may be missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gpus {
    /// Any GPU.
    All,
    /// One, for which the wheel is.
    One(AnyGpu),
    /// Those that are later than all machine code in the wheel: they run its PTX alone.
    Later,
}

impl Gpus {
    /// Returns whether one of the GPUs runs an entry.
    pub(super) fn run(&self, entry: &Entry) -> bool {
        match self {
            Self::All => true,
            Self::One(gpu) => gpu.runs(entry) != Coverage::None,
            Self::Later => entry.kind == Kind::Ptx,
        }
    }
}
