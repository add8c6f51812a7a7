//! The architectures that device code is for.

use std::cmp::Ordering;
use std::fmt;

use super::Kind;

/// The suffix of a CUDA architecture: which other GPUs its code runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suffix {
    /// Later GPUs, too: `sm_90`.
    None,
    /// This GPU alone: `sm_90a`.
    Exact,
    /// Later GPUs of the same family: `sm_103f`.
    Family,
}

/// The architecture of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// A CUDA compute capability.
    Cuda {
        /// Ten times the major plus the minor number: 90, 103.
        number: u32,
        /// Its suffix.
        suffix: Suffix,
    },
    /// An AMD target ID with its features: `gfx90a`, `gfx942:sramecc+:xnack-`.
    Amd(Box<str>),
}

impl Architecture {
    /// Returns the name that compilers and `cuobjdump` use for code of this kind: `sm_90a` for a cubin,
    /// `compute_90a` for PTX, `lto_90` for LTO IR, `gfx942` for HIP.
    #[must_use]
    pub fn name(&self, kind: Kind) -> String {
        let prefix = match kind {
            Kind::Ptx => "compute",
            Kind::LtoIr => "lto",
            Kind::Cubin | Kind::Hip | Kind::Other(_) => "sm",
        };
        match self {
            Self::Cuda { number, suffix } => format!("{prefix}_{number}{suffix}"),
            Self::Amd(target) => target.to_string(),
        }
    }
}

impl fmt::Display for Suffix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "",
            Self::Exact => "a",
            Self::Family => "f",
        })
    }
}

impl PartialOrd for Architecture {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Architecture {
    /// CUDA by number and suffix, then AMD by name.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Cuda { number, suffix }, Self::Cuda { number: other, suffix: other_suffix }) => {
                (number, suffix).cmp(&(other, other_suffix))
            }
            (Self::Amd(target), Self::Amd(other)) => target.cmp(other),
            (Self::Cuda { .. }, Self::Amd(_)) => Ordering::Less,
            (Self::Amd(_), Self::Cuda { .. }) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_compilers() {
        let cuda = |number, suffix| Architecture::Cuda { number, suffix };
        for (architecture, kind, expected) in [
            (cuda(90, Suffix::None), Kind::Cubin, "sm_90"),
            (cuda(90, Suffix::Exact), Kind::Cubin, "sm_90a"),
            (cuda(103, Suffix::Family), Kind::Cubin, "sm_103f"),
            (cuda(120, Suffix::None), Kind::Ptx, "compute_120"),
            (cuda(80, Suffix::None), Kind::LtoIr, "lto_80"),
            (cuda(80, Suffix::None), Kind::Other(16), "sm_80"),
            (Architecture::Amd("gfx942:xnack-".into()), Kind::Hip, "gfx942:xnack-"),
        ] {
            assert_eq!(architecture.name(kind), expected);
        }
        let mut all = [
            Architecture::Amd("gfx90a".into()),
            cuda(120, Suffix::None),
            cuda(90, Suffix::Exact),
            cuda(90, Suffix::None),
        ];
        all.sort();
        let names: Vec<String> = all.iter().map(|it| it.name(Kind::Cubin)).collect();
        assert_eq!(names, ["sm_90", "sm_90a", "sm_120", "gfx90a"]);
    }
}
