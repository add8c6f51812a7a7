//! The AMD target of a code object, from the flags of its ELF header.
//!
//! The numbers are those of `EF_AMDGPU_MACH` and of the features of code object version 4 and later, in LLVM's
//! "User Guide for AMDGPU Backend".

use super::bundle::SPIRV;
use super::{Architecture, Coverage};

/// `EM_AMDGPU`.
pub(super) const MACHINE: u64 = 224;

/// `ELFABIVERSION_AMDGPU_HSA_V4`: the first whose flags have features in these bits.
const FIRST_WITH_FEATURES: u8 = 2;

/// `EF_AMDGPU_FEATURE_SRAMECC_V4` and `EF_AMDGPU_FEATURE_XNACK_V4`: any, off, or on.
const SRAMECC: u64 = 0xC00;
const XNACK: u64 = 0x300;

const TARGETS: [(u64, &str); 53] = [
    (0x20, "gfx600"),
    (0x21, "gfx601"),
    (0x22, "gfx700"),
    (0x23, "gfx701"),
    (0x24, "gfx702"),
    (0x25, "gfx703"),
    (0x26, "gfx704"),
    (0x28, "gfx801"),
    (0x29, "gfx802"),
    (0x2A, "gfx803"),
    (0x2B, "gfx810"),
    (0x2C, "gfx900"),
    (0x2D, "gfx902"),
    (0x2E, "gfx904"),
    (0x2F, "gfx906"),
    (0x30, "gfx908"),
    (0x31, "gfx909"),
    (0x32, "gfx90c"),
    (0x33, "gfx1010"),
    (0x34, "gfx1011"),
    (0x35, "gfx1012"),
    (0x36, "gfx1030"),
    (0x37, "gfx1031"),
    (0x38, "gfx1032"),
    (0x39, "gfx1033"),
    (0x3A, "gfx602"),
    (0x3B, "gfx705"),
    (0x3C, "gfx805"),
    (0x3D, "gfx1035"),
    (0x3E, "gfx1034"),
    (0x3F, "gfx90a"),
    (0x40, "gfx940"),
    (0x41, "gfx1100"),
    (0x42, "gfx1013"),
    (0x43, "gfx1150"),
    (0x44, "gfx1103"),
    (0x45, "gfx1036"),
    (0x46, "gfx1101"),
    (0x47, "gfx1102"),
    (0x48, "gfx1200"),
    (0x4A, "gfx1151"),
    (0x4B, "gfx941"),
    (0x4C, "gfx942"),
    (0x4E, "gfx1201"),
    (0x4F, "gfx950"),
    (0x51, "gfx9-generic"),
    (0x52, "gfx10-1-generic"),
    (0x53, "gfx10-3-generic"),
    (0x54, "gfx11-generic"),
    (0x55, "gfx1152"),
    (0x58, "gfx1153"),
    (0x59, "gfx12-generic"),
    (0x5F, "gfx9-4-generic"),
];

/// Returns the target ID: `gfx942:sramecc+:xnack-`. A number that is not known is a name of its own.
pub(super) fn target(flags: u64, abi_version: u8) -> Box<str> {
    let number = flags & 0xFF;
    let known = TARGETS.iter().find(|(it, _)| *it == number).map(|(_, name)| (*name).to_owned());
    let mut name = known.unwrap_or_else(|| format!("gfx-0x{number:02x}"));
    if abi_version >= FIRST_WITH_FEATURES {
        for (feature, mask) in [("sramecc", SRAMECC), ("xnack", XNACK)] {
            let unit = mask & mask.wrapping_neg();
            match (flags & mask) / unit {
                2 => name = name + ":" + feature + "-",
                3 => name = name + ":" + feature + "+",
                _ => {}
            }
        }
    }
    name.into()
}

/// Processors, and the generic ones whose code they run, by HIP's runtime (`hip_fatbin.cpp` of ROCm 7).
const GENERIC: [(&str, &[&str]); 6] = [
    ("gfx9-generic", &["gfx900", "gfx902", "gfx904", "gfx906", "gfx909", "gfx90c"]),
    ("gfx9-4-generic", &["gfx942", "gfx950"]),
    ("gfx10-1-generic", &["gfx1010", "gfx1011", "gfx1012", "gfx1013"]),
    (
        "gfx10-3-generic",
        &["gfx1030", "gfx1031", "gfx1032", "gfx1033", "gfx1034", "gfx1035", "gfx1036"],
    ),
    (
        "gfx11-generic",
        &["gfx1100", "gfx1101", "gfx1102", "gfx1103", "gfx1150", "gfx1151", "gfx1152", "gfx1153"],
    ),
    ("gfx12-generic", &["gfx1200", "gfx1201"]),
];

/// A processor of AMD: a target ID without features, such as `gfx90a`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Processor(Box<str>);

impl Processor {
    /// Returns the processor that an architecture of AMD is for, if its name is one that is known to be a target.
    #[must_use]
    pub fn of(architecture: &Architecture) -> Option<Self> {
        let Architecture::Amd(target) = architecture else { return None };
        let name = target.split(':').next().unwrap_or(target);
        let is_known = name == SPIRV || name.starts_with("gfx");
        is_known.then(|| Self(name.into()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns how code runs on it: HIP takes the code for the processor itself, else that for the generic processor, else
    /// SPIR-V.
    #[must_use]
    pub fn runs(&self, architecture: &Architecture) -> Coverage {
        let Some(of) = Self::of(architecture) else { return Coverage::None };
        let is_generic = |it: &(&str, &[&str])| *it.0 == *of.0 && it.1.contains(&&*self.0);
        match of.as_str() {
            name if *name == *self.0 => Coverage::Native,
            SPIRV => Coverage::Jit,
            _ if GENERIC.iter().any(is_generic) => Coverage::Family,
            _ => Coverage::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Suffix;
    use super::*;

    #[test]
    fn targets_have_their_features() {
        for (flags, abi_version, expected) in [
            (0x3F, 2, "gfx90a"),
            (0x53F, 2, "gfx90a"),
            (0xF3F, 2, "gfx90a:sramecc+:xnack+"),
            (0x24C, 4, "gfx942:xnack-"),
            (0x84C, 3, "gfx942:sramecc-"),
            (0xF3F, 1, "gfx90a"),
            (0x41, 2, "gfx1100"),
            (0xFE, 2, "gfx-0xfe"),
        ] {
            assert_eq!(&*target(flags, abi_version), expected, "{flags:x}");
        }
    }

    #[test]
    fn processors_run_their_own_code_generic_code_and_spirv() {
        let amd = |name: &str| Architecture::Amd(name.into());
        let of = |name: &str| Processor::of(&amd(name));
        for (processor, code, expected) in [
            ("gfx90a", "gfx90a:sramecc+:xnack-", Coverage::Native),
            ("gfx90a:xnack+", "gfx90a", Coverage::Native),
            ("gfx90a", "gfx90", Coverage::None),
            ("gfx90a", "gfx9-generic", Coverage::None),
            ("gfx942", "gfx9-4-generic:xnack-", Coverage::Family),
            ("gfx1101", "gfx11-generic", Coverage::Family),
            ("gfx1101", "amdgcnspirv", Coverage::Jit),
            ("amdgcnspirv", "amdgcnspirv", Coverage::Native),
            ("gfx11-generic", "gfx1101", Coverage::None),
            ("gfx90a", "openmp-nvptx64", Coverage::None),
        ] {
            assert_eq!(of(processor).unwrap().runs(&amd(code)), expected, "{processor} {code}");
        }
        assert_eq!(of("openmp-nvptx64"), None);
        assert_eq!(Processor::of(&Architecture::Cuda { number: 90, suffix: Suffix::None }), None);
        assert_eq!(of("gfx90a:xnack+").unwrap().as_str(), "gfx90a");
    }
}
