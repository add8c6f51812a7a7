//! Judges the PE files of a wheel for Windows: CPUs and DLLs.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::Contents;
use super::system_rules as rules;
use super::system_tag::SystemTag;
use super::system_verdict::{OutsideLibrary, SystemVerdict};
use super::windows_dlls::{Interpreter, Owner};
use crate::findings::{Finding, Rule, Severity};
use crate::object_file::{ObjectFacts, PeFacts};
use crate::slash_path;

/// The PE files of a wheel.
pub(super) struct WindowsFiles<'a> {
    files: BTreeMap<&'a str, &'a PeFacts>,
    /// The platform tags of the wheel.
    platforms: BTreeSet<&'static str>,
    /// The Python that the wheel is for.
    python: Option<&'a str>,
    /// The names of the files, in lower case: Windows does not distinguish case.
    own: BTreeSet<String>,
    /// The names of the DLLs that files of the wheel need, in lower case.
    needed: BTreeSet<String>,
}

impl<'a> WindowsFiles<'a> {
    /// Returns the PE files of a wheel with these tags; `None` if it has none.
    pub(super) fn new(contents: &'a Contents, tags: &[SystemTag]) -> Option<Self> {
        let pe = |(path, facts): (&'a String, &'a std::sync::Arc<ObjectFacts>)| match &**facts {
            ObjectFacts::Pe(facts) => Some((path.as_str(), facts)),
            ObjectFacts::MachO(_) => None,
        };
        let files: BTreeMap<_, _> =
            contents.objects().into_iter().flatten().filter_map(pe).collect();
        let platforms = tags.iter().filter_map(|tag| match tag {
            SystemTag::Windows(platform) => Some(*platform),
            SystemTag::Apple { .. } => None,
        });
        let own = files.keys().map(|path| file_name(path)).collect();
        let needed = files.values().flat_map(|facts| needed(facts).map(|(name, _)| name));
        let (platforms, needed) = (platforms.collect(), needed.collect());
        let found = Self { files, platforms, python: contents.python(), own, needed };
        Some(found).filter(|it| !it.files.is_empty())
    }

    /// Returns whether a file is an extension module, or another file of the wheel needs it.
    fn is_needed(&self, path: &str) -> bool {
        let name = file_name(path);
        has_suffix(&name, "pyd") || self.needed.contains(&name)
    }

    /// Returns the files that are for one of these platform tags.
    fn files_for<'b>(
        &'b self,
        platforms: &'b BTreeSet<&'static str>,
    ) -> impl Iterator<Item = (&'a str, &'a PeFacts)> + 'b {
        let is_for = |facts: &PeFacts| {
            facts.is_portable || facts.cpu.platform_tag().is_some_and(|it| platforms.contains(it))
        };
        self.files.iter().map(|(path, facts)| (*path, *facts)).filter(move |(_, it)| is_for(it))
    }

    /// Returns the DLLs that are neither in the wheel, nor in Windows, nor in Python.
    pub(super) fn outside(&self) -> Vec<OutsideLibrary> {
        let mut found = BTreeMap::new();
        for (path, facts) in self.files_for(&self.platforms) {
            let Some(platform) = facts.cpu.platform_tag() else { continue };
            let interpreter = Interpreter { name: self.python, platform };
            for (name, is_delayed) in needed(facts).filter(|(name, _)| !self.own.contains(name)) {
                let Some((rule, who, fix)) = outside(interpreter.owner_of(&name)) else { continue };
                let library = OutsideLibrary {
                    path: path.to_owned(),
                    message: format!("it needs `{name}`, {who}"),
                    rule,
                    // Such a DLL is loaded when one of its functions is called first.
                    severity: if is_delayed { Severity::Warning } else { Severity::Error },
                    fix,
                    name,
                };
                found.entry((library.path.clone(), library.name.clone())).or_insert(library);
            }
        }
        found.into_values().collect()
    }

    /// Returns the tag that the files allow, and what it follows from.
    pub(super) fn verdict(&self) -> SystemVerdict {
        let mut cpus: BTreeMap<String, (u16, u16)> = BTreeMap::new();
        let mut tags = BTreeSet::new();
        for (path, facts) in self.files_for(&self.platforms).filter(|(_, it)| !it.is_portable) {
            let is_counted = facts.is_library || self.is_needed(path);
            if let Some(tag) = facts.cpu.platform_tag().filter(|_| is_counted) {
                tags.insert(tag);
                let oldest = cpus.entry(facts.cpu.to_string()).or_default();
                *oldest = (*oldest).max(facts.subsystem_version);
            }
        }
        let version =
            |(cpu, (major, minor)): (String, (u16, u16))| (cpu, Some(format!("{major}.{minor}")));
        let mut tags = tags.into_iter();
        SystemVerdict {
            system: "Windows",
            tag: tags.next().filter(|_| tags.next().is_none()).map(str::to_owned),
            cpus: cpus.into_iter().map(version).collect(),
            outside: BTreeMap::new(),
        }
    }

    /// Returns findings about the files that are not for the CPU of a tag. Programs are data: Windows runs those for
    /// other CPUs, too.
    pub(super) fn obstacles(&self, tag: &SystemTag, text: &str) -> Vec<Finding> {
        let SystemTag::Windows(platform) = tag else { return Vec::new() };
        let about = |(path, facts): (&&str, &&PeFacts)| {
            let is_module = has_suffix(path, "pyd");
            let is_judged = (facts.is_library || is_module) && !facts.is_portable;
            if !is_judged || facts.problem.is_some() || facts.cpu.platform_tag() == Some(*platform)
            {
                return None;
            }
            // A wheel for several CPUs has files for each.
            let is_of_wheel =
                facts.cpu.platform_tag().is_some_and(|it| self.platforms.contains(it));
            let rule = if self.is_needed(path) && !is_of_wheel {
                &rules::CPU_MISSING
            } else {
                &rules::FOREIGN_OBJECT
            };
            let message = format!("it is for {}, which is not the CPU of `{text}`", facts.cpu);
            Some(Finding::new(rule, Some(path), message))
        };
        self.files.iter().filter_map(about).collect()
    }

    /// Returns findings that do not depend on a required tag.
    pub(super) fn hygiene(&self) -> Vec<Finding> {
        let damaged = |(path, facts): (&&str, &&PeFacts)| {
            let problem = facts.problem.clone()?;
            Some(Finding::new(&rules::OBJECT_DAMAGED, Some(path), problem))
        };
        self.files.iter().filter_map(damaged).collect()
    }
}

/// Returns the rule about a DLL that is not in the wheel, who has it, and what to do; `None` if there is nothing to do.
fn outside(owner: Owner) -> Option<(&'static Rule, &'static str, &'static str)> {
    let (rule, who): (&'static Rule, _) = match owner {
        Owner::System | Owner::Python => return None,
        Owner::Nobody => (
            &super::rules::EXTERNAL_LIBRARY,
            "which neither the wheel, nor Windows, nor Python has",
        ),
        Owner::Redistributable => {
            (&rules::C_RUNTIME, "which comes with the Visual C++ Redistributable only")
        }
        Owner::Debug => (&rules::DEBUG_RUNTIME, "a debug build"),
        Owner::OtherPython => (&rules::PYTHON_LIBRARY, "the library of another Python"),
    };
    let fix = if matches!(owner, Owner::Nobody) {
        "graft it with `delvewheel repair`, pass `--provided-by` the wheel in Requires-Dist that brings it, or link it statically"
    } else {
        rule.fix
    };
    Some((rule, who, fix))
}

/// Iterates over the DLLs that a file needs, in lower case, each with whether it is loaded late.
fn needed(facts: &PeFacts) -> impl Iterator<Item = (String, bool)> {
    let lower = |is_delayed: bool| move |name: &String| (name.to_ascii_lowercase(), is_delayed);
    facts.needed.iter().map(lower(false)).chain(facts.delay_loaded.iter().map(lower(true)))
}

fn file_name(path: &str) -> String {
    slash_path::file_name(path).to_ascii_lowercase()
}

fn has_suffix(path: &str, suffix: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(suffix))
}
