//! The paths at which an installer writes the members of a wheel (binary distribution format,
//! "Spread"). The output is both site-packages and the prefix, because only one directory goes on
//! `sys.path`.

use super::error::UnpackError;
use crate::opened_wheel::CheckedMember;
use crate::wheel::{DistributionName, MemberPath, Version};

const DIST_INFO: &str = ".dist-info";
const DATA: &str = ".data";

/// The layout of one wheel.
#[derive(Debug)]
pub(super) struct InstallLayout {
    /// The `*.data` directories. There should be one, spelt as the dist-info directory, but tools have
    /// spelt them differently.
    data_dirs: Vec<String>,
    /// Name of the distribution, for its headers.
    name: String,
}

/// The installed path of a member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InstalledPath {
    /// Its path in the archive.
    Same,
    /// Another path.
    Moved {
        to: MemberPath,
        /// Whether it is a script, which is always executable.
        script: bool,
    },
    /// None: it is the data directory or a scheme's directory.
    Dropped,
}

impl InstallLayout {
    /// Returns the layout of a wheel with this dist-info directory and these members.
    pub(super) fn new(dist_info: &str, members: &[CheckedMember]) -> Self {
        let own = dist_info.strip_suffix(DIST_INFO).unwrap_or(dist_info);
        let mut data_dirs: Vec<String> = Vec::new();
        for member in members {
            let top = member.path.components().next().unwrap_or_default();
            let is_own = top.strip_suffix(DATA).is_some_and(|stem| is_same(stem, own));
            if is_own && !data_dirs.iter().any(|other| other == top) {
                data_dirs.push(top.to_owned());
            }
        }
        let name = own.split_once('-').map_or(own, |(name, _)| name).to_owned();
        Self { data_dirs, name }
    }

    /// Returns whether every member keeps its path.
    pub(super) fn is_plain(&self) -> bool {
        self.data_dirs.is_empty()
    }

    /// Returns the path of a member. Returns an error if it is in the data directory outside of all
    /// schemes.
    pub(super) fn installed_path(
        &self,
        path: &MemberPath,
        is_file: bool,
    ) -> Result<InstalledPath, UnpackError> {
        let is_dir = |dir: &&String| path.strip_dir(dir).is_some() || path.as_str() == dir.as_str();
        let Some(dir) = self.data_dirs.iter().find(is_dir) else { return Ok(InstalledPath::Same) };
        let (scheme, rest) = match path.strip_dir(dir).map(|rest| rest.split_once('/')) {
            Some(Some(parts)) => parts,
            _ if !is_file => return Ok(InstalledPath::Dropped),
            _ => return Err(UnpackError::NoScheme(path.as_str().to_owned())),
        };
        let to = match scheme {
            "purelib" | "platlib" | "data" => rest.to_owned(),
            "scripts" => format!("bin/{rest}"),
            "headers" => format!("include/{}/{rest}", self.name),
            _ => return Err(UnpackError::NoScheme(path.as_str().to_owned())),
        };
        let to = to.parse().map_err(crate::wheel::WheelError::from)?;
        Ok(InstalledPath::Moved { to, script: scheme == "scripts" && is_file })
    }
}

/// Returns whether two `NAME-VERSION` stems are equal after normalization.
fn is_same(one: &str, other: &str) -> bool {
    let parse = |stem: &str| -> Option<(DistributionName, Version)> {
        let (name, version) = stem.split_once('-')?;
        Some((name.parse().ok()?, version.parse().ok()?))
    };
    one == other
        || match (parse(one), parse(other)) {
            (Some(one), Some(other)) => {
                one.0.normalized() == other.0.normalized() && one.1 == other.1
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opened_wheel::MemberKind;
    use crate::zip::Mode;

    fn layout(dist_info: &str, members: &[&str]) -> InstallLayout {
        let members: Vec<CheckedMember> = members
            .iter()
            .enumerate()
            .map(|(index, path)| CheckedMember {
                path: path.parse().unwrap(),
                kind: MemberKind::File(Mode::Plain),
                index,
            })
            .collect();
        InstallLayout::new(dist_info, &members)
    }

    #[test]
    fn members_go_where_an_installer_puts_them() {
        let members = ["sample-1.0.data/purelib/x", "Sample-1.0.0.data/data/x"];
        let layout = layout("sample-1.0.dist-info", &members);
        for (from, to, script) in [
            ("sample-1.0.data/purelib/sample/a.py", "sample/a.py", false),
            ("sample-1.0.data/platlib/sample/b.so", "sample/b.so", false),
            ("sample-1.0.data/scripts/tool", "bin/tool", true),
            ("sample-1.0.data/headers/sub/s.h", "include/sample/sub/s.h", false),
            ("sample-1.0.data/data/share/man/x.1", "share/man/x.1", false),
            ("Sample-1.0.0.data/scripts/tool", "bin/tool", true),
        ] {
            let to = to.parse().unwrap();
            let installed = layout.installed_path(&from.parse().unwrap(), true).unwrap();
            assert_eq!(installed, InstalledPath::Moved { to, script }, "{from}");
        }
        for same in ["sample/a.py", "other-1.0.data/scripts/x", "sample-1.0.dist-info/RECORD"] {
            assert_eq!(
                layout.installed_path(&same.parse().unwrap(), true).unwrap(),
                InstalledPath::Same
            );
        }
        for directory in ["sample-1.0.data", "sample-1.0.data/scripts"] {
            let installed = layout.installed_path(&directory.parse().unwrap(), false).unwrap();
            assert_eq!(installed, InstalledPath::Dropped);
        }
        for bad in ["sample-1.0.data/file", "sample-1.0.data/stdlib/x"] {
            assert!(layout.installed_path(&bad.parse().unwrap(), true).is_err(), "{bad}");
        }
    }
}
