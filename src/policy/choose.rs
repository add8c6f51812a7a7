//! Which policies count where a wheel's own tags decide: musl and Android.

use std::collections::BTreeSet;

use super::error::PolicyError;
use super::platform_policy::Policy;
use super::table;
use crate::platform::Machine;
use crate::wheel::PlatformTag;

/// Of the policies that are versions of musl, keeps one: the first in priority that the wheel is
/// tagged with, else the latest. A wheel made for one version of musl is not judged by another's
/// policy, and the musl of the machine that the audit happens to run on does not count.
pub(super) fn keep_one_musl(list: &mut Vec<Policy>, machine: Machine, platform_tags: &[&str]) {
    let is_version = |policy: &Policy| {
        matches!(policy.name.parse(), Ok(PlatformTag::Musllinux { architecture, .. })
            if *architecture == *machine.name())
    };
    let is_tagged = |policy: &Policy| platform_tags.iter().any(|tag| policy.has_name(tag));
    let mut versions = list.iter().filter(|policy| is_version(policy));
    let tagged = versions.clone().rfind(|policy| is_tagged(policy));
    if let Some(kept) = tagged.or_else(|| versions.next()).map(|policy| policy.name.clone()) {
        list.retain(|policy| policy.name == kept || !is_version(policy));
    }
}

/// Keeps the policy of the highest API level that is not above the tag's, and gives it the tag's
/// name: the tag of an Android wheel stays what it is, and says which libraries there are.
pub(super) fn keep_one_android(
    list: &mut Vec<Policy>,
    machine: Machine,
    platform_tags: &[&str],
) -> Result<(), PolicyError> {
    let tags: BTreeSet<String> = platform_tags.iter().map(|tag| tag.to_ascii_lowercase()).collect();
    let mut tags = tags.into_iter();
    let (Some(tag), None) = (tags.next(), tags.next()) else {
        let found = platform_tags.iter().map(|tag| (*tag).to_owned()).collect();
        return Err(PolicyError::AndroidTags { found });
    };
    let Some(level) = api_level(&tag, machine) else {
        return Err(PolicyError::NotAndroid { tag });
    };
    let levels =
        || list.iter().filter_map(|policy| Some((api_level(&policy.name, machine)?, policy)));
    let Some(lowest) = levels().map(|(level, _)| level).min() else {
        // No policies for this machine.
        return Ok(());
    };
    let kept = levels().filter(|(of_policy, _)| *of_policy <= level).max_by_key(|found| found.0);
    let Some((_, kept)) = kept else {
        return Err(PolicyError::AndroidLevel { tag, lowest });
    };
    let kept = Policy { name: tag, ..kept.clone() };
    *list = vec![table::linux(machine), kept];
    Ok(())
}

/// Returns the API level of an Android tag, with or without its ABI.
fn api_level(tag: &str, machine: Machine) -> Option<u32> {
    match PlatformTag::parse_for(machine, tag) {
        Some(PlatformTag::Android { api_level, .. }) => Some(api_level),
        _ => None,
    }
}
