//! A wheel compared with its budget and with a baseline.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::file::{Budget, Measure};
use super::sizes::{Sizes, WheelSizes};
use crate::escape::escape_truncated;
use crate::size::rounded;

/// Maximum number of parts of one kind that are listed as grown, the largest growth first.
const MAX_GROWN: usize = 10;

/// A limit, and the size that it bounds. All sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Bounded {
    /// The table in the budget: `wheel`, `files`, `sections` or `architectures`.
    part: &'static str,
    /// The key in it; empty for the wheel.
    name: String,
    /// `content` or `compressed`.
    measure: &'static str,
    limit: u64,
    found: u64,
    /// Its size in the baseline, if there is one.
    baseline: Option<u64>,
}

/// A part that is larger than in the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Grown {
    part: &'static str,
    name: String,
    content: [u64; 2],
    compressed: [u64; 2],
}

/// A wheel compared with its budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Outcome {
    limits: Vec<Bounded>,
    /// What grew most since the baseline, by its bytes in the archive. Only if a limit is exceeded.
    grown: Vec<Grown>,
}

impl Outcome {
    /// Compares the sizes of a wheel with a budget and those of a baseline.
    pub(crate) fn of(budget: &Budget, sizes: &WheelSizes, baseline: Option<&WheelSizes>) -> Self {
        let bounded = |limit: &super::file::Limit| Bounded {
            part: limit.part.table(),
            name: limit.part.name().to_owned(),
            measure: limit.measure.name(),
            limit: limit.max,
            found: sizes.of_part(&limit.part).of(limit.measure),
            baseline: baseline.map(|it| it.of_part(&limit.part).of(limit.measure)),
        };
        let mut outcome =
            Self { limits: budget.limits.iter().map(bounded).collect(), grown: Vec::new() };
        if let Some(baseline) = baseline.filter(|_| outcome.exceeded().next().is_some()) {
            for (part, old, new) in [
                ("files", &baseline.files, &sizes.files),
                ("sections", &baseline.sections, &sizes.sections),
                ("architectures", &baseline.architectures, &sizes.architectures),
            ] {
                outcome.grown.extend(grown(part, old, new));
            }
        }
        outcome
    }

    fn exceeded(&self) -> impl Iterator<Item = &Bounded> {
        self.limits.iter().filter(|it| it.found > it.limit)
    }

    /// Returns a sentence for each limit that is exceeded.
    pub(crate) fn problems(&self) -> impl Iterator<Item = String> {
        self.exceeded().map(|it| {
            let name = if it.name.is_empty() {
                it.part.to_owned()
            } else {
                format!("{} `{}`", it.part, escape_truncated(&it.name))
            };
            let (limit, found, measure) = (rounded(it.limit), rounded(it.found), it.measure);
            format!("{name}: expected at most {limit} {measure}, found {found}")
        })
    }

    /// Writes what grew, if a limit is exceeded and there is a baseline; else nothing.
    pub(crate) fn write_text(&self, text: &mut String) {
        if self.exceeded().next().is_none() {
            return;
        }
        let head = ["budget", "measure", "baseline", "found", "limit"].map(str::to_owned);
        let rows = self.limits.iter().map(|it| {
            let mark = if it.found > it.limit { "over" } else { "ok" };
            let name = if it.name.is_empty() { it.part } else { &it.name };
            let baseline = it.baseline.map_or_else(|| "-".to_owned(), rounded);
            let name = format!("{mark} {}", escape_truncated(name));
            [name, it.measure.to_owned(), baseline, rounded(it.found), rounded(it.limit)]
        });
        write_table(text, std::iter::once(head).chain(rows).collect());
        if self.grown.is_empty() {
            return;
        }
        let head = ["grew most since the baseline", "", "was", "is", "in the wheel"];
        let rows = self.grown.iter().map(|it| {
            let [old, new] = it.content;
            let change = match (it.compressed[0], it.compressed[1]) {
                (old, new) if new >= old => format!("+{}", rounded(new - old)),
                (old, new) => format!("-{}", rounded(old - new)),
            };
            [escape_truncated(&it.name), it.part.to_owned(), rounded(old), rounded(new), change]
        });
        write_table(text, std::iter::once(head.map(str::to_owned)).chain(rows).collect());
    }
}

/// Writes aligned rows: the first two columns to the left, the others to the right.
fn write_table(text: &mut String, rows: Vec<[String; 5]>) {
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let [one, two, three, four, five] = widths;
    text.push('\n');
    for [name, measure, old, new, last] in rows {
        let line =
            format!("  {name:one$}  {measure:two$}  {old:>three$}  {new:>four$}  {last:>five$}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Returns the parts that are larger than before, the largest growth in the archive first.
fn grown(
    part: &'static str,
    old: &BTreeMap<String, Sizes>,
    new: &BTreeMap<String, Sizes>,
) -> Vec<Grown> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let of = |sizes: &BTreeMap<String, Sizes>, name: &String| {
        sizes.get(name).copied().unwrap_or_default()
    };
    let mut found: Vec<Grown> = names
        .into_iter()
        .map(|name| (name, of(old, name), of(new, name)))
        .filter(|(_, old, new)| Measure::ALL.iter().any(|&it| new.of(it) > old.of(it)))
        .map(|(name, old, new)| Grown {
            part,
            name: name.clone(),
            content: [old.content, new.content],
            compressed: [old.compressed, new.compressed],
        })
        .collect();
    let growth = |[old, new]: [u64; 2]| i128::from(new) - i128::from(old);
    found.sort_by_key(|it| (Reverse(growth(it.compressed)), Reverse(growth(it.content))));
    found.truncate(MAX_GROWN);
    found
}
