//! Judges the Mach-O files of a wheel for macOS or iOS: CPUs, versions, signatures and libraries.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::Contents;
use super::dyld::{InstalledFiles, Resolution, join};
use super::error::JudgeError;
use super::system_rules as rules;
use super::system_tag::SystemTag;
use super::system_verdict::{OutsideLibrary, SystemVerdict};
use crate::elf::is_libpython;
use crate::findings::{Finding, Severity};
use crate::object_file::{
    AppleCpu, ApplePlatform, AppleVersion, MachOFacts, MachOSlice, MachOType, ObjectFacts,
};
use crate::slash_path::file_name;

/// The first macOS for 64-bit ARM.
const FIRST_FOR_ARM: (u32, u32) = (11, 0);

/// The Mach-O files of a wheel.
pub(super) struct AppleFiles<'a> {
    files: BTreeMap<&'a str, &'a MachOFacts>,
    /// The CPUs and systems of the wheel's own tags.
    cpus: BTreeSet<AppleCpu>,
    platforms: Vec<ApplePlatform>,
    resolution: Resolution,
}

impl<'a> AppleFiles<'a> {
    /// Resolves the libraries of the Mach-O files of a wheel with these tags; `None` if it has no such file.
    ///
    /// # Errors
    /// If it has too many libraries or directories.
    pub(super) fn new(
        contents: &'a Contents,
        tags: &[SystemTag],
    ) -> Result<Option<Self>, JudgeError> {
        let mach_o = |(path, facts): (&'a String, &'a std::sync::Arc<ObjectFacts>)| match &**facts {
            ObjectFacts::MachO(facts) => Some((path.as_str(), facts)),
            ObjectFacts::Pe(_) => None,
        };
        let files: BTreeMap<_, _> =
            contents.objects().into_iter().flatten().filter_map(mach_o).collect();
        let of_tags = tags.iter().filter_map(|tag| match tag {
            SystemTag::Apple { platform, cpus, .. } => Some((*platform, cpus.unwrap_or_default())),
            SystemTag::Windows(_) => None,
        });
        let (platforms, cpus): (Vec<_>, Vec<_>) = of_tags.unzip();
        let cpus: BTreeSet<AppleCpu> = cpus.into_iter().flatten().copied().collect();
        let installed = contents.installed()?;
        let located = InstalledFiles { files: &files, installed: installed.as_ref() };
        let resolution = located.resolve(contents.name(), &cpus)?;
        let found = Self { files, cpus, platforms, resolution };
        Ok(Some(found).filter(|it| it.files.values().any(|facts| is_loaded(facts))))
    }

    /// Iterates over the files that `dyld` loads.
    fn loaded(&self) -> impl Iterator<Item = (&'a str, &'a MachOFacts)> {
        let files = self.files.iter().map(|(path, facts)| (*path, *facts));
        files.filter(|(_, facts)| is_loaded(facts))
    }

    /// Returns the slices of a file for the systems of the wheel's tags and these CPUs.
    fn slices<'b>(
        &'b self,
        facts: &'b MachOFacts,
        cpus: &'b BTreeSet<AppleCpu>,
    ) -> impl Iterator<Item = &'b MachOSlice> {
        facts.slices.iter().filter(|slice| self.is_for(slice) && cpus.contains(&slice.cpu))
    }

    /// Returns whether a slice is for a system of the wheel's tags. Old linkers do not say which it is for.
    fn is_for(&self, slice: &MachOSlice) -> bool {
        slice.platform.is_none_or(|platform| self.platforms.contains(&platform))
    }

    /// Returns whether a file is an extension module, or another file of the wheel loads it.
    fn is_needed(&self, path: &str) -> bool {
        path.strip_suffix(".so").is_some() || self.resolution.loaded.contains(path)
    }

    /// Returns the libraries that are neither in the wheel nor in the system.
    pub(super) fn outside(&self) -> Vec<OutsideLibrary> {
        let outside = |missing: &super::dyld::MissingLibrary| {
            let leaf = file_name(&missing.name);
            let is_python = is_libpython(leaf) || missing.name.contains("Python.framework/");
            OutsideLibrary {
                path: missing.path.clone(),
                name: missing.name.clone(),
                rule: &super::rules::EXTERNAL_LIBRARY,
                severity: Severity::Error,
                message: format!(
                    "it needs `{}`, which neither the wheel nor the system has: {}",
                    missing.name, missing.why
                ),
                fix: if is_python {
                    "do not link it: the interpreter has its symbols; link with `-undefined dynamic_lookup`"
                } else {
                    "graft it with `delocate-wheel`, pass `--provided-by` the wheel in Requires-Dist that brings it, or link it statically"
                },
            }
        };
        self.resolution.missing.iter().map(outside).collect()
    }

    /// Returns the tag that the files allow, and what it follows from.
    pub(super) fn verdict(&self) -> SystemVerdict {
        let counted = self.loaded().filter(|(_, it)| self.slices(it, &self.cpus).next().is_some());
        let mut common: Option<BTreeSet<AppleCpu>> = None;
        let mut versions: BTreeMap<AppleCpu, AppleVersion> = BTreeMap::new();
        for (_, facts) in counted {
            let mut cpus = BTreeSet::new();
            for slice in self.slices(facts, &self.cpus) {
                cpus.insert(slice.cpu);
                let oldest = versions.entry(slice.cpu).or_insert(AppleVersion(0, 0, 0));
                *oldest = (*oldest).max(slice.minimum_version.unwrap_or(*oldest));
            }
            common = Some(match common {
                Some(common) => common.intersection(&cpus).copied().collect(),
                None => cpus,
            });
        }
        let common = common.unwrap_or_default();
        let version = |cpu: &AppleCpu| {
            let known = versions.get(cpu).filter(|it| **it != AppleVersion(0, 0, 0));
            (cpu.to_string(), known.map(ToString::to_string))
        };
        let platform = self.platforms.first().copied().unwrap_or(ApplePlatform::Macos);
        SystemVerdict {
            system: platform.name(),
            tag: tag_of(platform, &common, &versions),
            cpus: common.iter().map(version).collect(),
            outside: BTreeMap::new(),
        }
    }

    /// Returns findings about everything that keeps the files from a tag.
    pub(super) fn obstacles(&self, tag: &SystemTag, text: &str) -> Vec<Finding> {
        let SystemTag::Apple { platform, version, cpus } = tag else { return Vec::new() };
        let cpus = cpus.map_or_else(|| self.cpus.clone(), |cpus| cpus.iter().copied().collect());
        let mut found = Vec::new();
        for (path, facts) in self.loaded() {
            if self.about_cpus(path, facts, &cpus, text, &mut found) {
                for slice in self.slices(facts, &cpus) {
                    about_version(path, slice, (*platform, *version), text, &mut found);
                }
            }
        }
        found
    }

    /// Adds a finding about the CPUs that a file lacks. Returns whether it is for the system of the tag.
    fn about_cpus(
        &self,
        path: &str,
        facts: &MachOFacts,
        cpus: &BTreeSet<AppleCpu>,
        text: &str,
        found: &mut Vec<Finding>,
    ) -> bool {
        let has: BTreeSet<AppleCpu> = self.slices(facts, cpus).map(|slice| slice.cpu).collect();
        let lacking: Vec<String> = cpus.difference(&has).map(ToString::to_string).collect();
        let all = facts.slices.iter().map(|slice| match slice.platform {
            Some(platform) if !self.platforms.contains(&platform) => {
                format!("{} ({})", slice.cpu, platform.name())
            }
            _ => slice.cpu.to_string(),
        });
        let all = all.collect::<Vec<_>>().join(", ");
        let is_foreign = has.is_empty();
        if is_foreign && !self.is_needed(path) {
            let message = format!("it is for {all}, and `{text}` is for {}", lacking.join(", "));
            found.push(Finding::new(&rules::FOREIGN_OBJECT, Some(path), message));
        } else if !lacking.is_empty() {
            let message = format!(
                "it has code for {all}, and none for {}, which `{text}` promises",
                lacking.join(", ")
            );
            let mut finding = Finding::new(&rules::CPU_MISSING, Some(path), message);
            if !self.is_needed(path) {
                // A package may choose between thin libraries at run time.
                finding.severity = Severity::Warning;
            }
            found.push(finding);
        }
        !is_foreign
    }

    /// Returns findings that do not depend on a required tag.
    pub(super) fn hygiene(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for (path, facts) in &self.files {
            if let Some(problem) = &facts.problem {
                found.push(Finding::new(&rules::OBJECT_DAMAGED, Some(path), problem.clone()));
            }
        }
        for (path, facts) in self.loaded() {
            let slices = || self.slices(facts, &self.cpus);
            let is_refused = |slice: &MachOSlice| slice.cpu == AppleCpu::Arm64 && !slice.is_signed;
            if self.platforms.contains(&ApplePlatform::Macos) && slices().any(is_refused) {
                let message = "its code for arm64 has no signature".to_owned();
                found.push(Finding::new(&rules::CODE_UNSIGNED, Some(path), message));
            }
            let rpaths: BTreeSet<&String> = slices().flat_map(|slice| &slice.rpaths).collect();
            found.extend(rpaths.into_iter().filter_map(|rpath| about_rpath(path, rpath)));
        }
        found
    }
}

/// Returns whether `dyld` loads a file.
fn is_loaded(facts: &MachOFacts) -> bool {
    facts.slices.iter().any(|slice| slice.file_type != MachOType::NotLoaded)
}

/// Returns the platform tag for files with code for these CPUs, each from a version of the system on; `None` if no
/// tag names the CPUs.
fn tag_of(
    platform: ApplePlatform,
    cpus: &BTreeSet<AppleCpu>,
    versions: &BTreeMap<AppleCpu, AppleVersion>,
) -> Option<String> {
    const NAMES: [&str; 10] = [
        "universal2",
        "x86_64",
        "arm64",
        "intel",
        "i386",
        "universal",
        "fat3",
        "fat64",
        "fat",
        "ppc",
    ];
    let is_named = |name: &&str| {
        let named = AppleCpu::of_architecture(name).unwrap_or_default();
        named.iter().all(|cpu| cpus.contains(cpu)) && named.len() == cpus.len()
    };
    let name = NAMES.into_iter().find(is_named)?;
    let oldest = cpus.iter().map(|cpu| {
        let AppleVersion(major, minor, _) =
            versions.get(cpu).copied().unwrap_or(AppleVersion(0, 0, 0));
        // Every Mac with such a CPU has that version, so it does not narrow a tag for several CPUs.
        let is_implied =
            *cpu == AppleCpu::Arm64 && (major, minor) <= FIRST_FOR_ARM && cpus.len() > 1;
        if is_implied { (0, 0) } else { (major, minor) }
    });
    let (major, minor) = oldest.max()?;
    match platform {
        ApplePlatform::Macos => {
            let (major, minor) = match (major, minor) {
                (0, _) if name == "arm64" => FIRST_FOR_ARM,
                // The first macOS on Macs with Intel's processors.
                (0, _) => (10, 4),
                // Installers know no minor versions from macOS 11 on.
                (11.., _) => (major, 0),
                version => version,
            };
            Some(format!("macosx_{major}_{minor}_{name}"))
        }
        ApplePlatform::Ios => Some(format!("ios_{major}_{minor}_{name}_iphoneos")),
        ApplePlatform::IosSimulator => Some(format!("ios_{major}_{minor}_{name}_iphonesimulator")),
        ApplePlatform::Other(_) => None,
    }
}

/// Adds a finding if a slice needs a newer system than a tag says. It is a warning if only the minor version differs
/// from macOS 11 on: no tag names that.
fn about_version(
    path: &str,
    slice: &MachOSlice,
    (platform, promised): (ApplePlatform, (u32, u32)),
    text: &str,
    found: &mut Vec<Finding>,
) {
    let Some(needed) = slice.minimum_version else { return };
    let is_mac = platform == ApplePlatform::Macos;
    let is_arm = is_mac && slice.cpu == AppleCpu::Arm64;
    let promised = if is_arm { promised.max(FIRST_FOR_ARM) } else { promised };
    if (needed.0, needed.1) <= promised {
        return;
    }
    let message = format!(
        "its code for {} needs {} {needed}, and `{text}` promises that it runs on {}.{}",
        slice.cpu,
        platform.name(),
        promised.0,
        promised.1
    );
    let mut finding = Finding::new(&rules::MACOS_VERSION, Some(path), message);
    if is_mac && needed.0 >= 11 && needed.0 == promised.0 {
        finding.severity = Severity::Warning;
    }
    found.push(finding);
}

/// Returns the finding about a search path that is wrong on other machines.
fn about_rpath(path: &str, rpath: &str) -> Option<Finding> {
    let relative =
        ["@loader_path", "@executable_path"].iter().find_map(|it| rpath.strip_prefix(it));
    let is_system = rpath.starts_with("/usr/lib") || rpath.starts_with("/System/");
    let (rule, message) = match relative {
        // The directory of the file is at most as deep as its path.
        Some(rest) if join(path.rsplit_once('/').map_or("", |it| it.0), rest).is_none() => (
            &super::rules::RPATH_LEAVES_WHEEL,
            format!(
                "LC_RPATH has `{rpath}`, which leads out of the directory that wheels are installed in"
            ),
        ),
        Some(_) => return None,
        None if is_system => return None,
        None => (
            &super::rules::ABSOLUTE_RUNPATH,
            format!("LC_RPATH has `{rpath}`, a directory of the machine that it was built on"),
        ),
    };
    let mut finding = Finding::new(rule, Some(path), message);
    finding.fix = "remove it, and sign the file again: `install_name_tool -delete_rpath`";
    Some(finding)
}
