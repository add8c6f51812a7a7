//! Faults of METADATA and licences.

use super::{Case, wheel};
use crate::check::base::METADATA;
use crate::support::wheel::Wheel;

/// Changes METADATA.
pub(super) fn edit(it: &mut Wheel, edit: impl Fn(&str) -> String) {
    it.replace("sample_pkg-1.0.dist-info/METADATA", edit(METADATA));
}

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn metadata() -> Vec<Case> {
    vec![
        wheel(
            "METADATA that is not UTF-8",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/METADATA",
                    [METADATA.as_bytes(), b"Author: \xff\n"].concat(),
                );
            },
            &["metadata-encoding"],
        ),
        wheel(
            "no name in METADATA",
            |it| edit(it, |text| text.replace("Name: Sample-Pkg\n", "")),
            &["metadata-name"],
        ),
        wheel(
            "another name in METADATA",
            |it| edit(it, |text| text.replace("Sample-Pkg", "other")),
            &["metadata-name"],
        ),
        wheel(
            "another version in METADATA",
            |it| edit(it, |text| text.replace("Version: 1.0", "Version: 1.1")),
            &["metadata-name"],
        ),
        wheel(
            "metadata of a later version",
            |it| edit(it, |text| text.replace("2.4", "3.0")),
            &["metadata-version"],
        ),
        wheel(
            "a requirement that cannot be read",
            |it| edit(it, |text| format!("{text}Requires-Dist: numpy >>= 2\n")),
            &["metadata-requires"],
        ),
        wheel(
            "a content type that cannot be rendered",
            |it| {
                edit(it, |text| format!("{text}Description-Content-Type: text/html\n\n<b>x</b>\n"));
            },
            &["metadata-content-type"],
        ),
        wheel(
            "a summary of two lines",
            |it| edit(it, |text| text.replace("fault\n", "fault\n        at all\n")),
            &["metadata-summary"],
        ),
        wheel(
            "a field twice",
            |it| edit(it, |text| format!("{text}Summary: again\n")),
            &["metadata-twice"],
        ),
        wheel(
            "a line that is not a field",
            |it| edit(it, |text| format!("{text}no field\nKeywords: lost\n")),
            &["metadata-form"],
        ),
        wheel(
            "a field of a later version",
            |it| edit(it, |text| text.replace("2.4", "2.3")),
            &["metadata-field", "metadata-license-file"],
        ),
        wheel(
            "a field that does not exist",
            |it| edit(it, |text| format!("{text}Licence: MIT\n")),
            &["metadata-unknown"],
        ),
        wheel("metadata of version 2.5", |it| edit(it, |text| text.replace("2.4", "2.5")), &[]),
        wheel(
            "no version of the metadata",
            |it| edit(it, |text| text.replace("Metadata-Version: 2.4\n", "")),
            &["metadata-version"],
        ),
        wheel(
            "metadata of version 2.6",
            |it| edit(it, |text| text.replace("2.4", "2.6")),
            &["metadata-version-new"],
        ),
    ]
}

/// Fields that depend on other fields.
pub(super) fn fields() -> Vec<Case> {
    vec![
        wheel(
            "a field that is dynamic",
            |it| edit(it, |text| format!("{text}Dynamic: requires-dist\n")),
            &[],
        ),
        wheel(
            "a name that is dynamic",
            |it| edit(it, |text| format!("{text}Dynamic: Name\n")),
            &["metadata-dynamic"],
        ),
        wheel(
            "a version that is dynamic",
            |it| edit(it, |text| format!("{text}Dynamic: version\n")),
            &["metadata-dynamic"],
        ),
        wheel(
            "a metadata version that is dynamic",
            |it| edit(it, |text| format!("{text}Dynamic: Metadata-Version\n")),
            &["metadata-dynamic"],
        ),
        wheel(
            "an unknown field that is dynamic",
            |it| edit(it, |text| format!("{text}Dynamic: Licence\n")),
            &["metadata-dynamic"],
        ),
        wheel(
            "a description in two places",
            |it| edit(it, |text| format!("{text}Description: short\n\nlong\n")),
            &["metadata-twice"],
        ),
        wheel(
            "a description as a field",
            |it| edit(it, |text| format!("{text}Description: short\n\n")),
            &[],
        ),
    ]
}

/// Fields of version 2.5.
pub(super) fn imports() -> Vec<Case> {
    fn with(it: &mut Wheel, fields: &str) {
        edit(it, |text| format!("{}{fields}", text.replace("2.4", "2.5")));
    }
    vec![
        wheel(
            "import names",
            |it| with(it, "Import-Name: sample_pkg\nImport-Name: größe.b ;  private\n"),
            &[],
        ),
        wheel("an empty import name", |it| with(it, "Import-Name:\n"), &[]),
        wheel(
            "a keyword as import name",
            |it| with(it, "Import-Name: class\n"),
            &["metadata-import"],
        ),
        wheel(
            "an import name that is not an identifier",
            |it| with(it, "Import-Name: sample-pkg\n"),
            &["metadata-import"],
        ),
        wheel(
            "an import name with an unknown option",
            |it| with(it, "Import-Name: sample_pkg; public\n"),
            &["metadata-import"],
        ),
        wheel(
            "a namespace without a name",
            |it| with(it, "Import-Namespace:\n"),
            &["metadata-import"],
        ),
    ]
}

pub(super) fn requirements() -> Vec<Case> {
    vec![
        wheel(
            "an extra that is not declared",
            |it| edit(it, |text| format!("{text}Requires-Dist: numpy; extra == \"gpu\"\n")),
            &["metadata-extra"],
        ),
        wheel(
            "a URL without a label",
            |it| edit(it, |text| format!("{text}Project-URL: https://example.com\n")),
            &["metadata-url"],
        ),
        wheel(
            "two URLs with one label",
            |it| {
                edit(it, |text| {
                    format!(
                        "{text}Project-URL: Home, https://a.org\nProject-URL: Home, https://b.org\n"
                    )
                });
            },
            &["metadata-url"],
        ),
        wheel(
            "an extra that is not a valid name",
            |it| edit(it, |text| format!("{text}Provides-Extra: a b!\n")),
            &["metadata-extra-name"],
        ),
        wheel(
            "a version of Python that cannot be read",
            |it| edit(it, |text| format!("{text}Requires-Python: three\n")),
            &["metadata-requires"],
        ),
        wheel(
            "a private classifier",
            |it| edit(it, |text| format!("{text}Classifier: Private :: Do Not Upload\n")),
            &["metadata-private"],
        ),
        wheel(
            "a requirement with a URL",
            |it| {
                edit(it, |text| {
                    format!(
                        "{text}Requires-Dist: numpy @ https://example.com/numpy-2-py3-none-any.whl\n"
                    )
                });
            },
            &["index-direct-url"],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn licenses() -> Vec<Case> {
    vec![
        wheel(
            "a licence that is not an SPDX expression",
            |it| edit(it, |text| text.replace(": MIT", ": Some licence")),
            &["license-expression"],
        ),
        wheel("a licence in lower case", |it| edit(it, |text| text.replace(": MIT", ": mit")), &[]),
        wheel(
            "a `LicenseRef-` licence",
            |it| edit(it, |text| text.replace(": MIT", ": LicenseRef-Own OR mit")),
            &[],
        ),
        wheel(
            "a deprecated licence",
            |it| edit(it, |text| text.replace(": MIT", ": GPL-3.0")),
            &["license-deprecated"],
        ),
        wheel(
            "licences with a slash between them",
            |it| edit(it, |text| text.replace(": MIT", ": MIT/Apache-2.0")),
            &["license-expression"],
        ),
        wheel(
            "a missing licence file",
            |it| edit(it, |text| format!("{text}License-File: COPYING\n")),
            &["license-file"],
        ),
        wheel(
            "a licence beside the expression",
            |it| edit(it, |text| format!("{text}License: MIT\n")),
            &["license-both"],
        ),
        wheel(
            "a licence classifier beside the expression",
            |it| {
                edit(it, |text| {
                    format!("{text}Classifier: License :: OSI Approved :: MIT License\n")
                });
            },
            &["license-classifier"],
        ),
        wheel(
            "a licence file that is not listed",
            |it| edit(it, |text| text.replace("License-File: LICENSE\n", "")),
            &["license-file-unlisted"],
        ),
        wheel(
            "no licence",
            |it| {
                edit(it, |text| {
                    text.replace("License-Expression: MIT\nLicense-File: LICENSE\n", "")
                });
            },
            &["license-file-unlisted", "license-none"],
        ),
        wheel(
            "a licence file outside the directory",
            |it| edit(it, |text| format!("{text}License-File: ../METADATA\n")),
            &["license-file"],
        ),
    ]
}
