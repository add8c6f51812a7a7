//! The dist-info and data directories.

use std::collections::BTreeSet;

use super::archive::Archive;
use super::filename::{ParsedName, version_of};
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{DATA_SCHEMES, DistributionName};

/// The wheel's own directories.
#[derive(Debug)]
pub(super) struct WheelDirectories {
    /// The dist-info directory's name, if there is one.
    pub(super) dir: Option<String>,
    /// `NAME-VERSION`, with which both names begin.
    stem: String,
}

impl WheelDirectories {
    /// Returns the path of a file in the dist-info directory.
    pub(super) fn path(&self, file: &str) -> Option<String> {
        self.dir.as_ref().map(|dir| format!("{dir}/{file}"))
    }

    /// Returns where a file is installed, relative to site-packages. `None` for files of the dist-info
    /// directory, and for files that are installed elsewhere.
    pub(super) fn installed<'a>(&self, path: &'a str) -> Option<&'a str> {
        let of_data = path.strip_prefix(&self.stem).and_then(|rest| rest.strip_prefix(".data/"));
        if let Some(rest) = of_data {
            return rest.strip_prefix("purelib/").or_else(|| rest.strip_prefix("platlib/"));
        }
        let is_own = self.dir.as_ref().is_some_and(|dir| {
            path.strip_prefix(dir.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        (!is_own).then_some(path)
    }

    /// Returns the data directory's name, whether it exists or not.
    pub(super) fn data_dir(&self) -> String {
        format!("{}.data", self.stem)
    }
}

/// Finds and checks the directories.
pub(super) fn check(
    archive: &Archive<'_>,
    name: Option<&ParsedName>,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<WheelDirectories, Error> {
    context.cancel.check()?;
    let tops: BTreeSet<&str> =
        archive.members.iter().filter_map(|it| Some(it.name.split_once('/')?.0)).collect();
    let found: Vec<String> = archive
        .dist_info_dirs()
        .all()
        .iter()
        .filter_map(|dir| dir.strip_suffix(".dist-info"))
        .map(str::to_owned)
        .collect();
    let stem = choose(&found, name, findings);
    if let Some(stem) = &stem {
        let dir = format!("{stem}.dist-info");
        check_order(archive, &dir, findings);
    }
    let own = stem.clone().or_else(|| name.map(|name| name.stem.clone())).unwrap_or_default();
    for data in tops.iter().filter_map(|top| top.strip_suffix(".data")) {
        // A package can have a name with `.data` at its end; without `-` it is no data directory.
        if data == own {
            check_schemes(archive, &format!("{data}.data/"), findings);
        } else if data.contains('-') {
            let found = format!("`{data}.data`, not `{own}.data`");
            findings.add(&rules::DATA_DIR, found);
        }
    }
    Ok(WheelDirectories { dir: stem.map(|stem| format!("{stem}.dist-info")), stem: own })
}

/// Chooses the dist-info directory that installers read.
fn choose(
    found: &[String],
    name: Option<&ParsedName>,
    findings: &mut Findings<'_>,
) -> Option<String> {
    let expected = name.map(|name| name.stem.as_str());
    if found.is_empty() {
        findings.add(&rules::DIST_INFO, "the archive has none");
        return None;
    }
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|it| format!("`{it}.dist-info`")).collect();
        findings.add(&rules::DIST_INFO, format!("there are several: {}", names.join(", ")));
    }
    let Some(name) = name else { return found.first().cloned() };
    if let Some(exact) = found.iter().find(|it| Some(it.as_str()) == expected) {
        return Some(exact.clone());
    }
    let is_meant = |stem: &&String| {
        let distribution = stem.split_once('-').and_then(|(name, _)| name.parse().ok());
        distribution.is_some_and(|it: DistributionName| it == name.parsed.distribution)
            && version_of(stem).as_ref() == Some(&name.parsed.version)
    };
    let chosen = found.iter().find(is_meant).or_else(|| found.first()).cloned();
    let expected = &name.stem;
    if let Some(chosen) = &chosen {
        findings.add(
            &rules::DIST_INFO,
            format!("`{chosen}.dist-info`, where the file's name has `{expected}.dist-info`"),
        );
    }
    chosen
}

fn check_schemes(archive: &Archive<'_>, prefix: &str, findings: &mut Findings<'_>) {
    for member in archive.files() {
        let Some(rest) = member.name.strip_prefix(prefix) else { continue };
        match rest.split_once('/') {
            Some(("scripts", script)) if script.contains('/') => {
                findings.add_at(&rules::DATA_DIR, &member.name, "a directory in `scripts`");
            }
            Some((scheme, _)) if DATA_SCHEMES.contains(&scheme) => {}
            Some((scheme, _)) => {
                findings.add_at(&rules::DATA_DIR, &member.name, format!("`{scheme}`"));
            }
            None => findings.add_at(&rules::DATA_DIR, &member.name, "a file beside them"),
        }
    }
}

fn check_order(archive: &Archive<'_>, dir: &str, findings: &mut Findings<'_>) {
    let is_inside = |name: &str| name.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
    let mut members: Vec<_> = archive.files().collect();
    members.sort_by_key(|member| member.offset);
    let behind =
        members.iter().skip_while(|it| !is_inside(&it.name)).find(|it| !is_inside(&it.name));
    if let Some(behind) = behind {
        findings.add_at(&rules::DIST_INFO_LAST, &behind.name, "it comes behind");
    }
}
