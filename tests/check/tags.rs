//! The tags that installers look for: the table that the Bazel rules are tested with, and the tags that
//! `packaging.tags` generates.

use std::collections::BTreeSet;

use wheelworks::wheel::{TagError, WheelTags};

use crate::judges::script;
use crate::support::command::TestDir;

const TABLE: &str = include_str!("../bazel/names/tag_table.bzl");

/// Returns a list of the table.
fn list(name: &str) -> Vec<&'static str> {
    let (_, list) = TABLE.split_once(&format!("\n{name} = [\n")).unwrap();
    let (list, _) = list.split_once("\n]").unwrap();
    let lines = list.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.map(|line| line.trim_end_matches(',').trim_matches('"')).collect()
}

fn problems(tags: &str) -> Vec<TagError> {
    tags.parse::<WheelTags>().unwrap().problems()
}

/// Returns tags of which the one of a kind is `tag`, and the others are known.
fn with(kind: &str, tag: &str) -> String {
    match kind {
        "PYTHON" => format!("{tag}-none-any"),
        "ABI" => format!("py3-{tag}.none-linux_x86_64"),
        _ => format!("py3-none-{tag}"),
    }
}

#[test]
fn the_table_of_the_bazel_rules_holds_for_the_binary() {
    let mut wrong = Vec::new();
    for kind in ["PYTHON", "ABI", "PLATFORM"] {
        for tag in list(&format!("KNOWN_{kind}_TAGS")) {
            wrong.extend(problems(&with(kind, tag)).into_iter().map(|error| error.to_string()));
        }
        for tag in list(&format!("UNKNOWN_{kind}_TAGS")) {
            let found = problems(&with(kind, tag));
            if !matches!(&found[..], [TagError::Form { tag: found, .. }] if found == tag) {
                wrong.push(format!("{tag}: {found:?}"));
            }
        }
    }
    for tags in list("KNOWN_COMBINATIONS") {
        wrong.extend(problems(tags).into_iter().map(|error| error.to_string()));
    }
    for tags in list("UNKNOWN_COMBINATIONS") {
        let found = problems(tags);
        if !matches!(&found[..], [TagError::Combination { .. }]) {
            wrong.push(format!("{tags}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_tag_of_packaging_is_known_and_no_other() {
    let output = script(&TestDir::new(), "installer_tags.py", &[]).expect(0).stdout;
    let of = |kind: &str| -> BTreeSet<&str> {
        output.lines().filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' ')).collect()
    };
    let (tags, platforms) = (of("tag"), of("platform"));
    assert!(tags.len() > 150 && platforms.len() > 400, "{} {}", tags.len(), platforms.len());
    let mut wrong: Vec<String> = tags
        .iter()
        .map(|tag| (*tag).to_owned())
        .chain(platforms.iter().map(|platform| with("PLATFORM", platform)))
        .flat_map(|tags| problems(&tags))
        .map(|error| error.to_string())
        .collect();
    let unknown = list("UNKNOWN_COMBINATIONS");
    wrong.extend(unknown.iter().filter(|it| tags.contains(*it)).map(ToString::to_string));
    let unknown = list("UNKNOWN_PLATFORM_TAGS");
    wrong.extend(unknown.iter().filter(|it| platforms.contains(*it)).map(ToString::to_string));
    for (kind, part) in [("PYTHON", 0), ("ABI", 1)] {
        let used: BTreeSet<&str> = tags.iter().filter_map(|tag| tag.split('-').nth(part)).collect();
        let unknown = list(&format!("UNKNOWN_{kind}_TAGS"));
        wrong.extend(unknown.iter().filter(|it| used.contains(*it)).map(ToString::to_string));
        // Every pair of parts that `packaging` never generates is unknown.
        if part == 1 {
            let pythons: BTreeSet<&str> =
                tags.iter().filter_map(|tag| tag.split('-').next()).collect();
            for (python, abi) in pythons.iter().flat_map(|it| used.iter().map(move |abi| (it, abi)))
            {
                let pair = format!("{python}-{abi}-linux_x86_64");
                // The script generates one ABI for each interpreter beside CPython.
                let is_other = !python.starts_with("cp") && !python.starts_with("py3");
                if !is_other && tags.contains(pair.as_str()) == problems(&pair).is_empty() {
                    continue;
                }
                if !is_other {
                    wrong.push(pair);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
