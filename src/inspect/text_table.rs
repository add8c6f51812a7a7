//! Tables and lists of the text reports.

use std::fmt::Write as _;

use super::pair::Pair;
use crate::size::rounded;

/// Writes how many of `len` items the list left out.
pub(super) fn render_omitted(text: &mut String, len: usize, limit: usize) {
    if len > limit {
        let _ = writeln!(text, "  and {} more", len - limit);
    }
}

/// Returns how much a number of bytes has changed.
pub(super) fn change_of(Pair { old, new }: Pair) -> String {
    match new.cmp(&old) {
        std::cmp::Ordering::Equal => "same size".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", rounded(new - old)),
        std::cmp::Ordering::Less => format!("-{}", rounded(old - new)),
    }
}

/// Aligned rows: the first column to the left, the others to the right.
pub(super) struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    pub(super) fn new(head: [&str; 5]) -> Self {
        Self { rows: vec![head.map(str::to_owned)] }
    }

    pub(super) fn row(&mut self, cells: [String; 5]) {
        self.rows.push(cells);
    }

    pub(super) fn render(&self, text: &mut String) {
        let mut widths = [0; 5];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        text.push('\n');
        for [first, second, third, fourth, fifth] in &self.rows {
            let [one, two, three, four, five] = widths;
            let line = format!(
                "{first:one$}  {second:>two$}  {third:>three$}  {fourth:>four$}  {fifth:>five$}"
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
}
