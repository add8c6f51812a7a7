//! Which policies count where a wheel's own tags decide: musl and Android.

use std::collections::BTreeSet;

use super::error::PolicyError;
use super::tag::android_level;
use super::{Policy, table};
use crate::elf::Machine;

/// Of the policies that are versions of musl, keeps one: the first in priority that the wheel is
/// tagged with, else the latest. A wheel made for one version of musl is not judged by another's
/// policy, and the musl of the machine that the audit happens to run on does not count.
pub(super) fn keep_one_musl(list: &mut Vec<Policy>, machine: Machine, platform_tags: &[&str]) {
    let is_version = |policy: &Policy| {
        let end = format!("_{machine}");
        policy.name.strip_suffix(&end).is_some_and(is_musl_version)
    };
    let is_tagged = |policy: &Policy| platform_tags.iter().any(|tag| policy.has_name(tag));
    let mut versions = list.iter().filter(|policy| is_version(policy));
    let tagged = versions.clone().rfind(|policy| is_tagged(policy));
    if let Some(kept) = tagged.or_else(|| versions.next()).map(|policy| policy.name.clone()) {
        list.retain(|policy| policy.name == kept || !is_version(policy));
    }
}

/// Whether a name without its machine is `musllinux_X_Y`.
fn is_musl_version(name: &str) -> bool {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_digit());
    name.strip_prefix("musllinux_")
        .and_then(|version| version.split_once('_'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
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
    let Some(level) = android_level(&tag) else {
        return Err(PolicyError::NotAndroid { tag });
    };
    let levels = || list.iter().filter_map(|policy| Some((android_level(&policy.name)?, policy)));
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
