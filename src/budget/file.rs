//! The budget file: TOML with limits.

use std::io::Read as _;
use std::path::Path;

use glob::{MatchOptions, Pattern};
use toml::de::{DeTable, DeValue};

use super::error::BudgetError;
use crate::device_code::ArchitectureName;
use crate::error::{Error, FileError};
use crate::regular_file;
use crate::size::ByteSize;

/// Maximum file size in bytes: ten thousand limits take half of it.
const MAX_BYTES: u64 = 1 << 20;

/// What a limit bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The whole wheel.
    Wheel,
    /// All files whose paths match together.
    Files(Pattern),
    /// All sections of this name, in all libraries together.
    Section(String),
    /// The device code of this architecture, in all files together.
    Architecture(ArchitectureName),
}

impl Part {
    /// Returns the name of its table in the file.
    pub(super) fn table(&self) -> &'static str {
        match self {
            Self::Wheel => "wheel",
            Self::Files(_) => "files",
            Self::Section(_) => "sections",
            Self::Architecture(_) => "architectures",
        }
    }

    /// Returns its key in that table; empty for the wheel.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Wheel => "",
            Self::Files(pattern) => pattern.as_str(),
            Self::Section(name) => name,
            Self::Architecture(name) => name.as_str(),
        }
    }

    /// Returns whether a glob of files matches a path: `*` stays within a directory, `**` does not.
    pub(super) fn matches_path(pattern: &Pattern, path: &str) -> bool {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        pattern.matches_with(path, options)
    }
}

/// Which bytes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Those of the files, once unpacked. Of device code, those in the libraries.
    Content,
    /// Those in the archive.
    Compressed,
}

impl Measure {
    pub(super) const ALL: [Self; 2] = [Self::Content, Self::Compressed];

    /// Returns the key in the file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Compressed => "compressed",
        }
    }
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) part: Part,
    pub(super) measure: Measure,
    /// In bytes.
    pub(super) max: u64,
}

/// The limits of a budget file, in its order by table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(super) limits: Vec<Limit>,
}

impl Budget {
    /// Reads a budget file.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let problem = |line: usize, problem: &str| BudgetError::Budget {
            path: path.to_owned(),
            line,
            problem: problem.to_owned(),
        };
        let unreadable = |error| FileError::on("read", path)(error);
        let Some(file) = regular_file::open(path).map_err(unreadable)? else {
            return Err(problem(1, "expected a file, found something else").into());
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(problem(1, "expected at most 1 MiB, found more").into());
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| problem(1, "expected UTF-8, found other bytes"))?;
        let line =
            |position: usize| 1 + text.bytes().take(position).filter(|&it| it == b'\n').count();
        let limits = parse(&text).map_err(|(position, text)| problem(line(position), &text))?;
        Ok(Self { limits })
    }
}

/// A problem with its offset in the text.
type Problem = (usize, String);

fn parse(text: &str) -> Result<Vec<Limit>, Problem> {
    let document = DeTable::parse(text)
        .map_err(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut limits = Vec::new();
    for (name, value) in document.get_ref() {
        let at = value.span().start;
        let name = name.get_ref().as_ref();
        if !["wheel", "files", "sections", "architectures"].contains(&name) {
            return Err((
                at,
                format!(
                    "expected a table `wheel`, `files`, `sections` or `architectures`, found `{name}`"
                ),
            ));
        }
        let DeValue::Table(table) = value.get_ref() else {
            return Err((at, format!("`{name}`: expected a table, found something else")));
        };
        if name == "wheel" {
            add_measures(&Part::Wheel, "wheel", table, &mut limits)?;
            continue;
        }
        for (key, value) in table {
            let (at, key) = (value.span().start, key.get_ref().as_ref());
            let part = part(name, key)
                .map_err(|expected| (at, format!("`{name}`: `{key}`: {expected}")))?;
            match value.get_ref() {
                DeValue::Table(measures) => add_measures(&part, key, measures, &mut limits)?,
                value => {
                    let max = size(value).ok_or_else(|| (at, expected_size(key)))?;
                    limits.push(Limit { part, measure: Measure::Content, max });
                }
            }
        }
    }
    if limits.is_empty() {
        return Err((0, "expected at least one limit, found none".to_owned()));
    }
    Ok(limits)
}

fn part(table: &str, key: &str) -> Result<Part, String> {
    Ok(match table {
        "files" => Part::Files(Pattern::new(key).map_err(|error| {
            format!("expected a pattern for paths, found a fault in it: {}", error.msg)
        })?),
        "sections" => Part::Section(key.to_owned()),
        _ => Part::Architecture(
            key.parse()
                .map_err(|error: crate::device_code::ArchitectureNameError| error.to_string())?,
        ),
    })
}

fn add_measures(
    part: &Part,
    key: &str,
    measures: &DeTable<'_>,
    limits: &mut Vec<Limit>,
) -> Result<(), Problem> {
    for (name, value) in measures {
        let (at, name) = (value.span().start, name.get_ref().as_ref());
        let measure = Measure::ALL.into_iter().find(|measure| measure.name() == name);
        let Some(measure) = measure else {
            return Err((
                at,
                format!("`{key}`: expected `content` or `compressed`, found `{name}`"),
            ));
        };
        let max = size(value.get_ref()).ok_or_else(|| (at, expected_size(name)))?;
        limits.push(Limit { part: part.clone(), measure, max });
    }
    Ok(())
}

fn size(value: &DeValue<'_>) -> Option<u64> {
    let text = value.as_integer().map(toml::de::DeInteger::as_str).or_else(|| value.as_str())?;
    text.parse().ok().map(ByteSize::bytes)
}

fn expected_size(key: &str) -> String {
    format!("`{key}`: expected a number of bytes, or a text such as `120MiB`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_texts_numbers_and_tables() {
        let text = "wheel.compressed = '9MiB'\n[files]\n'a/*.so' = 5\n[sections]\n'.text' = {content = '1kB', compressed = 7}\n[architectures]\nsm_90 = '2MB'\n";
        let mut found: Vec<(&str, String, &str, u64)> = parse(text)
            .unwrap()
            .into_iter()
            .map(|it| (it.part.table(), it.part.name().to_owned(), it.measure.name(), it.max))
            .collect();
        found.sort();
        assert_eq!(
            found,
            [
                ("architectures", "sm_90".to_owned(), "content", 2_000_000),
                ("files", "a/*.so".to_owned(), "content", 5),
                ("sections", ".text".to_owned(), "compressed", 7),
                ("sections", ".text".to_owned(), "content", 1000),
                ("wheel", String::new(), "compressed", 9 << 20),
            ]
        );
    }

    #[test]
    fn patterns_stay_within_a_directory() {
        for (pattern, path, expected) in [
            ("a/*.so", "a/b.so", true),
            ("a/*.so", "a/c/b.so", false),
            ("a/**/*.so", "a/c/b.so", true),
            ("**/*.so", "b.so", true),
        ] {
            let found = Part::matches_path(&Pattern::new(pattern).unwrap(), path);
            assert_eq!(found, expected, "{pattern} {path}");
        }
    }

    #[test]
    fn other_keys_and_values_are_refused() {
        for (text, position, expected) in [
            ("", 0, "at least one limit"),
            ("[wheels]\nx = 1", 0, "expected a table `wheel`"),
            ("files = 3", 8, "`files`: expected a table"),
            ("[files]\n'[' = 3", 14, "expected a pattern for paths"),
            ("[files]\na = 'lots'", 12, "a number of bytes"),
            ("[files]\na = {size = 3}", 20, "`content` or `compressed`"),
            ("[architectures]\nsm_x = 3", 23, "expected an architecture"),
            ("[files]\na = -1", 12, "a number of bytes"),
        ] {
            let (at, problem) = parse(text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
            assert_eq!(at, position, "{text}: {problem}");
        }
    }
}
