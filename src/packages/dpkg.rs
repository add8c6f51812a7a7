//! The database of dpkg: `status` and a list of files for each package, or `status.d` of images without dpkg.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::error::PackagesError;
use super::package::PackageKind;
use super::system_root::SystemRoot;
use super::wanted::Wanted;

const DIRECTORY: &str = "/var/lib/dpkg";

/// Maximum size of a file of the database in bytes. `status` of 4,000 packages has 5 MB, and the largest
/// list of files, of 70,000 headers, 8 MB.
const MAX_BYTES: u64 = 256 << 20;

/// Adds the owners that dpkg knows.
///
/// # Errors
///
/// A file of the database that cannot be read.
pub(super) fn find(root: &SystemRoot<'_>, wanted: &mut Wanted) -> Result<(), PackagesError> {
    find_installed(root, wanted)?;
    find_in_image(root, wanted)
}

/// Reads `info/*.list` and `status`.
fn find_installed(root: &SystemRoot<'_>, wanted: &mut Wanted) -> Result<(), PackagesError> {
    let info = Path::new(DIRECTORY).join("info");
    // The paths of each package that are wanted, by the name of its list.
    let mut listed: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for name in root.names(&info)? {
        let Some(package) = name.to_str().and_then(|name| name.strip_suffix(".list")) else {
            continue;
        };
        let Some(bytes) = root.read(&info.join(&name), MAX_BYTES)? else { continue };
        if !wanted.may_be_listed_in(&bytes) {
            continue;
        }
        let paths = bytes.split(|&byte| byte == b'\n').filter(|path| wanted.has(path));
        let paths: Vec<Vec<u8>> = paths.map(<[u8]>::to_vec).collect();
        if !paths.is_empty() {
            listed.insert(package.to_owned(), paths);
        }
    }
    if listed.is_empty() {
        return Ok(());
    }
    let Some(bytes) = root.read(&Path::new(DIRECTORY).join("status"), MAX_BYTES)? else {
        return Ok(());
    };
    let text = String::from_utf8_lossy(&bytes);
    let versions = versions(&text);
    for (package, paths) in listed {
        let Some(version) = versions.get(&package) else { continue };
        let name = package.split(':').next().unwrap_or_default();
        for path in paths {
            wanted.add(&path, PackageKind::Deb, name, version);
        }
    }
    Ok(())
}

/// Reads `status.d/NAME` and `status.d/NAME.md5sums`.
fn find_in_image(root: &SystemRoot<'_>, wanted: &mut Wanted) -> Result<(), PackagesError> {
    let directory = Path::new(DIRECTORY).join("status.d");
    for file in root.names(&directory)? {
        let Some(stanza_file) = file.to_str().and_then(|name| name.strip_suffix(".md5sums")) else {
            continue;
        };
        let Some(sums) = root.read(&directory.join(&file), MAX_BYTES)? else { continue };
        let paths = sums.split(|&byte| byte == b'\n').filter_map(absolute);
        let paths: Vec<Vec<u8>> = paths.filter(|path| wanted.has(path)).collect();
        if paths.is_empty() {
            continue;
        }
        let Some(bytes) = root.read(&directory.join(stanza_file), MAX_BYTES)? else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let Some(stanza) = stanzas(&text).next() else { continue };
        for path in paths {
            wanted.add(&path, PackageKind::Deb, stanza.name, stanza.version);
        }
    }
    Ok(())
}

/// Returns the absolute path in a line of `md5sums`: a sum, two blanks, and a path without its slash.
fn absolute(line: &[u8]) -> Option<Vec<u8>> {
    let end_of_sum = line.iter().position(|&byte| byte == b' ')?;
    let path = line[end_of_sum..].trim_ascii_start();
    let path = path.strip_prefix(b"./").unwrap_or(path);
    Some([b"/", path.strip_prefix(b"/").unwrap_or(path)].concat())
}

/// A package in the text of `status`.
struct Stanza<'a> {
    name: &'a str,
    version: &'a str,
    architecture: &'a str,
}

/// Iterates over the packages that have a name and a version.
fn stanzas(text: &str) -> impl Iterator<Item = Stanza<'_>> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut stanza = Stanza { name: "", version: "", architecture: "" };
        for line in lines.by_ref() {
            if line.trim().is_empty() {
                if !stanza.name.is_empty() {
                    break;
                }
            } else if let Some((field, value)) = line.split_once(':') {
                let value = value.trim();
                match field {
                    "Package" => stanza.name = value,
                    "Version" => stanza.version = value,
                    "Architecture" => stanza.architecture = value,
                    _ => (),
                }
            }
        }
        (!stanza.name.is_empty()).then_some(stanza)
    })
    .filter(|stanza| !stanza.version.is_empty())
}

/// Returns the versions, by `NAME` and by `NAME:ARCHITECTURE`: lists of files have either name. Of
/// several architectures the first one counts for `NAME`.
fn versions(text: &str) -> HashMap<String, &str> {
    let mut versions = HashMap::new();
    for stanza in stanzas(text) {
        versions.insert(format!("{}:{}", stanza.name, stanza.architecture), stanza.version);
        versions.entry(stanza.name.to_owned()).or_insert(stanza.version);
    }
    versions
}
