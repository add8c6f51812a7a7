//! Platform tags of macOS, iOS and Windows, as requirements on the files of a wheel.

use crate::object_file::{AppleCpu, ApplePlatform};
use crate::wheel::{IosSdk, PlatformTag};

/// A platform tag of macOS, iOS or Windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SystemTag {
    /// `macosx_11_0_arm64`, `ios_13_0_arm64_iphoneos`.
    Apple {
        /// The system.
        platform: ApplePlatform,
        /// The oldest version that the wheel must run with.
        version: (u32, u32),
        /// The CPUs that the wheel must have code for; `None` for those of the wheel's name.
        cpus: Option<&'static [AppleCpu]>,
    },
    /// `win32`, `win_amd64` or `win_arm64`.
    Windows(&'static str),
}

impl SystemTag {
    /// Parses a tag, which may lack its CPU for macOS. `None` for tags of other systems and unknown CPUs.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match PlatformTag::parse_lenient(text) {
            PlatformTag::Macos { version, architecture } => Some(Self::Apple {
                platform: ApplePlatform::Macos,
                version: renumbered(version),
                cpus: Some(AppleCpu::of_architecture(&architecture)?),
            }),
            PlatformTag::Ios { version, architecture, sdk } => Some(Self::Apple {
                platform: match sdk {
                    IosSdk::Device => ApplePlatform::Ios,
                    IosSdk::Simulator => ApplePlatform::IosSimulator,
                },
                version,
                cpus: Some(AppleCpu::of_architecture(&architecture)?),
            }),
            PlatformTag::Win32 => Some(Self::Windows("win32")),
            PlatformTag::Windows { architecture } => match &*architecture {
                "amd64" => Some(Self::Windows("win_amd64")),
                "arm64" => Some(Self::Windows("win_arm64")),
                _ => None,
            },
            // Any CPU completes the tag; which one makes no difference here.
            PlatformTag::Other(text) => {
                match PlatformTag::parse_lenient(&format!("{text}_arm64")) {
                    PlatformTag::Macos { version, .. } => Some(Self::Apple {
                        platform: ApplePlatform::Macos,
                        version: renumbered(version),
                        cpus: None,
                    }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Parses the platform tags of a wheel. `None` unless all are for one system, so that its files are of one
    /// format.
    pub(super) fn of_wheel(tags: &[&str]) -> Option<Vec<Self>> {
        let parsed: Vec<Self> = tags.iter().map(|tag| Self::parse(tag)).collect::<Option<_>>()?;
        let first = parsed.first()?.is_windows();
        parsed.iter().all(|tag| tag.is_windows() == first).then_some(parsed)
    }

    /// Returns whether the tag is for Windows.
    pub(super) fn is_windows(&self) -> bool {
        matches!(self, Self::Windows(_))
    }
}

/// Returns the version of macOS that `MACOSX_DEPLOYMENT_TARGET` means: programs that were built for macOS 10 see
/// macOS 11 as 10.16.
fn renumbered(version: (u32, u32)) -> (u32, u32) {
    match version {
        (10, minor @ 16..) => (minor - 5, 0),
        version => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_a_system_its_version_and_cpus() {
        use AppleCpu::{Arm64, I386, X86_64};
        let apple = |platform, version, cpus| Some(SystemTag::Apple { platform, version, cpus });
        let mac = |version, cpus| apple(ApplePlatform::Macos, version, Some(cpus));
        let table = [
            ("macosx_11_0_arm64", mac((11, 0), &[Arm64])),
            ("macosx_10_9_universal2", mac((10, 9), &[X86_64, Arm64])),
            ("macosx_10_6_intel", mac((10, 6), &[X86_64, I386])),
            ("macosx_10_16_x86_64", mac((11, 0), &[X86_64])),
            ("macosx_12_0", apple(ApplePlatform::Macos, (12, 0), None)),
            ("macosx_12", None),
            ("macosx_12_0_banana", None),
            ("ios_13_0_arm64_iphoneos", apple(ApplePlatform::Ios, (13, 0), Some(&[Arm64]))),
            (
                "ios_13_0_x86_64_iphonesimulator",
                apple(ApplePlatform::IosSimulator, (13, 0), Some(&[X86_64])),
            ),
            ("win32", Some(SystemTag::Windows("win32"))),
            ("Win_AMD64", Some(SystemTag::Windows("win_amd64"))),
            ("win_arm64", Some(SystemTag::Windows("win_arm64"))),
            ("win_ia64", None),
            ("manylinux_2_28_x86_64", None),
            ("any", None),
        ];
        for (text, expected) in table {
            assert_eq!(SystemTag::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn the_tags_of_a_wheel_are_for_one_system() {
        let count = |tags: &[&str]| SystemTag::of_wheel(tags).map(|it| it.len());
        assert_eq!(count(&["macosx_10_9_x86_64", "macosx_11_0_arm64"]), Some(2));
        assert_eq!(count(&["win32"]), Some(1));
        assert_eq!(count(&["win32", "macosx_11_0_arm64"]), None);
        assert_eq!(count(&["linux_x86_64", "macosx_11_0_arm64"]), None);
        assert_eq!(count(&[]), None);
    }
}
