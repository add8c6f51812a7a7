//! The WHEEL file of the dist-info directory (binary distribution format, PEP 427). Installers read it
//! before they unpack anything.

use std::borrow::Cow;
use std::fmt;

use super::{BuildTag, BuildTagError, TagError, WheelTags};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// The `Generator` of wheels that this program writes.
const GENERATOR: &str = concat!("wheelworks ", env!("CARGO_PKG_VERSION"));

/// A WHEEL that this program writes; `Display` writes it, with one `Tag` line for each combination of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelFile {
    /// The program that wrote the wheel.
    pub generator: String,
    /// Whether files outside `.data` are installed into purelib; otherwise into platlib.
    pub root_is_purelib: bool,
    /// The build tag, as in the wheel's name.
    pub build: Option<BuildTag>,
    /// The compatibility tags, as in the wheel's name.
    pub tags: WheelTags,
}

impl WheelFile {
    /// Returns the WHEEL file of a wheel that this program writes. It is for purelib if the tags say that
    /// the wheel runs everywhere.
    #[must_use]
    pub fn new(tags: WheelTags, build: Option<BuildTag>) -> Self {
        Self { generator: GENERATOR.to_owned(), root_is_purelib: tags.is_any(), build, tags }
    }
}

/// Returns whether installers know a `Wheel-Version`: `1.` and a number. pip reads numbers only, and uv
/// requires both parts.
#[must_use]
pub fn is_wheel_version(version: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    version.strip_prefix("1.").is_some_and(|minor| minor.split('.').all(is_number))
}

/// Writes one `Tag` line for each combination of tags, and the build tag.
pub(super) fn write_tags(
    out: &mut impl fmt::Write,
    tags: &WheelTags,
    build: Option<&BuildTag>,
) -> fmt::Result {
    for tag in tags.expand() {
        writeln!(out, "Tag: {tag}")?;
    }
    build.iter().try_for_each(|build| writeln!(out, "Build: {build}"))
}

impl fmt::Display for WheelFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "Wheel-Version: 1.0")?;
        writeln!(formatter, "Generator: {}", self.generator)?;
        writeln!(formatter, "Root-Is-Purelib: {}", self.root_is_purelib)?;
        write_tags(formatter, &self.tags, self.build.as_ref())
    }
}

/// A WHEEL file that installers refuse or misread.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelFileError {
    /// A field is missing.
    #[error("WHEEL has no field `{field}`")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// An unsupported version of the format.
    #[error("`Wheel-Version` in WHEEL: expected `1.0`, found `{}`", escape_truncated(version))]
    WheelVersion {
        /// The version.
        version: String,
    },
    /// Neither true nor false.
    #[error(
        "`Root-Is-Purelib` in WHEEL: expected `true` or `false`, found `{}`",
        escape_truncated(value)
    )]
    RootIsPurelib {
        /// What was found.
        value: String,
    },
    /// A bad `Tag`.
    #[error("in WHEEL: {0}")]
    Tag(#[from] TagError),
    /// A bad `Build`.
    #[error("in WHEEL: {0}")]
    Build(#[from] BuildTagError),
}

impl Diagnose for WheelFileError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Missing { .. } => "a tool that builds wheels writes it; build the wheel again",
            Self::WheelVersion { .. } => "no installer knows another",
            Self::RootIsPurelib { .. } => "`true` for a wheel without compiled code",
            Self::Tag(source) => return source.hint(),
            Self::Build(source) => return source.hint(),
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::WheelHeaders;
    use super::*;

    fn wheel(tags: &str, build: Option<&str>) -> WheelFile {
        WheelFile::new(tags.parse().unwrap(), build.map(|tag| tag.parse().unwrap()))
    }

    #[test]
    fn a_file_is_written() {
        let file =
            wheel("cp315-abi3.abi3t-manylinux_2_27_x86_64.manylinux2014_x86_64", Some("1local"));
        let text = file.to_string().replace(env!("CARGO_PKG_VERSION"), "X.Y.Z");
        insta::assert_snapshot!(text, @r"
        Wheel-Version: 1.0
        Generator: wheelworks X.Y.Z
        Root-Is-Purelib: false
        Tag: cp315-abi3-manylinux2014_x86_64
        Tag: cp315-abi3-manylinux_2_27_x86_64
        Tag: cp315-abi3t-manylinux2014_x86_64
        Tag: cp315-abi3t-manylinux_2_27_x86_64
        Build: 1local
        ");
    }

    #[test]
    fn a_written_file_reads_back() {
        for (tags, build, purelib) in [
            ("py3-none-any", None, true),
            ("py2.py3-none-any", Some("2"), true),
            ("py3-none-manylinux_2_27_x86_64", None, false),
            ("cp313.cp314-abi3.none-any.win_amd64", Some("10_a"), false),
        ] {
            let file = wheel(tags, build);
            assert_eq!(file.root_is_purelib, purelib, "{tags}");
            let headers = WheelHeaders::parse(file.to_string().as_bytes()).unwrap();
            assert_eq!((headers.tags(), headers.build()), (Ok(file.tags), Ok(file.build)));
        }
    }

    #[test]
    fn wheel_versions_are_numbers() {
        for version in ["1.0", "1.1", "1.10", "1.0.0"] {
            assert!(is_wheel_version(version), "{version}");
        }
        for version in ["", "1", "1.", "1.x", "1.0a", "1.-1", "1..0", "01.0", "0.9", "2.0", "10.0"]
        {
            assert!(!is_wheel_version(version), "{version}");
        }
    }
}
