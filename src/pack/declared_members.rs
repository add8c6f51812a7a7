//! The members of a declared wheel, from the options that name them.

use super::arguments::ContentArguments;
use super::components::Origins;
use super::dest_src::DestSrc;
use super::error::ArgumentsError;
use super::init_files::init_files;
use super::leftovers;
use super::patterns::{Patterns, Repositories};
use super::placement::Placement;
use super::substitute::Substitutions;
use crate::context::Context;
use crate::error::Error;
use crate::escape::escape_truncated;
use crate::source::Input;
use crate::wheel::{DATA_SCHEMES, WheelFilename};
use crate::wheel_writer::Member;

/// The members of a declared wheel, without its generated metadata.
pub(super) struct DeclaredMembers {
    pub(super) members: Vec<Member>,
    /// Files whose edited content is a member.
    pub(super) other_inputs: Vec<Input>,
    /// Warnings about the files of directories, and about options without effect.
    pub(super) warnings: Vec<String>,
}

/// Collects the members in the steps that [`ContentArguments`] documents.
pub(super) fn declared_members(
    arguments: &ContentArguments,
    placement: &Placement<'_>,
    filename: &WheelFilename,
    origins: &mut Origins,
    context: &Context<'_>,
) -> Result<DeclaredMembers, Error> {
    let mut members = Vec::new();
    let below = &arguments.add_path_prefix;
    placement.members("--member", &arguments.members, Some, below, &mut members)?;
    let repositories = Repositories::new(&arguments.external_repositories)?;
    let of_repository = |destination: String| {
        let (repository, path) = destination.split_once('/')?;
        repositories.includes(repository, path).then(|| path.to_owned())
    };
    let externals = &arguments.external_members;
    placement.members("--external-member", externals, of_repository, below, &mut members)?;
    let root = match arguments.header_root.trim_end_matches('/') {
        "" => String::new(),
        root => format!("{root}/"),
    };
    placement.members("--header", &arguments.headers, Some, &root, &mut members)?;
    let excluded = Patterns::new("--exclude-member", &arguments.excludes)?;
    let unused = excluded.unused(members.iter().map(|member| member.path.as_str()));
    let mut warnings: Vec<String> =
        unused.map(|pattern| unused_warning("--exclude-member", pattern)).collect();
    members.retain(|member| !excluded.matches(member.path.as_str()));
    // These options may name directories, so what they add is not all named one by one.
    let mut walked = Vec::new();
    let mut exactly = |option, texts, root: &str, members: &mut Vec<Member>| {
        let known = members.len();
        placement.exactly(option, texts, root, members)?;
        walked.extend(members.iter().skip(known).map(|member| member.path.clone()));
        Ok::<_, Error>(())
    };
    exactly("--rename", &arguments.renames, "", &mut members)?;

    origins.record(&members);
    let edited = members.len();
    let mut other_inputs = Vec::new();
    Substitutions::new(arguments)?.apply(&mut members, &mut other_inputs, context)?;
    let created = init_files(&members, &Patterns::new("--create-init", &arguments.create_init)?)?;
    members.extend(created);

    for text in &arguments.data_files {
        check_scheme(&DestSrc::parse("--data-file", text)?.destination)?;
    }
    exactly("--data-file", &arguments.data_files, &filename.data_dir(), &mut members)?;
    let directory = filename.dist_info_dir();
    exactly("--distinfo-file", &arguments.distinfo_files, &directory, &mut members)?;
    origins.record(members.get(edited..).unwrap_or_default());
    warnings.extend(leftovers::warning(&walked, None));
    Ok(DeclaredMembers { members, other_inputs, warnings })
}

/// Returns the warning about an option that has no effect.
pub(super) fn unused_warning(option: &str, value: &str) -> String {
    let value = escape_truncated(value);
    format!("{option} `{value}`: no file has this path\nhint: remove it, or correct it")
}

fn check_scheme(destination: &str) -> Result<(), ArgumentsError> {
    match destination.split_once('/') {
        Some((scheme, _)) if DATA_SCHEMES.contains(&scheme) => Ok(()),
        _ => Err(ArgumentsError::Scheme { destination: destination.to_owned() }),
    }
}
