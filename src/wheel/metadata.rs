//! Writes METADATA from typed fields: core metadata 2.4 (PEP 639 and the PEPs before it).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use super::{
    Description, DistributionName, IndexFieldError, License, MemberPath, ProjectUrl, Requirement,
    RequiresPython, SingleLine, Version, check_classifier, check_emails, check_url,
};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// Separates the lines of a folded value, as setuptools does.
const FOLD: &str = "\n        ";

/// The fields of METADATA; [`Metadata::try_from`] checks that they are consistent, and that PyPI takes them.
#[derive(Debug, Clone)]
pub struct MetadataFields {
    /// `Name`.
    pub name: DistributionName,
    /// `Version`.
    pub version: Version,
    /// `Summary`.
    pub summary: Option<SingleLine>,
    /// `Keywords`, none of them with a comma.
    pub keywords: Vec<SingleLine>,
    /// `Home-page`.
    pub home_page: Option<SingleLine>,
    /// `Author`.
    pub author: Option<SingleLine>,
    /// `Author-email`.
    pub author_email: Option<SingleLine>,
    /// `License-Expression` or `License`.
    pub license: Option<License>,
    /// `License-File`, relative to the `licenses` directory of the dist-info directory.
    pub license_files: Vec<MemberPath>,
    /// `Classifier`.
    pub classifiers: Vec<SingleLine>,
    /// `Requires-Python`.
    pub requires_python: Option<RequiresPython>,
    /// `Requires-Dist`.
    pub requires_dist: Vec<Requirement>,
    /// `Project-URL`.
    pub project_urls: Vec<ProjectUrl>,
    /// `Provides-Extra`, in addition to the extras that requirements mention.
    pub extras: Vec<DistributionName>,
    /// `Description-Content-Type` and the body.
    pub description: Option<Description>,
}

impl MetadataFields {
    /// Returns the fields of a distribution without any optional field.
    #[must_use]
    pub fn new(name: DistributionName, version: Version) -> Self {
        Self {
            name,
            version,
            summary: None,
            keywords: Vec::new(),
            home_page: None,
            author: None,
            author_email: None,
            license: None,
            license_files: Vec::new(),
            classifiers: Vec::new(),
            requires_python: None,
            requires_dist: Vec::new(),
            project_urls: Vec::new(),
            extras: Vec::new(),
            description: None,
        }
    }
}

/// A METADATA that indexes accept; `Display` writes its text.
#[derive(Debug, Clone)]
pub struct Metadata {
    fields: MetadataFields,
}

impl Metadata {
    /// Returns the fields.
    #[must_use]
    pub fn fields(&self) -> &MetadataFields {
        &self.fields
    }

    /// Returns every extra once, normalised (PEP 685) and sorted.
    fn provided_extras(&self) -> BTreeSet<String> {
        let in_markers = self.fields.requires_dist.iter().flat_map(Requirement::marker_extras);
        let declared = self.fields.extras.iter().map(DistributionName::normalized);
        in_markers.map(str::to_owned).chain(declared).collect()
    }
}

impl TryFrom<MetadataFields> for Metadata {
    type Error = MetadataError;

    fn try_from(fields: MetadataFields) -> Result<Self, Self::Error> {
        if let Some(keyword) = fields.keywords.iter().find(|word| word.as_str().contains(',')) {
            return Err(MetadataError::Keyword { keyword: keyword.to_string() });
        }
        for classifier in &fields.classifiers {
            check_classifier(classifier.as_str())?;
        }
        fields.home_page.as_ref().map_or(Ok(()), |url| check_url(url.as_str()))?;
        fields.author_email.as_ref().map_or(Ok(()), |emails| check_emails(emails.as_str()))?;
        let old = fields.classifiers.iter().find(|line| line.as_str().starts_with("License ::"));
        match (&fields.license, old) {
            (Some(License::Expression(expression)), Some(classifier)) => {
                Err(MetadataError::LicenseClassifier {
                    expression: expression.clone(),
                    classifier: classifier.to_string(),
                })
            }
            _ => Ok(Self { fields }),
        }
    }
}

impl fmt::Display for Metadata {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = &self.fields;
        let mut out = FieldWriter { formatter };
        out.one("Metadata-Version", "2.4")?;
        out.one("Name", &fields.name)?;
        out.one("Version", &fields.version)?;
        out.all("Summary", &fields.summary)?;
        if !fields.keywords.is_empty() {
            let keywords: Vec<&str> = fields.keywords.iter().map(SingleLine::as_str).collect();
            out.one("Keywords", keywords.join(","))?;
        }
        out.all("Home-page", &fields.home_page)?;
        out.all("Author", &fields.author)?;
        out.all("Author-email", &fields.author_email)?;
        match &fields.license {
            Some(License::Expression(expression)) => out.one("License-Expression", expression)?,
            Some(License::Text(text)) => out.one("License", text.replace('\n', FOLD))?,
            None => {}
        }
        out.all("License-File", &fields.license_files)?;
        out.all("Classifier", &fields.classifiers)?;
        let requires_python = fields.requires_python.as_ref();
        out.all("Requires-Python", requires_python.filter(|it| !it.as_str().is_empty()))?;
        out.all("Requires-Dist", &fields.requires_dist)?;
        out.all("Project-URL", &fields.project_urls)?;
        out.all("Provides-Extra", self.provided_extras())?;
        if let Some(description) = &fields.description {
            out.one("Description-Content-Type", description.content_type())?;
            let body = description.body();
            let end = if body.is_empty() || body.ends_with('\n') { "" } else { "\n" };
            write!(formatter, "\n{body}{end}")?;
        }
        Ok(())
    }
}

/// Writes `Name: value` lines.
struct FieldWriter<'a, 'b> {
    formatter: &'a mut fmt::Formatter<'b>,
}

impl FieldWriter<'_, '_> {
    fn one(&mut self, field: &str, value: impl fmt::Display) -> fmt::Result {
        writeln!(self.formatter, "{field}: {value}")
    }

    fn all(&mut self, field: &str, values: impl IntoIterator<Item: fmt::Display>) -> fmt::Result {
        values.into_iter().try_for_each(|value| self.one(field, value))
    }
}

/// Fields that are inconsistent, or that PyPI refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// A comma in a keyword.
    #[error(
        "`{}` is not a keyword: expected a word or phrase, found a comma",
        escape_truncated(keyword)
    )]
    Keyword {
        /// The keyword.
        keyword: String,
    },
    /// Both ways to name a licence (PEP 639).
    #[error(
        "the licence `{}` and the classifier `{}` exclude each other",
        escape_truncated(expression),
        escape_truncated(classifier)
    )]
    LicenseClassifier {
        /// The SPDX expression.
        expression: String,
        /// The classifier.
        classifier: String,
    },
    /// A value that PyPI refuses.
    #[error(transparent)]
    Field(#[from] IndexFieldError),
}

impl Diagnose for MetadataError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Keyword { .. } => "give each keyword on its own",
            Self::LicenseClassifier { .. } => {
                "remove the classifier; indexes refuse it next to an SPDX expression"
            }
            Self::Field(source) => return source.hint(),
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::str::FromStr;

    use super::super::{Headers, MetadataHeaders};
    use super::*;

    fn parse<T: FromStr<Err: fmt::Debug>>(texts: &[&str]) -> Vec<T> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn minimal() -> MetadataFields {
        MetadataFields::new("My-Pkg".parse().unwrap(), "1.0RC1".parse().unwrap())
    }

    fn full() -> MetadataFields {
        MetadataFields {
            summary: Some("Does things".parse().unwrap()),
            keywords: parse(&["ml", "cuda kernels"]),
            home_page: Some("https://example.org".parse().unwrap()),
            author: Some("Ada".parse().unwrap()),
            author_email: Some("Ada <ada@example.org>".parse().unwrap()),
            license: Some("Apache-2.0 AND MIT".parse().unwrap()),
            license_files: parse(&["LICENSE", "third_party/zlib/LICENSE"]),
            classifiers: parse(&["Programming Language :: Python :: 3"]),
            requires_python: Some(">=3.11".parse().unwrap()),
            requires_dist: parse(&[
                "numpy >=2.0",
                "z; extra == 'Cuda_12'",
                "y; extra == \"cuda-12\"",
                "x; extra == 'cpu'",
            ]),
            project_urls: parse(&["Source, https://example.org/source"]),
            extras: parse(&["Docs"]),
            description: Some(
                Description::from_file(Path::new("README.md"), b"# My-Pkg\n\nText".to_vec(), None)
                    .unwrap(),
            ),
            ..minimal()
        }
    }

    #[test]
    fn every_field_is_written() {
        insta::assert_snapshot!(Metadata::try_from(full()).unwrap(), @r#"
        Metadata-Version: 2.4
        Name: My-Pkg
        Version: 1.0rc1
        Summary: Does things
        Keywords: ml,cuda kernels
        Home-page: https://example.org
        Author: Ada
        Author-email: Ada <ada@example.org>
        License-Expression: Apache-2.0 AND MIT
        License-File: LICENSE
        License-File: third_party/zlib/LICENSE
        Classifier: Programming Language :: Python :: 3
        Requires-Python: >=3.11
        Requires-Dist: numpy >=2.0
        Requires-Dist: z; extra == 'cuda-12'
        Requires-Dist: y; extra == "cuda-12"
        Requires-Dist: x; extra == 'cpu'
        Project-URL: Source, https://example.org/source
        Provides-Extra: cpu
        Provides-Extra: cuda-12
        Provides-Extra: docs
        Description-Content-Type: text/markdown

        # My-Pkg

        Text
        "#);
    }

    #[test]
    fn empty_fields_are_left_out() {
        assert_eq!(
            Metadata::try_from(minimal()).unwrap().to_string(),
            "Metadata-Version: 2.4\nName: My-Pkg\nVersion: 1.0rc1\n"
        );
    }

    #[test]
    fn a_licence_of_several_lines_is_folded_into_one_field() {
        let text = "Custom\n\nName: other\nMore";
        let license = Some(text.parse().unwrap());
        let written =
            Metadata::try_from(MetadataFields { license, ..minimal() }).unwrap().to_string();
        let headers = Headers::parse(written.as_bytes());
        assert_eq!(headers.get("License"), Some(text));
        assert_eq!(headers.get_all("Name").count(), 1);
        assert_eq!(headers.get("License-Expression"), None);
    }

    #[test]
    fn written_fields_read_back() {
        let written = Metadata::try_from(full()).unwrap().to_string();
        let headers = MetadataHeaders::parse(written.as_bytes()).unwrap();
        assert_eq!((headers.name, headers.version), (minimal().name, minimal().version));
        assert!(written.ends_with("\n\n# My-Pkg\n\nText\n"));
    }

    #[test]
    fn messages() {
        let keywords = parse(&["a,b"]);
        let comma = Metadata::try_from(MetadataFields { keywords, ..minimal() }).unwrap_err();
        insta::assert_snapshot!(comma.message_with_hint(), @r"
        `a,b` is not a keyword: expected a word or phrase, found a comma
        hint: give each keyword on its own
        ");
        let classifiers = parse(&["License :: OSI Approved :: MIT License"]);
        let license = Some("MIT".parse().unwrap());
        let both = MetadataFields { classifiers: classifiers.clone(), license, ..minimal() };
        insta::assert_snapshot!(Metadata::try_from(both).unwrap_err().message_with_hint(), @r"
        the licence `MIT` and the classifier `License :: OSI Approved :: MIT License` exclude each other
        hint: remove the classifier; indexes refuse it next to an SPDX expression
        ");
        let text = MetadataFields {
            classifiers,
            license: Some("MIT License".parse().unwrap()),
            ..minimal()
        };
        assert!(Metadata::try_from(text).is_ok());
    }

    #[test]
    fn values_that_pypi_refuses_are_not_written() {
        let line = |text: &str| Some(text.parse().unwrap());
        for fields in [
            MetadataFields { home_page: line("example.org"), ..minimal() },
            MetadataFields { author_email: line("Ada"), ..minimal() },
            MetadataFields { classifiers: parse(&["Typing :: Type"]), ..minimal() },
            MetadataFields { classifiers: parse(&["Natural Language :: Ukranian"]), ..minimal() },
        ] {
            let error = Metadata::try_from(fields).unwrap_err();
            assert!(matches!(error, MetadataError::Field(_)), "{error}");
        }
    }
}
