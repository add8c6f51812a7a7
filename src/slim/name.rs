//! The name and the path of the new wheel.

use std::path::{Path, PathBuf};

use super::error::SlimError;
use crate::context::Context;
use crate::error::Error;
use crate::source::{self, Input};
use crate::wheel::{BuildTag, WheelFilename};
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
    /// The file name, without the variant label.
    pub(super) without_label: String,
    /// That name.
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
        let without_label = with_build_tag(&old, build)?;
        let filename = without_label.parse()?;
        let label = destination.label;
        let name = with_label(&without_label, label);
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
            None => name,
            Some(file) => {
                let (_, bytes) = source::read_small(&context.resolve(file))?;
                let old = String::from_utf8_lossy(&bytes);
                with_label(&with_build_tag(old.trim_end(), build)?, label)
            }
        };
        let name_file = destination.name_file.map(|file| context.resolve(file));
        Ok(Self {
            out,
            without_label,
            filename,
            has_new_build: build.is_some(),
            true_name,
            name_file,
        })
    }
}

/// Returns a wheel's name with a variant label, if one is given.
fn with_label(name: &str, label: Option<&str>) -> String {
    match (label, name.strip_suffix(".whl")) {
        (Some(label), Some(stem)) => format!("{stem}-{label}.whl"),
        _ => name.to_owned(),
    }
}

/// Returns an error if the new wheels of two wheels have one name.
pub(super) fn refuse_same(
    wheels: &[PathBuf],
    build: Option<&BuildTag>,
) -> Result<(), WheelPathsError> {
    wheel_paths::refuse_same_names(wheels, |name| {
        // The error of a name that does not parse comes later.
        with_build_tag(name, build).unwrap_or_else(|_| name.to_owned())
    })
}

/// Returns a wheel's name with another build tag, if one is given. All else stays as it is written.
fn with_build_tag(name: &str, build: Option<&BuildTag>) -> Result<String, Error> {
    let parsed: WheelFilename = name.parse()?;
    let Some(build) = build else { return Ok(name.to_owned()) };
    let mut parts: Vec<&str> = name.split('-').collect();
    if parsed.build.is_some() {
        parts.remove(2);
    }
    parts.insert(2, build.as_str());
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::with_build_tag;

    #[test]
    fn the_build_tag_is_the_third_part() {
        for (name, build, expected) in [
            ("A.b-1.0-py3-none-any.whl", None, "A.b-1.0-py3-none-any.whl"),
            ("A.b-1.0-py3-none-any.whl", Some("1sm90"), "A.b-1.0-1sm90-py3-none-any.whl"),
            ("a-1.0-7-py3-none-any.whl", Some("8"), "a-1.0-8-py3-none-any.whl"),
        ] {
            let build = build.map(|it| it.parse().unwrap());
            assert_eq!(with_build_tag(name, build.as_ref()).unwrap(), expected);
        }
        assert!(with_build_tag("a-1.0.whl", None).is_err());
    }
}
