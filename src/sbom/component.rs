//! The components of a declared wheel: what they are, and which members hold them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::escape_truncated;
use crate::packages::encode_url_part;
use crate::wheel::{License, MemberPath, WheelFilename};

/// What is known about a component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// What the build system calls it: the name of a repository of Bazel.
    pub id: String,
    /// The name. Without one, the name is that of the repository.
    pub name: Option<String>,
    /// The version.
    pub version: Option<String>,
    /// The package URL.
    pub purl: Option<String>,
    /// The licences, all of which hold: SPDX expressions, or other texts.
    pub licenses: BTreeSet<String>,
}

/// A component, as the build system describes it in JSON. Fields of other names are errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    id: String,
    name: Option<String>,
    version: Option<String>,
    purl: Option<String>,
    license: Option<String>,
}

/// Why the description of a component is refused.
#[derive(Debug, Error)]
#[error("component `{}`: expected {expected}", escape_truncated(text))]
pub struct ComponentError {
    /// The description.
    pub text: String,
    /// What was expected.
    pub expected: String,
}

impl Diagnose for ComponentError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("as in `{\"id\": \"xla\", \"purl\": \"pkg:github/openxla/xla@0123abc\"}`".into())
    }
}

impl Component {
    /// Returns what the name of a repository of Bazel tells. A module is `NAME+` or `NAME+VERSION`, the repository of
    /// a module extension `MODULE++EXTENSION+NAME`; Bazel 7 has `~` in place of `+`.
    #[must_use]
    pub fn of_repository(id: &str) -> Self {
        let words: Vec<&str> = id.split(['~', '+']).collect();
        let mut component = Self { id: id.to_owned(), ..Self::default() };
        match words.as_slice() {
            [name, version] if !version.is_empty() => {
                let parts = [encode_url_part(name), encode_url_part(version)];
                component.purl = Some(format!("pkg:bazel/{}@{}", parts[0], parts[1]));
                component.name = Some((*name).to_owned());
                component.version = Some((*version).to_owned());
            }
            [name, _] | [.., name] => component.name = Some((*name).to_owned()),
            [] => {}
        }
        component
    }

    /// Parses a JSON object. Without `name` or `version`, a package URL tells them.
    ///
    /// # Errors
    /// The text is no such object, a field is empty, or the package URL is none.
    pub fn parse(text: &str) -> Result<Self, ComponentError> {
        let fail = |expected: String| ComponentError { text: text.to_owned(), expected };
        let Description { id, name, version, purl, license } =
            serde_json::from_str(text).map_err(|error| fail(format!("JSON: {error}")))?;
        if id.is_empty() || [&name, &version, &license].into_iter().flatten().any(String::is_empty)
        {
            return Err(fail("a text as `id`, `name`, `version` and `license`".to_owned()));
        }
        let mut component =
            Self { id, name, version, purl, licenses: license.into_iter().collect() };
        if let Some(purl) = &component.purl {
            let Some((name, version)) = name_and_version(purl) else {
                return Err(fail(
                    "a package URL such as `pkg:pypi/numpy@2.3.5` as `purl`".to_owned(),
                ));
            };
            component.name.get_or_insert(name);
            component.version = component.version.or(version);
        }
        Ok(component)
    }

    /// Adds what another description of the same component tells, which goes before this one. Licences add up.
    pub fn merge(&mut self, other: Self) {
        if other.purl.is_some() {
            self.version = None;
        }
        for (field, new) in [
            (&mut self.name, other.name),
            (&mut self.version, other.version),
            (&mut self.purl, other.purl),
        ] {
            *field = new.or(field.take());
        }
        self.licenses.extend(other.licenses);
    }

    /// Returns the name, which is that of the repository if no other is known.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Returns the text that tells components apart: the package URL, else one with the identifier.
    pub(super) fn reference(&self) -> String {
        self.purl.clone().unwrap_or_else(|| format!("component:{}", encode_url_part(&self.id)))
    }

    /// Returns the licences as an SPDX expression, if each is one.
    pub(super) fn license_expression(&self) -> Option<String> {
        let expressions = self.licenses.iter().map(|license| match license.parse() {
            Ok(License::Expression(expression)) => Some(expression),
            _ => None,
        });
        let expressions = expressions.collect::<Option<Vec<String>>>()?;
        match expressions.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => {
                Some(several.iter().map(|it| format!("({it})")).collect::<Vec<_>>().join(" AND "))
            }
        }
    }
}

/// Returns the name and the version in a package URL, `pkg:TYPE/…/NAME@VERSION?…#…`, of printable ASCII characters.
fn name_and_version(purl: &str) -> Option<(String, Option<String>)> {
    let (kind, rest) = purl.strip_prefix("pkg:")?.split_once('/')?;
    let is_kind = kind.bytes().next()?.is_ascii_alphabetic()
        && kind.bytes().all(|it| it.is_ascii_alphanumeric() || b".-".contains(&it));
    let path = rest.split(['?', '#']).next()?;
    let (path, version) = path.rsplit_once('@').map_or((path, None), |(path, it)| (path, Some(it)));
    let name = path.rsplit('/').next()?;
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned).ok();
    let is_valid = is_kind && !name.is_empty() && purl.bytes().all(|it| it.is_ascii_graphic());
    is_valid.then_some(())?;
    Some((decode(name)?, version.filter(|it| !it.is_empty()).and_then(decode)))
}

/// The wheel that a document describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentWheel {
    /// The name of the distribution, normalised.
    pub name: String,
    /// The version.
    pub version: String,
    /// The path of its document in the dist-info directory, without the extension.
    path: String,
}

impl ComponentWheel {
    /// Returns the wheel of a file name. Its tags are in no document: a repair may change them.
    #[must_use]
    pub fn new(filename: &WheelFilename) -> Self {
        Self {
            name: filename.distribution.normalized(),
            version: filename.version.to_string(),
            path: format!("sboms/{}", filename.distribution.escaped()),
        }
    }

    /// Returns the package URL, without the tags.
    #[must_use]
    pub fn purl(&self) -> String {
        format!("pkg:pypi/{}@{}", encode_url_part(&self.name), encode_url_part(&self.version))
    }

    /// Returns the path of the CycloneDX document in the dist-info directory.
    #[must_use]
    pub fn cyclonedx_path(&self) -> String {
        format!("{}.cdx.json", self.path)
    }

    /// Returns the path of the SPDX document in the dist-info directory.
    #[must_use]
    pub fn spdx_path(&self) -> String {
        format!("{}.spdx.json", self.path)
    }
}

/// The components of a wheel, sorted, each with the members that hold it.
#[derive(Debug, Default)]
pub struct WheelComponents(BTreeMap<String, (Component, BTreeSet<MemberPath>)>);

impl WheelComponents {
    /// Adds a component that some members hold. One without members is left out. Two with one package URL become one:
    /// a repository may exist once for each version of Python.
    pub fn add(&mut self, component: Component, members: impl IntoIterator<Item = MemberPath>) {
        let mut members = members.into_iter().peekable();
        if members.peek().is_none() {
            return;
        }
        let entry = self.0.entry(component.reference());
        entry.or_insert_with(|| (component, BTreeSet::new())).1.extend(members);
    }

    /// Returns the references, components and members, sorted.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Component, &BTreeSet<MemberPath>)> {
        self.0.iter().map(|(key, (component, members))| (key.as_str(), component, members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_without_a_meaning_are_refused() {
        for (text, expected) in [
            ("", "JSON"),
            ("[]", "JSON"),
            (r#"{"name": "a"}"#, "`id`"),
            (r#"{"id": ""}"#, "a text as `id`"),
            (r#"{"id": "a", "name": ""}"#, "a text as `id`"),
            (r#"{"id": "a", "verson": "1"}"#, "`verson`"),
            (r#"{"id": "a", "purl": "a@1"}"#, "package URL"),
            (r#"{"id": "a", "purl": "pkg:a"}"#, "package URL"),
            (r#"{"id": "a", "purl": "pkg:/a"}"#, "package URL"),
            (r#"{"id": "a", "purl": "pkg:a/"}"#, "package URL"),
            (r#"{"id": "a", "purl": "pkg:a/b c"}"#, "package URL"),
            (r#"{"id": "a", "purl": "pkg:a/ö"}"#, "package URL"),
        ] {
            let error = Component::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn names_and_versions_come_from_package_urls_and_repositories() {
        let of_url = |purl: &str| {
            let component =
                Component::parse(&format!(r#"{{"id": "a", "purl": "{purl}"}}"#)).unwrap();
            (component.name.unwrap(), component.version)
        };
        let version = |text: &str| Some(text.to_owned());
        assert_eq!(of_url("pkg:pypi/numpy@2.3.5"), ("numpy".to_owned(), version("2.3.5")));
        assert_eq!(of_url("pkg:pypi/a@1%2Bb?c=d@e#f"), ("a".to_owned(), version("1+b")));
        assert_eq!(of_url("pkg:npm/%40org/c"), ("c".to_owned(), None));
        for (id, name, version) in [
            ("xla", "xla", None),
            ("xla+", "xla", None),
            ("xla~1.2", "xla", Some("1.2")),
            ("xla+1.2", "xla", Some("1.2")),
            ("rules_python++pip+pypi_311_numpy", "pypi_311_numpy", None),
            ("rules_python~~pip~pypi_311_numpy", "pypi_311_numpy", None),
        ] {
            let component = Component::of_repository(id);
            assert_eq!(component.name(), name, "{id}");
            assert_eq!(component.version.as_deref(), version, "{id}");
            let purl = version.map(|version| format!("pkg:bazel/{name}@{version}"));
            assert_eq!(component.purl, purl, "{id}");
        }
    }

    #[test]
    fn later_descriptions_go_before_earlier_ones() {
        let mut component = Component::of_repository("xla+1.2");
        let mut merge = |text: &str| component.merge(Component::parse(text).unwrap());
        merge(r#"{"id": "xla+1.2", "license": "MIT"}"#);
        merge(
            r#"{"id": "xla+1.2", "purl": "pkg:github/openxla/xla", "license": "Apache-2.0 OR Zlib"}"#,
        );
        assert_eq!(component.version, None);
        assert_eq!(component.reference(), "pkg:github/openxla/xla");
        let expression = "(Apache-2.0 OR Zlib) AND (MIT)";
        assert_eq!(component.license_expression().as_deref(), Some(expression));
        component
            .merge(Component::parse(r#"{"id": "xla+1.2", "license": "as in LICENSE"}"#).unwrap());
        assert_eq!(component.license_expression(), None);
    }
}
