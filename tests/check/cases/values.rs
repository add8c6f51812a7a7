//! Values of METADATA that PyPI refuses, and others that look as if it did.

use super::metadata::edit;
use super::{Case, wheel};
use crate::support::wheel::Wheel;

/// Adds fields to METADATA.
fn with(it: &mut Wheel, fields: &str) {
    edit(it, |text| format!("{text}{fields}\n"));
}

/// Replaces the version of METADATA, without the fields of 2.4.
fn version(it: &mut Wheel, version: &str, fields: &str) {
    let licenses = "License-Expression: MIT\nLicense-File: LICENSE\n";
    let fields = format!("License: MIT\n{fields}");
    edit(it, |text| text.replace(licenses, &fields).replace("2.4", version));
}

pub(super) fn specifiers() -> Vec<Case> {
    vec![
        wheel(
            "a comma behind the versions of Python",
            |it| with(it, "Requires-Python: >=3.8,"),
            &[],
        ),
        wheel("an empty `Requires-Python`", |it| with(it, "Requires-Python:"), &[]),
        wheel(
            "commas behind the versions of requirements",
            |it| with(it, "Requires-Dist: foo>=1,\nRequires-Dist: bar (<2,)"),
            &[],
        ),
        wheel(
            "two commas in the versions of a requirement",
            |it| with(it, "Requires-Dist: foo>=1,,<2"),
            &["metadata-requires"],
        ),
        wheel(
            "a requirement of two lines",
            |it| with(it, "Requires-Dist: foo>=1,\n <2"),
            &["metadata-requires"],
        ),
        wheel(
            "a marker with a list of versions",
            |it| with(it, "Requires-Dist: foo; python_version in \"3.8, 3.9\""),
            &["metadata-marker"],
        ),
        wheel(
            "a marker with a version that is none",
            |it| with(it, "Requires-Dist: foo; python_version >= \"3.9.\""),
            &["metadata-marker"],
        ),
        wheel(
            "a marker with a text for a version",
            |it| with(it, "Requires-Dist: foo; implementation_version == \"x\""),
            &["metadata-marker"],
        ),
        wheel(
            "a marker without a variable",
            |it| with(it, "Requires-Dist: foo; \"a\" == \"b\""),
            &["metadata-requires"],
        ),
        wheel(
            "a provided distribution that cannot be read",
            |it| with(it, "Provides-Dist: foo >>= 2"),
            &["metadata-requires"],
        ),
    ]
}

pub(super) fn versions() -> Vec<Case> {
    vec![
        wheel(
            "a blank behind the metadata version",
            |it| edit(it, |text| text.replace("2.4", "2.4 ")),
            &["metadata-version"],
        ),
        wheel(
            "a licence file before metadata 2.4",
            |it| version(it, "2.1", "License-File: LICENSE\nLicense-File: missing\n"),
            &["metadata-license-file"],
        ),
        wheel(
            "a requirement before metadata 1.2",
            |it| version(it, "1.1", "Requires-Dist: foo\n"),
            &["license-file-unlisted", "metadata-field"],
        ),
        wheel(
            "a field that is always the same, as dynamic",
            |it| with(it, "Dynamic: Dynamic"),
            &["metadata-dynamic"],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn values() -> Vec<Case> {
    vec![
        wheel(
            "an unknown classifier",
            |it| with(it, "Classifier: Programming Language :: Python :: 3.99"),
            &["metadata-classifier"],
        ),
        wheel(
            "a deprecated classifier",
            |it| with(it, "Classifier: Natural Language :: Ukranian"),
            &["metadata-classifier"],
        ),
        wheel(
            "an author's name as address",
            |it| with(it, "Author-email: Ada"),
            &["metadata-email"],
        ),
        wheel(
            "a maintainer's address without a domain",
            |it| with(it, "Maintainer-email: Ada <ada@localhost>"),
            &["metadata-email"],
        ),
        wheel(
            "an encoded address",
            |it| with(it, "Author-email: =?utf-8?q?ada=40example=2Eorg?="),
            &["metadata-email"],
        ),
        wheel(
            "addresses with names",
            |it| {
                with(
                    it,
                    "Author-email: \"Lovelace, Ada\" <ada@example.org>\nMaintainer-email: =?utf-8?q?Andr=C3=A9?= <a@example.org>, Bob <b@example.org>",
                );
            },
            &[],
        ),
        wheel(
            "a home page that is no URL",
            |it| with(it, "Home-page: example.org"),
            &["metadata-url"],
        ),
        wheel(
            "a download of another scheme",
            |it| with(it, "Download-URL: ftp://example.org"),
            &["metadata-url"],
        ),
        wheel("an empty home page", |it| with(it, "Home-page:\nDownload-URL: UNKNOWN"), &[]),
        wheel(
            "a project's URL that is none",
            |it| with(it, "Project-URL: Home, example.org"),
            &["metadata-url"],
        ),
        wheel("a label without a URL", |it| with(it, "Project-URL: Home,"), &["metadata-url"]),
        wheel(
            "a content type with a parameter twice",
            |it| with(it, "Description-Content-Type: text/plain; charset=UTF-8; charset=UTF-8"),
            &["metadata-content-type"],
        ),
        wheel(
            "a content type with a parameter without a value",
            |it| with(it, "Description-Content-Type: text/plain; charset"),
            &["metadata-content-type"],
        ),
        wheel(
            "a content type with an extended parameter",
            |it| with(it, "Description-Content-Type: text/plain; charset*=UTF-8"),
            &["metadata-content-type"],
        ),
        wheel(
            "a content type with other parameters",
            |it| with(it, "Description-Content-Type: text/plain; charset=UTF-8; format=flowed;"),
            &[],
        ),
        wheel(
            "a summary with a line separator",
            |it| edit(it, |text| text.replace("without a", "without\u{2028}a")),
            &["metadata-summary"],
        ),
        wheel(
            "a blank behind an extra",
            |it| with(it, "Provides-Extra: gpu "),
            &["metadata-extra-name"],
        ),
    ]
}
