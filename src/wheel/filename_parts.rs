//! The parts of a wheel's file name as they are written, valid or not.

use std::fmt;

use super::{PlatformTag, Version};

/// The parts of a wheel's name:
/// `{distribution}-{version}(-{build})?-{python}-{abi}-{platform}(-{variant})?.whl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilenameParts<'a> {
    /// The distribution's name.
    pub distribution: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The build tag, if there is one.
    pub build: Option<&'a str>,
    /// The Python tags.
    pub python: &'a str,
    /// The ABI tags.
    pub abi: &'a str,
    /// The platform tags.
    pub platform: &'a str,
    /// The label of a wheel variant (the draft PEP 825), if there is one.
    pub variant: Option<&'a str>,
}

impl<'a> FilenameParts<'a> {
    /// Splits a name.
    ///
    /// # Errors
    ///
    /// What was found, if that is no suffix `.whl` or another number of parts. Seven parts are too many, too, if the
    /// second is no version: then the name of the distribution has a `-`.
    pub fn split(name: &'a str) -> Result<Self, String> {
        let stem = name.strip_suffix(".whl").ok_or_else(|| "no `.whl` at the end".to_owned())?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (start, build, tags, variant) = match *parts.as_slice() {
            [distribution, version, python, abi, platform] => {
                ([distribution, version], None, [python, abi, platform], None)
            }
            // A build tag starts with a digit. Where the last part is a platform and the one before is none, the
            // third is meant as one.
            [distribution, version, third, fourth, fifth, sixth] => {
                if third.starts_with(|it: char| it.is_ascii_digit()) || ends_with_tags(fifth, sixth)
                {
                    ([distribution, version], Some(third), [fourth, fifth, sixth], None)
                } else {
                    ([distribution, version], None, [third, fourth, fifth], Some(sixth))
                }
            }
            [distribution, version, build, python, abi, platform, variant]
                if build.starts_with(|it: char| it.is_ascii_digit())
                    && version.parse::<Version>().is_ok()
                    && !ends_with_tags(platform, variant) =>
            {
                ([distribution, version], Some(build), [python, abi, platform], Some(variant))
            }
            _ => {
                let noun = if parts.len() == 1 { "part" } else { "parts" };
                return Err(format!("{} {noun}", parts.len()));
            }
        };
        let [distribution, version] = start;
        let [python, abi, platform] = tags;
        Ok(Self { distribution, version, build, python, abi, platform, variant })
    }

    /// Returns the first two parts, with which the names of the dist-info and data directories begin.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("{}-{}", self.distribution, self.version)
    }
}

/// Whether a name with these last parts has no variant label.
fn ends_with_tags(before: &str, last: &str) -> bool {
    let is_platform = |part: &str| part.split('.').all(|tag| tag.parse::<PlatformTag>().is_ok());
    is_platform(last) && !is_platform(before)
}

impl fmt::Display for FilenameParts<'_> {
    /// Writes the name.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { distribution, version, build, python, abi, platform, variant } = self;
        write!(formatter, "{distribution}-{version}")?;
        if let Some(build) = build {
            write!(formatter, "-{build}")?;
        }
        write!(formatter, "-{python}-{abi}-{platform}")?;
        if let Some(variant) = variant {
            write!(formatter, "-{variant}")?;
        }
        formatter.write_str(".whl")
    }
}

#[cfg(test)]
mod tests {
    use super::FilenameParts;

    #[test]
    fn the_third_part_and_the_last_one_are_told_by_their_form() {
        for (name, build, variant) in [
            ("a-1-py3-none-any.whl", None, None),
            ("a-1-7-py3-none-any.whl", Some("7"), None),
            ("a-1-py3-none-any-sm_90.whl", None, Some("sm_90")),
            ("a-1-7b-py3-none-any-sm_90.whl", Some("7b"), Some("sm_90")),
            // A label that looks like a platform.
            ("a-1-py3-none-any-win32.whl", None, Some("win32")),
            // A build tag that is none.
            ("a-1-x-py3-none-any.whl", Some("x"), None),
            ("A.b-1.0-py3-none-linux_x86_64.any-x.whl", None, Some("x")),
        ] {
            let parts = FilenameParts::split(name).unwrap();
            assert_eq!((parts.build, parts.variant), (build, variant), "{name}");
            assert_eq!(parts.to_string(), name);
        }
        for (name, found) in [
            ("a-1-py3-none-any.zip", "no `.whl` at the end"),
            ("a.whl", "1 part"),
            ("a-1-py3-none.whl", "4 parts"),
            ("my-package-1.0-py3-none-any-x.whl", "7 parts"),
            ("a-1.0-1-2-cp312-cp312-linux_x86_64.whl", "7 parts"),
            ("a-1-x-py3-none-any-sm_90.whl", "7 parts"),
        ] {
            assert_eq!(FilenameParts::split(name), Err(found.to_owned()), "{name}");
        }
    }
}
