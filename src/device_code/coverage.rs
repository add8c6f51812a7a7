//! Which GPUs a set of architectures runs on.

use super::{Architecture, Kind, Suffix};

/// Ten times the compute capability of NVIDIA's GPUs: those that compilers from CUDA 12 to 13.5 have names
/// for.
pub const KNOWN_GPUS: [u32; 21] =
    [50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 88, 89, 90, 100, 103, 107, 110, 120, 121];

/// How code runs on a GPU, the best way last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// Not at all.
    None,
    /// The driver compiles PTX when the library is loaded.
    Jit,
    /// Machine code for an earlier GPU of the same family.
    Family,
    /// Machine code for this GPU.
    Native,
}

impl Coverage {
    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Jit => "jit",
            Self::Family => "family",
            Self::Native => "native",
        }
    }
}

/// A GPU, by ten times its compute capability: 90, 103.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gpu(pub u32);

impl Gpu {
    /// Returns the compute capability: `9.0`, `10.3`.
    #[must_use]
    pub fn capability(self) -> String {
        format!("{}.{}", self.0 / 10, self.0 % 10)
    }

    /// Returns how code of one kind and architecture runs on this GPU, by the rules of the CUDA C++
    /// Programming Guide: machine code runs on later GPUs of the same major capability, with the suffix `f`
    /// on those of its family, with the suffix `a` on its own; PTX on all later ones, with a suffix as
    /// machine code.
    #[must_use]
    pub fn runs(self, kind: Kind, architecture: &Architecture) -> Coverage {
        let Architecture::Cuda { number, suffix } = *architecture else { return Coverage::None };
        let is_same_major = self.0 / 10 == number / 10;
        let is_usable = match suffix {
            Suffix::Exact => self.0 == number,
            Suffix::Family => is_same_major && self.0 >= number,
            Suffix::None => self.0 >= number && (is_same_major || kind == Kind::Ptx),
        };
        match kind {
            _ if !is_usable => Coverage::None,
            Kind::Ptx => Coverage::Jit,
            Kind::Cubin if self.0 == number => Coverage::Native,
            Kind::Cubin => Coverage::Family,
            Kind::LtoIr | Kind::Hip | Kind::Other(_) => Coverage::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_programming_guide() {
        let runs =
            |gpu, kind, number, suffix| Gpu(gpu).runs(kind, &Architecture::Cuda { number, suffix });
        for (gpu, kind, number, suffix, expected) in [
            (90, Kind::Cubin, 90, Suffix::None, Coverage::Native),
            (90, Kind::Cubin, 90, Suffix::Exact, Coverage::Native),
            (89, Kind::Cubin, 80, Suffix::None, Coverage::Family),
            (80, Kind::Cubin, 86, Suffix::None, Coverage::None),
            (90, Kind::Cubin, 80, Suffix::None, Coverage::None),
            (103, Kind::Cubin, 100, Suffix::None, Coverage::Family),
            (103, Kind::Cubin, 100, Suffix::Exact, Coverage::None),
            (103, Kind::Cubin, 100, Suffix::Family, Coverage::Family),
            (120, Kind::Cubin, 100, Suffix::Family, Coverage::None),
            (120, Kind::Ptx, 80, Suffix::None, Coverage::Jit),
            (75, Kind::Ptx, 80, Suffix::None, Coverage::None),
            (100, Kind::Ptx, 90, Suffix::Exact, Coverage::None),
            (90, Kind::LtoIr, 90, Suffix::None, Coverage::None),
        ] {
            assert_eq!(runs(gpu, kind, number, suffix), expected, "{gpu} {kind:?} {number}");
        }
        assert_eq!(Gpu(103).capability(), "10.3");
        let amd = Architecture::Amd("gfx90a".into());
        assert_eq!(Gpu(90).runs(Kind::Hip, &amd), Coverage::None);
    }
}
