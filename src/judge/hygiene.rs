//! Findings that hold whatever tag a wheel is to have: what loads badly, what only works here, what
//! must not be in a wheel.

use super::contents::Contents;
use super::external::{External, externals};
use super::findings::{Finding, Severity};
use super::trees::{Elf, Elves, Foreign, Mismatch};
use super::verdict::Verdict;
use crate::elf::{Place, directory};
use crate::policy::Policies;

/// Libraries of NVIDIA's driver, which must match the kernel module and so never come in a wheel.
const DRIVER_LIBRARIES: [&str; 7] = [
    "libcuda.so",
    "libcudadebugger.so",
    "libnvidia-ml.so",
    "libnvidia-ptxjitcompiler.so",
    "libnvidia-nvvm.so",
    "libnvcuvid.so",
    "libnvidia-opticalflow.so",
];

/// Findings about all ELF files, and about those that do not count.
pub(super) fn findings(contents: &Contents, elves: &Elves, verdict: &Verdict) -> Vec<Finding> {
    let mut found = Vec::new();
    for elf in &elves.counted {
        about_driver(elf, &mut found);
        about_paths(elf, &mut found);
        about_loading(elf, &mut found);
    }
    about_host(elves, &verdict.policies, &mut found);
    found.extend(elves.foreign.iter().map(|it| foreign(it, false)));
    found.extend(contents.ghosts().iter().map(|path| ghost(path)));
    found
}

/// An ELF file that RECORD does not name.
pub(super) fn unrecorded(path: &str) -> Finding {
    Finding::new(
        "not-in-record",
        Severity::Warning,
        Some(path),
        "RECORD does not name it, so `auditwheel` neither audits nor repairs it".to_owned(),
        "write RECORD anew: `wheel unpack` and `wheelworks pack` do",
    )
}

fn ghost(path: &str) -> Finding {
    Finding::new(
        "record-without-file",
        Severity::Warning,
        None,
        format!("RECORD names `{path}`, which is not in the wheel"),
        "write RECORD anew: `wheel unpack` and `wheelworks pack` do",
    )
}

/// An ELF file that does not count. It is the matter itself where nothing else is left to count.
pub(super) fn foreign(foreign: &Foreign, is_all_there_is: bool) -> Finding {
    let (rule, severity, hint) = match foreign.mismatch {
        Mismatch::Machine => (
            "foreign-elf",
            Severity::Note,
            "nothing, if it is data: firmware, test files, code for another system",
        ),
        Mismatch::Libc => (
            "wrong-libc",
            Severity::Warning,
            "link it with the C library that the rest of the wheel is for, or leave it out",
        ),
    };
    let message = format!("it is {}, so it has no part in the verdict", foreign.found);
    let severity = if is_all_there_is { Severity::Error } else { severity };
    Finding::new(rule, severity, Some(&foreign.path), message, hint)
}

fn about_driver(elf: &Elf, found: &mut Vec<Finding>) {
    let file_name = elf.place.file_name();
    let names = [Some(file_name), elf.facts.soname.as_deref()];
    let is_driver = |name: &str| {
        DRIVER_LIBRARIES.iter().any(|driver| {
            name.strip_prefix(driver).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    // Stubs to link against stand in a directory of that name and are never loaded.
    let is_stub = elf.path.split('/').any(|part| part == "stubs");
    if !is_stub && names.into_iter().flatten().any(is_driver) {
        found.push(Finding::new(
            "driver-in-wheel",
            Severity::Error,
            Some(&elf.path),
            format!("`{file_name}` is a part of the NVIDIA driver, which must match the kernel module of the machine"),
            "leave it out of the wheel: `--exclude` it when you repair, and load it with dlopen at run time",
        ));
    }
}

fn about_paths(elf: &Elf, found: &mut Vec<Finding>) {
    let origin = elf.place.parent();
    for (tag, list) in [("RPATH", &elf.facts.rpath), ("RUNPATH", &elf.facts.runpath)] {
        for entry in list.as_deref().unwrap_or_default().split(':') {
            match directory(entry, &origin) {
                _ if entry.is_empty() => {}
                Some(Place::Inner(_)) => {}
                Some(Place::Host(_)) => found.push(Finding::new(
                    "absolute-runpath",
                    Severity::Warning,
                    Some(&elf.path),
                    if entry.starts_with('/') {
                        format!("{tag} has `{entry}`, a directory of the machine that it was built on")
                    } else {
                        format!("{tag} has `{entry}`, which a loader does not take from this file's directory")
                    },
                    "link with `-Wl,-rpath,'$ORIGIN/…'`, or remove the entry: `patchelf --set-rpath`",
                )),
                None => found.push(Finding::new(
                    "rpath-leaves-wheel",
                    Severity::Warning,
                    Some(&elf.path),
                    format!("{tag} has `{entry}`, which leads out of the directory that wheels are installed in"),
                    "count the `..`: `$ORIGIN` is the directory of this file",
                )),
            }
        }
    }
    for name in elf.facts.needed.iter().filter(|name| name.contains('/')) {
        let mut finding = Finding::new(
            "needed-slash",
            Severity::Warning,
            Some(&elf.path),
            format!("DT_NEEDED has `{name}`, a path, for which no directory is searched"),
            "link against a library with a soname, or `patchelf --replace-needed`",
        );
        finding.library = Some(name.clone());
        found.push(finding);
    }
}

fn about_loading(elf: &Elf, found: &mut Vec<Finding>) {
    if elf.facts.executable_stack {
        found.push(Finding::new(
            "executable-stack",
            Severity::Warning,
            Some(&elf.path),
            "it asks for an executable stack; glibc 2.41 and later refuse to dlopen it".to_owned(),
            "link with `-Wl,-z,noexecstack`; assembly files need a `.note.GNU-stack` section",
        ));
    }
    if elf.facts.text_relocations {
        found.push(Finding::new(
            "text-relocations",
            Severity::Warning,
            Some(&elf.path),
            "it has text relocations: the loader must make its code writable, which SELinux forbids and which no two processes can share".to_owned(),
            "compile everything that goes into it with `-fPIC`",
        ));
    }
}

/// Libraries that no policy allows, and that were found on this machine and not in the wheel.
fn about_host(elves: &Elves, policies: &Policies, found: &mut Vec<Finding>) {
    for external in externals(elves, policies.lowest(), policies.libc()) {
        let External { elf, soname, place: Some(place), .. } = external else { continue };
        let mut finding = Finding::new(
            "host-only-library",
            Severity::Warning,
            Some(&elf),
            format!(
                "it needs `{soname}`, which is on this machine (`{place}`) but neither in the wheel nor on every Linux system"
            ),
            "graft it with `auditwheel repair`, depend on a wheel that has it, or link it statically",
        );
        finding.library = Some(soname);
        found.push(finding);
    }
}
