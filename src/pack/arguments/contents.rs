//! The arguments about contents: which files a declared wheel holds, and where.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;

use crate::declared_file::source_of;

/// The part of `wheelworks pack --out` that names files.
///
/// A member's way: its own path (`--member`, `--place`), without a prefix (`--strip-path-prefix`), below
/// another (`--add-path-prefix`, `--header-root`), unless its source goes elsewhere (`--rename`) or the
/// place it has now is excluded (`--exclude-member`). Then texts are substituted, then missing
/// `__init__.py` are created.
#[derive(Debug, Clone, Args)]
pub struct ContentArguments {
    /// A file of the wheel, DEST=SRC; `\=` and `\\` stand for `=` and `\` in DEST. It is executable
    /// if it is a program or begins with `#!`.
    #[arg(long = "member", value_name = "DEST=SRC", requires = "out")]
    pub members: Vec<OsString>,
    /// A member that comes from another repository.
    #[arg(long = "external-member", value_name = "REPOSITORY/DEST=SRC", requires = "out")]
    pub external_members: Vec<OsString>,
    /// Repositories whose `--external-member` count; `*` stands for any text, and `-` in front takes
    /// out again. All, if none is named.
    #[arg(
        long = "external-repository",
        value_name = "PATTERN",
        allow_hyphen_values = true,
        requires = "out"
    )]
    pub external_repositories: Vec<String>,
    /// A header, which goes below `--header-root`.
    #[arg(long = "header", value_name = "DEST=SRC", requires = "out")]
    pub headers: Vec<OsString>,
    /// The directory that headers go to.
    #[arg(long, value_name = "DIR", default_value = "", requires = "out")]
    pub header_root: String,
    /// DEST in place of that in `--member`, `--external-member` or `--header` of the same SRC, or of
    /// what is in the directory SRC.
    #[arg(long = "place", value_name = "DEST=SRC", requires = "out")]
    pub places: Vec<OsString>,
    /// A prefix to remove from the DEST of each member: of several, the first one that it has.
    #[arg(long = "strip-path-prefix", value_name = "PREFIX", requires = "out")]
    pub strip_path_prefixes: Vec<String>,
    /// What to put in front of the DEST of each `--member` and `--external-member`, after that.
    #[arg(long, value_name = "PREFIX", default_value = "", requires = "out")]
    pub add_path_prefix: String,
    /// A file, or a directory with all that is in it, that goes to DEST in the wheel and nowhere else,
    /// whatever other options name it. A DEST with `/` at its end is a directory.
    #[arg(long = "rename", value_name = "DEST=SRC", requires = "out")]
    pub renames: Vec<OsString>,
    /// A file or directory for another place than site-packages: DEST begins with `scripts/`,
    /// `headers/`, `data/`, `purelib/` or `platlib/`.
    #[arg(long = "data-file", value_name = "DEST=SRC", requires = "out")]
    pub data_files: Vec<OsString>,
    /// A file or directory for the dist-info directory.
    #[arg(long = "distinfo-file", value_name = "DEST=SRC", requires = "out")]
    pub distinfo_files: Vec<OsString>,
    /// Leave out members: without a `/`, GLOB is the name of a file or directory anywhere; with one, its
    /// path in the wheel. `**` stands for any directories.
    #[arg(long = "exclude-member", value_name = "GLOB", requires = "out")]
    pub excludes: Vec<String>,
    /// A text to replace in Python members, everywhere in one pass: where several begin, the longest
    /// counts. `\=`, `\\`, `\n` and `\t` stand for `=`, `\`, a line feed and a tab.
    #[arg(long = "substitute", value_name = "FROM=TO", requires = "out")]
    pub substitutions: Vec<String>,
    /// Members to substitute in, as in `--exclude-member`; else `*.py` and `*.pyi`.
    #[arg(long = "substitute-in", value_name = "GLOB", requires = "substitutions")]
    pub substitute_in: Vec<String>,
    /// Create an empty `__init__.py` in each directory that leads to Python code and has none, if it or
    /// one above it matches.
    #[arg(long = "create-init", value_name = "GLOB", requires = "out")]
    pub create_init: Vec<String>,
}

impl ContentArguments {
    /// Returns the files and directories that become members. `--place` names no further ones.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let options =
            [&self.members, &self.external_members, &self.headers, &self.renames, &self.data_files];
        let texts = options.into_iter().chain([&self.distinfo_files]).flatten();
        texts.filter_map(|text| source_of(text))
    }
}
