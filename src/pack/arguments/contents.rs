//! The arguments about the files of a declared wheel, and their paths in it.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;

use crate::declared_file::source_of;

/// The part of `wheelworks pack --out` that names files.
///
/// A member's path is computed in these steps:
/// 1. DEST of `--member`, or of `--place` for its source.
/// 2. Without the prefix of `--strip-path-prefix`.
/// 3. Below the prefix of `--add-path-prefix` or `--header-root`.
/// 4. `--rename` replaces all of that.
/// 5. `--exclude-member` leaves the member out.
///
/// Then texts are substituted, then missing `__init__.py` are created.
#[derive(Debug, Clone, Args)]
pub struct ContentArguments {
    /// A file of the wheel, DEST=SRC. In DEST, `\=` and `\\` stand for `=` and `\`. The file is executable in
    /// the wheel if it is an ELF program or begins with `#!`.
    #[arg(long = "member", value_name = "DEST=SRC", requires = "out")]
    pub members: Vec<OsString>,
    /// A member that comes from another repository.
    #[arg(long = "external-member", value_name = "REPOSITORY/DEST=SRC", requires = "out")]
    pub external_members: Vec<OsString>,
    /// Include the `--external-member` of repositories that match; `*` stands for any text. A leading `-`
    /// excludes instead, and the last pattern that matches decides. Default: all repositories. Files below
    /// `site-packages/` belong to other distributions: they are included only if that pattern is not `*`.
    #[arg(
        long = "external-repository",
        value_name = "PATTERN",
        allow_hyphen_values = true,
        requires = "out"
    )]
    pub external_repositories: Vec<String>,
    /// A header. It goes below `--header-root`.
    #[arg(long = "header", value_name = "DEST=SRC", requires = "out")]
    pub headers: Vec<OsString>,
    /// The directory for headers.
    #[arg(long, value_name = "DIR", default_value = "", requires = "out")]
    pub header_root: String,
    /// Replaces the DEST of `--member`, `--external-member` or `--header` with the same SRC, or with a SRC below
    /// this one.
    #[arg(long = "place", value_name = "DEST=SRC", requires = "out")]
    pub places: Vec<OsString>,
    /// A prefix to remove from the DEST of each member, and a `/` behind it. Of several, the first that matches is
    /// removed.
    #[arg(long = "strip-path-prefix", value_name = "PREFIX", requires = "out")]
    pub strip_path_prefixes: Vec<String>,
    /// A prefix to add to the DEST of each `--member` and `--external-member`, after
    /// `--strip-path-prefix`.
    #[arg(long, value_name = "PREFIX", default_value = "", requires = "out")]
    pub add_path_prefix: String,
    /// Puts a file, or all files of a directory, at DEST in the wheel, whatever other options say about them. A
    /// DEST that ends with `/` is a directory.
    #[arg(long = "rename", value_name = "DEST=SRC", requires = "out")]
    pub renames: Vec<OsString>,
    /// A file or directory that is installed outside of site-packages. DEST begins with `scripts/`,
    /// `headers/`, `data/`, `purelib/` or `platlib/`.
    #[arg(long = "data-file", value_name = "DEST=SRC", requires = "out")]
    pub data_files: Vec<OsString>,
    /// A file or directory for the dist-info directory.
    #[arg(long = "distinfo-file", value_name = "DEST=SRC", requires = "out")]
    pub distinfo_files: Vec<OsString>,
    /// Leave out members that match; of TREE, too. A GLOB without a `/` matches the name of a file or directory anywhere, one
    /// with a `/` its path in the wheel. `**` stands for any directories.
    #[arg(long = "exclude-member", alias = "exclude", value_name = "GLOB")]
    pub excludes: Vec<String>,
    /// A text to replace in Python members, in one pass. If several texts match at one position, the longest is
    /// replaced. `\=`, `\\`, `\n` and `\t` stand for `=`, `\`, a line feed and a tab.
    #[arg(long = "substitute", value_name = "FROM=TO", requires = "out")]
    pub substitutions: Vec<String>,
    /// Members to substitute in, matched as by `--exclude-member`. Default: `*.py` and `*.pyi`.
    #[arg(long = "substitute-in", value_name = "GLOB", requires = "substitutions")]
    pub substitute_in: Vec<String>,
    /// Create an empty `__init__.py` in each directory that has Python code in or below it and no
    /// `__init__.py`, if the directory or one above it matches.
    #[arg(long = "create-init", value_name = "GLOB", requires = "out")]
    pub create_init: Vec<String>,
}

impl ContentArguments {
    /// Returns the files and directories that become members. `--place` adds none.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let options =
            [&self.members, &self.external_members, &self.headers, &self.renames, &self.data_files];
        let texts = options.into_iter().chain([&self.distinfo_files]).flatten();
        texts.filter_map(|text| source_of(text))
    }
}
