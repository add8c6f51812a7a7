//! The values of a policy file with their places, so that a message says where and what.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::policy::error::PolicyError;

/// The file that values stand in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Document<'_> {
    /// The line of a position, counted from 1.
    fn line(&self, position: usize) -> usize {
        let before = self.text.bytes().take(position);
        1 + before.filter(|byte| *byte == b'\n').count()
    }

    /// The error for a text that is no TOML.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> PolicyError {
        PolicyError::Syntax {
            path: self.path.to_owned(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        }
    }
}

/// A value, under the keys that lead to it.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    document: Document<'a>,
    key: String,
    /// Where the value stands; of a key that is unknown, where the key does.
    span: Range<usize>,
    value: &'a DeValue<'a>,
}

/// What stands in a table.
pub(super) type Keys<'a> = BTreeMap<&'a str, Item<'a>>;

/// The tables `[[policy]]`, of which there is at least one and nothing else.
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
    /// The error for this value.
    pub(super) fn refuse(&self, expected: impl Into<String>, hint: &'static str) -> PolicyError {
        self.refuse_as(expected, &self.shown(), hint)
    }

    /// The error for something about this value.
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

    /// A text that is not empty.
    pub(super) fn text(&self, expected: &str, hint: &'static str) -> Result<&'a str, PolicyError> {
        match self.value {
            DeValue::String(text) if !text.is_empty() => Ok(text),
            _ => Err(self.refuse(expected, hint)),
        }
    }

    /// A whole number; `None` for any other value, and for one that is too large.
    pub(super) fn number(&self) -> Option<u32> {
        let number = self.value.as_integer()?;
        u32::from_str_radix(number.as_str(), number.radix()).ok()
    }

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

    /// What stands in a table, whatever its keys.
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

    /// The value as a message shows it.
    fn shown(&self) -> String {
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

/// Words as a message lists them.
pub(super) fn quoted(words: &[&str]) -> String {
    format!("`{}`", words.join("`, `"))
}
