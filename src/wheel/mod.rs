//! The parts of a wheel as types: names, versions, tags, METADATA, WHEEL, RECORD.
//!
//! Every value is valid: its constructors validate. `FromStr` (or `parse`) reads a name or file, `Display`
//! (or `render`) writes it, and parsing the written text gives the same value.
//!
//! | file | what |
//! |---|---|
//! | `distribution`, `version`, `build_tag`, `tag`, `python_tag`, `abi_tag`, `platform_tag`, `variant_label` | the parts of a wheel's name |
//! | `filename`, `filename_parts` | the name of the wheel's file, and of its dist-info and data directories |
//! | `extension_suffix` | the Pythons that import a file of a name |
//! | `member_path` | the path of a file in an archive |
//! | `metadata` | writing METADATA from typed fields |
//! | `single_line`, `license`, `license_expression`, `requirement`, `requirement_form`, `requirement_lines`, `direct_url`, `specifier`, `marker`, `marker_environment`, `description`, `project_url`, `index_fields` | the fields of METADATA |
//! | `headers`, `metadata_headers`, `wheel_headers` | reading a METADATA or WHEEL that another tool wrote |
//! | `wheel_file`, `record`, `record_rows`, `entry_points` | the other files of the dist-info directory |

use std::borrow::Cow;

use crate::error::Diagnose;

mod abi_tag;
mod build_tag;
mod description;
mod device;
mod direct_url;
mod directories;
mod distribution;
mod entry_points;
mod extension_suffix;
mod filename;
mod filename_parts;
mod headers;
mod index_fields;
mod license;
mod license_expression;
mod marker;
mod marker_environment;
mod member_path;
mod metadata;
mod metadata_headers;
mod platform_tag;
mod project_url;
mod python_tag;
mod python_version;
mod record;
mod record_error;
mod record_rows;
mod requirement;
mod requirement_form;
mod requirement_lines;
mod sha256_digest;
mod single_line;
mod specifier;
mod tag;
mod tag_error;
mod tag_hint;
mod variant_label;
mod version;
mod wheel_file;
mod wheel_headers;

pub use abi_tag::AbiTag;
pub use build_tag::{BuildTag, BuildTagError};
pub use description::{ContentType, Description, DescriptionError, DescriptionType};
pub use device::is_windows_device;
pub use directories::{Directories, TooManyDirectories};
pub use distribution::{DistributionName, DistributionNameError};
pub use entry_points::{EntryPoint, EntryPoints, EntryPointsError};
pub use extension_suffix::{ExtensionSuffix, ImportedBy};
pub use filename::{DATA_SCHEMES, WheelFilename, WheelFilenameError};
pub use filename_parts::FilenameParts;
pub use headers::Headers;
pub use index_fields::{IndexFieldError, check_classifier, check_emails, check_url};
pub use license::{License, LicenseError};
pub use license_expression::{LicenseExpression, LicenseExpressionError};
pub use marker_environment::MarkerEnvironment;
pub use member_path::{
    MAX_COMPONENT_BYTES, MAX_PATH_BYTES, MemberPath, MemberPathError, MemberPathProblem,
};
pub use metadata::{Metadata, MetadataError, MetadataFields};
pub use metadata_headers::{MetadataHeaders, MetadataHeadersError};
pub use platform_tag::{IosSdk, LegacyManylinux, PlatformTag, WasmRuntime};
pub use project_url::{ProjectUrl, ProjectUrlError};
pub use python_tag::PythonTag;
pub use python_version::PythonVersion;
pub use record::{Record, RecordRow, parse_size as parse_record_size};
pub use record_error::{MAX_ROWS as MAX_RECORD_ROWS, RecordError, RowProblem};
pub use record_rows::{BYTE_ORDER_MARK, RawRecordRow, RecordRows};
pub use requirement::{Requirement, RequirementError, RequiresPython, RequiresPythonError};
pub use requirement_form::{normalized_requirement, normalized_specifiers};
pub use requirement_lines::requirement_lines;
pub use sha256_digest::{Sha256Digest, Sha256DigestError};
pub use single_line::{SingleLine, SingleLineError, ends_line};
pub use tag::{Tag, TagSet, WheelTags};
pub use tag_error::{MAX_TAGS, TagError, TagKind};
pub use variant_label::{VariantLabel, VariantLabelError};
pub use version::{Version, VersionError};
pub use wheel_file::{WheelFile, WheelFileError, is_wheel_version};
pub use wheel_headers::WheelHeaders;

/// A name, version, tag or metadata file that breaks its standard.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// Name of a distribution.
    #[error(transparent)]
    DistributionName(#[from] DistributionNameError),
    /// Version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Build tag.
    #[error(transparent)]
    BuildTag(#[from] BuildTagError),
    /// Python, ABI or platform tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// Name of a wheel's file.
    #[error(transparent)]
    Filename(#[from] WheelFilenameError),
    /// Path in an archive.
    #[error(transparent)]
    MemberPath(#[from] MemberPathError),
    /// A value that must fit on one line.
    #[error(transparent)]
    SingleLine(#[from] SingleLineError),
    /// Licence.
    #[error(transparent)]
    License(#[from] LicenseError),
    /// `Requires-Dist`.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
    /// `Requires-Python`.
    #[error(transparent)]
    RequiresPython(#[from] RequiresPythonError),
    /// Long description.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// `Project-URL`.
    #[error(transparent)]
    ProjectUrl(#[from] ProjectUrlError),
    /// METADATA to be written.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// METADATA that was read.
    #[error(transparent)]
    MetadataHeaders(#[from] MetadataHeadersError),
    /// WHEEL.
    #[error(transparent)]
    WheelFile(#[from] WheelFileError),
    /// RECORD.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// `entry_points.txt`.
    #[error(transparent)]
    EntryPoints(#[from] EntryPointsError),
}

impl Diagnose for WheelError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::DistributionName(source) => source.hint(),
            Self::Version(source) => source.hint(),
            Self::BuildTag(source) => source.hint(),
            Self::Tag(source) => source.hint(),
            Self::Filename(source) => source.hint(),
            Self::MemberPath(source) => source.hint(),
            Self::SingleLine(source) => source.hint(),
            Self::License(source) => source.hint(),
            Self::Requirement(source) => source.hint(),
            Self::RequiresPython(source) => source.hint(),
            Self::Description(source) => source.hint(),
            Self::ProjectUrl(source) => source.hint(),
            Self::Metadata(source) => source.hint(),
            Self::MetadataHeaders(source) => source.hint(),
            Self::WheelFile(source) => source.hint(),
            Self::Record(source) => source.hint(),
            Self::EntryPoints(source) => source.hint(),
        }
    }
}
