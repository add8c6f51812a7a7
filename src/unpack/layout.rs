//! The paths at which an installer writes the members of a wheel (binary distribution format,
//! "Spread"). The output is the prefix. By default it is also site-packages, because only one
//! directory goes on `sys.path`; otherwise site-packages is a directory below it.

use super::error::UnpackError;
use super::site_packages::SitePackages;
use crate::error::Error;
use crate::opened_wheel::CheckedMember;
use crate::wheel::{DistributionName, MemberPath, Record, Version, WheelError};

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
    /// The directory of site-packages below the output; `None` if it is the output.
    site_packages: Option<SitePackages>,
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
    pub(super) fn new(
        dist_info: &str,
        members: &[CheckedMember],
        site_packages: Option<&SitePackages>,
    ) -> Self {
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
        Self { data_dirs, name, site_packages: site_packages.cloned() }
    }

    /// Returns whether every member keeps its path.
    pub(super) fn is_plain(&self) -> bool {
        self.data_dirs.is_empty() && self.site_packages.is_none()
    }

    /// Returns whether the rows of RECORD keep their paths, which are relative to site-packages.
    pub(super) fn keeps_record(&self) -> bool {
        self.data_dirs.is_empty()
    }

    /// Returns the path of a file for RECORD after the installation: relative to site-packages, with
    /// `..` components if the file is elsewhere.
    pub(super) fn recorded_path(&self, path: &MemberPath) -> Result<String, UnpackError> {
        Ok(match (self.installed_path(path, true)?, &self.site_packages) {
            (InstalledPath::Moved { to, .. }, Some(site_packages)) => site_packages.relative(&to),
            (InstalledPath::Moved { to, .. }, None) => to.as_str().to_owned(),
            (InstalledPath::Same | InstalledPath::Dropped, _) => path.as_str().to_owned(),
        })
    }

    /// Returns the path of a member. Returns an error if it is in the data directory outside of all
    /// schemes.
    pub(super) fn installed_path(
        &self,
        path: &MemberPath,
        is_file: bool,
    ) -> Result<InstalledPath, UnpackError> {
        let is_dir = |dir: &&String| path.strip_dir(dir).is_some() || path.as_str() == dir.as_str();
        let Some(dir) = self.data_dirs.iter().find(is_dir) else {
            return match &self.site_packages {
                None => Ok(InstalledPath::Same),
                Some(site_packages) => moved(&site_packages.join(path.as_str()), false),
            };
        };
        let (scheme, rest) = match path.strip_dir(dir).map(|rest| rest.split_once('/')) {
            Some(Some(parts)) => parts,
            _ if !is_file => return Ok(InstalledPath::Dropped),
            _ => return Err(UnpackError::NoScheme(path.as_str().to_owned())),
        };
        let site_packages = self.site_packages.as_ref();
        let to = match scheme {
            "purelib" | "platlib" => site_packages.map_or(rest.to_owned(), |it| it.join(rest)),
            "data" => rest.to_owned(),
            "scripts" => format!("bin/{rest}"),
            "headers" => {
                let include = site_packages.map_or("include".to_owned(), SitePackages::include);
                format!("{include}/{}/{rest}", self.name)
            }
            _ => return Err(UnpackError::NoScheme(path.as_str().to_owned())),
        };
        moved(&to, scheme == "scripts" && is_file)
    }

    /// Renders RECORD with the installed paths, as installers do: `importlib.metadata` reads them. `own` is the
    /// path of RECORD in the wheel.
    pub(super) fn installed_record(
        &self,
        record: &Record,
        own: &MemberPath,
    ) -> Result<Vec<u8>, Error> {
        let paths = record.rows().iter().map(|row| self.recorded_path(&row.path));
        let paths = paths.collect::<Result<Vec<_>, _>>()?;
        Ok(record.render_at(&paths, own.as_str()).map_err(WheelError::from)?)
    }
}

fn moved(to: &str, script: bool) -> Result<InstalledPath, UnpackError> {
    let to = to.parse().map_err(WheelError::from)?;
    Ok(InstalledPath::Moved { to, script })
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

    fn layout(dist_info: &str, members: &[&str], site_packages: Option<&str>) -> InstallLayout {
        let members: Vec<CheckedMember> = members
            .iter()
            .enumerate()
            .map(|(index, path)| CheckedMember {
                path: path.parse().unwrap(),
                kind: MemberKind::File(Mode::Plain),
                index,
            })
            .collect();
        let site_packages = site_packages.map(|path| SitePackages::new(path.parse().unwrap()));
        InstallLayout::new(dist_info, &members, site_packages.as_ref())
    }

    #[test]
    fn members_go_where_an_installer_puts_them() {
        let members = ["sample-1.0.data/purelib/x", "Sample-1.0.0.data/data/x"];
        let layout = layout("sample-1.0.dist-info", &members, None);
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

    #[test]
    fn site_packages_is_below_the_prefix() {
        let members = ["sample-1.0.data/purelib/x"];
        let site = "lib/python3.12/site-packages";
        let layout = layout("sample-1.0.dist-info", &members, Some(site));
        for (from, to, recorded) in [
            ("sample/a.py", "lib/python3.12/site-packages/sample/a.py", "sample/a.py"),
            (
                "sample-1.0.data/platlib/sample/b.so",
                "lib/python3.12/site-packages/sample/b.so",
                "sample/b.so",
            ),
            ("sample-1.0.data/scripts/tool", "bin/tool", "../../../bin/tool"),
            (
                "sample-1.0.data/headers/s.h",
                "include/site/python3.12/sample/s.h",
                "../../../include/site/python3.12/sample/s.h",
            ),
            ("sample-1.0.data/data/lib/x", "lib/x", "../../x"),
            (
                "sample-1.0.data/data/lib/python3.12/site-packages/y",
                "lib/python3.12/site-packages/y",
                "y",
            ),
        ] {
            let from: MemberPath = from.parse().unwrap();
            let InstalledPath::Moved { to: found, .. } =
                layout.installed_path(&from, true).unwrap()
            else {
                panic!("{from} stays");
            };
            assert_eq!(found.as_str(), to);
            assert_eq!(layout.recorded_path(&from).unwrap(), recorded);
        }
    }
}
