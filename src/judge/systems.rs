//! Judges wheels for macOS, iOS and Windows, whose libraries are looked up in the wheel alone.

use super::apple::AppleFiles;
use super::audited::{Audited, Judgement};
use super::contents::Contents;
use super::error::JudgeError;
use super::exclusions::Exclusions;
use super::providers::Provided;
use super::required_tag::RequiredTag;
use super::requirement::other_system;
use super::rules;
use super::system_tag::SystemTag;
use super::system_verdict::{OutsideLibrary, SystemVerdict};
use super::windows::WindowsFiles;
use crate::findings::Finding;
use crate::object_file::AppleCpu;

/// What is asked of a wheel for macOS, iOS or Windows.
pub(super) struct SystemDemand<'a> {
    /// The platform tags of the wheel.
    pub(super) own: Vec<SystemTag>,
    /// The required tags. Those of other systems are not met.
    pub(super) required: &'a [RequiredTag],
    /// The required tags that are the wheel's own.
    pub(super) declared: &'a [&'a str],
    pub(super) exclude: &'a Exclusions,
    pub(super) provided: &'a Provided,
}

/// The files that are judged.
enum Files<'a> {
    Apple(AppleFiles<'a>),
    Windows(WindowsFiles<'a>),
}

impl<'a> Files<'a> {
    fn new(contents: &'a Contents, tags: &[SystemTag]) -> Result<Option<Self>, JudgeError> {
        if tags.iter().any(SystemTag::is_windows) {
            return Ok(WindowsFiles::new(contents, tags).map(Self::Windows));
        }
        Ok(AppleFiles::new(contents, tags)?.map(Self::Apple))
    }

    fn verdict(&self) -> SystemVerdict {
        match self {
            Self::Apple(files) => files.verdict(),
            Self::Windows(files) => files.verdict(),
        }
    }

    fn outside(&self) -> Vec<OutsideLibrary> {
        match self {
            Self::Apple(files) => files.outside(),
            Self::Windows(files) => files.outside(),
        }
    }

    fn hygiene(&self) -> Vec<Finding> {
        match self {
            Self::Apple(files) => files.hygiene(),
            Self::Windows(files) => files.hygiene(),
        }
    }

    fn obstacles(&self, tag: &SystemTag, text: &str) -> Vec<Finding> {
        match self {
            Self::Apple(files) => files.obstacles(tag, text),
            Self::Windows(files) => files.obstacles(tag, text),
        }
    }
}

/// Sets the result for a wheel that is for macOS, iOS or Windows alone. Its Mach-O and PE files must have been read.
///
/// # Errors
/// If the wheel has too many libraries or directories.
pub(super) fn judge(
    audited: &mut Audited,
    contents: &Contents,
    demand: &SystemDemand<'_>,
) -> Result<(), JudgeError> {
    let Some(files) = Files::new(contents, &demand.own)? else {
        let tags = contents.platform_tags().into_iter().map(str::to_owned).collect();
        audited.judgement = Judgement::OtherPlatform(tags);
        // A wheel without machine code runs on any version and CPU.
        audited.findings.extend(of_other_systems(demand, contents));
        return Ok(());
    };
    let mut verdict = files.verdict();
    let (provided, outside): (Vec<_>, Vec<_>) = files
        .outside()
        .into_iter()
        .filter(|it| !demand.exclude.matches(&it.name) && !demand.exclude.matches(it.file_name()))
        .partition(|it| demand.provided.contains_key(it.file_name()));
    audited.provided = provided
        .into_iter()
        .filter_map(|it| Some((it.name.clone(), demand.provided.get(it.file_name())?.clone())))
        .collect();
    for library in &outside {
        verdict.outside.entry(library.name.clone()).or_default().insert(library.path.clone());
    }
    audited.findings = files.hygiene();
    audited.findings.extend(of_other_systems(demand, contents));
    let required = demand.required.iter().filter_map(RequiredTag::system);
    let required: Vec<(&SystemTag, &str)> =
        required.filter(|(tag, _)| demand.is_for(tag)).collect();
    let declared = demand.own.iter().zip(contents.platform_tags());
    let declared = declared.filter(|(_, text)| demand.declared.contains(text));
    for (tag, text) in required.iter().copied().chain(declared) {
        audited.findings.extend(files.obstacles(tag, text));
    }
    if !required.is_empty() || !demand.declared.is_empty() {
        audited.findings.extend(outside.iter().map(OutsideLibrary::finding));
    }
    audited.judgement = Judgement::System(Box::new(verdict));
    Ok(())
}

impl SystemDemand<'_> {
    /// Returns whether a required tag is for the system of the wheel, and for one of its CPUs.
    fn is_for(&self, tag: &SystemTag) -> bool {
        let named = |cpus: Option<&'static [AppleCpu]>| cpus.unwrap_or_default();
        self.own.iter().any(|own| match (own, tag) {
            (SystemTag::Windows(own), SystemTag::Windows(tag)) => own == tag,
            (
                SystemTag::Apple { platform: own, cpus: has, .. },
                SystemTag::Apple { platform, cpus: wanted, .. },
            ) => {
                let is_shared = |cpu: &AppleCpu| named(*has).contains(cpu);
                own == platform && (wanted.is_none() || named(*wanted).iter().any(is_shared))
            }
            _ => false,
        })
    }
}

/// Returns the finding for required tags of which none is for the system and CPU of the wheel.
fn of_other_systems(demand: &SystemDemand<'_>, contents: &Contents) -> Option<Finding> {
    let is_any = |tag: &RequiredTag| tag.system().is_some_and(|(tag, _)| demand.is_for(tag));
    if demand.required.is_empty() || demand.required.iter().any(is_any) {
        return None;
    }
    let tags = contents.platform_tags();
    if demand.required.iter().all(|tag| tag.system().is_none()) {
        return Some(other_system(demand.required, &tags));
    }
    let quoted: Vec<String> =
        demand.required.iter().map(|tag| format!("`{}`", tag.as_str())).collect();
    let message = format!(
        "the wheel is for `{}`, and {} is for another system or CPU",
        tags.join("`, `"),
        quoted.join(", ")
    );
    Some(Finding::new(&rules::WRONG_PLATFORM, None, message))
}

#[cfg(test)]
#[path = "systems_tests.rs"]
mod tests;
