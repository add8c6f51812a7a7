//! The arguments about the bill of materials of a declared wheel.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

/// The form of a bill of materials that `pack` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum SbomOutput {
    /// CycloneDX 1.6, as `NAME.cdx.json`.
    #[value(name = "cyclonedx")]
    CycloneDx,
    /// SPDX 2.3, as `NAME.spdx.json`.
    #[value(name = "spdx")]
    Spdx,
}

/// The part of `wheelworks pack --out` that describes where files come from.
#[derive(Debug, Clone, Args)]
pub struct SbomArguments {
    /// Write a bill of materials to `sboms/` in the dist-info directory (PEP 770), with the components that members
    /// come from. Repeat it for both forms. SPDX has the time of `SOURCE_DATE_EPOCH`, else of 1980.
    #[arg(long = "sbom", value_name = "FORM", requires = "out")]
    pub forms: Vec<SbomOutput>,
    /// What is known about a component: a JSON object with `id`, and optionally `name`, `version`, `purl` (a package
    /// URL) and `license` (an SPDX expression, or a text). A later description of the same `id` replaces the fields that
    /// it has, and adds its licence. A component that no member comes from is left out.
    #[arg(long = "sbom-component", value_name = "JSON", requires = "forms")]
    pub components: Vec<String>,
    /// The file SRC, or the files below it, come from the component ID. Repeat it for a file that has several. An ID
    /// is the canonical name of a repository of Bazel, which may tell a name and a version, or any other text; `id` of a
    /// description may be the apparent name.
    #[arg(long = "sbom-origin", value_name = "ID=SRC", requires = "forms")]
    pub origins: Vec<OsString>,
}
