//! The arguments about the metadata of a declared wheel.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::declared_file::source_of;

/// The part of `wheelworks pack --out` that becomes the dist-info directory.
#[derive(Debug, Clone, Args)]
pub struct MetadataArguments {
    /// Name of the distribution.
    #[arg(long, value_name = "NAME", requires = "out")]
    pub distribution: Option<String>,
    /// Version (PEP 440).
    #[arg(long, requires = "out")]
    pub version: Option<String>,
    /// Build tag: starts with a digit.
    #[arg(long, value_name = "TAG", requires = "out")]
    pub build_tag: Option<String>,
    /// Python tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "py3", requires = "out")]
    pub python_tag: String,
    /// ABI tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "none", requires = "out")]
    pub abi_tag: String,
    /// Platform tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "any", requires = "out")]
    pub platform_tag: String,
    /// A requirement (PEP 508).
    #[arg(long = "requires-dist", value_name = "REQUIREMENT", requires = "out")]
    pub requires_dist: Vec<String>,
    /// A file with one requirement per line, as pip reads it; `#` starts a comment.
    #[arg(long = "requires-file", value_name = "FILE", requires = "out")]
    pub requires_files: Vec<PathBuf>,
    /// A requirement of an extra.
    #[arg(long = "extra-requires", value_name = "EXTRA:REQUIREMENT", requires = "out")]
    pub extra_requires: Vec<String>,
    /// A file of requirements of an extra.
    #[arg(long = "extra-requires-file", value_name = "EXTRA=FILE", requires = "out")]
    pub extra_requires_files: Vec<OsString>,
    /// Versions of Python that the wheel supports.
    #[arg(long, value_name = "SPECIFIERS", requires = "out")]
    pub requires_python: Option<String>,
    /// One line about the distribution.
    #[arg(long, requires = "out")]
    pub summary: Option<String>,
    /// File with the long description: `.md`, `.rst` or plain text.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub description_file: Option<PathBuf>,
    /// The format of the description, such as `text/markdown; variant=GFM`. Default: by the file's extension.
    #[arg(long, value_name = "TYPE", requires = "out")]
    pub description_content_type: Option<String>,
    /// Licence, as an SPDX expression. Other text goes to the older `License` field.
    #[arg(long, value_name = "EXPRESSION", requires = "out")]
    pub license: Option<String>,
    /// A file with the text of a licence. It goes below `licenses` in the dist-info directory, under its own
    /// name or as DEST, which is written as in `--member`.
    #[arg(long = "license-file", value_name = "[DEST=]FILE", requires = "out")]
    pub license_files: Vec<OsString>,
    /// The author.
    #[arg(long, value_name = "NAME", requires = "out")]
    pub author: Option<String>,
    /// The author's address, such as `ada@example.org` or `Ada <ada@example.org>`.
    #[arg(long, value_name = "ADDRESS", requires = "out")]
    pub author_email: Option<String>,
    /// The project's page, a URL of HTTP. Package indexes prefer `--project-url`.
    #[arg(long, value_name = "URL", requires = "out")]
    pub home_page: Option<String>,
    /// A link, `LABEL, URL`.
    #[arg(long = "project-url", value_name = "LABEL, URL", requires = "out")]
    pub project_urls: Vec<String>,
    /// A classifier that PyPI knows, such as `Programming Language :: Python :: 3`, or one that begins with
    /// `Private ::`.
    #[arg(long = "classifier", value_name = "CLASSIFIER", requires = "out")]
    pub classifiers: Vec<String>,
    /// A keyword.
    #[arg(long = "keyword", value_name = "WORD", requires = "out")]
    pub keywords: Vec<String>,
    /// An extra that no requirement mentions.
    #[arg(long = "provides-extra", value_name = "EXTRA", requires = "out")]
    pub extras: Vec<String>,
    /// An entry point, `GROUP:NAME = OBJECT`.
    #[arg(long = "entry-point", value_name = "GROUP:NAME=OBJECT", requires = "out")]
    pub entry_points: Vec<String>,
}

/// Values that are known only at build time: `{KEY}` in the distribution's name, the version, the build
/// tag and requirements.
#[derive(Debug, Clone, Args)]
pub struct StampArguments {
    /// A file with a key and its value on each line, such as Bazel's workspace status. Without one, `{KEY}`
    /// stands for `0`, and in the distribution's name for the key in lower case. The output's name always
    /// has these constants.
    #[arg(long = "status-file", value_name = "FILE", requires = "out")]
    pub status_files: Vec<PathBuf>,
    /// Write the wheel's name, with the values of status files, to this file.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub name_file: Option<PathBuf>,
}

impl MetadataArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let files = self.requires_files.iter().chain(&self.description_file);
        let of_extras = self.extra_requires_files.iter().filter_map(|text| source_of(text));
        let licenses =
            self.license_files.iter().map(|text| source_of(text).unwrap_or(Path::new(text)));
        files.map(PathBuf::as_path).chain(of_extras).chain(licenses)
    }
}
