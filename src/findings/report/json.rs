//! The JSON report.

use std::path::Path;

use serde_json::{Value, json};

use super::{Arrangement, Attempt, Reported};
use crate::error::Error;
use crate::findings::{Finding, Location};
use crate::json;

/// Renders all wheels; those that could not be read have an `error`.
pub(super) fn render<R: Reported>(attempts: &[Attempt<'_, R>]) -> Result<String, Error> {
    let of_wheel = |(path, result): &Attempt<'_, R>| match result {
        Ok(result) => wheel(path, result),
        Err(error) => R::json_error(path, &error.message_with_hint()),
    };
    json::document(attempts.iter().map(of_wheel).collect())
}

/// The object of a wheel that was read.
pub(super) fn wheel<R: Reported>(path: &Path, result: &R) -> Value {
    let findings = result.findings().iter();
    let findings: Vec<Value> = match R::ARRANGEMENT {
        Arrangement::ByRule => findings.map(by_rule::<R>).collect(),
        Arrangement::ByLocation => findings.flat_map(by_location::<R>).collect(),
    };
    let mut fields = result.json_fields(path);
    fields.insert("findings".to_owned(), findings.into());
    fields.into()
}

/// A rule, with all locations.
fn by_rule<R: Reported>(finding: &Finding) -> Value {
    let rule = finding.rule;
    let locations = finding.locations.iter();
    let locations: Vec<Value> =
        locations.map(|it| json!({"member": it.member, "found": it.found})).collect();
    json!({
        "rule": rule.id,
        "number": rule.number(),
        "level": R::severity_name(finding.severity),
        "what": rule.what,
        "why": rule.why,
        "hint": finding.fix,
        "places": locations,
        "more": finding.unlisted,
    })
}

/// An object for each location.
fn by_location<R: Reported>(finding: &Finding) -> impl Iterator<Item = Value> {
    finding.locations.iter().map(|Location { member, found }| {
        let needs = &finding.needs;
        json!({
            "rule": finding.rule.id,
            "level": R::severity_name(finding.severity),
            "elf": member,
            "library": needs.library,
            "versions": needs.versions,
            "symbols": needs.symbols,
            "allowed_by": needs.allowed_by,
            "message": found,
            "hint": finding.fix,
        })
    })
}
