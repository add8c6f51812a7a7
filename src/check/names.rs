//! Members' names and modes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::archive::Archive;
use super::filename::ParsedName;
use super::rules;
use crate::findings::{Findings, Rule};
use crate::opened_wheel::{FileType, MemberHeader, MemberProblem};
use crate::wheel::{MAX_PATH_BYTES, MemberPathProblem, is_windows_device};
use crate::zip::RawMember;

/// Maximum depth of the file-versus-directory check.
const DEEPEST: usize = 64;

/// The longest path below site-packages, in UTF-16 code units, that Windows allows by default if
/// site-packages is `C:\Users\NAME\AppData\Local\Programs\Python\Python312\Lib\site-packages\` with a NAME of
/// 13 characters: 259 without the terminator, minus 81.
const WINDOWS_PATH: usize = 178;

/// Checks names and modes. Without a name, the wheel may be for any system.
pub(super) fn check(archive: &Archive<'_>, name: Option<&ParsedName>, findings: &mut Findings<'_>) {
    let has_modes = !name.is_some_and(ParsedName::is_for_windows_only);
    let is_for_windows = name.is_none_or(ParsedName::is_for_windows);
    for member in &archive.members {
        let header = header_of(member);
        check_problems(&header, findings);
        if has_modes {
            check_permissions(&header, findings);
        }
        // Archives can hold 65,535-byte paths by the hundred thousand: they are reported, and not checked
        // any further.
        if header.path().len() > MAX_PATH_BYTES {
            continue;
        }
        if member.is_directory() {
            findings.add_at(&rules::DIRECTORY_ENTRY, &member.name, "");
        }
        if is_for_windows {
            check_windows(member, findings);
        }
        if !member.name.is_ascii() && normalized(&member.name) != member.name.as_ref() {
            findings.add_at(&rules::NAME_NFC, &member.name, "");
        }
    }
    check_files_as_directories(archive, findings);
}

/// The header whose problems are checked. The archive's reader reports names that are not UTF-8.
fn header_of(member: &RawMember) -> MemberHeader<'_> {
    MemberHeader {
        name: &member.name,
        has_utf8_name: true,
        unix_mode: member.mode,
        uncompressed: member.uncompressed,
    }
}

/// Returns a member's path: its name without the `/` that marks a directory.
pub(super) fn path_of(member: &RawMember) -> &str {
    header_of(member).path()
}

/// Returns a name in Unicode normalisation form C.
pub(super) fn normalized(name: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(name)
}

fn check_problems(header: &MemberHeader<'_>, findings: &mut Findings<'_>) {
    let reported = header.each_problem(|problem| {
        let (rule, found) = match problem {
            MemberProblem::LongPath(len) | MemberProblem::LongComponent(len) => {
                (&rules::NAME_LONG, format!("{len} bytes"))
            }
            MemberProblem::Path(problem) => match rule_for_path(&problem) {
                Some(rule) => (rule, problem.to_string()),
                None => return ControlFlow::<()>::Continue(()),
            },
            MemberProblem::DirectoryContent(len) => {
                (&rules::SPECIAL_FILE, format!("a directory with {len} bytes of data"))
            }
            MemberProblem::FileType(FileType::Symlink) => (&rules::SYMLINK, String::new()),
            MemberProblem::FileType(FileType::MarkedFile) => {
                (&rules::SPECIAL_FILE, FileType::MarkedFile.name().to_owned())
            }
            MemberProblem::FileType(FileType::UnmarkedDirectory) => {
                (&rules::SPECIAL_FILE, "type 0o40000".to_owned())
            }
            MemberProblem::FileType(FileType::Other(found)) => {
                (&rules::SPECIAL_FILE, format!("type {found:#o}"))
            }
            MemberProblem::NameEncoding => return ControlFlow::Continue(()),
        };
        findings.add_at(rule, header.name, found);
        ControlFlow::Continue(())
    });
    debug_assert!(reported.is_continue());
}

/// Returns the rule that a path breaks; `None` if the archive's reader reports the problem.
fn rule_for_path(problem: &MemberPathProblem) -> Option<&'static Rule> {
    match problem {
        MemberPathProblem::DotComponent { component } if component == "." => {
            Some(&rules::NAME_FORM)
        }
        MemberPathProblem::Absolute
        | MemberPathProblem::Drive
        | MemberPathProblem::Backslash
        | MemberPathProblem::DotComponent { .. } => Some(&rules::NAME_ESCAPE),
        MemberPathProblem::Empty
        | MemberPathProblem::EmptyComponent
        | MemberPathProblem::Directory => Some(&rules::NAME_FORM),
        MemberPathProblem::TooLong { .. } => Some(&rules::NAME_LONG),
        MemberPathProblem::NotUtf8 { .. } | MemberPathProblem::Control { .. } => None,
    }
}

fn check_windows(member: &RawMember, findings: &mut Findings<'_>) {
    for part in member.name.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
        if let Some(problem) = windows_problem(part) {
            findings.add_at(&rules::NAME_WINDOWS, &member.name, problem);
        }
    }
    let len = path_of(member).encode_utf16().count();
    if len > WINDOWS_PATH {
        findings.add_at(&rules::NAME_WINDOWS_PATH, &member.name, format!("{len} characters"));
    }
}

/// Returns why Windows does not allow a name ("Naming Files, Paths, and Namespaces").
fn windows_problem(part: &str) -> Option<String> {
    if let Some(character) = part.chars().find(|it| r#"<>:"|?*"#.contains(*it)) {
        return Some(format!("`{character}` in `{part}`"));
    }
    if part.ends_with(['.', ' ']) {
        return Some(format!("`{part}` ends in a dot or a blank"));
    }
    is_windows_device(part).then(|| format!("`{part}` is a device"))
}

fn check_files_as_directories(archive: &Archive<'_>, findings: &mut Findings<'_>) {
    let files: HashSet<&str> = archive.files().map(|it| it.name.as_ref()).collect();
    let mut reported: HashSet<&str> = HashSet::new();
    for member in archive.members.iter().filter(|it| path_of(it).len() <= MAX_PATH_BYTES) {
        for (at, _) in member.name.match_indices('/').take(DEEPEST) {
            let above = &member.name[..at];
            if files.contains(above) && reported.insert(above) {
                let found = format!("and there is `{}`", member.name);
                findings.add_at(&rules::NAME_FILE_AND_DIRECTORY, above, found);
            }
        }
    }
}

fn check_permissions(header: &MemberHeader<'_>, findings: &mut Findings<'_>) {
    let mode = header.unix_mode;
    if mode == 0 || header.is_directory() || header.is_symlink() {
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
    findings.add_at(&rules::MODE, header.name, format!("{permissions:04o}: {problem}"));
}
