//! Finds the dist-info directory of a tree or a wheel, and reads the wheel's name from it.

use std::path::{Path, PathBuf};

use super::error::TreeError;
use crate::digest::sha256;
use crate::error::{Error, FileError};
use crate::escape::escape_path;
use crate::wheel::{
    DistributionName, MemberPath, MemberPathError, MetadataHeaders, RecordRow, Version, WheelError,
    WheelFileError, WheelFilename, WheelHeaders,
};
use crate::wheel_writer::{Member, dist_info_member};

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

    /// Whether a path in the tree is the directory, or one of the files that name the wheel.
    pub(super) fn requires(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&self.name());
        rest.is_some_and(|rest| matches!(rest, "" | "/METADATA" | "/WHEEL"))
    }

    fn name(&self) -> String {
        format!("{}{SUFFIX}", self.stem)
    }

    /// Returns the wheel's name, from METADATA and WHEEL. If `given`, the wheel's file has a name: its tags and
    /// its build tag take precedence over those of WHEEL, as in installers. `read` gets the paths of METADATA and
    /// WHEEL below `root`; messages name these paths.
    pub(super) fn read(
        &self,
        root: &Path,
        given: Option<&WheelFilename>,
        mut read: impl FnMut(&Path) -> Result<Vec<u8>, Error>,
    ) -> Result<NamedWheel, Error> {
        let mut read = |name: &str| -> Result<(PathBuf, Vec<u8>), Error> {
            let file = root.join(self.name()).join(name);
            let bytes = read(&file)?;
            Ok((file, bytes))
        };
        let (metadata_file, bytes) = read("METADATA")?;
        let (file, old_bytes) = read("WHEEL")?;
        let metadata = self.metadata(&metadata_file, &bytes)?;
        let bad =
            |error: WheelFileError| TreeError::BadFile { file: file.clone(), source: error.into() };
        let wheel = WheelHeaders::parse(&old_bytes).map_err(bad)?;
        let (tags, build) = match given {
            Some(given) => (given.tags.clone(), given.build.clone()),
            None => (wheel.tags().map_err(bad)?, wheel.build().map_err(bad)?),
        };
        let filename = WheelFilename {
            distribution: metadata.name,
            version: metadata.version,
            build,
            tags,
            variant: given.and_then(|given| given.variant.clone()),
        };
        let text = wheel.with_tags(&filename.tags, filename.build.as_ref());
        let new_wheel_file = text.map(|text| {
            let warning = match given {
                Some(_) => Some(format!(
                    "`{}` has {}; the new WHEEL has the tags of the name, `{filename}`\n\
                     hint: installers go by the name; have the build write the same tags into WHEEL",
                    escape_path(&file),
                    wheel.described()
                )),
                None => wheel.first_unlisted(&filename.tags).map(|tag| format!(
                    "the wheel's name, `{filename}`, stands for `{tag}`, too, which `{}` does not list; the new WHEEL does\n\
                     hint: installers go by the name; a name stands for every combination of its tags",
                    escape_path(&file)
                )),
            };
            NewWheelFile { text, old_bytes, warning }
        });
        Ok(NamedWheel { filename, new_wheel_file })
    }

    /// Parses METADATA and compares it with the directory's name.
    fn metadata(&self, file: &Path, bytes: &[u8]) -> Result<MetadataHeaders, TreeError> {
        let metadata = MetadataHeaders::parse(bytes)
            .map_err(|error| TreeError::BadFile { file: file.to_owned(), source: error.into() })?;
        let disagreement =
            |field, expected: &dyn ToString, found: &dyn ToString| TreeError::Disagreement {
                metadata: file.to_owned(),
                field,
                expected: expected.to_string(),
                found: found.to_string(),
            };
        if metadata.name.normalized() != self.distribution.normalized() {
            return Err(disagreement("Name", &self.distribution, &metadata.name));
        }
        if metadata.version != self.version {
            return Err(disagreement("Version", &self.version, &metadata.version));
        }
        Ok(metadata)
    }
}

/// The name of a wheel to write, and WHEEL if the name changes it.
pub(super) struct NamedWheel {
    pub(super) filename: WheelFilename,
    pub(super) new_wheel_file: Option<NewWheelFile>,
}

/// A WHEEL with the tags of the wheel's name.
pub(super) struct NewWheelFile {
    text: Vec<u8>,
    old_bytes: Vec<u8>,
    warning: Option<String>,
}

impl NewWheelFile {
    /// Returns the row of RECORD for the old file, in the dist-info directory with this name.
    pub(super) fn old_row(&self, dist_info: &str) -> Result<RecordRow, Error> {
        let (digest, size) = (sha256(&self.old_bytes), self.old_bytes.len() as u64);
        Ok(RecordRow { path: dist_info_member(dist_info, "WHEEL")?, digest, size })
    }

    /// Replaces the member WHEEL in the dist-info directory with this name.
    pub(super) fn replace(
        self,
        dist_info: &str,
        members: &mut Vec<Member>,
        warnings: &mut Vec<String>,
    ) -> Result<(), Error> {
        let path = dist_info_member(dist_info, "WHEEL")?;
        members.retain(|member| member.path != path);
        members.push(Member::generated(path, self.text));
        warnings.extend(self.warning);
        Ok(())
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
