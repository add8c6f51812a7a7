//! Wheel file names (binary distribution format, PEP 427), and the names of the directories in the wheel
//! that begin like the file name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{
    BuildTag, BuildTagError, DistributionName, DistributionNameError, FilenameParts, TagError,
    VariantLabel, VariantLabelError, Version, VersionError, WheelTags,
};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// The directories of the data directory that installers know, the "schemes" of the binary distribution
/// format.
pub const DATA_SCHEMES: [&str; 5] = ["data", "headers", "platlib", "purelib", "scripts"];

/// `{distribution}-{version}(-{build})?-{python}-{abi}-{platform}(-{variant})?.whl`.
///
/// Parsing accepts names that other tools write; `Display` writes the canonical name: escaped
/// distribution, normalised version, sorted tags.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WheelFilename {
    /// The distribution's name.
    pub distribution: DistributionName,
    /// Its version.
    pub version: Version,
    /// The build tag, if there is one.
    pub build: Option<BuildTag>,
    /// The compatibility tags.
    pub tags: WheelTags,
    /// The label of the wheel variant (the draft PEP 825), if the wheel is one.
    pub variant: Option<VariantLabel>,
}

impl WheelFilename {
    /// Returns the name of the metadata directory: `name-version.dist-info`.
    #[must_use]
    pub fn dist_info_dir(&self) -> String {
        format!("{}-{}.dist-info", self.distribution.escaped(), self.version)
    }

    /// Returns the name of the directory with files for other install locations than site-packages:
    /// `name-version.data`.
    #[must_use]
    pub fn data_dir(&self) -> String {
        format!("{}-{}.data", self.distribution.escaped(), self.version)
    }
}

impl FromStr for WheelFilename {
    type Err = WheelFilenameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = FilenameParts::split(text)
            .map_err(|found| WheelFilenameError::Form { name: text.to_owned(), found })?;
        let FilenameParts { distribution, version, build, python, abi, platform, variant } = parts;
        let name = || text.to_owned();
        Ok(Self {
            distribution: distribution
                .parse()
                .map_err(|source| WheelFilenameError::Distribution { name: name(), source })?,
            version: version
                .parse()
                .map_err(|source| WheelFilenameError::Version { name: name(), source })?,
            build: build
                .map(str::parse)
                .transpose()
                .map_err(|source| WheelFilenameError::Build { name: name(), source })?,
            tags: WheelTags::new(python, abi, platform)
                .map_err(|source| WheelFilenameError::Tags { name: name(), source })?,
            variant: variant
                .map(str::parse)
                .transpose()
                .map_err(|source| WheelFilenameError::Variant { name: name(), source })?,
        })
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.distribution.escaped(), self.version)?;
        if let Some(build) = &self.build {
            write!(formatter, "-{build}")?;
        }
        write!(formatter, "-{}", self.tags)?;
        if let Some(variant) = &self.variant {
            write!(formatter, "-{variant}")?;
        }
        formatter.write_str(".whl")
    }
}

/// A text that is not the name of a wheel's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelFilenameError {
    /// Wrong suffix or number of parts.
    #[error(
        "`{}` is not the name of a wheel: expected `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM(-VARIANT).whl`, found {found}",
        escape_truncated(name)
    )]
    Form {
        /// The text.
        name: String,
        /// What was found.
        found: String,
    },
    /// Bad distribution.
    #[error("in the wheel's name `{}`: {source}", escape_truncated(name))]
    Distribution {
        /// The text.
        name: String,
        /// What is wrong.
        source: DistributionNameError,
    },
    /// Bad version.
    #[error("in the wheel's name `{}`: {source}", escape_truncated(name))]
    Version {
        /// The text.
        name: String,
        /// What is wrong.
        source: VersionError,
    },
    /// Bad build tag.
    #[error("in the wheel's name `{}`: {source}", escape_truncated(name))]
    Build {
        /// The text.
        name: String,
        /// What is wrong.
        source: BuildTagError,
    },
    /// Bad label of a variant.
    #[error("in the wheel's name `{}`: {source}", escape_truncated(name))]
    Variant {
        /// The text.
        name: String,
        /// What is wrong.
        source: VariantLabelError,
    },
    /// Bad compatibility tags.
    #[error("in the wheel's name `{}`: {source}", escape_truncated(name))]
    Tags {
        /// The text.
        name: String,
        /// What is wrong.
        source: TagError,
    },
}

impl Diagnose for WheelFilenameError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Form { .. } => "the parts hold no `-`; write `_` in the distribution's name",
            Self::Distribution { source, .. } => return source.hint(),
            Self::Version { source, .. } => return source.hint(),
            Self::Build { source, .. } => return source.hint(),
            Self::Tags { source, .. } => return source.hint(),
            Self::Variant { source, .. } => return source.hint(),
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_parse_and_display_canonically() {
        for (written, canonical, dist_info) in [
            (
                "jax_cuda12_pjrt-0.12.0-py3-none-manylinux_2_27_x86_64.whl",
                "jax_cuda12_pjrt-0.12.0-py3-none-manylinux_2_27_x86_64.whl",
                "jax_cuda12_pjrt-0.12.0.dist-info",
            ),
            (
                "Zope.Interface-1.00-2-py3.py2-none-any.whl",
                "zope_interface-1.0-2-py2.py3-none-any.whl",
                "zope_interface-1.0.dist-info",
            ),
            (
                "torch-2.15.0+cu128-cp315-cp315t-win_amd64.whl",
                "torch-2.15.0+cu128-cp315-cp315t-win_amd64.whl",
                "torch-2.15.0+cu128.dist-info",
            ),
            (
                "Torch-2.15-1-cp315-cp315-linux_x86_64-sm_90.whl",
                "torch-2.15-1-cp315-cp315-linux_x86_64-sm_90.whl",
                "torch-2.15.dist-info",
            ),
        ] {
            let name: WheelFilename = written.parse().unwrap();
            assert_eq!(name.to_string(), canonical);
            assert_eq!(name.dist_info_dir(), dist_info);
            assert_eq!(name.data_dir(), dist_info.replace(".dist-info", ".data"));
        }
    }

    #[test]
    fn an_error_names_the_wrong_part() {
        for (text, part) in [
            ("a-1-py3-none-any.zip", "form"),
            ("a-1-py3-none.whl", "form"),
            ("a-b-1-2-py3-none-any.whl", "form"),
            (".whl", "form"),
            ("a_-1-py3-none-any.whl", "distribution"),
            ("a-x-py3-none-any.whl", "version"),
            ("a-1-x-py3-none-any.whl", "build"),
            ("a-1-py3-none-any_.whl", "tags"),
            ("a-1-py3-none-any-SM.whl", "variant"),
            ("dir/a-1-py3-none-any.whl", "distribution"),
        ] {
            let found = match text.parse::<WheelFilename>().unwrap_err() {
                WheelFilenameError::Form { .. } => "form",
                WheelFilenameError::Distribution { .. } => "distribution",
                WheelFilenameError::Version { .. } => "version",
                WheelFilenameError::Build { .. } => "build",
                WheelFilenameError::Tags { .. } => "tags",
                WheelFilenameError::Variant { .. } => "variant",
            };
            assert_eq!(found, part, "{text}");
        }
    }

    #[test]
    fn messages() {
        let message = |text: &str| text.parse::<WheelFilename>().unwrap_err().message_with_hint();
        insta::assert_snapshot!(message("my-package-1.0-py3-none-any-x.whl"), @r"
        `my-package-1.0-py3-none-any-x.whl` is not the name of a wheel: expected `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM(-VARIANT).whl`, found 7 parts
        hint: the parts hold no `-`; write `_` in the distribution's name
        ");
        insta::assert_snapshot!(message("a-1.0-py3-none-macosx__arm64.whl"), @r"
        in the wheel's name `a-1.0-py3-none-macosx__arm64.whl`: `macosx__arm64` is not a platform tag: expected ASCII letters and digits, in words joined by `_`
        hint: join the tags of a set by `.`, as in `py2.py3`
        ");
    }

    proptest! {
        #[test]
        fn displayed_values_parse_to_the_same(
            distribution in "[A-Za-z0-9]([A-Za-z0-9._]{0,8}[A-Za-z0-9])?",
            version in "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}(rc[0-9])?(\\.dev[0-9])?(\\+[a-z0-9]{1,5})?",
            build in "(-[0-9]{1,2}[a-z_.]{0,3})?",
            tags in "py[23]-(none|abi3)-(any|linux_x86_64)(\\.win32)?",
            variant in "(-[a-z0-9_.]{1,6})?",
        ) {
            let name: WheelFilename = format!("{distribution}-{version}{build}-{tags}{variant}.whl").parse().unwrap();
            let shown = name.to_string();
            let again: WheelFilename = shown.parse().unwrap();
            prop_assert_eq!(&again, &name);
            prop_assert_eq!(again.to_string(), shown);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}(-\\PC{0,5}){0,6}(\\.whl)?") {
            let _ = text.parse::<WheelFilename>();
        }
    }
}
