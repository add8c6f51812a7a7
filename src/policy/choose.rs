//! Selects the policy of musllinux and Android wheels by the wheel's own tags.

use std::collections::BTreeSet;

use super::error::PolicyError;
use super::platform_policy::Policy;
use super::table;
use crate::platform::Machine;
use crate::wheel::PlatformTag;

/// Removes all `musllinux_X_Y` policies but one. Of those that the wheel's tags name, the one with the
/// highest priority stays; without such a tag, the latest.
///
/// The policy of another musl version does not judge the wheel, and the musl version of this machine
/// does not count.
pub(super) fn select_musl_policy(list: &mut Vec<Policy>, machine: Machine, platform_tags: &[&str]) {
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

/// Keeps `linux` and the policy of the highest API level that is not above the tag's. That policy gets
/// the tag's name, because an Android wheel keeps its tag.
pub(super) fn select_android_policy(
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
        // This machine has no policies.
        return Ok(());
    };
    let kept = levels()
        .filter(|(of_policy, _)| *of_policy <= level)
        .max_by_key(|(of_policy, _)| *of_policy);
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
