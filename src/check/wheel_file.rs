//! Checks the WHEEL file and compares it with the wheel's file name.

use std::collections::BTreeSet;

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::filename::ParsedName;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{Headers, MAX_TAGS, WheelTags, is_wheel_version};

/// The fields of WHEEL that other rules need.
#[derive(Debug)]
pub(super) struct Header {
    /// Whether the archive's root is installed into purelib.
    pub(super) root_is_purelib: bool,
}

/// Checks WHEEL and compares it with the wheel's file name.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    name: Option<&ParsedName>,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<Header, Error> {
    let mut header = Header { root_is_purelib: true };
    let Some(path) = dist_info.path("WHEEL") else { return Ok(header) };
    let Some(text) = read_metadata(archive, &path, true, findings, context)? else {
        return Ok(header);
    };
    if std::str::from_utf8(&text).is_err() {
        findings.add(&rules::WHEEL_FILE, "it is not UTF-8");
    }
    let fields = Headers::parse(&text);
    match fields.get("Wheel-Version") {
        None => findings.add(&rules::WHEEL_FILE, "no `Wheel-Version`"),
        Some(version) if !is_wheel_version(version) => {
            findings.add(&rules::WHEEL_FILE, format!("`Wheel-Version` is `{version}`, not `1.0`"));
        }
        Some(_) => {}
    }
    match fields.get("Root-Is-Purelib").map(str::to_ascii_lowercase).as_deref() {
        None => findings.add(&rules::WHEEL_FILE, "no `Root-Is-Purelib`"),
        // pip compares the value with the blanks behind it, and installs into platlib.
        Some("true") if fields.get_raw("Root-Is-Purelib") != fields.get("Root-Is-Purelib") => {
            findings.add(&rules::WHEEL_FILE, "blanks behind `Root-Is-Purelib: true`");
        }
        Some("true") => {}
        Some("false") => header.root_is_purelib = false,
        Some(other) => {
            let found = format!("`Root-Is-Purelib` is `{other}`, not `true` or `false`");
            findings.add(&rules::WHEEL_FILE, found);
        }
    }
    let tags = tags(&fields, findings);
    if let Some(name) = name {
        compare_tags(&tags, name, findings);
        let build = fields.get("Build");
        let expected = name.parsed.build.as_ref().map(ToString::to_string);
        if build != expected.as_deref() {
            let (build, expected) =
                (build.unwrap_or("none"), expected.unwrap_or("none".to_owned()));
            findings.add(&rules::WHEEL_BUILD, format!("`{build}`, and `{expected}` in the name"));
        }
    }
    Ok(header)
}

/// Checks the `Tag` fields and returns their tags, with compressed tag sets expanded.
fn tags(fields: &Headers, findings: &mut Findings<'_>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut is_any = false;
    for line in fields.get_all("Tag") {
        is_any = true;
        match line.parse::<WheelTags>() {
            Ok(tags) => {
                if line.contains('.') {
                    findings.add(&rules::WHEEL_COMPRESSED, format!("`{line}`"));
                }
                all.extend(tags.expand().map(|tag| tag.to_string()));
            }
            Err(error) => findings.add(&rules::WHEEL_FILE, error.to_string()),
        }
        if all.len() > MAX_TAGS {
            findings.add(&rules::WHEEL_FILE, format!("more than {MAX_TAGS} tags"));
            break;
        }
    }
    if !is_any {
        findings.add(&rules::WHEEL_FILE, "no `Tag`");
    }
    all
}

fn compare_tags(tags: &BTreeSet<String>, name: &ParsedName, findings: &mut Findings<'_>) {
    if tags.is_empty() {
        return;
    }
    let expected: BTreeSet<String> = name.parsed.tags.expand().map(|tag| tag.to_string()).collect();
    for tag in expected.difference(tags) {
        findings.add(&rules::WHEEL_TAGS, format!("`{tag}` is in the name only"));
    }
    for tag in tags.difference(&expected) {
        findings.add(&rules::WHEEL_TAGS, format!("`{tag}` is in WHEEL only"));
    }
}
