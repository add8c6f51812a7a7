//! `--list-rules` and `--explain`: the rules of a verb, for people and programs.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::{Rule, RuleTable, Selection, Severity};
use crate::error::Error;
use crate::json;
use crate::report_arguments::ReportForm;

/// Options that print rules instead of a report.
#[derive(Debug, Clone, Args)]
pub struct RuleListArguments {
    /// List all rules, and read no wheel.
    #[arg(long)]
    pub list_rules: bool,
    /// Print what a rule finds, why that matters and what to do, and read no wheel. RULE is as for `--select`.
    #[arg(long, value_name = "RULE", value_delimiter = ',', conflicts_with = "list_rules")]
    pub explain: Vec<String>,
}

impl RuleListArguments {
    /// Returns the requested text about rules; `None` if the options are not given. `info` is the verb's word for
    /// [`Severity::Info`].
    pub(crate) fn text(
        &self,
        table: &RuleTable,
        info: &str,
        form: ReportForm,
    ) -> Result<Option<String>, Error> {
        let rules: Vec<&Rule> = if self.list_rules {
            table.iter().collect()
        } else if self.explain.is_empty() {
            return Ok(None);
        } else {
            let selection = Selection::named(table, "--explain", &self.explain)?;
            table.iter().filter(|rule| selection.has(rule)).collect()
        };
        if form == ReportForm::Json {
            let rules = rules.iter().map(|rule| object(rule, info)).collect();
            return json::versioned([("rules".to_owned(), rules)]).map(Some);
        }
        if self.list_rules {
            return Ok(Some(list(&rules, info)));
        }
        let texts: Vec<String> = rules.iter().map(|rule| explanation(rule, info)).collect();
        Ok(Some(texts.join("\n")))
    }
}

fn level(rule: &Rule, info: &str) -> String {
    match rule.severity {
        Severity::Info => info.to_owned(),
        Severity::Warning => "warning".to_owned(),
        Severity::Error => "error".to_owned(),
    }
}

fn object(rule: &Rule, info: &str) -> Value {
    json!({
        "rule": rule.id,
        "number": rule.number(),
        "level": level(rule, info),
        "what": rule.what,
        "why": rule.why,
        "hint": rule.fix,
        "also": rule.also,
    })
}

/// Returns a line for each rule.
fn list(rules: &[&Rule], info: &str) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in rules {
        let _ = writeln!(text, "{:width$}  {:7}  {}", rule.id, level(rule, info), rule.what);
    }
    text
}

/// Returns all about a rule.
fn explanation(rule: &Rule, info: &str) -> String {
    let number = rule.number().map_or_else(String::new, |number| format!(" {number}"));
    let mut text = format!("{}[{}{number}] {}\n", level(rule, info), rule.id, rule.what);
    let _ = writeln!(text, "  why: {}\n  hint: {}", rule.why, rule.fix);
    if !rule.also.is_empty() {
        let _ = writeln!(text, "  also in: {}", rule.also);
    }
    text
}
