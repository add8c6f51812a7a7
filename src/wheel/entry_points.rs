//! `entry_points.txt` (entry points specification): the objects that installers turn into commands and
//! that plug-in hosts look up.
//!
//! Two readers count: `importlib.metadata`, with which pip and plug-in hosts read the file, and Python's
//! `configparser` with `=` as the only delimiter, with which PyPI reads it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::DistributionName;
use super::single_line::ends_line;
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// Groups whose objects become commands. Such an object must be a function: a module cannot be called.
const SCRIPT_GROUPS: [&str; 2] = ["console_scripts", "gui_scripts"];

/// One entry point; `Display` writes `GROUP:NAME = OBJECT`, as on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    group: String,
    name: String,
    object: String,
}

impl EntryPoint {
    /// Makes an entry point of its parts, without the blanks around them.
    ///
    /// # Errors
    ///
    /// A part has a wrong form, or a command has no function.
    pub fn new(group: &str, name: &str, object: &str) -> Result<Self, EntryPointsError> {
        let (group, name, object) = (group.trim(), name.trim(), object.trim());
        if !group.split('.').all(is_word) {
            return Err(EntryPointsError::Group { group: group.to_owned() });
        }
        check_name(group, name)?;
        let object = canonical_object(object)
            .ok_or_else(|| EntryPointsError::Object { object: object.to_owned() })?;
        if SCRIPT_GROUPS.contains(&group) && !object.contains(':') {
            return Err(EntryPointsError::Script { group: group.to_owned(), object });
        }
        Ok(Self { group: group.to_owned(), name: name.to_owned(), object })
    }
}

impl FromStr for EntryPoint {
    type Err = EntryPointsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || EntryPointsError::Form { text: text.to_owned() };
        let (key, object) = text.split_once('=').ok_or_else(form)?;
        let (group, name) = key.split_once(':').ok_or_else(form)?;
        Self::new(group, name, object)
    }
}

impl fmt::Display for EntryPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{} = {}", self.group, self.name, self.object)
    }
}

/// Checks a name. PyPI restricts the names of commands; other groups may use any
/// characters but `=`; control characters would steer terminals.
fn check_name(group: &str, name: &str) -> Result<(), EntryPointsError> {
    let name = name.to_owned();
    if SCRIPT_GROUPS.contains(&group) {
        let is_in_name = |c| is_word_character(c) || matches!(c, '.' | '-');
        if name.is_empty() || !name.chars().all(is_in_name) {
            return Err(EntryPointsError::Command { name });
        }
    } else if name.is_empty()
        || name.starts_with(['[', '#', ';'])
        || name.contains(|c: char| c == '=' || c.is_control() || ends_line(c))
    {
        return Err(EntryPointsError::Name { name });
    }
    Ok(())
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_word_character)
}

/// Returns whether `text` consists of identifiers joined by dots.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(|part| is_word(part) && !part.starts_with(|c: char| c.is_numeric()))
}

/// Removes the blanks from an object reference `module[:attribute][ [extra, …]]`; `None` if it is not one.
fn canonical_object(text: &str) -> Option<String> {
    let (reference, extras) = match text.split_once('[') {
        Some((reference, extras)) => (reference.trim_end(), Some(extras.strip_suffix(']')?)),
        None => (text, None),
    };
    let object = match reference.split_once(':') {
        Some((module, attribute)) => {
            let (module, attribute) = (module.trim_end(), attribute.trim_start());
            (is_dotted(module) && is_dotted(attribute)).then(|| format!("{module}:{attribute}"))?
        }
        None => is_dotted(reference).then(|| reference.to_owned())?,
    };
    let Some(extras) = extras else { return Some(object) };
    let extras: Vec<&str> = extras.split(',').map(str::trim).collect();
    let are_names = extras.iter().all(|extra| extra.parse::<DistributionName>().is_ok());
    are_names.then(|| format!("{object} [{}]", extras.join(",")))
}

/// The entry points of a wheel, sorted by group and name; `Display` writes `entry_points.txt`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPoints {
    groups: BTreeMap<String, BTreeMap<String, String>>,
}

impl EntryPoints {
    /// Collects entry points.
    ///
    /// # Errors
    ///
    /// A group has a name twice.
    pub fn new(points: impl IntoIterator<Item = EntryPoint>) -> Result<Self, EntryPointsError> {
        let mut all = Self::default();
        points.into_iter().try_for_each(|point| all.insert(point))?;
        Ok(all)
    }

    /// Parses an `entry_points.txt`. Outside the groups of commands, installers and indexes read no names and
    /// objects: see [`EntryPoints::unusual`].
    ///
    /// # Errors
    ///
    /// The file is not UTF-8, a line has a wrong form, a group or name appears twice, or a command cannot be
    /// installed.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryPointsError> {
        let text = str::from_utf8(bytes)
            .map_err(|error| EntryPointsError::NotUtf8 { position: error.valid_up_to() })?;
        let mut all = Self::default();
        let mut group = None;
        let mut groups = BTreeSet::new();
        // How far the last entry is indented: configparser takes a line with more blanks for a part of it.
        let mut indent = None;
        for (number, line) in (1..).zip(text.lines()) {
            let content = line.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let wrong = || EntryPointsError::Line { number, line: line.to_owned() };
            let blanks = line.chars().take_while(|character| character.is_whitespace()).count();
            // configparser takes `;` for the start of a comment, importlib.metadata does not.
            if indent.is_some_and(|indent| blanks > indent)
                || content.starts_with(';')
                || content.contains(ends_line)
            {
                return Err(wrong());
            }
            if let Some(header) = content.strip_prefix('[').filter(|header| header.contains(']')) {
                let header = header.strip_suffix(']').ok_or_else(wrong)?;
                if header.trim() != header || header.is_empty() || header.contains(['[', ']']) {
                    return Err(wrong());
                }
                // configparser and uv refuse the file, even if one of the groups is empty.
                if !groups.insert(header) {
                    return Err(EntryPointsError::GroupTwice { number, group: header.to_owned() });
                }
                group = Some(header);
                indent = None;
                continue;
            }
            let (name, object) = content.split_once('=').ok_or_else(wrong)?;
            all.read(group.ok_or_else(wrong)?, name.trim(), object.trim())?;
            indent = Some(blanks);
        }
        Ok(all)
    }

    /// Inserts an entry of a file.
    fn read(&mut self, group: &str, name: &str, object: &str) -> Result<(), EntryPointsError> {
        match EntryPoint::new(group, name, object) {
            Ok(point) => self.insert(point),
            Err(error) if SCRIPT_GROUPS.contains(&group) || name.is_empty() => Err(error),
            Err(_) => {
                let [group, name, object] = [group, name, object].map(str::to_owned);
                self.insert(EntryPoint { group, name, object })
            }
        }
    }

    /// Iterates over what breaks the specification although installers and indexes take it: a plug-in host
    /// may look for something else than Python objects.
    pub fn unusual(&self) -> impl Iterator<Item = EntryPointsError> {
        self.groups.iter().flat_map(|(group, names)| {
            names.iter().filter_map(|(name, object)| EntryPoint::new(group, name, object).err())
        })
    }

    /// Returns whether there are no entry points: the file is then not needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Iterates over the commands that installers make: name and object reference.
    pub fn scripts(&self) -> impl Iterator<Item = (&str, &str)> {
        SCRIPT_GROUPS
            .iter()
            .filter_map(|&group| self.groups.get(group))
            .flatten()
            .map(|(name, object)| (name.as_str(), object.as_str()))
    }

    fn insert(&mut self, point: EntryPoint) -> Result<(), EntryPointsError> {
        let EntryPoint { group, name, object } = point;
        let names = self.groups.entry(group.clone()).or_default();
        match names.insert(name.clone(), object.clone()) {
            Some(first) => Err(EntryPointsError::Duplicate { group, name, first, second: object }),
            None => Ok(()),
        }
    }
}

impl fmt::Display for EntryPoints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (group, names)) in self.groups.iter().enumerate() {
            let gap = if position > 0 { "\n" } else { "" };
            writeln!(formatter, "{gap}[{group}]")?;
            for (name, object) in names {
                writeln!(formatter, "{name} = {object}")?;
            }
        }
        Ok(())
    }
}

/// An entry point, or an `entry_points.txt`, that indexes or installers refuse or misread.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryPointsError {
    /// Not `GROUP:NAME = OBJECT`.
    #[error("`{}` is not an entry point: expected `GROUP:NAME = OBJECT`", escape_truncated(text))]
    Form {
        /// The text.
        text: String,
    },
    /// Bad group.
    #[error(
        "`{}` is not a group of entry points: expected words joined by dots",
        escape_truncated(group)
    )]
    Group {
        /// The group.
        group: String,
    },
    /// Bad name of a command.
    #[error(
        "`{}` is not the name of a command: expected letters, digits, `_`, `.` and `-`",
        escape_truncated(name)
    )]
    Command {
        /// The name.
        name: String,
    },
    /// Bad name in another group.
    #[error(
        "`{}` is not the name of an entry point: expected a line without `=`, and no `[`, `#` or `;` in front",
        escape_truncated(name)
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Bad object reference.
    #[error(
        "`{}` is not an object reference: expected `MODULE` or `MODULE:ATTRIBUTE`",
        escape_truncated(object)
    )]
    Object {
        /// The reference.
        object: String,
    },
    /// A command that is a module.
    #[error(
        "`{}` cannot be a command of `{group}`: expected a function, found a module",
        escape_truncated(object)
    )]
    Script {
        /// The group.
        group: String,
        /// The reference.
        object: String,
    },
    /// The same name twice in a group.
    #[error(
        "`{}` of `{}` is given twice, as `{}` and as `{}`",
        escape_truncated(name),
        escape_truncated(group),
        escape_truncated(first),
        escape_truncated(second)
    )]
    Duplicate {
        /// The group.
        group: String,
        /// The name.
        name: String,
        /// The first object reference.
        first: String,
        /// The second object reference.
        second: String,
    },
    /// The same group twice.
    #[error(
        "line {number} of entry_points.txt: expected each group once, found `[{}]` again",
        escape_truncated(group)
    )]
    GroupTwice {
        /// The line, counted from 1.
        number: usize,
        /// The group.
        group: String,
    },
    /// A line that is neither a group nor an entry.
    #[error(
        "line {number} of entry_points.txt: expected `[GROUP]` or, below one, `NAME = OBJECT`, found `{}`",
        escape_truncated(line)
    )]
    Line {
        /// The line, counted from 1.
        number: usize,
        /// Its text.
        line: String,
    },
    /// Bytes that are not UTF-8.
    #[error("entry_points.txt: expected UTF-8, found another byte at position {position}")]
    NotUtf8 {
        /// How many bytes before it are UTF-8.
        position: usize,
    },
}

impl Diagnose for EntryPointsError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Form { .. } => "as in `console_scripts:tool = package.cli:main`",
            Self::Group { .. } => "as in `console_scripts` or `jax_plugins`",
            Self::Command { .. } => "PyPI refuses any other character",
            Self::Name { .. } => "readers of the file would read something else",
            Self::Object { .. } => "as in `package.cli:main`",
            Self::Script { .. } => "name the function, as in `package.cli:main`",
            Self::Duplicate { .. } => "remove one of them",
            Self::GroupTwice { .. } => "put all entries of a group under one `[GROUP]`",
            Self::Line { .. } => {
                "no line continues another, a comment starts with `#`, and `:` is no replacement for `=`"
            }
            Self::NotUtf8 { .. } => "save the file as UTF-8",
        };
        Some(hint.into())
    }
}

#[cfg(test)]
#[path = "entry_points_tests.rs"]
mod tests;
