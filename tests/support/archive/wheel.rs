//! Rules about the members of a wheel, their order, and RECORD.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::records::{Archive, Entry};
use super::{Finding, Source, content, zip};

pub(super) fn findings(name: &str, archive: &Archive, source: &dyn Source) -> Vec<Finding> {
    let parts: Vec<&str> = name.split('-').collect();
    let [distribution, version, ..] = parts[..] else {
        return vec![Finding::new("filename", name)];
    };
    let mut findings = Vec::new();
    let is_normalized = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !distribution.chars().all(is_normalized) || !matches!(parts.len(), 5 | 6) {
        findings.push(Finding::new("filename", name));
    }
    let dist_info = format!("{distribution}-{version}.dist-info/");
    let names: Vec<String> = archive.entries.iter().map(Entry::name).collect();
    for file in ["METADATA", "WHEEL", "RECORD"] {
        if !names.contains(&format!("{dist_info}{file}")) {
            findings.push(Finding::new("dist-info", format!("no {file}")));
        }
    }
    findings.extend(order_finding(&names, &dist_info));
    let is_foreign = |name: &&String| {
        name.split('/').next().is_some_and(|top| top.ends_with(".dist-info"))
            && !name.starts_with(&dist_info)
    };
    if let Some(name) = names.iter().find(is_foreign) {
        findings.push(Finding::new("dist-info", format!("another one: `{name}`")));
    }
    let record = archive.entries.last().filter(|it| it.name() == format!("{dist_info}RECORD"));
    match record {
        Some(record) => findings.extend(record_findings(archive, source, record)),
        None => findings.push(Finding::new("record-last", format!("{:?}", names.last()))),
    }
    findings
}

/// Checks the order: sorted by bytes, the dist-info directory after all else, RECORD last.
fn order_finding(names: &[String], dist_info: &str) -> Option<Finding> {
    let rank = |name: &String| {
        let inside = name.strip_prefix(dist_info);
        (inside.is_some(), inside == Some("RECORD"), name.clone())
    };
    let pair = names.windows(2).find(|pair| rank(&pair[0]) >= rank(&pair[1]))?;
    let rule = match (rank(&pair[0]).0, rank(&pair[1]).0) {
        (true, false) => "dist-info-last",
        _ => "order",
    };
    Some(Finding::new(rule, format!("{pair:?}")))
}

/// Every member has a RECORD row with its hash and size, and no other rows exist.
fn record_findings(archive: &Archive, source: &dyn Source, record: &Entry) -> Vec<Finding> {
    let mut findings = Vec::new();
    let text = match String::from_utf8(content(source, record)) {
        Ok(text) => text,
        Err(error) => return vec![Finding::new("record-form", error.to_string())],
    };
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let fields = csv_fields(line);
        let [path, hash, size] = &fields[..] else {
            findings.push(Finding::new("record-form", line));
            continue;
        };
        if rows.insert(path.clone(), (hash.clone(), size.clone())).is_some() {
            findings.push(Finding::new("record-duplicate", line));
        }
    }
    for entry in &archive.entries {
        let name = entry.name();
        let expected = if name == record.name() {
            (String::new(), String::new())
        } else {
            (sha256(source, entry), entry.uncompressed.to_string())
        };
        match rows.remove(&name) {
            None => findings.push(Finding::new("record-missing", name)),
            Some((hash, _)) if hash != expected.0 => {
                findings.push(Finding::new("record-hash", format!("of `{name}`: {hash}")));
            }
            Some((_, size)) if size != expected.1 => {
                findings.push(Finding::new("record-size", format!("of `{name}`: {size}")));
            }
            Some(_) => {}
        }
    }
    findings.extend(rows.into_keys().map(|name| Finding::new("record-ghost", name)));
    findings
}

fn sha256(source: &dyn Source, entry: &Entry) -> String {
    let mut hasher = Sha256::new();
    // Data that does not decompress is reported by another rule.
    drop(zip::inflate(source, entry, |chunk| hasher.update(chunk)));
    format!("sha256={}", URL_SAFE_NO_PAD.encode(hasher.finalize()))
}

/// Splits a line of CSV (RFC 4180). Names contain no line feed, so a row is one line.
fn csv_fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().unwrap();
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            character => field.push(character),
        }
    }
    fields
}
