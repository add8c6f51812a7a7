//! Selects policies by platform tags: those of a wheel, or a required one.

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

/// Returns the index of the policy for a glibc version; inserts one if there is none.
///
/// The new policy is that of the next older version, or of the oldest if all are newer, with exactly
/// the symbol versions of glibc up to the wanted one.
pub(super) fn glibc_policy(
    list: &mut Vec<Policy>,
    machine: Machine,
    wanted: (u32, u32),
) -> Option<usize> {
    const PREFIX: &str = "GLIBC";
    let known = versions(list, machine);
    let older = known.iter().filter(|(version, _)| *version <= wanted).max();
    let &(version, base) = older.or_else(|| known.iter().min())?;
    if version == wanted {
        return Some(base);
    }
    let is_newer = |text: &str| {
        let mut numbers = text.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (major, minor) > wanted,
            // Not the version of a release: `ABI_DT_RELR`.
            _ => version > wanted,
        }
    };
    let newer_policies = known.iter().filter(|(of_policy, _)| *of_policy > version);
    let released: Vec<String> = newer_policies
        .filter_map(|(_, at)| list[*at].symbol_versions.get(PREFIX))
        .flatten()
        .filter(|text| text.starts_with(|first: char| first.is_ascii_digit()))
        .cloned()
        .collect();
    let (major, minor) = wanted;
    let mut policy = Policy {
        name: format!("manylinux_{major}_{minor}_{machine}"),
        aliases: Vec::new(),
        ..list[base].clone()
    };
    let allowed = policy.symbol_versions.entry(PREFIX.to_owned()).or_default();
    allowed.extend(released);
    allowed.retain(|text| !is_newer(text));
    let at = if version < wanted { base } else { base + 1 };
    list.insert(at, policy);
    Some(at)
}

/// Returns the name of the policy for the latest musl that is not newer than the wanted version.
pub(super) fn musl_policy(list: &[Policy], machine: Machine, wanted: (u32, u32)) -> Option<String> {
    let known = versions(list, machine);
    let latest = known.into_iter().filter(|(version, _)| *version <= wanted).max();
    latest.map(|(_, at)| list[at].name.clone())
}

/// Returns the versions of the C library that policies are named for, with their indices.
fn versions(list: &[Policy], machine: Machine) -> Vec<((u32, u32), usize)> {
    let version = |policy: &Policy| match policy.name.parse::<PlatformTag>() {
        Ok(tag) if tag.machine() == Some(machine) => tag.libc_version(),
        _ => None,
    };
    let versions = list.iter().enumerate();
    versions.filter_map(|(at, policy)| Some((version(policy)?.1, at))).collect()
}
