//! Finds the dist-info directory of a tree or a wheel, and reads the wheel's name from it.

use std::path::{Path, PathBuf};

use super::error::TreeError;
use crate::error::{Error, FileError};
use crate::wheel::{
    DistributionName, MemberPath, MemberPathError, MetadataHeaders, Version, WheelError, WheelFile,
    WheelFilename,
};

/// The suffix of a dist-info directory's name.
const SUFFIX: &str = ".dist-info";

/// The dist-info directory of a tree or an archive, with its original name.
pub(super) struct SourceDistInfo {
    /// Its name without `.dist-info`.
    stem: String,
    distribution: DistributionName,
    version: Version,
}

impl SourceDistInfo {
    /// Finds the one dist-info directory at the top of a tree.
    pub(super) fn find(tree: &Path) -> Result<Self, Error> {
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
            return Err(TreeError::SeveralDistInfo { tree: tree.to_owned(), found }.into());
        }
        Self::named(tree, found.pop().unwrap_or_default())
    }

    /// Makes the dist-info directory with this name, without its suffix, in a tree or an archive.
    pub(super) fn named(root: &Path, stem: String) -> Result<Self, Error> {
        let Some((distribution, version)) = stem.split_once('-') else {
            return Err(TreeError::NoDistInfo(root.to_owned()).into());
        };
        let file = root.join(format!("{stem}{SUFFIX}"));
        let bad = |source: WheelError| TreeError::BadFile { file: file.clone(), source };
        Ok(Self {
            distribution: distribution.parse().map_err(|error| bad(WheelError::from(error)))?,
            version: version.parse().map_err(|error| bad(WheelError::from(error)))?,
            stem,
        })
    }

    /// Returns the old and new names of the dist-info and data directories. Installers look for them under the
    /// prefix of the file name, which is normalised, so directories with an older spelling are renamed.
    pub(super) fn new_names(&self, filename: &WheelFilename) -> [(String, String); 2] {
        let data = format!("{}.data", self.stem);
        [(self.name(), filename.dist_info_dir()), (data, filename.data_dir())]
    }

    fn name(&self) -> String {
        format!("{}{SUFFIX}", self.stem)
    }

    /// Returns the wheel's name, from METADATA and WHEEL. `read` gets their paths below `root`; messages name
    /// these paths.
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
        let metadata = MetadataHeaders::parse(&bytes).map_err(|error| TreeError::BadFile {
            file: metadata_file.clone(),
            source: error.into(),
        })?;
        let disagreement =
            |field, expected: &dyn ToString, found: &dyn ToString| TreeError::Disagreement {
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
            .map_err(|error| TreeError::BadFile { file: wheel_file, source: error.into() })?;
        Ok(WheelFilename {
            distribution: metadata.name,
            version: metadata.version,
            build: wheel.build,
            tags: wheel.tags,
        })
    }
}

/// Returns the path of a file in the wheel, after its directory is renamed.
pub(super) fn renamed(
    path: MemberPath,
    names: &[(String, String)],
) -> Result<MemberPath, MemberPathError> {
    for (old, new) in names {
        if let Some(rest) = path.strip_dir(old) {
            return format!("{new}/{rest}").parse();
        }
    }
    Ok(path)
}
