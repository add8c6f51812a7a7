//! The values of a policy file with their key paths and lines, which error messages name.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::policy::error::PolicyError;

/// The policy file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Document<'_> {
    /// Returns the line of a byte position, counted from 1.
    fn line(&self, position: usize) -> usize {
        let before = self.text.bytes().take(position);
        1 + before.filter(|byte| *byte == b'\n').count()
    }

    /// Returns the error for a text that is not TOML.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> PolicyError {
        PolicyError::Syntax {
            path: self.path.to_owned(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        }
    }
}

/// A value with its key path.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    document: Document<'a>,
    key: String,
    /// Byte range of the value; of the key if the key is unknown.
    span: Range<usize>,
    value: &'a DeValue<'a>,
}

/// The values of a table by key.
pub(super) type Keys<'a> = BTreeMap<&'a str, Item<'a>>;

/// Returns the tables `[[policy]]`.
///
/// # Errors
///
/// The document has no such table, or anything else.
pub(super) fn policies<'a>(
    document: Document<'a>,
    table: &'a Spanned<DeTable<'a>>,
) -> Result<Vec<Item<'a>>, PolicyError> {
    const EXPECTED: &str = "at least one table `[[policy]]`";
    const HINT: &str = "each policy is a table that begins with `[[policy]]`, in two brackets";
    let mut found = Err(PolicyError::Entry {
        path: document.path.to_owned(),
        line: 1,
        key: "policy".to_owned(),
        expected: EXPECTED.to_owned(),
        found: "none".to_owned(),
        hint: HINT,
    });
    for (key, value) in table.get_ref() {
        let (key, span) = (key.get_ref().to_string(), key.span());
        let item = Item { document, key, span, value: value.get_ref() };
        match item.value {
            _ if item.key != "policy" => {
                let unknown = format!("the key `{}`", item.key);
                return Err(item.refuse_as("tables `[[policy]]` only", &unknown, HINT));
            }
            DeValue::Array(list) if !list.is_empty() && list.iter().all(is_table) => {
                found = Ok(item.elements(list));
            }
            _ => return Err(item.refuse(EXPECTED, HINT)),
        }
    }
    found
}

fn is_table(value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().is_table()
}

impl<'a> Item<'a> {
    /// Returns the error for this value.
    pub(super) fn refuse(&self, expected: impl Into<String>, hint: &'static str) -> PolicyError {
        self.refuse_as(expected, &self.describe(), hint)
    }

    /// Returns the error for something about this value, described by `found`.
    pub(super) fn refuse_as(
        &self,
        expected: impl Into<String>,
        found: &str,
        hint: &'static str,
    ) -> PolicyError {
        PolicyError::Entry {
            path: self.document.path.to_owned(),
            line: self.document.line(self.span.start),
            key: self.key.clone(),
            expected: expected.into(),
            found: found.to_owned(),
            hint,
        }
    }

    /// Returns the text; an error for an empty one and for any other type.
    pub(super) fn text(&self, expected: &str, hint: &'static str) -> Result<&'a str, PolicyError> {
        match self.value {
            DeValue::String(text) if !text.is_empty() => Ok(text),
            _ => Err(self.refuse(expected, hint)),
        }
    }

    /// Returns the number; `None` for one above [`u32::MAX`] or below 0, and for any other type.
    pub(super) fn number(&self) -> Option<u32> {
        let number = self.value.as_integer()?;
        u32::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// Returns the elements of a list.
    pub(super) fn list(
        &self,
        expected: &str,
        hint: &'static str,
    ) -> Result<Vec<Self>, PolicyError> {
        match self.value {
            DeValue::Array(list) => Ok(self.elements(list)),
            _ => Err(self.refuse(expected, hint)),
        }
    }

    fn elements(&self, list: &'a [Spanned<DeValue<'a>>]) -> Vec<Self> {
        let element = |value: &'a Spanned<DeValue<'a>>| Self {
            document: self.document,
            key: self.key.clone(),
            span: value.span(),
            value: value.get_ref(),
        };
        list.iter().map(element).collect()
    }

    /// Returns the values of a table, whatever its keys.
    pub(super) fn table(
        &self,
        expected: &str,
        hint: &'static str,
    ) -> Result<BTreeMap<&'a str, Self>, PolicyError> {
        let DeValue::Table(table) = self.value else {
            return Err(self.refuse(expected, hint));
        };
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &'a str = AsRef::<str>::as_ref(key.get_ref());
            let key = format!("{}.{name}", self.key);
            let item =
                Self { document: self.document, key, span: value.span(), value: value.get_ref() };
            (name, item)
        };
        Ok(table.iter().map(entry).collect())
    }

    pub(super) fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// Describes the value for a message.
    fn describe(&self) -> String {
        match self.value {
            DeValue::String(text) if text.is_empty() => "an empty text".to_owned(),
            DeValue::String(text) => format!("`{text}`"),
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(time) => format!("the time {time}"),
            DeValue::Array(list) if list.is_empty() => "an empty list".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }
}

/// Lists words for a message: `` `a`, `b` ``.
pub(super) fn quoted(words: &[&str]) -> String {
    format!("`{}`", words.join("`, `"))
}
