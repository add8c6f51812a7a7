//! Fixtures: C files whose leading comments say how to build them, which wheel to pack, and what the
//! tools must report about the wheel.
//!
//! `//!` lines are prose, `// KEY: VALUE` lines are parsed here; no other lines may precede the code.
//! `{DIR}` is replaced by the build directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One build step, in the order of the lines.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// `build: OUT = FLAGS…`: the fixture, compiled by gcc.
    Build(String, Vec<String>),
    /// `file: OUT = "…"`: a file with this content, a JSON string.
    File(String, String),
    /// `run: PROGRAM ARGUMENTS…`: a tool of binutils, in the build directory.
    Run(Vec<String>),
    /// `forge: OUT = CHANGE ARGUMENTS…`: a change that no tool makes.
    Forge(String, Vec<String>),
}

/// The expected fields of one finding; fields that are not given are not compared.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) rule: String,
    pub(super) level: String,
    /// `elf=…`, `library=…`, `versions=…`, `symbols=…`, `allowed_by=…`, as JSON or bare words.
    pub(super) fields: BTreeMap<String, Value>,
}

/// The expected fields of a verdict. `*` instead of JSON, here `None`, matches anything.
pub(super) type Expected = BTreeMap<String, Option<Value>>;

/// The expected result of auditwheel.
#[derive(Debug, Clone)]
pub(super) enum Judge {
    /// The same result.
    Same,
    /// `differs: WHY`: `judged` lines have the differing fields.
    Differs,
    /// `crashes: TEXT`: it ends with a traceback that contains this text.
    Crashes(String),
}

/// A fixture.
#[derive(Debug, Clone)]
pub(super) struct Fixture {
    /// The C file.
    pub(super) path: PathBuf,
    /// The wheel's file name.
    pub(super) wheel: String,
    pub(super) steps: Vec<Step>,
    /// `member: PATH = OUT`.
    pub(super) members: Vec<(String, String)>,
    /// `link: PATH = TARGET`: a symbolic link, as Info-ZIP writes them.
    pub(super) links: Vec<(String, String)>,
    /// `unrecorded: PATH`: a member that RECORD does not list.
    pub(super) unrecorded: Vec<String>,
    /// `row: PATH`: a row of RECORD without a file.
    pub(super) rows: Vec<String>,
    /// `arguments: …`, for both tools.
    pub(super) arguments: Vec<String>,
    /// `environment: NAME=VALUE`, for both tools.
    pub(super) environment: Vec<(String, String)>,
    /// `exit: CODE` of `show --json`; 0 if it is not given.
    pub(super) exit: i32,
    /// `expect: FIELD = JSON`: fields of the verdict.
    pub(super) expect: Expected,
    /// `says: TEXT`: a part of stderr.
    pub(super) says: Vec<String>,
    /// `finding: RULE LEVEL FIELD=VALUE…`, or `finding: none`.
    pub(super) findings: Vec<Finding>,
    /// `require: TAG met|unmet`.
    pub(super) require: Option<(String, bool)>,
    pub(super) judge: Judge,
    /// `judged: FIELD = JSON`: the field in auditwheel's verdict.
    pub(super) judged: Expected,
}

impl Fixture {
    /// The file's name, for messages.
    pub(super) fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }
}

/// Returns all fixtures, sorted by name.
pub(super) fn all() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audit");
    let mut paths: Vec<PathBuf> =
        fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let only = std::env::var("WHEELWORKS_TEST_FIXTURE").unwrap_or_default();
    let fixtures = paths.into_iter().map(|path| {
        let text = fs_err::read_to_string(&path).unwrap();
        parse(&path, &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    });
    let mut fixtures: Vec<Fixture> = fixtures.collect();
    fixtures.retain(|fixture| fixture.name().contains(&only));
    assert!(!fixtures.is_empty(), "no fixture is named like `{only}`");
    fixtures
}

/// Parses a fixture's leading comment.
pub(super) fn parse(path: &Path, text: &str) -> Result<Fixture, String> {
    let mut draft = Draft::default();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("//!") {
            draft.has_prose = true;
            continue;
        }
        let Some(line) = line.strip_prefix("// ") else {
            if line.starts_with("//") {
                return Err(format!("line {}: expected `// KEY: VALUE`", number + 1));
            }
            break;
        };
        let in_line = |error: String| format!("line {}: {error}", number + 1);
        let pair = line.split_once(": ").ok_or_else(|| "expected `KEY: VALUE`".to_owned());
        let (key, value) = pair.map_err(in_line)?;
        draft.directive(key, value.trim()).map_err(in_line)?;
    }
    draft.finish(path)
}

/// A fixture while its comment is parsed.
#[derive(Default)]
struct Draft {
    has_prose: bool,
    wheel: Option<String>,
    steps: Vec<Step>,
    members: Vec<(String, String)>,
    links: Vec<(String, String)>,
    unrecorded: Vec<String>,
    rows: Vec<String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    exit: Option<i32>,
    expect: Expected,
    says: Vec<String>,
    findings: Vec<Finding>,
    no_findings: bool,
    require: Option<(String, bool)>,
    judge: Option<Judge>,
    judged: Expected,
}

impl Draft {
    fn directive(&mut self, key: &str, value: &str) -> Result<(), String> {
        let pair = || {
            let pair = value.split_once(" = ").map(|(left, right)| (left.to_owned(), right));
            pair.ok_or_else(|| format!("`{key}`: expected `LEFT = RIGHT`"))
        };
        match key {
            "wheel" => once(&mut self.wheel, value.to_owned(), key)?,
            "build" => {
                let (out, flags) = pair()?;
                self.steps.push(Step::Build(out, words(flags)));
            }
            "file" => {
                let (out, text) = pair()?;
                let text: String = serde_json::from_str(text).map_err(|error| error.to_string())?;
                self.steps.push(Step::File(out, text));
            }
            "run" => self.steps.push(Step::Run(words(value))),
            "forge" => {
                let (out, change) = pair()?;
                self.steps.push(Step::Forge(out, words(change)));
            }
            "member" => {
                let (path, out) = pair()?;
                self.members.push((path, out.to_owned()));
            }
            "link" => {
                let (path, target) = pair()?;
                self.links.push((path, target.to_owned()));
            }
            "unrecorded" => self.unrecorded.push(value.to_owned()),
            "row" => self.rows.push(value.to_owned()),
            "arguments" => self.arguments.extend(words(value)),
            "environment" => {
                let (name, value) = value.split_once('=').ok_or("expected NAME=VALUE")?;
                self.environment.push((name.to_owned(), value.to_owned()));
            }
            "exit" => {
                let code = value.parse().map_err(|_| "expected an exit code")?;
                once(&mut self.exit, code, key)?;
            }
            "expect" => insert(&mut self.expect, pair()?)?,
            "judged" => insert(&mut self.judged, pair()?)?,
            "says" => self.says.push(value.to_owned()),
            "finding" if value == "none" => self.no_findings = true,
            "finding" => self.findings.push(finding(value)?),
            "require" => once(&mut self.require, require(value)?, key)?,
            "judge" => once(&mut self.judge, judge(value)?, key)?,
            _ => return Err(format!("unknown key `{key}`")),
        }
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<Fixture, String> {
        let judge = self.judge.ok_or("no `judge`")?;
        let expected = if matches!(judge, Judge::Differs) { "some" } else { "no" };
        if matches!(judge, Judge::Differs) == self.judged.is_empty() {
            return Err(format!("expected {expected} `judged` lines with this `judge`"));
        }
        if !self.has_prose {
            return Err("expected a `//!` line that says what it is for".to_owned());
        }
        if self.expect.is_empty() && self.says.is_empty() {
            return Err("expected `expect` or `says` lines".to_owned());
        }
        if self.no_findings != self.findings.is_empty() {
            return Err("expected `finding: none`, or findings".to_owned());
        }
        Ok(Fixture {
            path: path.to_owned(),
            wheel: self.wheel.ok_or("no `wheel`")?,
            steps: self.steps,
            members: self.members,
            links: self.links,
            unrecorded: self.unrecorded,
            rows: self.rows,
            arguments: self.arguments,
            environment: self.environment,
            exit: self.exit.unwrap_or(0),
            expect: self.expect,
            says: self.says,
            findings: self.findings,
            require: self.require,
            judge,
            judged: self.judged,
        })
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn once<T>(slot: &mut Option<T>, value: T, key: &str) -> Result<(), String> {
    if slot.replace(value).is_some() { Err(format!("`{key}` is there twice")) } else { Ok(()) }
}

/// Inserts a field. Fails if it is not in auditwheel's schema.
const FIELDS: [&str; 12] = [
    "version",
    "wheel",
    "pure",
    "error",
    "overall_tag",
    "sym_tag",
    "pyfpe",
    "ucs2",
    "unsupported_isa",
    "versioned_symbols",
    "external_libs",
    "policy_upgrades",
];

fn insert(into: &mut Expected, (field, json): (String, &str)) -> Result<(), String> {
    if !FIELDS.contains(&field.as_str()) {
        return Err(format!("a verdict has no field `{field}`"));
    }
    let value = match json {
        "*" => None,
        json => Some(serde_json::from_str(json).map_err(|error| format!("`{json}`: {error}"))?),
    };
    if into.insert(field.clone(), value).is_some() {
        return Err(format!("the field `{field}` is there twice"));
    }
    Ok(())
}

fn require(value: &str) -> Result<(String, bool), String> {
    match value.split_once(' ') {
        Some((tag, "met")) => Ok((tag.to_owned(), true)),
        Some((tag, "unmet")) => Ok((tag.to_owned(), false)),
        _ => Err("expected `TAG met` or `TAG unmet`".to_owned()),
    }
}

fn judge(value: &str) -> Result<Judge, String> {
    match value.split_once(": ") {
        None if value == "same" => Ok(Judge::Same),
        Some(("differs", _)) => Ok(Judge::Differs),
        Some(("crashes", text)) => Ok(Judge::Crashes(text.to_owned())),
        _ => Err("expected `same`, `differs: WHY` or `crashes: TEXT`".to_owned()),
    }
}

fn finding(value: &str) -> Result<Finding, String> {
    let mut words = value.split_whitespace();
    let (Some(rule), Some(level)) = (words.next(), words.next()) else {
        return Err("expected `RULE LEVEL`".to_owned());
    };
    if !["error", "warning", "note"].contains(&level) {
        return Err(format!("expected a level, found `{level}`"));
    }
    let mut fields = BTreeMap::new();
    for word in words {
        let (field, text) = word.split_once('=').ok_or("expected FIELD=VALUE")?;
        if !["elf", "library", "versions", "symbols", "allowed_by"].contains(&field) {
            return Err(format!("a finding has no field `{field}`"));
        }
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        fields.insert(field.to_owned(), value);
    }
    Ok(Finding { rule: rule.to_owned(), level: level.to_owned(), fields })
}
