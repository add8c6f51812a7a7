//! Members' names and modes.

use std::collections::HashSet;

use super::archive::Archive;
use super::collisions::{self, normalized};
use super::rules;
use crate::findings::Findings;
use crate::wheel::{LONGEST_COMPONENT, LONGEST_PATH, MemberPath, MemberPathProblem, is_device};
use crate::zip::RawMember;

/// How many directories deep it is looked whether one of them is a file.
const DEEPEST: usize = 64;

/// Unix file types, in the upper half of the external attributes.
const TYPE_MASK: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const DIRECTORY: u16 = 0o040_000;
const LINK: u16 = 0o120_000;

/// Tells what is wrong with names and modes.
pub(super) fn check(archive: &Archive<'_>, findings: &mut Findings<'_>) {
    for member in &archive.members {
        // Archives can hold 65,535-byte paths by the hundred thousand: each is reported, and not looked
        // at any further.
        tell_mode(member, findings);
        if path_of(member).len() > LONGEST_PATH {
            findings.add_at(
                &rules::NAME_LONG,
                &member.name,
                format!("{} bytes", member.name.len()),
            );
            continue;
        }
        if member.is_directory() {
            findings.add_at(&rules::DIRECTORY_ENTRY, &member.name, "");
        }
        tell_form(member, findings);
        tell_parts(member, findings);
    }
    collisions::tell(archive, findings);
    tell_files_as_directories(archive, findings);
}

/// A member's path: its name without the `/` that marks a directory.
pub(super) fn path_of(member: &RawMember) -> &str {
    member.name.strip_suffix('/').unwrap_or(&member.name)
}

fn tell_form(member: &RawMember, findings: &mut Findings<'_>) {
    let Err(error) = path_of(member).parse::<MemberPath>() else { return };
    let rule = match &error.problem {
        MemberPathProblem::DotComponent { component } if component == "." => &rules::NAME_FORM,
        MemberPathProblem::Absolute
        | MemberPathProblem::Drive
        | MemberPathProblem::Backslash
        | MemberPathProblem::DotComponent { .. } => &rules::NAME_ESCAPE,
        MemberPathProblem::Empty
        | MemberPathProblem::EmptyComponent
        | MemberPathProblem::Directory => &rules::NAME_FORM,
        MemberPathProblem::TooLong { .. } => &rules::NAME_LONG,
        // The archive's reader tells of these.
        MemberPathProblem::NotUtf8 { .. } | MemberPathProblem::Control { .. } => return,
    };
    findings.add_at(rule, &member.name, super::filename::first_line(&error.problem));
}

fn tell_parts(member: &RawMember, findings: &mut Findings<'_>) {
    for part in member.name.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
        if part.len() > LONGEST_COMPONENT {
            findings.add_at(&rules::NAME_LONG, &member.name, format!("{} bytes", part.len()));
        }
        if let Some(problem) = windows_problem(part) {
            findings.add_at(&rules::NAME_WINDOWS, &member.name, problem);
        }
    }
    if !member.name.is_ascii() && normalized(&member.name) != member.name.as_ref() {
        findings.add_at(&rules::NAME_NFC, &member.name, "");
    }
}

/// Why Windows cannot have a name ("Naming Files, Paths, and Namespaces").
fn windows_problem(part: &str) -> Option<String> {
    if let Some(character) = part.chars().find(|it| r#"<>:"|?*"#.contains(*it)) {
        return Some(format!("`{character}` in `{part}`"));
    }
    if part.ends_with(['.', ' ']) {
        return Some(format!("`{part}` ends in a dot or a blank"));
    }
    is_device(part).then(|| format!("`{part}` is a device"))
}

fn tell_files_as_directories(archive: &Archive<'_>, findings: &mut Findings<'_>) {
    let files: HashSet<&str> = archive.files().map(|it| it.name.as_ref()).collect();
    let mut told: HashSet<&str> = HashSet::new();
    for member in archive.members.iter().filter(|it| path_of(it).len() <= LONGEST_PATH) {
        for (at, _) in member.name.match_indices('/').take(DEEPEST) {
            let above = &member.name[..at];
            if files.contains(above) && told.insert(above) {
                let found = format!("and there is `{}`", member.name);
                findings.add_at(&rules::NAME_FILE_AND_DIRECTORY, above, found);
            }
        }
    }
}

fn tell_mode(member: &RawMember, findings: &mut Findings<'_>) {
    let mode = member.mode;
    if member.is_directory() && member.uncompressed > 0 {
        let found = format!("a directory with {} bytes of data", member.uncompressed);
        findings.add_at(&rules::SPECIAL_FILE, &member.name, found);
    }
    match mode & TYPE_MASK {
        LINK => findings.add_at(&rules::SYMLINK, &member.name, ""),
        DIRECTORY if member.is_directory() => return,
        REGULAR if member.is_directory() => {
            let found = "a file with `/` at its name's end";
            findings.add_at(&rules::SPECIAL_FILE, &member.name, found);
        }
        0 | REGULAR => {}
        other => findings.add_at(&rules::SPECIAL_FILE, &member.name, format!("type {other:#o}")),
    }
    if mode & TYPE_MASK == LINK || mode == 0 || member.is_directory() {
        return;
    }
    let permissions = mode & 0o7777;
    let problem = if permissions & 0o7000 != 0 {
        "it runs with the rights of its owner or group, or is sticky"
    } else if permissions & 0o002 != 0 {
        "anybody may write it"
    } else if permissions & 0o400 == 0 {
        "its owner may not read it"
    } else {
        return;
    };
    findings.add_at(&rules::MODE, &member.name, format!("{permissions:04o}: {problem}"));
}
