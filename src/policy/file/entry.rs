//! Parses one `[[policy]]` of a policy file: name, aliases, C library, priority.

use super::content::{Libraries, built_in_policy, parse_symbol_versions};
use super::custom::CustomPolicy;
use super::item::{Item, quoted};
use crate::escape::escape_truncated;
use crate::platform::{Libc, Machine};
use crate::policy::error::PolicyError;
use crate::policy::table::{self, Step};
use crate::wheel::PlatformTag;

/// Maximum priority. Built-in policies have at most 100.
const MAX_PRIORITY: u32 = 1000;

const KEYS: [&str; 9] = [
    "name",
    "libc",
    "based-on",
    "aliases",
    "priority",
    "allow-libraries",
    "forbid-libraries",
    "symbol-versions",
    "forbid-symbols",
];

/// Parses the table of a policy.
pub(super) fn parse_policy(item: &Item<'_>) -> Result<CustomPolicy, PolicyError> {
    let keys = item.table("a table", "a policy begins with `[[policy]]`")?;
    if let Some((_, unknown)) = keys.iter().find(|(key, _)| !KEYS.contains(key)) {
        let expected = format!("one of {}", quoted(&KEYS));
        return Err(unknown.refuse_as(expected, "an unknown key", "check the key's spelling"));
    }
    let name_hint = "name it as the platform tag, as in `manylinux_2_28`";
    let Some(name_item) = keys.get("name") else {
        return Err(item.refuse_as("a `name`", "none", name_hint));
    };
    let name = parse_name(name_item, name_hint)?;
    let libc = parse_libc(name_item, keys.get("libc"), &name)?;
    let built_in = table::table(libc).steps.iter().find(|step| step.name == name);
    let based_on = keys.get("based-on").map(|item| built_in_policy(item, libc)).transpose()?;
    if based_on.is_none() && !keys.contains_key("symbol-versions") {
        return Err(item.refuse_as(
            "`based-on` or `symbol-versions`",
            "neither",
            "without a built-in policy to start from, a policy is for the machines that \
             `symbol-versions` lists",
        ));
    }
    let libraries = Libraries::parse(&keys, libc, based_on)?;
    Ok(CustomPolicy {
        aliases: parse_aliases(keys.get("aliases"), libc, built_in)?,
        priority: parse_priority(item, keys.get("priority"), built_in)?,
        symbol_versions: keys
            .get("symbol-versions")
            .map(|item| parse_symbol_versions(item, libc, based_on))
            .transpose()?
            .unwrap_or_default(),
        forbid_symbols: libraries.parse_symbols(keys.get("forbid-symbols"))?,
        allow_libraries: libraries.allowed,
        forbid_libraries: libraries.forbidden,
        libc,
        name,
        based_on,
    })
}

/// Parses a tag without its machine.
fn parse_name(item: &Item<'_>, hint: &'static str) -> Result<String, PolicyError> {
    let expected = "a platform tag without its machine";
    let name = item.text(expected, hint)?;
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    let is_tag = name.split('_').all(is_word) && name.starts_with(|it: char| it.is_alphabetic());
    if !is_tag {
        let expected = format!("{expected}, of lower-case letters and digits joined by `_`");
        return Err(item.refuse(expected, hint));
    }
    if PlatformTag::parse_lenient(name).machine().is_some() {
        let hint = "leave the machine away: it comes from the wheel";
        return Err(item.refuse(expected, hint));
    }
    if name.split('_').next() == Some("linux") {
        let hint = "`linux` promises nothing, so it cannot be a policy; choose another name";
        return Err(item.refuse("a name that does not begin with `linux`", hint));
    }
    Ok(name.to_owned())
}

/// Parses the C library: by the key `libc`, or by the beginning of the name.
fn parse_libc(
    name_item: &Item<'_>,
    item: Option<&Item<'_>>,
    name: &str,
) -> Result<Libc, PolicyError> {
    let hint = "say `libc = \"glibc\"` or `libc = \"musl\"`, or begin the name with `manylinux`, \
                `musllinux` or `android`";
    let by_name = PlatformTag::parse_lenient(name).libc();
    let libc = match (item, by_name) {
        (Some(item), _) => {
            let libc = match item.text("`glibc`, `musl` or `android`", hint)? {
                "glibc" => Libc::Glibc,
                "musl" => Libc::Musl,
                "android" => Libc::Android,
                _ => return Err(item.refuse("`glibc`, `musl` or `android`", hint)),
            };
            if by_name.is_some_and(|by_name| by_name != libc) {
                let expected =
                    format!("the C library that the name `{}` begins with", escape_truncated(name));
                return Err(item.refuse(expected, "leave `libc` away, or rename the policy"));
            }
            libc
        }
        (None, Some(libc)) => libc,
        (None, None) => {
            return Err(name_item.refuse_as(
                "a name that says for which C library, or the key `libc`",
                &format!("`{name}` without `libc`"),
                hint,
            ));
        }
    };
    if libc == Libc::Android && !is_android_policy(name) {
        let hint = "Android wheels are judged by the policy of their API level, so a policy is \
                    named after one";
        return Err(name_item.refuse("`android_LEVEL`", hint));
    }
    Ok(libc)
}

/// Returns whether a name without its machine is `android_LEVEL`.
fn is_android_policy(name: &str) -> bool {
    matches!(PlatformTag::parse_for(Machine::Aarch64, name), Some(PlatformTag::Android { api_level, .. })
        if name == format!("android_{api_level}"))
}

/// Parses the aliases. The aliases of a built-in policy of the same name come first.
fn parse_aliases(
    item: Option<&Item<'_>>,
    libc: Libc,
    built_in: Option<&Step>,
) -> Result<Vec<String>, PolicyError> {
    let hint = "an alias is another platform tag, as in `aliases = [\"manylinux_acme\"]`";
    let known = built_in.map_or(&[][..], |step| step.aliases);
    let mut aliases: Vec<String> = known.iter().map(|alias| (*alias).to_owned()).collect();
    let items = item.map(|item| item.list("a list of tags", hint)).transpose()?;
    for item in items.unwrap_or_default() {
        let alias = parse_name(&item, hint)?;
        if PlatformTag::parse_lenient(&alias).libc().is_some_and(|by_name| by_name != libc) {
            return Err(item.refuse(format!("an alias for {libc}"), hint));
        }
        if !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    Ok(aliases)
}

/// Parses the priority. Without the key, it is that of the built-in policy of the same name.
fn parse_priority(
    policy: &Item<'_>,
    item: Option<&Item<'_>>,
    built_in: Option<&Step>,
) -> Result<u32, PolicyError> {
    let expected = format!("a whole number from 1 to {MAX_PRIORITY}");
    let hint = "a policy that runs in more places has a higher priority; among the built-in ones \
                `manylinux_2_17` has 80, `manylinux_2_28` has 64";
    match (item, built_in) {
        (Some(item), _) => {
            let number = item.number().filter(|number| (1..=MAX_PRIORITY).contains(number));
            number.ok_or_else(|| item.refuse(expected, hint))
        }
        (None, Some(step)) => Ok(step.priority),
        (None, None) => Err(policy.refuse_as(format!("a `priority`, {expected}"), "none", hint)),
    }
}
