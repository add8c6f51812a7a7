//! The data of the pages of `inspect` and `diff`: that of their JSON, with bounded lists and strings.
//!
//! Of 100,000 members the page has the largest; the others are summed up by directory. Other lists are cut, with the
//! number of items that are left out beside them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Inspected;
use super::difference::Difference;
use super::inventory::{Member, Sums, unversioned};
use crate::error::Error;
use crate::json;
use crate::page::{self, PageKind};

/// Maximum number of members that a page lists.
const MAX_MEMBERS: usize = 3000;

/// Maximum number of directories whose other members are summed up.
const MAX_DIRECTORIES: usize = 300;

/// Maximum length of a string, in characters. The middle of a longer one is left out.
const MAX_CHARS: usize = 240;

/// Maximum lengths of lists by name, in items.
const MAX_ITEMS: [(&str, usize); 5] =
    [("members", MAX_MEMBERS), ("kernels", 1500), ("sections", 40), ("paths", 10), ("copies", 10)];

/// Maximum length of the other lists, in items.
const MAX_OTHER_ITEMS: usize = 300;

/// Minimum length to which a list is cut where several wheels share a page, in items.
const MIN_ITEMS: usize = 10;

/// The members of a directory that are not listed.
#[derive(Debug, Serialize)]
struct OtherMembers {
    path: String,
    #[serde(flatten)]
    sums: Sums,
}

/// Returns what the page shows of one wheel of several.
pub(super) fn of_wheel(mut inspected: Inspected, wheels: usize) -> Result<Value, Error> {
    let members = &mut inspected.inventory.members;
    // The largest are first.
    let others = members.split_off(members.len().min(MAX_MEMBERS / wheels.max(1)));
    let mut fields = fields(&inspected, &others)?;
    bound(&mut fields, wheels);
    Ok(Value::Object(fields))
}

/// Renders the page about wheels. An object is a wheel, or says why it cannot be read.
pub(super) fn page_of_wheels(wheels: Vec<Value>) -> Result<String, Error> {
    let title = match wheels.as_slice() {
        [only] => only.get("wheel").and_then(Value::as_str).unwrap_or("wheel").to_owned(),
        several => format!("{} wheels", several.len()),
    };
    let data = json::with_version([("wheels".to_owned(), Value::Array(wheels))]);
    page::render(PageKind::Sizes, &format!("{title}: sizes"), &data)
}

/// Renders the page about two wheels side by side.
pub(super) fn page_of_difference(
    difference: &Difference,
    old: Inspected,
    new: Inspected,
) -> Result<String, Error> {
    let title = format!("{} → {}: sizes", old.wheel, new.wheel);
    let mut data = json::fields(difference)?;
    bound(&mut data, 1);
    let new_paths = new_paths(difference);
    let listed = largest_of_both(&old, &new, &new_paths);
    let mut wheels = Vec::new();
    for (mut inspected, is_old) in [(old, true), (new, false)] {
        let is_listed = |member: &Member| {
            listed.contains(&key(member, new_paths.get(member.path.as_str()).filter(|_| is_old)))
        };
        let (kept, others) = inspected.inventory.members.into_iter().partition(is_listed);
        inspected.inventory.members = kept;
        let mut fields = fields(&inspected, &others)?;
        if is_old && let Some(Value::Array(members)) = fields.get_mut("members") {
            for (value, member) in members.iter_mut().zip(&inspected.inventory.members) {
                if let Some(path) = new_paths.get(member.path.as_str()) {
                    value["new_path"] = json!(path);
                }
            }
        }
        bound(&mut fields, 2);
        wheels.push(Value::Object(fields));
    }
    data.insert("wheels".to_owned(), Value::Array(wheels));
    page::render(PageKind::Sizes, &title, &json::with_version(data))
}

/// Returns the paths in the new wheel of files that have another one in the old wheel.
fn new_paths(difference: &Difference) -> HashMap<&str, &str> {
    let changed = difference.changed.iter().map(|it| (it.old_path.as_str(), it.path.as_str()));
    let moved = difference.moved.iter().map(|it| (it.old.as_str(), it.new.as_str()));
    changed.chain(moved).filter(|(old, new)| old != new).collect()
}

/// Returns the path by which a member is compared.
fn key(member: &Member, new_path: Option<&&str>) -> String {
    unversioned(new_path.map_or(member.path.as_str(), |path| path))
}

/// Returns the members to list: the largest of both wheels, so that a listed one is listed on both sides.
fn largest_of_both(
    old: &Inspected,
    new: &Inspected,
    new_paths: &HashMap<&str, &str>,
) -> HashSet<String> {
    let mut largest: BTreeMap<String, u64> = BTreeMap::new();
    for (inspected, is_old) in [(old, true), (new, false)] {
        for member in &inspected.inventory.members {
            let new_path = new_paths.get(member.path.as_str()).filter(|_| is_old);
            let compressed = largest.entry(key(member, new_path)).or_default();
            *compressed = member.compressed.max(*compressed);
        }
    }
    let mut largest: Vec<(String, u64)> = largest.into_iter().collect();
    largest.sort_by_key(|(_, compressed)| std::cmp::Reverse(*compressed));
    largest.into_iter().take(MAX_MEMBERS / 2).map(|(path, _)| path).collect()
}

/// Returns the fields of a wheel's JSON, the sums of the members that are not listed, and the kernels of files.
fn fields(inspected: &Inspected, others: &[Member]) -> Result<Map<String, Value>, Error> {
    let mut fields = json::fields(inspected)?;
    fields.insert("other_members".to_owned(), json::to_value(by_directory(others))?);
    let libraries = fields.get_mut("device_code").and_then(|code| code.get_mut("libraries"));
    if let Some(Value::Array(libraries)) = libraries {
        for (value, library) in libraries.iter_mut().zip(&inspected.device_code.libraries) {
            value["kernels"] = json::to_value(&library.kernels)?;
        }
    }
    Ok(fields)
}

/// Sums up members by directory: by the longest first parts of paths that yield few directories.
fn by_directory(members: &[Member]) -> Vec<OtherMembers> {
    let mut found = BTreeMap::new();
    for depth in (0..8).rev() {
        found.clear();
        for member in members {
            let directory = member.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let end = directory.match_indices('/').map(|(at, _)| at).chain([directory.len()]);
            let end = if depth == 0 { 0 } else { end.take(depth).last().unwrap_or_default() };
            let sums: &mut Sums = found.entry(&directory[..end]).or_default();
            sums.add(member);
        }
        if found.len() <= MAX_DIRECTORIES {
            break;
        }
    }
    found.into_iter().map(|(path, sums)| OtherMembers { path: path.to_owned(), sums }).collect()
}

/// Cuts lists and strings, to lengths that `wheels` share. The number of items that a list lacks is in a field beside
/// it, `NAME_omitted`.
fn bound(fields: &mut Map<String, Value>, wheels: usize) {
    let mut omitted = Vec::new();
    for (name, value) in fields.iter_mut() {
        if let Value::Array(items) = value {
            let limit = MAX_ITEMS.iter().find(|(it, _)| it == name);
            let limit = limit.map_or(MAX_OTHER_ITEMS, |(_, limit)| *limit) / wheels.max(1);
            let limit = limit.max(MIN_ITEMS);
            if items.len() > limit {
                omitted.push((format!("{name}_omitted"), json!(items.len() - limit)));
                items.truncate(limit);
            }
        }
        bound_value(value, wheels);
    }
    fields.extend(omitted);
}

fn bound_value(value: &mut Value, wheels: usize) {
    match value {
        Value::Object(fields) => bound(fields, wheels),
        Value::Array(items) => items.iter_mut().for_each(|item| bound_value(item, wheels)),
        Value::String(text) => shorten(text),
        _ => {}
    }
}

/// Leaves out the middle of a long string.
fn shorten(text: &mut String) {
    let len = text.chars().count();
    if len > MAX_CHARS {
        let (first, last) = (MAX_CHARS * 2 / 3, MAX_CHARS / 3);
        let begin: String = text.chars().take(first).collect();
        let end: String = text.chars().skip(len - last).collect();
        *text = format!("{begin}…{end}");
    }
}
