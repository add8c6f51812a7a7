//! The arguments about metadata: what the dist-info directory of a declared wheel says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::declared_file::source_of;

/// The part of `wheelworks pack --out` that ends up in the dist-info directory.
#[derive(Debug, Clone, Args)]
pub struct MetadataArguments {
    /// Name of the distribution.
    #[arg(long, value_name = "NAME", requires = "out")]
    pub distribution: Option<String>,
    /// Version, as PEP 440 has it.
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
    /// A requirement, as PEP 508 has it.
    #[arg(long = "requires-dist", value_name = "REQUIREMENT", requires = "out")]
    pub requires_dist: Vec<String>,
    /// A file of requirements, one a line, as pip takes it; `#` starts a comment.
    #[arg(long = "requires-file", value_name = "FILE", requires = "out")]
    pub requires_files: Vec<PathBuf>,
    /// A requirement of an extra.
    #[arg(long = "extra-requires", value_name = "EXTRA:REQUIREMENT", requires = "out")]
    pub extra_requires: Vec<String>,
    /// A file of requirements of an extra.
    #[arg(long = "extra-requires-file", value_name = "EXTRA=FILE", requires = "out")]
    pub extra_requires_files: Vec<OsString>,
    /// Versions of Python that the wheel runs on.
    #[arg(long, value_name = "SPECIFIERS", requires = "out")]
    pub requires_python: Option<String>,
    /// One line about the distribution.
    #[arg(long, requires = "out")]
    pub summary: Option<String>,
    /// File with the long description: `.md`, `.rst` or plain text.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub description_file: Option<PathBuf>,
    /// How indexes render the description, such as `text/markdown; variant=GFM`; else its file's
    /// extension decides.
    #[arg(long, value_name = "TYPE", requires = "out")]
    pub description_content_type: Option<String>,
    /// Licence, as an SPDX expression; other text becomes the older `License` field.
    #[arg(long, value_name = "EXPRESSION", requires = "out")]
    pub license: Option<String>,
    /// A file with the text of a licence, to be put below `licenses` in the dist-info directory: by its
    /// name, or as DEST, written as in `--member`.
    #[arg(long = "license-file", value_name = "[DEST=]FILE", requires = "out")]
    pub license_files: Vec<OsString>,
    /// Who wrote it.
    #[arg(long, value_name = "NAME", requires = "out")]
    pub author: Option<String>,
    /// Where to reach them.
    #[arg(long, value_name = "ADDRESS", requires = "out")]
    pub author_email: Option<String>,
    /// Its page; indexes prefer `--project-url`.
    #[arg(long, value_name = "URL", requires = "out")]
    pub home_page: Option<String>,
    /// A link, `LABEL, URL`.
    #[arg(long = "project-url", value_name = "LABEL, URL", requires = "out")]
    pub project_urls: Vec<String>,
    /// A classifier, such as `Programming Language :: Python :: 3`.
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

/// Values that are known only when the wheel is built: `{KEY}` in the distribution's name, the version,
/// the build tag and requirements.
#[derive(Debug, Clone, Args)]
pub struct StampArguments {
    /// A file with a key and its value on each line, such as Bazel's workspace status. Without one,
    /// `{KEY}` stands for `0`, in the distribution's name for the key in lower case; the output's name
    /// has these constants in any case.
    #[arg(long = "status-file", value_name = "FILE", requires = "out")]
    pub status_files: Vec<PathBuf>,
    /// Write the wheel's true name to this file.
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
