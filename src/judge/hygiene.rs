//! Findings that do not depend on a platform tag: problems of loading, dependencies on this machine,
//! files that must not be in a wheel.

use std::collections::BTreeMap;

use super::abi3;
use super::contents::Contents;
use super::external::{External, externals, remedy};
use super::foreign::{Foreign, Mismatch};
use super::layout::Installed;
use super::loading::about_loading;
use super::rules;
use super::trees::{Elf, Elves};
use super::verdict::Verdict;
use crate::elf::{FileLocation, directory};
use crate::findings::{Finding, Severity};
use crate::policy::Policies;

/// Libraries of NVIDIA's driver. They must match the kernel module, so a wheel must not have them.
const DRIVER_LIBRARIES: [&str; 7] = [
    "libcuda.so",
    "libcudadebugger.so",
    "libnvidia-ml.so",
    "libnvidia-ptxjitcompiler.so",
    "libnvidia-nvvm.so",
    "libnvcuvid.so",
    "libnvidia-opticalflow.so",
];

/// Returns the findings about all ELF files, including those for other platforms.
pub(super) fn findings(contents: &Contents, elves: &Elves, verdict: &Verdict) -> Vec<Finding> {
    let mut found = Vec::new();
    for elf in &elves.counted {
        about_driver(elf, &mut found);
        about_paths(elf, elves.installed.as_deref(), &mut found);
        about_loading(elf, verdict, &mut found);
    }
    found.extend(abi3::findings(contents, elves));
    about_host(elves, &verdict.policies, &mut found);
    found.extend(elves.foreign.iter().map(|it| foreign(it, false)));
    found.extend(contents.missing_files().iter().map(|path| record_without_file(path)));
    found
}

/// Returns the finding for an ELF file that is not in RECORD.
pub(super) fn unrecorded(path: &str) -> Finding {
    Finding::new(
        &rules::NOT_IN_RECORD,
        Some(path),
        "RECORD does not name it, so `auditwheel` neither audits nor repairs it".to_owned(),
    )
}

fn record_without_file(path: &str) -> Finding {
    Finding::new(
        &rules::RECORD_WITHOUT_FILE,
        None,
        format!("RECORD names `{path}`, which is not in the wheel"),
    )
}

/// Returns the finding for an ELF file for another platform. It is an error if the wheel has no other
/// ELF files.
pub(super) fn foreign(foreign: &Foreign, is_all_there_is: bool) -> Finding {
    let rule = match foreign.mismatch {
        Mismatch::Machine => &rules::FOREIGN_ELF,
        Mismatch::Libc => &rules::WRONG_LIBC,
    };
    let message = format!("it is {}, so it has no part in the verdict", foreign.found);
    let mut finding = Finding::new(rule, Some(&foreign.path), message);
    if is_all_there_is {
        finding.severity = Severity::Error;
    }
    finding
}

fn about_driver(elf: &Elf, found: &mut Vec<Finding>) {
    let file_name = elf.location.file_name();
    let names = [Some(file_name), elf.facts.soname.as_deref()];
    let is_driver = |name: &str| {
        DRIVER_LIBRARIES.iter().any(|driver| {
            name.strip_prefix(driver).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    // Stubs to link against are in a directory `stubs` and are never loaded.
    let is_stub = elf.path.split('/').any(|part| part == "stubs");
    if !is_stub && names.into_iter().flatten().any(is_driver) {
        found.push(Finding::new(&rules::DRIVER_IN_WHEEL, Some(&elf.path), format!("`{file_name}` is a part of the NVIDIA driver, which must match the kernel module of the machine")));
    }
}

fn about_paths(elf: &Elf, installed: Option<&Installed>, found: &mut Vec<Finding>) {
    let origin = elf.location.parent();
    let is_known =
        |path: &str| installed.is_none_or(|it| it.is_shared(path) || it.is_directory(path));
    for (tag, list) in [("RPATH", &elf.facts.rpath), ("RUNPATH", &elf.facts.runpath)] {
        for entry in list.as_deref().unwrap_or_default().split(':') {
            match directory(entry, &origin) {
                _ if entry.is_empty() => {}
                Some(FileLocation::Inner(path)) if is_known(&path) => {}
                Some(FileLocation::Host(_)) => found.push(Finding::new(&rules::ABSOLUTE_RUNPATH, Some(&elf.path), if entry.starts_with('/') {
                        format!("{tag} has `{entry}`, a directory of the machine that it was built on")
                    } else {
                        format!("{tag} has `{entry}`, which a loader does not take from this file's directory")
                    })),
                Some(FileLocation::Inner(_)) | None => found.push(Finding::new(&rules::RPATH_LEAVES_WHEEL, Some(&elf.path), format!("{tag} has `{entry}`, which leads out of the directory that wheels are installed in"))),
            }
        }
    }
    for name in elf.facts.needed.iter().filter(|name| name.contains('/')) {
        let mut finding = Finding::new(
            &rules::NEEDED_SLASH,
            Some(&elf.path),
            format!("DT_NEEDED has `{name}`, a path, for which no directory is searched"),
        );
        finding.needs.library = Some(name.clone());
        found.push(finding);
    }
}

/// Returns findings about the libraries that are found in one of the two layouts only. `archived` has the
/// paths of the archive, as the verdict in auditwheel's schema.
pub(super) fn differences(
    archived: &Elves,
    installed: &Elves,
    policies: &Policies,
) -> Vec<Finding> {
    if installed.installed.is_none() {
        return Vec::new();
    }
    let missing = |elves: &Elves| -> BTreeMap<(String, String), External> {
        let found = externals(elves, policies.lowest(), policies.libc());
        found.into_iter().map(|it| ((it.elf.clone(), it.soname.clone()), it)).collect()
    };
    let (before, after) = (missing(archived), missing(installed));
    let mut found = Vec::new();
    for ((elf, soname), external) in before.iter().chain(&after) {
        let key = (elf.clone(), soname.clone());
        let (rule, message) = match (before.contains_key(&key), after.contains_key(&key)) {
            (true, false) => (
                &rules::FOUND_ONCE_INSTALLED,
                format!(
                    "it finds `{soname}` where installers put the two, and not in the archive; the verdict, as auditwheel's, counts it as external"
                ),
            ),
            (false, true) if external.through.is_none() => (
                &rules::LOST_ONCE_INSTALLED,
                format!("it finds `{soname}` in the archive, and not where installers put the two"),
            ),
            _ => continue,
        };
        let mut finding = Finding::new(rule, Some(elf), message);
        finding.needs.library = Some(soname.clone());
        found.push(finding);
    }
    found
}

/// Adds findings about libraries that no policy allows and that are on this machine, but not in the
/// wheel.
fn about_host(elves: &Elves, policies: &Policies, found: &mut Vec<Finding>) {
    for external in externals(elves, policies.lowest(), policies.libc()) {
        let External { elf, soname, location: Some(location), .. } = external else { continue };
        let mut finding = Finding::new(
            &rules::HOST_ONLY_LIBRARY,
            Some(&elf),
            format!(
                "it needs `{soname}`, which is on this machine (`{location}`) but neither in the wheel nor on every Linux system"
            ),
        );
        finding.fix = remedy(&soname).unwrap_or(finding.fix);
        finding.needs.library = Some(soname);
        found.push(finding);
    }
}
