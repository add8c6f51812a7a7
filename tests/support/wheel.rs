//! Writes wheels from given bytes with the crate `zip`. RECORD is correct unless a test changes it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fs_err::File;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A wheel to write.
#[derive(Debug, Clone)]
pub(crate) struct Wheel {
    /// The file's name.
    pub(crate) name: String,
    members: Vec<(String, Vec<u8>)>,
    links: Vec<String>,
    unrecorded: Vec<String>,
    rows: Vec<String>,
}

impl Wheel {
    /// Returns a wheel with METADATA and WHEEL that match its file name.
    pub(crate) fn new(name: &str) -> Self {
        let mut wheel = Self::bare(name);
        let mut parts = name.strip_suffix(".whl").unwrap().split('-');
        let (distribution, version) = (parts.next().unwrap(), parts.next().unwrap());
        let tags: Vec<&str> = parts.collect();
        let tags = tags[tags.len() - 3..].join("-");
        let dist_info = wheel.dist_info();
        let metadata = format!("Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n");
        wheel.member(&format!("{dist_info}/METADATA"), metadata);
        let text = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tags}\n");
        wheel.member(&format!("{dist_info}/WHEEL"), text);
        wheel
    }

    /// Returns a wheel with nothing but RECORD.
    pub(crate) fn bare(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            members: vec![],
            links: vec![],
            unrecorded: vec![],
            rows: vec![],
        }
    }

    /// Returns the dist-info directory that matches the file name.
    pub(crate) fn dist_info(&self) -> String {
        let parts: Vec<&str> = self.name.split('-').collect();
        format!("{}-{}.dist-info", parts[0], parts[1])
    }

    /// Adds a member.
    pub(crate) fn member(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.members.push((path.to_owned(), bytes.into()));
        self
    }

    /// Moves the members of the dist-info directory behind all others.
    pub(crate) fn dist_info_last(&mut self) {
        let prefix = format!("{}/", self.dist_info());
        self.members.sort_by_key(|(path, _)| path.starts_with(&prefix));
    }

    /// Removes a member.
    pub(crate) fn remove(&mut self, path: &str) {
        self.members.retain(|(name, _)| name != path);
    }

    /// Replaces the content of a member.
    pub(crate) fn replace(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        let member = self.members.iter_mut().find(|(name, _)| name == path);
        member.unwrap().1 = bytes.into();
    }

    /// Adds a symbolic link, as Info-ZIP writes them.
    pub(crate) fn link(&mut self, path: &str, target: &str) -> &mut Self {
        self.links.push(path.to_owned());
        self.member(path, target)
    }

    /// Leaves a member, or RECORD itself, out of RECORD.
    pub(crate) fn unrecorded(&mut self, path: &str) -> &mut Self {
        self.unrecorded.push(path.to_owned());
        self
    }

    /// Adds a row to RECORD for a missing member.
    pub(crate) fn row(&mut self, path: &str) -> &mut Self {
        self.rows.push(path.to_owned());
        self
    }

    /// Returns the text of RECORD.
    fn record(&self, path: &str) -> String {
        let recorded = self.members.iter().filter(|(path, _)| !self.unrecorded.contains(path));
        let row = |path: &str, bytes: &[u8]| {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
            format!("{},sha256={digest},{}\n", quoted(path), bytes.len())
        };
        let rows: String = recorded.map(|(path, bytes)| row(path, bytes)).collect();
        let missing: String = self.rows.iter().map(|path| row(path, b"")).collect();
        format!("{rows}{missing}{path},,\n")
    }

    /// Returns all members with their content, RECORD last unless it was removed.
    pub(crate) fn members(&self) -> Vec<(String, Vec<u8>)> {
        let mut members = self.members.clone();
        let path = format!("{}/RECORD", self.dist_info());
        let is_own = members.iter().any(|(name, _)| *name == path);
        if !is_own && !self.unrecorded.contains(&path) {
            members.push((path.clone(), self.record(&path).into_bytes()));
        }
        members
    }

    /// Writes the wheel into a directory. Returns its path.
    pub(crate) fn write(&self, directory: &Path) -> PathBuf {
        let path = directory.join(&self.name);
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in self.members() {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .unix_permissions(0o755);
            if self.links.contains(&name) {
                let target = String::from_utf8(bytes).unwrap();
                writer.add_symlink(name, target, options).unwrap();
                continue;
            }
            if name.ends_with('/') && bytes.is_empty() {
                writer.add_directory(name, options).unwrap();
                continue;
            }
            writer.start_file(name, options).unwrap();
            writer.write_all(&bytes).unwrap();
        }
        writer.finish().unwrap();
        path
    }

    /// Writes the members as files into a directory.
    pub(crate) fn unpack(&self, directory: &Path) {
        for (name, bytes) in self.members() {
            super::command::write(directory, &name, bytes);
        }
    }
}

/// Returns a CSV field, quoted if necessary.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
