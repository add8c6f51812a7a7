//! Findings that do not depend on a platform tag: problems of loading, dependencies on this machine,
//! files that must not be in a wheel.

use super::contents::Contents;
use super::external::{External, externals};
use super::foreign::{Foreign, Mismatch};
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
        about_paths(elf, &mut found);
        about_loading(elf, &mut found);
    }
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

fn about_paths(elf: &Elf, found: &mut Vec<Finding>) {
    let origin = elf.location.parent();
    for (tag, list) in [("RPATH", &elf.facts.rpath), ("RUNPATH", &elf.facts.runpath)] {
        for entry in list.as_deref().unwrap_or_default().split(':') {
            match directory(entry, &origin) {
                _ if entry.is_empty() => {}
                Some(FileLocation::Inner(_)) => {}
                Some(FileLocation::Host(_)) => found.push(Finding::new(&rules::ABSOLUTE_RUNPATH, Some(&elf.path), if entry.starts_with('/') {
                        format!("{tag} has `{entry}`, a directory of the machine that it was built on")
                    } else {
                        format!("{tag} has `{entry}`, which a loader does not take from this file's directory")
                    })),
                None => found.push(Finding::new(&rules::RPATH_LEAVES_WHEEL, Some(&elf.path), format!("{tag} has `{entry}`, which leads out of the directory that wheels are installed in"))),
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

fn about_loading(elf: &Elf, found: &mut Vec<Finding>) {
    if elf.facts.executable_stack {
        found.push(Finding::new(
            &rules::EXECUTABLE_STACK,
            Some(&elf.path),
            "it asks for an executable stack; glibc 2.41 and later refuse to dlopen it".to_owned(),
        ));
    }
    if elf.facts.text_relocations {
        found.push(Finding::new(&rules::TEXT_RELOCATIONS, Some(&elf.path), "it has text relocations: the loader must make its code writable, which SELinux forbids and which no two processes can share".to_owned()));
    }
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
        finding.needs.library = Some(soname);
        found.push(finding);
    }
}
