//! Parses what a `[[policy]]` of a policy file allows and forbids: libraries, symbols, symbol versions.

use std::collections::{BTreeMap, BTreeSet};

use super::item::{Item, Keys, quoted};
use crate::escape::escape_truncated;
use crate::platform::{Libc, Machine};
use crate::policy::error::PolicyError;
use crate::policy::table;

/// Libraries that a policy of the file allows and forbids, and those that its base allows.
pub(super) struct Libraries {
    pub(super) allowed: BTreeSet<String>,
    pub(super) forbidden: BTreeSet<String>,
    of_base: BTreeSet<&'static str>,
}

impl Libraries {
    /// Parses `allow-libraries` and `forbid-libraries`.
    pub(super) fn parse(
        keys: &Keys<'_>,
        libc: Libc,
        based_on: Option<&str>,
    ) -> Result<Self, PolicyError> {
        let of_base = based_on.map(|name| table::table(libc).libraries(name)).unwrap_or_default();
        let mut libraries = Self {
            allowed: parse_sonames(keys.get("allow-libraries"))?,
            forbidden: BTreeSet::new(),
            of_base,
        };
        let Some(item) = keys.get("forbid-libraries") else { return Ok(libraries) };
        libraries.forbidden = parse_sonames(Some(item))?;
        for library in &libraries.forbidden {
            if libraries.allowed.contains(library) {
                let found = format!("`{library}` in both lists");
                let hint = "name it in one of them";
                return Err(item.refuse_as(
                    "libraries that are not in `allow-libraries`",
                    &found,
                    hint,
                ));
            }
            if !libraries.of_base.contains(library.as_str()) {
                let hint =
                    "what is not allowed need not be forbidden; names are exact, as in `libz.so.1`";
                let found = format!("`{library}`");
                return Err(item.refuse_as("libraries that `based-on` allows", &found, hint));
            }
        }
        Ok(libraries)
    }

    /// Parses the forbidden symbols of allowed libraries.
    pub(super) fn parse_symbols(
        &self,
        item: Option<&Item<'_>>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, PolicyError> {
        let hint = "write `\"libz.so.1\" = [\"inflate_fast\"]`";
        let Some(item) = item else { return Ok(BTreeMap::new()) };
        let mut found = BTreeMap::new();
        for (library, item) in item.table("a table of libraries", hint)? {
            let is_allowed = self.allowed.contains(library)
                || self.of_base.contains(library) && !self.forbidden.contains(library);
            if !is_allowed {
                let found = format!("`{library}`");
                let hint = "no symbol of any other library may be used; names are exact";
                return Err(item.refuse_as("a library that the policy allows", &found, hint));
            }
            found.insert(library.to_owned(), parse_words(&item, "a list of symbols", hint)?);
        }
        Ok(found)
    }
}

/// Parses a list of sonames.
fn parse_sonames(item: Option<&Item<'_>>) -> Result<BTreeSet<String>, PolicyError> {
    let expected = "a list of libraries";
    let hint = "name each library as programs ask for it, exactly, as in `libcuda.so.1`";
    let Some(item) = item else { return Ok(BTreeSet::new()) };
    let libraries = parse_words(item, expected, hint)?;
    match libraries.iter().find(|name| name.contains(['/', '*', '?'])) {
        Some(name) => Err(item.refuse_as(
            "file names without folders or patterns",
            &format!("`{name}`"),
            hint,
        )),
        None => Ok(libraries),
    }
}

/// Parses a list of texts without blanks.
fn parse_words(
    item: &Item<'_>,
    expected: &str,
    hint: &'static str,
) -> Result<BTreeSet<String>, PolicyError> {
    let mut words = BTreeSet::new();
    for item in item.list(expected, hint)? {
        let word = item.text(expected, hint)?;
        if word.contains(|it: char| it.is_whitespace() || it.is_control()) {
            return Err(item.refuse(expected, hint));
        }
        words.insert(word.to_owned());
    }
    Ok(words)
}

/// Parses the name of a built-in policy.
pub(super) fn built_in_policy(item: &Item<'_>, libc: Libc) -> Result<&'static str, PolicyError> {
    let names: Vec<&'static str> = table::table(libc).steps.iter().map(|step| step.name).collect();
    let expected = format!("a built-in policy for {libc}: one of {}", quoted(&names));
    let hint = "only built-in policies can be started from, under their names";
    let name = item.text(&expected, hint)?;
    let found = names.into_iter().find(|built_in| *built_in == name);
    found.ok_or_else(|| item.refuse(expected, hint))
}

/// Parses the allowed symbol versions by machine and prefix.
pub(super) fn parse_symbol_versions(
    item: &Item<'_>,
    libc: Libc,
    based_on: Option<&str>,
) -> Result<BTreeMap<Machine, BTreeMap<String, BTreeSet<String>>>, PolicyError> {
    let hint = "write `[policy.symbol-versions.x86_64]`, and in it `GLIBC = [\"2.2.5\", \"2.3\"]`";
    let mut found = BTreeMap::new();
    for (name, item) in item.table("a table of machines", hint)? {
        let Some(machine) = Machine::ALL.into_iter().find(|machine| machine.to_string() == name)
        else {
            let names = Machine::ALL.map(|machine| machine.to_string());
            let names = names.each_ref().map(String::as_str);
            let expected = format!("one of {}", quoted(&names));
            return Err(item.refuse_as(expected, &format!("`{name}`"), hint));
        };
        if let Some(base) = based_on.filter(|base| !table::table(libc).covers(base, machine)) {
            let expected = format!("machines that `{base}` is for");
            let hint = "base the policy on one that is for the machine, or on none";
            return Err(item.refuse_as(expected, &format!("`{name}`"), hint));
        }
        let mut versions = BTreeMap::new();
        for (prefix, item) in item.table("a table of what versions begin with", hint)? {
            if prefix.is_empty() || prefix.contains('_') {
                let expected = "the part of a version before the first `_`, such as `GLIBC`";
                return Err(item.refuse_as(expected, &format!("`{prefix}`"), hint));
            }
            versions.insert(prefix.to_owned(), parse_versions(&item, libc, machine, prefix)?);
        }
        found.insert(machine, versions);
    }
    Ok(found)
}

/// Parses the allowed versions of one prefix: a list, or a reference to a built-in policy.
fn parse_versions(
    item: &Item<'_>,
    libc: Libc,
    machine: Machine,
    prefix: &str,
) -> Result<BTreeSet<String>, PolicyError> {
    let expected = "a list of versions, or `{ like = \"POLICY\" }`";
    let hint = "write versions without their prefix, as in `GLIBC = [\"2.2.5\", \"2.3\"]`, or \
                `GLIBC = { like = \"manylinux_2_28\" }`";
    if item.is_table() {
        let keys = item.table(expected, hint)?;
        if let Some((_, unknown)) = keys.iter().find(|(key, _)| **key != "like") {
            return Err(unknown.refuse_as("`like`", "an unknown key", hint));
        }
        let Some(item) = keys.get("like") else { return Err(item.refuse(expected, hint)) };
        let name = built_in_policy(item, libc)?;
        let table = table::table(libc);
        let versions =
            table.versions(name, machine, prefix).filter(|_| table.covers(name, machine));
        return versions.ok_or_else(|| {
            item.refuse(
                format!("a policy that limits `{}` on {machine}", escape_truncated(prefix)),
                hint,
            )
        });
    }
    let versions = parse_words(item, expected, hint)?;
    let start = format!("{prefix}_");
    match versions.iter().find(|version| version.starts_with(&start)) {
        Some(version) => {
            let expected = format!("versions without `{}`", escape_truncated(&start));
            Err(item.refuse_as(expected, &format!("`{version}`"), hint))
        }
        None => Ok(versions),
    }
}
