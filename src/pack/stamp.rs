//! Expands `{KEY}` in names and versions, with values from status files or with constants.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::arguments::MetadataArguments;
use super::error::ArgumentsError;
use crate::context::Context;
use crate::error::Error;
use crate::source::{Input, read_small};

/// The values of keys.
pub(super) enum Stamps {
    /// `0`, and in a name the key in lower case: the same in every build.
    Constant,
    /// The values from status files.
    Status(BTreeMap<String, String>),
}

impl Stamps {
    pub(super) fn constant() -> Self {
        Self::Constant
    }

    /// Reads status files. Each line has a key and, after the first blank, its value.
    pub(super) fn read(
        files: &[PathBuf],
        context: &Context<'_>,
        other_inputs: &mut Vec<Input>,
    ) -> Result<Self, Error> {
        if files.is_empty() {
            return Ok(Self::Constant);
        }
        let mut values = BTreeMap::new();
        for file in files {
            let (input, bytes) = read_small(&context.resolve(file))?;
            other_inputs.push(input);
            for line in String::from_utf8_lossy(&bytes).lines() {
                let (key, value) = line.split_once(' ').unwrap_or((line, ""));
                values.insert(key.to_owned(), value.trim().to_owned());
            }
        }
        Ok(Self::Status(values))
    }

    /// Returns the metadata with keys expanded.
    pub(super) fn apply(
        &self,
        given: &MetadataArguments,
    ) -> Result<MetadataArguments, ArgumentsError> {
        let zero = |text: &String| self.expand(text, |_| "0".to_owned());
        let all = |texts: &[String]| texts.iter().map(zero).collect::<Result<_, _>>();
        let distribution = given
            .distribution
            .as_ref()
            .map(|name| self.expand(name, str::to_lowercase))
            .transpose()?;
        Ok(MetadataArguments {
            distribution,
            version: given.version.as_ref().map(zero).transpose()?,
            build_tag: given.build_tag.as_ref().map(zero).transpose()?,
            requires_dist: all(&given.requires_dist)?,
            extra_requires: all(&given.extra_requires)?,
            ..given.clone()
        })
    }

    fn expand(
        &self,
        text: &str,
        constant: impl Fn(&str) -> String,
    ) -> Result<String, ArgumentsError> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, key, after)) = next_key(rest) {
            expanded.push_str(before);
            match self {
                Self::Constant => expanded.push_str(&constant(key)),
                Self::Status(values) => {
                    expanded.push_str(values.get(key).ok_or_else(|| ArgumentsError::StampKey {
                        text: text.to_owned(),
                        key: key.to_owned(),
                        known: values.keys().cloned().collect(),
                    })?);
                }
            }
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

/// Returns the text before the first `{KEY}`, the key, and the text after it.
fn next_key(text: &str) -> Option<(&str, &str, &str)> {
    let is_key = |key: &str| {
        !key.is_empty() && key.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    let mut from = 0;
    while let Some(open) = text[from..].find('{') {
        let start = from + open + 1;
        let length = text[start..].find('}')?;
        let key = &text[start..start + length];
        if is_key(key) {
            return Some((&text[..start - 1], key, &text[start + length + 1..]));
        }
        from = start;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_values() {
        let values = [("A", "1"), ("B_2", "x y")];
        let values = values.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let stamps = Stamps::Status(values.into());
        for (text, expected) in [
            ("1.0", Some("1.0")),
            ("1.0.dev{A}", Some("1.0.dev1")),
            ("{A}{B_2}{A}", Some("1x y1")),
            ("{}{ A}{{A}", Some("{}{ A}{1")),
            ("{C}", None),
            ("{A", Some("{A")),
        ] {
            assert_eq!(stamps.expand(text, str::to_lowercase).ok().as_deref(), expected, "{text}");
        }
        assert_eq!(Stamps::Constant.expand("a-{B_C}", str::to_lowercase).unwrap(), "a-b_c");
    }
}
