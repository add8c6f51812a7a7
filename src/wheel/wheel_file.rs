//! The WHEEL file of the dist-info directory (binary distribution format, PEP 427). Installers read it
//! before they unpack anything.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use super::tag_error::MAX_TAGS;
use super::{BuildTag, BuildTagError, Headers, TagError, WheelTags};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// The `Generator` of wheels that this program writes.
const GENERATOR: &str = concat!("wheelworks ", env!("CARGO_PKG_VERSION"));

/// The content of WHEEL; `Display` writes it, with one `Tag` line for each combination of tags.
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

    /// Parses a WHEEL file.
    ///
    /// # Errors
    ///
    /// A field is missing or has a wrong value, or no file name can express the tags.
    pub fn parse(bytes: &[u8]) -> Result<Self, WheelFileError> {
        let headers = Headers::parse(bytes);
        let field = |field| headers.get(field).ok_or(WheelFileError::Missing { field });
        let version = field("Wheel-Version")?;
        if !is_wheel_version(version) {
            return Err(WheelFileError::WheelVersion { version: version.to_owned() });
        }
        let root_is_purelib = match field("Root-Is-Purelib")? {
            value if value.eq_ignore_ascii_case("true") => true,
            value if value.eq_ignore_ascii_case("false") => false,
            value => return Err(WheelFileError::RootIsPurelib { value: value.to_owned() }),
        };
        field("Tag")?;
        Ok(Self {
            generator: headers.get("Generator").unwrap_or_default().replace('\n', " "),
            root_is_purelib,
            build: headers.get("Build").map(str::parse).transpose()?,
            tags: compress(headers.get_all("Tag"))?,
        })
    }
}

/// Returns whether installers know a `Wheel-Version`: `1.` and a number. pip reads numbers only, and uv
/// requires both parts.
#[must_use]
pub fn is_wheel_version(version: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    version.strip_prefix("1.").is_some_and(|minor| minor.split('.').all(is_number))
}

/// Compresses `Tag` lines into three sets, whose combinations are exactly the lines. A line may itself
/// be compressed: Bazel's `py_wheel` writes such lines.
fn compress<'a>(lines: impl Iterator<Item = &'a str>) -> Result<WheelTags, WheelFileError> {
    let mut listed = BTreeSet::new();
    let (mut pythons, mut abis, mut platforms) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for line in lines {
        let tags: WheelTags = line.parse()?;
        pythons.extend(tags.python().iter().map(str::to_owned));
        abis.extend(tags.abi().iter().map(str::to_owned));
        platforms.extend(tags.platform().iter().map(str::to_owned));
        listed.extend(tags.expand().map(|tag| tag.to_string()));
        // Too many already: `WheelTags::new` refuses them below.
        if listed.len() > MAX_TAGS {
            break;
        }
    }
    let join = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(".");
    let tags = WheelTags::new(&join(pythons), &join(abis), &join(platforms))?;
    let missing = tags.expand().map(|tag| tag.to_string()).find(|tag| !listed.contains(tag));
    match missing {
        Some(missing) => Err(WheelFileError::NotAProduct { missing, tags: tags.to_string() }),
        None => Ok(tags),
    }
}

impl fmt::Display for WheelFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "Wheel-Version: 1.0")?;
        writeln!(formatter, "Generator: {}", self.generator)?;
        writeln!(formatter, "Root-Is-Purelib: {}", self.root_is_purelib)?;
        for tag in self.tags.expand() {
            writeln!(formatter, "Tag: {tag}")?;
        }
        self.build.iter().try_for_each(|build| writeln!(formatter, "Build: {build}"))
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
    /// Tags that no file name can express.
    #[error(
        "the `Tag` lines in WHEEL are not every combination of their parts: together they give `{}`, of which `{}` is not listed",
        escape_truncated(tags),
        escape_truncated(missing)
    )]
    NotAProduct {
        /// A combination that no line has.
        missing: String,
        /// The sets of parts.
        tags: String,
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
            Self::NotAProduct { .. } => "list it, or remove the tags that ask for it",
            Self::Tag(source) => return source.hint(),
            Self::Build(source) => return source.hint(),
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
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
            assert_eq!(WheelFile::parse(file.to_string().as_bytes()), Ok(file));
        }
    }

    #[test]
    fn files_of_other_tools_are_read() {
        let text = "Wheel-Version: 1.0\r\nGenerator: bazel\r\nRoot-Is-Purelib: False\r\nTag: py2.py3-none-any\r\nTag: py3-none-any\r\n";
        let file = WheelFile::parse(text.as_bytes()).unwrap();
        assert_eq!(file.tags.to_string(), "py2.py3-none-any");
        assert_eq!(
            (file.generator.as_str(), file.root_is_purelib, file.build),
            ("bazel", false, None)
        );
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

    #[test]
    fn messages() {
        let message =
            |text: &str| WheelFile::parse(text.as_bytes()).unwrap_err().message_with_hint();
        let start = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n";
        insta::assert_snapshot!(message(start), @r"
        WHEEL has no field `Tag`
        hint: a tool that builds wheels writes it; build the wheel again
        ");
        insta::assert_snapshot!(message("Wheel-Version: 2.0\n"), @r"
        `Wheel-Version` in WHEEL: expected `1.0`, found `2.0`
        hint: no installer knows another
        ");
        insta::assert_snapshot!(message("Wheel-Version: 1.0\nRoot-Is-Purelib: yes\n"), @r"
        `Root-Is-Purelib` in WHEEL: expected `true` or `false`, found `yes`
        hint: `true` for a wheel without compiled code
        ");
        insta::assert_snapshot!(
            message(&format!("{start}Tag: py3-none-any\nTag: cp313-cp313-win32\n")), @r"
        the `Tag` lines in WHEEL are not every combination of their parts: together they give `cp313.py3-cp313.none-any.win32`, of which `cp313-cp313-any` is not listed
        hint: list it, or remove the tags that ask for it
        "
        );
        insta::assert_snapshot!(message(&format!("{start}Tag: py3-any\n")), @r"
        in WHEEL: `py3-any` is not a set of tags: expected `PYTHON-ABI-PLATFORM`
        hint: a wheel of pure Python has `py3-none-any`
        ");
        insta::assert_snapshot!(message(&format!("{start}Tag: py3-none-any\nBuild: a\n")), @r"
        in WHEEL: `a` is not a build tag: expected a digit, then ASCII letters, digits, `_` and `.`
        hint: put a number in front, as in `1` or `1local`, and no `-`
        ");
    }
}
