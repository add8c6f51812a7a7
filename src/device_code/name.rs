//! Names of architectures, as options and budgets have them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::bundle::SPIRV;
use crate::error::Diagnose;

/// The name of an architecture: `sm_90a`, `compute_120`, `lto_90`, `gfx942`, `gfx942:xnack-`, `gfx11-generic` or
/// `amdgcnspirv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchitectureName(Box<str>);

/// Text that is not the name of an architecture.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "expected an architecture: `sm_90` or `sm_90a` for machine code, `compute_90` for PTX, `lto_90` for LTO IR, `gfx942` for AMD"
)]
pub struct ArchitectureNameError;

impl Diagnose for ArchitectureNameError {}

impl ArchitectureName {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is an architecture of AMD.
    #[must_use]
    pub fn is_amd(&self) -> bool {
        self.0.starts_with("gfx") || *self.0 == *SPIRV
    }

    /// Returns whether it names the architecture of an entry. `gfx942` names all of its feature sets, such as
    /// `gfx942:xnack-`; every other name is exact: `sm_90` does not name `sm_90a`.
    #[must_use]
    pub fn matches(&self, entry_name: &str) -> bool {
        *self.0 == *entry_name
            || (self.0.starts_with("gfx")
                && entry_name.strip_prefix(&*self.0).is_some_and(|rest| rest.starts_with(':')))
    }
}

impl FromStr for ArchitectureName {
    type Err = ArchitectureNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let cuda = ["sm_", "compute_", "lto_"].iter().find_map(|prefix| text.strip_prefix(prefix));
        let is_name = if let Some(rest) = cuda {
            let number = rest.strip_suffix(['a', 'f']).unwrap_or(rest);
            (2..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        } else {
            let mut parts = text.split(':');
            let is_target =
                parts.next().and_then(|target| target.strip_prefix("gfx")).is_some_and(|rest| {
                    let rest = rest.strip_suffix("-generic").unwrap_or(rest);
                    let is_number = |part: &str| {
                        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit())
                    };
                    rest.split('-').all(is_number)
                });
            let is_feature = |feature: &str| {
                feature.strip_suffix(['+', '-']).is_some_and(|name| {
                    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
                })
            };
            text == SPIRV || (is_target && parts.all(is_feature))
        };
        if is_name { Ok(Self(text.into())) } else { Err(ArchitectureNameError) }
    }
}

impl fmt::Display for ArchitectureName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_compilers_parse() {
        for (text, is_name) in [
            ("sm_90", true),
            ("sm_90a", true),
            ("compute_120f", true),
            ("lto_80", true),
            ("gfx90a", true),
            ("gfx942:sramecc+:xnack-", true),
            ("gfx11-generic", true),
            ("gfx10-3-generic", true),
            ("amdgcnspirv", true),
            ("gfx-generic", false),
            ("", false),
            ("90", false),
            ("sm_9", false),
            ("sm_90b", false),
            ("sm_", false),
            ("SM_90", false),
            ("sm_90 ", false),
            ("gfx", false),
            ("gfx942:", false),
            ("gfx942:xnack", false),
        ] {
            assert_eq!(text.parse::<ArchitectureName>().is_ok(), is_name, "{text}");
        }
    }

    #[test]
    fn only_features_of_amd_may_be_left_out() {
        for (name, entry, expected) in [
            ("sm_90", "sm_90", true),
            ("sm_90", "sm_90a", false),
            ("sm_90a", "sm_90", false),
            ("gfx942", "gfx942:xnack-", true),
            ("gfx942:xnack-", "gfx942", false),
            ("gfx90", "gfx90a", false),
        ] {
            let name: ArchitectureName = name.parse().unwrap();
            assert_eq!(name.matches(entry), expected, "{name} {entry}");
        }
    }
}
