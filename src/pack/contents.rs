//! The members of a declared wheel outside of its generated metadata, from the options that name them.

use super::ContentArguments;
use super::error::PackError;
use super::init_files::init_files;
use super::pair::pair;
use super::patterns::{Patterns, Repositories};
use super::placing::Placing;
use super::substitute::Substitutions;
use crate::context::Context;
use crate::error::Error;
use crate::source::Input;
use crate::wheel::WheelFilename;
use crate::wheel_writer::Member;

/// Directories of the data directory that installers know (binary distribution format).
const SCHEMES: [&str; 5] = ["data", "headers", "platlib", "purelib", "scripts"];

/// What the options come to.
pub(super) struct Contents {
    pub(super) members: Vec<Member>,
    /// Files that were read and whose content is not a member as it is.
    pub(super) consulted: Vec<Input>,
}

/// Gathers the members, in the order of steps that [`ContentArguments`] documents.
pub(super) fn contents(
    arguments: &ContentArguments,
    placing: &Placing<'_>,
    filename: &WheelFilename,
    context: &Context<'_>,
) -> Result<Contents, Error> {
    let mut members = Vec::new();
    let below = &arguments.add_path_prefix;
    placing.members("--member", &arguments.members, Some, below, &mut members)?;
    let repositories = Repositories::new(&arguments.external_repositories)?;
    let of_repository = |destination: String| {
        let (repository, path) = destination.split_once('/')?;
        repositories.has(repository).then(|| path.to_owned())
    };
    let externals = &arguments.external_members;
    placing.members("--external-member", externals, of_repository, below, &mut members)?;
    let root = match arguments.header_root.trim_end_matches('/') {
        "" => String::new(),
        root => format!("{root}/"),
    };
    placing.members("--header", &arguments.headers, Some, &root, &mut members)?;
    let excluded = Patterns::new("--exclude-member", &arguments.excludes)?;
    members.retain(|member| !excluded.cover(member.path.as_str()));
    placing.exactly("--rename", &arguments.renames, "", &mut members)?;

    let mut consulted = Vec::new();
    Substitutions::new(arguments)?.apply(&mut members, &mut consulted, context)?;
    let created = init_files(&members, &Patterns::new("--create-init", &arguments.create_init)?)?;
    members.extend(created);

    for text in &arguments.data_files {
        check_scheme(&pair("--data-file", text)?.destination)?;
    }
    placing.exactly("--data-file", &arguments.data_files, &filename.data_dir(), &mut members)?;
    let directory = filename.dist_info_dir();
    placing.exactly("--distinfo-file", &arguments.distinfo_files, &directory, &mut members)?;
    Ok(Contents { members, consulted })
}

fn check_scheme(destination: &str) -> Result<(), PackError> {
    match destination.split_once('/') {
        Some((scheme, _)) if SCHEMES.contains(&scheme) => Ok(()),
        _ => Err(PackError::Scheme { destination: destination.to_owned() }),
    }
}
