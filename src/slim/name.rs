//! The name and the path of the new wheel.

use std::path::{Path, PathBuf};

use super::error::SlimError;
use crate::context::Context;
use crate::error::Error;
use crate::source::{self, Input};
use crate::wheel::{BuildTag, FilenameParts, WheelFilename};
use crate::wheel_paths::{self, WheelPathsError};

/// Where a new wheel goes.
pub(super) struct Destination<'a> {
    /// Its path, if it is given.
    pub(super) out: Option<&'a Path>,
    /// Its directory otherwise.
    pub(super) directory: &'a Path,
    /// Its build tag, if it has not that of the old wheel.
    pub(super) build: Option<&'a BuildTag>,
    /// Its variant label, if it has one.
    pub(super) label: Option<&'a str>,
    /// A file to write its true name to.
    pub(super) name_file: Option<&'a Path>,
    /// A file with the true name of the old wheel.
    pub(super) old_name_file: Option<&'a Path>,
}

/// The name and the path of a new wheel.
pub(super) struct OutputName {
    /// The path.
    pub(super) out: PathBuf,
    /// The file name.
    pub(super) name: String,
    /// That name, parsed.
    pub(super) filename: WheelFilename,
    /// Whether the build tag is not that of the old wheel.
    pub(super) has_new_build: bool,
    /// The true name.
    pub(super) true_name: String,
    /// A file to write the true name to.
    pub(super) name_file: Option<PathBuf>,
}

impl OutputName {
    /// Returns the name of the wheel that is made of a file.
    pub(super) fn new(
        file: &Path,
        destination: &Destination<'_>,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let build = destination.build;
        let old = file.file_name().unwrap_or_default().to_string_lossy();
        let label = destination.label;
        let name = renamed(&old, build, label)?;
        let filename = name.parse()?;
        let out = match destination.out {
            Some(out) if out.file_name().is_none_or(|it| *it != *name) => {
                return Err(SlimError::OtherName { name, out: out.to_owned() }.into());
            }
            Some(out) => context.resolve(out),
            None => context.resolve(destination.directory).join(&name),
        };
        if let (Ok(input), Ok(existing)) = (Input::find(file), Input::find(&out))
            && input.is_same_file(&existing)
        {
            return Err(SlimError::IsInput(out).into());
        }
        let true_name = match destination.old_name_file {
            None => name.clone(),
            Some(file) => {
                let (_, bytes) = source::read_small(&context.resolve(file))?;
                let old = String::from_utf8_lossy(&bytes);
                renamed(old.trim_end(), build, label)?
            }
        };
        let name_file = destination.name_file.map(|file| context.resolve(file));
        Ok(Self { out, name, filename, has_new_build: build.is_some(), true_name, name_file })
    }
}

/// Returns an error if the new wheels of two wheels have one name.
pub(super) fn refuse_same(
    wheels: &[PathBuf],
    build: Option<&BuildTag>,
) -> Result<(), WheelPathsError> {
    wheel_paths::refuse_same_names(wheels, |name| {
        // The error of a name that does not parse comes later.
        renamed(name, build, None).unwrap_or_else(|_| name.to_owned())
    })
}

/// Returns a wheel's name with another build tag and another variant label, if they are given. All else stays as it is
/// written.
fn renamed(name: &str, build: Option<&BuildTag>, label: Option<&str>) -> Result<String, Error> {
    let _: WheelFilename = name.parse()?;
    let Ok(parts) = FilenameParts::split(name) else { return Ok(name.to_owned()) };
    let build = build.map(BuildTag::as_str).or(parts.build);
    Ok(FilenameParts { build, variant: label.or(parts.variant), ..parts }.to_string())
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn the_build_tag_is_the_third_part() {
        for (name, build, expected) in [
            ("A.b-1.0-py3-none-any.whl", None, "A.b-1.0-py3-none-any.whl"),
            ("A.b-1.0-py3-none-any.whl", Some("1sm90"), "A.b-1.0-1sm90-py3-none-any.whl"),
            ("a-1.0-7-py3-none-any.whl", Some("8"), "a-1.0-8-py3-none-any.whl"),
            ("a-1.0-py3-none-any-sm_90.whl", Some("8"), "a-1.0-8-py3-none-any-sm_90.whl"),
        ] {
            let build = build.map(|it| it.parse().unwrap());
            assert_eq!(renamed(name, build.as_ref(), None).unwrap(), expected);
        }
        assert!(renamed("a-1.0.whl", None, None).is_err());
        let labelled = renamed("a-1.0-py3-none-any-sm_80.whl", None, Some("sm_90")).unwrap();
        assert_eq!(labelled, "a-1.0-py3-none-any-sm_90.whl");
    }
}
