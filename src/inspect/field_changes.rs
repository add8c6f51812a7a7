//! The fields of METADATA and WHEEL that differ between two wheels. Values are compared by their meaning:
//! requirements, versions of Python and tags are sets.

use std::collections::BTreeMap;

use serde::Serialize;

use super::metadata::About;
use crate::wheel::{WheelTags, normalized_requirement, normalized_specifiers};

/// A field, before and after. A repeatable field has one entry for each value that only one wheel has.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct FieldChange {
    pub(super) field: &'static str,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// A field that occurs once, and a repeatable one, each with the function that returns what is compared.
type Single = (&'static str, fn(&About) -> &Option<String>, fn(&str) -> String);
type Several = (&'static str, fn(&About) -> &Vec<String>, fn(&str) -> Vec<String>);

/// Returns the fields that differ.
pub(super) fn field_changes(old: Option<&About>, new: Option<&About>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let single: [Single; 6] = [
        ("Name", |it| &it.name, str::to_owned),
        ("Version", |it| &it.version, str::to_owned),
        ("Summary", |it| &it.summary, str::to_owned),
        ("License", |it| &it.license, str::to_owned),
        ("Requires-Python", |it| &it.requires_python, normalized_specifiers),
        ("Generator", |it| &it.generator, str::to_owned),
    ];
    for (field, value, normalized) in single {
        let old = old.and_then(|it| value(it).clone());
        let new = new.and_then(|it| value(it).clone());
        if old.as_deref().map(normalized) != new.as_deref().map(normalized) {
            changes.push(FieldChange { field, old, new });
        }
    }
    let several: [Several; 2] = [
        ("Requires-Dist", |it| &it.requires_dist, |text| vec![normalized_requirement(text)]),
        ("Tag", |it| &it.tags, expanded_tags),
    ];
    for (field, values, normalized) in several {
        let by_meaning = |about: Option<&About>| -> BTreeMap<String, String> {
            let values = about.map_or(&[][..], |it| values(it));
            let of_value = |value: &String| {
                let meanings = normalized(value);
                let is_one = meanings.len() == 1;
                let shown = |it: &String| if is_one { value.clone() } else { it.clone() };
                meanings.iter().map(|it| (it.clone(), shown(it))).collect::<Vec<_>>()
            };
            values.iter().flat_map(of_value).collect()
        };
        let (mut old, mut new) = (by_meaning(old), by_meaning(new));
        old.retain(|meaning, _| new.remove(meaning).is_none());
        let removed = old.into_iter().map(|(meaning, it)| (meaning, true, it));
        let added = new.into_iter().map(|(meaning, it)| (meaning, false, it));
        // By meaning, so that two versions of one requirement follow each other.
        let mut both: Vec<_> = removed.chain(added).collect();
        both.sort_by(|one, other| (&one.0, !one.1).cmp(&(&other.0, !other.1)));
        changes.extend(both.into_iter().map(|(_, is_old, value)| FieldChange {
            field,
            old: is_old.then(|| value.clone()),
            new: (!is_old).then_some(value),
        }));
    }
    changes
}

/// Returns the tags of a line, which may be a compressed set such as `py2.py3-none-any` (PEP 425).
fn expanded_tags(line: &str) -> Vec<String> {
    match line.trim().parse::<WheelTags>() {
        Ok(tags) => tags.expand().map(|tag| tag.to_string()).collect(),
        Err(_) => vec![line.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(requires_python: &str, requires_dist: &[&str], tags: &[&str]) -> About {
        let owned = |texts: &[&str]| texts.iter().map(|&it| it.to_owned()).collect();
        About {
            name: None,
            version: None,
            summary: None,
            license: None,
            requires_python: Some(requires_python.to_owned()),
            requires_dist: owned(requires_dist),
            generator: None,
            tags: owned(tags),
        }
    }

    #[test]
    fn values_are_compared_by_their_meaning() {
        let old = about(
            ">=3.9,<4",
            &["numpy", "scipy>=1.0", "dask ; extra == 'dask'"],
            &["py2.py3-none-any"],
        );
        let new = about(
            "<4, >=3.9",
            &["dask; extra==\"dask\"", "NumPy", "SciPy>=1.1"],
            &["py2-none-any", "py3-none-any", "py3-none-linux_x86_64"],
        );
        let changes = field_changes(Some(&old), Some(&new));
        let shown: Vec<_> =
            changes.iter().map(|it| (it.field, it.old.as_deref(), it.new.as_deref())).collect();
        assert_eq!(
            shown,
            [
                ("Requires-Dist", Some("scipy>=1.0"), None),
                ("Requires-Dist", None, Some("SciPy>=1.1")),
                ("Tag", None, Some("py3-none-linux_x86_64")),
            ]
        );
    }
}
