//! `[tool.wheelworks.check]` in pyproject.toml: options of `wheelworks check` for a project.
//!
//! The keys are the names of options. An option on the command line replaces the key of that name.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use toml::de::{DeInteger, DeTable, DeValue};

use super::arguments::CheckArguments;
use super::error::CheckError;
use crate::context::Context;
use crate::error::{Error, FileError};
use crate::findings::Severity;
use crate::regular_file;
use crate::size::in_mebibytes;

/// Maximum file size in bytes. The largest pyproject.toml of the 1000 most popular projects has less than 100 KB.
const MAX_BYTES: u64 = 4 << 20;

/// The name of the file that is searched.
const PYPROJECT: &str = "pyproject.toml";

/// Returns the arguments with the values of the configuration where they have none. The file is that of `--config`, or
/// the next pyproject.toml in the working directory or above. A worker searches no file: a request depends on its
/// inputs alone.
pub(super) fn configured(
    arguments: &CheckArguments,
    context: &Context<'_>,
) -> Result<CheckArguments, Error> {
    let mut arguments = arguments.clone();
    let found = match &arguments.config {
        Some(path) => Some(context.resolve(path)),
        None if arguments.no_config || !context.streams.reads_stdin => None,
        None => next_pyproject(),
    };
    if let Some(path) = found {
        let text = read(&path)?;
        Config { path: &path, text: &text, is_named: arguments.config.is_some() }
            .apply(&mut arguments)?;
    }
    Ok(arguments)
}

fn next_pyproject() -> Option<PathBuf> {
    let working_dir = std::env::current_dir().ok()?;
    working_dir.ancestors().map(|directory| directory.join(PYPROJECT)).find(|path| path.is_file())
}

fn read(path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let unreadable = |error| FileError::on("read", path)(error);
    let problem = |problem: &str| CheckError::Config {
        path: path.to_owned(),
        line: 1,
        problem: problem.to_owned(),
    };
    let Some(file) = regular_file::open(path).map_err(unreadable)? else {
        return Err(problem("expected a file, found something else").into());
    };
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(problem("expected at most 4 MiB, found more").into());
    }
    String::from_utf8(bytes).map_err(|_| problem("expected UTF-8, found other bytes").into())
}

/// An opened configuration file.
struct Config<'a> {
    path: &'a Path,
    text: &'a str,
    /// Whether `--config` names it, so that it must have the table.
    is_named: bool,
}

impl Config<'_> {
    fn apply(&self, arguments: &mut CheckArguments) -> Result<(), CheckError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            self.problem(error.span().map_or(0, |span| span.start), error.message())
        })?;
        let mut tables = Some(table.get_ref());
        for name in ["tool", "wheelworks", "check"] {
            tables = tables.and_then(|table| match table.get(name)?.get_ref() {
                DeValue::Table(table) => Some(table),
                _ => None,
            });
        }
        let Some(table) = tables else {
            if self.is_named {
                return Err(
                    self.problem(0, "expected a table `[tool.wheelworks.check]`, found none")
                );
            }
            return Ok(());
        };
        for (key, value) in table {
            let at = value.span().start;
            let key = key.get_ref().as_ref();
            let set = self.set(arguments, key, value.get_ref());
            set.map_err(|expected| self.problem(at, &format!("`{key}`: expected {expected}")))?;
        }
        Ok(())
    }

    /// Sets one option, unless the command line has it. The error is what was expected.
    fn set(
        &self,
        arguments: &mut CheckArguments,
        key: &str,
        value: &DeValue<'_>,
    ) -> Result<(), &'static str> {
        match key {
            "select" => fill(&mut arguments.select, texts(value)?),
            "ignore" => fill(&mut arguments.ignore, texts(value)?),
            "toplevel" => fill(&mut arguments.toplevel, texts(value)?),
            "src-dir" => fill(&mut arguments.src_dir, self.paths(value)?),
            "package" => fill(&mut arguments.package, self.paths(value)?),
            "package-omit" => {
                let texts = texts(value)?;
                arguments.package_omit.get_or_insert(texts);
            }
            "strict" => match value {
                DeValue::Boolean(strict) => arguments.strict |= strict,
                _ => return Err("true or false"),
            },
            "level" => {
                let level = value.as_str().and_then(|it| Severity::from_str(it, false).ok());
                arguments.level.get_or_insert(level.ok_or("`info`, `warning` or `error`")?);
            }
            "budget" => {
                let path = value.as_str().ok_or("the path of a file")?;
                let directory = self.path.parent().unwrap_or(Path::new(""));
                arguments.budget.get_or_insert_with(|| directory.join(path));
            }
            "max-size" => {
                let text = value.as_integer().map(DeInteger::as_str).or_else(|| value.as_str());
                let size = text.and_then(|text| in_mebibytes(text).ok());
                let size = size.ok_or("a number of MiB, or a text such as `500MB`")?;
                arguments.max_size.get_or_insert(size);
            }
            _ => {
                return Err(
                    "one of `budget`, `ignore`, `level`, `max-size`, `package`, `package-omit`, `select`, `src-dir`, `strict`, `toplevel`",
                );
            }
        }
        Ok(())
    }

    /// Returns paths, which are relative to the directory of the file.
    fn paths(&self, value: &DeValue<'_>) -> Result<Vec<PathBuf>, &'static str> {
        let directory = self.path.parent().unwrap_or(Path::new(""));
        Ok(texts(value)?.into_iter().map(|path| directory.join(path)).collect())
    }

    fn problem(&self, position: usize, problem: &str) -> CheckError {
        let before = self.text.bytes().take(position);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        CheckError::Config { path: self.path.to_owned(), line, problem: problem.to_owned() }
    }
}

fn fill<T>(option: &mut Vec<T>, values: Vec<T>) {
    if option.is_empty() {
        *option = values;
    }
}

/// Returns a list of texts; a single text is a list of one.
fn texts(value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
    let text = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
    let texts = match value {
        DeValue::Array(values) => values.iter().map(|value| text(value.get_ref())).collect(),
        value => text(value).map(|text| vec![text]),
    };
    texts.ok_or("a list of texts")
}
