//! The plan of an unpacked wheel: a directory with one dist-info directory, as `wheel pack` takes.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Plan;
use super::error::PackError;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::opened_wheel::is_record_or_signature;
use crate::source::{Input, read_small};
use crate::wheel::{
    DistributionName, MemberPath, MetadataHeaders, Version, WheelError, WheelFile, WheelFilename,
};
use crate::wheel_writer::{Member, Members};

/// Plans the wheel of `tree`, to be written into `wheel_dir`.
pub(super) fn plan(tree: &Path, wheel_dir: &Path, cancel: &CancelFlag) -> Result<Plan, Error> {
    let found = DistInfo::find(tree)?;
    let mut consulted = Vec::new();
    let filename = found.read(tree, |file| {
        let (input, bytes) = read_small(file).map_err(PackError::from)?;
        consulted.push(input);
        Ok(bytes)
    })?;
    let dist_info = filename.dist_info_dir();
    let names = found.new_names(&filename);
    let root = fs_err::canonicalize(tree).map_err(FileError::on("read", tree))?;
    if fs_err::canonicalize(wheel_dir).is_ok_and(|wheel_dir| wheel_dir.starts_with(&root)) {
        return Err(PackError::OutputInTree(wheel_dir.to_owned()).into());
    }
    let mut members = Vec::new();
    for entry in WalkDir::new(tree).follow_links(true).min_depth(1) {
        cancel.check()?;
        let entry = entry.map_err(|source| PackError::Walk { tree: tree.to_owned(), source })?;
        if entry.path_is_symlink() {
            refuse_link_out(entry.path(), &root)?;
        }
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(tree).unwrap_or(entry.path());
        let path = MemberPath::from_os_str(relative.as_os_str())
            .and_then(|path| renamed(path, &names))
            .map_err(|source| PackError::Name { file: entry.path().to_owned(), source })?;
        if !is_record_or_signature(&path, &dist_info) {
            let input = Input::find(entry.path()).map_err(PackError::from)?;
            members.push(Member::from_input(path, input));
        }
    }
    let members = Members::new(members, consulted, &dist_info, wheel_dir, cancel)?;
    let out = wheel_dir.join(filename.to_string());
    Ok(Plan { out, filename, members, warnings: Vec::new(), origin: None })
}

/// What the name of a dist-info directory ends with.
const SUFFIX: &str = ".dist-info";

/// The dist-info directory of a tree or an archive, as it is named there.
pub(super) struct DistInfo {
    /// Its name without `.dist-info`.
    stem: String,
    distribution: DistributionName,
    version: Version,
}

impl DistInfo {
    fn find(tree: &Path) -> Result<Self, Error> {
        let on_read = || FileError::on("read", tree);
        let mut found = Vec::new();
        for entry in fs_err::read_dir(tree).map_err(on_read())? {
            let name = entry.map_err(on_read())?.file_name();
            if let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)) {
                found.push(stem.to_owned());
            }
        }
        if found.len() > 1 {
            let mut found: Vec<String> =
                found.iter().map(|stem| format!("{stem}{SUFFIX}")).collect();
            found.sort();
            return Err(PackError::SeveralDistInfo { tree: tree.to_owned(), found }.into());
        }
        Self::named(tree, found.pop().unwrap_or_default())
    }

    /// The one of that name, without its suffix, in a tree or an archive.
    pub(super) fn named(root: &Path, stem: String) -> Result<Self, Error> {
        let Some((distribution, version)) = stem.split_once('-') else {
            return Err(PackError::NoDistInfo(root.to_owned()).into());
        };
        let file = root.join(format!("{stem}{SUFFIX}"));
        let bad = |source: WheelError| PackError::BadFile { file: file.clone(), source };
        Ok(Self {
            distribution: distribution.parse().map_err(|error| bad(WheelError::from(error)))?,
            version: version.parse().map_err(|error| bad(WheelError::from(error)))?,
            stem,
        })
    }

    /// Names of directories here, and those that they have in the wheel. Installers look for the
    /// dist-info and data directories under the file name's own prefix, so a wheel with older spelling
    /// of them gets today's.
    pub(super) fn new_names(&self, filename: &WheelFilename) -> [(String, String); 2] {
        let data = format!("{}.data", self.stem);
        [(self.name(), filename.dist_info_dir()), (data, filename.data_dir())]
    }

    fn name(&self) -> String {
        format!("{}{SUFFIX}", self.stem)
    }

    /// The wheel's name, from METADATA and WHEEL. `read` is given their paths below `root`, which is
    /// what messages call them.
    pub(super) fn read(
        &self,
        root: &Path,
        mut read: impl FnMut(&Path) -> Result<Vec<u8>, Error>,
    ) -> Result<WheelFilename, Error> {
        let mut read = |name: &str| -> Result<(PathBuf, Vec<u8>), Error> {
            let file = root.join(self.name()).join(name);
            let bytes = read(&file)?;
            Ok((file, bytes))
        };
        let (metadata_file, bytes) = read("METADATA")?;
        let (wheel_file, wheel_bytes) = read("WHEEL")?;
        let metadata = MetadataHeaders::parse(&bytes).map_err(|error| PackError::BadFile {
            file: metadata_file.clone(),
            source: error.into(),
        })?;
        let disagreement =
            |field, expected: &dyn ToString, found: &dyn ToString| PackError::Disagreement {
                metadata: metadata_file.clone(),
                field,
                expected: expected.to_string(),
                found: found.to_string(),
            };
        if metadata.name.normalized() != self.distribution.normalized() {
            return Err(disagreement("Name", &self.distribution, &metadata.name).into());
        }
        if metadata.version != self.version {
            return Err(disagreement("Version", &self.version, &metadata.version).into());
        }
        let wheel = WheelFile::parse(&wheel_bytes)
            .map_err(|error| PackError::BadFile { file: wheel_file, source: error.into() })?;
        Ok(WheelFilename {
            distribution: metadata.name,
            version: metadata.version,
            build: wheel.build,
            tags: wheel.tags,
        })
    }
}

/// The path of a file in the wheel.
pub(super) fn renamed(
    path: MemberPath,
    names: &[(String, String)],
) -> Result<MemberPath, crate::wheel::MemberPathError> {
    for (old, new) in names {
        if let Some(rest) = path.strip_dir(old) {
            return format!("{new}/{rest}").parse();
        }
    }
    Ok(path)
}

fn refuse_link_out(link: &Path, root: &Path) -> Result<(), Error> {
    let target = fs_err::canonicalize(link).map_err(FileError::on("follow", link))?;
    if target.starts_with(root) {
        return Ok(());
    }
    Err(PackError::LinkOut { link: link.to_owned(), target }.into())
}
