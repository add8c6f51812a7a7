//! What loads, and breaks on some machines or with some other package.

use std::collections::BTreeMap;

use super::hwcaps;
use super::installed::{Installed, Object};
use super::problem::Problem;
use super::process::{FoundBy, Link, Module};
use super::rules;
use super::search::SearchEntry;
use super::target::Target;
use super::wheel::ClosureWheel;
use crate::findings::Rule;
use crate::platform::{Libc, Machine};
use crate::slash_path::file_name;

/// The static TLS block that glibc keeps for libraries that are loaded later, in bytes: `TLS_STATIC_SURPLUS` until 2.31,
/// and with the default tunables since.
const GLIBC_STATIC_TLS: u64 = 1664;

/// The largest page size of kernels for aarch64, in bytes.
const LARGEST_PAGE: u64 = 64 << 10;

/// The runtimes of OpenMP: what their file names begin with, and what made them.
const OPENMP: [(&str, &str); 3] =
    [("libgomp", "GNU's"), ("libiomp5", "Intel's"), ("libomp", "LLVM's")];

/// Maximum number of files with one soname that each is compared with. Wheels have two or three.
const MAX_COMPARED: usize = 64;

/// Adds the problems of files, and of files together.
pub(super) fn add(
    wheels: &[ClosureWheel],
    installed: &Installed,
    links: &[Link],
    target: &Target,
    problems: &mut Vec<Problem>,
) {
    for object in &installed.objects {
        add_paths(object, problems);
        add_properties(object, target, problems);
    }
    for link in links {
        add_link(link, wheels, installed, target, problems);
    }
    add_copies(wheels, installed, problems);
    add_openmp(wheels, installed, problems);
    add_static_tls(installed, target, problems);
}

fn of_object(rule: &'static Rule, object: &Object, name: &str, detail: String) -> Problem {
    Problem::new(rule, object.wheel, Some(&object.member), name, detail)
}

fn add_paths(object: &Object, problems: &mut Vec<Problem>) {
    for entry in object.rpath.iter().chain(&object.runpath) {
        let tag = if object.facts.runpath.is_some() { "RUNPATH" } else { "RPATH" };
        let (rule, path) = match entry {
            SearchEntry::Absolute(path) => (&rules::BUILD_MACHINE_PATH, path),
            SearchEntry::Outside(path) => (&rules::PATH_LEAVES_PREFIX, path),
            SearchEntry::Inner(_) | SearchEntry::Unknown(_) => continue,
        };
        problems.push(of_object(rule, object, path, format!("its {tag} has `{path}`")));
    }
}

fn add_properties(object: &Object, target: &Target, problems: &mut Vec<Problem>) {
    let facts = &object.facts;
    if facts.text_relocations {
        let detail = "it has `DT_TEXTREL`".to_owned();
        problems.push(of_object(&rules::WRITABLE_CODE, object, "", detail));
    }
    if facts.executable_stack && !object.is_program() {
        let detail = "its `PT_GNU_STACK` has `PF_X`".to_owned();
        problems.push(of_object(&rules::EXECUTABLE_STACK_NEEDED, object, "", detail));
    }
    if target.machine == Machine::Aarch64 && facts.max_page_size < LARGEST_PAGE {
        let detail = format!("its segments fit pages of up to {} KiB", facts.max_page_size >> 10);
        problems.push(of_object(&rules::SMALL_PAGES, object, "", detail));
    }
}

fn add_link(
    link: &Link,
    wheels: &[ClosureWheel],
    installed: &Installed,
    target: &Target,
    problems: &mut Vec<Problem>,
) {
    let Module::Object(found) = link.module else { return };
    let (object, found) = (&installed.objects[link.object], &installed.objects[found]);
    if object.wheel == found.wheel {
        return;
    }
    let whose = &wheels[found.wheel].candidate.package;
    if link.by == FoundBy::Runpath && target.libc == Libc::Glibc {
        let detail = format!("it finds `{}` of `{whose}` by RUNPATH", link.name);
        problems.push(of_object(&rules::RUNPATH_OVERRIDABLE, object, &link.name, detail));
    }
    let is_by_path = matches!(link.by, FoundBy::Runpath | FoundBy::Rpath | FoundBy::InheritedRpath);
    if is_by_path && object.is_purelib != found.is_purelib {
        let scheme = |is_purelib| if is_purelib { "purelib" } else { "platlib" };
        let detail = format!(
            "it is in {} and finds `{}` of `{whose}` in {}",
            scheme(object.is_purelib),
            link.name,
            scheme(found.is_purelib)
        );
        problems.push(of_object(&rules::PLATLIB_TO_PURELIB, object, &link.name, detail));
    }
}

/// Adds files with one soname.
fn add_copies(wheels: &[ClosureWheel], installed: &Installed, problems: &mut Vec<Problem>) {
    let mut by_soname: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    let is_copy = |object: &&Object| !hwcaps::is_variant(&object.path);
    for object in installed.objects.iter().filter(is_copy) {
        if let Some(soname) = object.facts.soname.as_deref() {
            by_soname.entry(soname).or_default().push(object);
        }
    }
    for (soname, objects) in by_soname {
        let Some((first, rest)) = objects.split_first() else { continue };
        for (at, object) in rest.iter().enumerate() {
            let mut earlier = objects[..=at].iter().take(MAX_COMPARED);
            if let Some((short, long)) = earlier.find_map(|it| without_version(it, object)) {
                let detail = format!("it is a copy of `{}` under another name", long.path);
                problems.push(of_object(&rules::COPY_WITHOUT_VERSION, short, soname, detail));
                continue;
            }
            let detail = format!(
                "its soname is `{soname}`, as that of `{}` of `{}`",
                first.path, wheels[first.wheel].candidate.package
            );
            problems.push(of_object(&rules::SONAME_TWICE, object, soname, detail));
        }
    }
}

/// Returns two objects as the one without a version in its name and the one with it, if they are such a pair.
fn without_version<'a>(one: &'a Object, other: &'a Object) -> Option<(&'a Object, &'a Object)> {
    let directory = |object: &'a Object| object.path.strip_suffix(object.file_name());
    if directory(one) != directory(other) {
        return None;
    }
    let extends = |short: &Object, long: &Object| {
        let rest = long.file_name().strip_prefix(short.file_name());
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    if extends(one, other) {
        Some((one, other))
    } else if extends(other, one) {
        Some((other, one))
    } else {
        None
    }
}

fn add_openmp(wheels: &[ClosureWheel], installed: &Installed, problems: &mut Vec<Problem>) {
    let runtime = |object: &Object| {
        let name = file_name(&object.path);
        OPENMP.iter().find_map(|(stem, maker)| {
            let rest = name.strip_prefix(stem)?;
            (rest.starts_with('-') || rest.starts_with(".so")).then_some(*maker)
        })
    };
    let mut found: Vec<(&Object, &str)> = Vec::new();
    for object in &installed.objects {
        if let Some(maker) = runtime(object) {
            found.push((object, maker));
        }
    }
    let Some(((first, first_maker), rest)) = found.split_first() else { return };
    for (object, maker) in
        rest.iter().filter(|(object, _)| without_version(first, object).is_none())
    {
        let detail = format!(
            "it is {maker} runtime; `{}` of `{}` is {first_maker}",
            first.path, wheels[first.wheel].candidate.package
        );
        problems.push(of_object(&rules::TWO_OPENMP_RUNTIMES, object, object.file_name(), detail));
    }
}

/// Adds the files whose thread-local variables do not fit in what the loader keeps.
fn add_static_tls(installed: &Installed, target: &Target, problems: &mut Vec<Problem>) {
    let limit = if target.libc == Libc::Musl { 0 } else { GLIBC_STATIC_TLS };
    let mut total = 0_u64;
    for object in installed.objects.iter().filter(|object| !object.is_program()) {
        let Some(linkage) = &object.facts.linkage else { continue };
        let (Some(tls), true) = (linkage.tls(), linkage.flags().uses_static_tls()) else {
            continue;
        };
        let align = tls.align.max(1);
        total = total.saturating_add(tls.len).checked_next_multiple_of(align).unwrap_or(u64::MAX);
        if total > limit {
            let detail = format!(
                "its {} bytes make {total} bytes of static TLS in the closure, and loaders keep {limit}",
                tls.len
            );
            problems.push(of_object(&rules::STATIC_TLS, object, "", detail));
        }
    }
}
