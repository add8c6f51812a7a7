//! Why a budget or a baseline cannot be read.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};

/// A budget or a baseline that cannot be read.
#[derive(Debug, Error)]
pub(crate) enum BudgetError {
    /// The budget is no TOML, or a key or value is wrong.
    #[error("the budget `{}`, line {line}: {}", escape_path(path), escape_truncated(problem))]
    Budget { path: PathBuf, line: usize, problem: String },
    /// The baseline is not what `inspect --report json` writes.
    #[error("the baseline `{}`: {}", escape_path(path), escape_truncated(problem))]
    Baseline { path: PathBuf, problem: String },
}

impl Diagnose for BudgetError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Budget { .. } => {
                "a limit is a text such as `120MiB`, or a table with `content` and `compressed`; docs/budget.md has an example"
            }
            Self::Baseline { .. } => {
                "a baseline is a wheel, or the output of `wheelworks inspect --report json WHEEL`"
            }
        };
        Some(hint.into())
    }
}
