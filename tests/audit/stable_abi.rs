//! Wheels for the stable ABI: the rules `abi3-symbol` and `abi3-version` have the verdict of `abi3audit` on a hundred
//! real wheels, and the table of CPython's symbols has those of the Python at hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::judges::judge;
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The judge, as `uv` gets it.
const ABI3AUDIT: &str = "abi3audit==0.0.26";

/// The symbols of each file that break a rule, by wheel and file name.
type Symbols = BTreeMap<(String, String), BTreeSet<String>>;

/// Returns what `abi3audit` finds, without the names that are no use of the API. It takes every symbol that is called
/// like one of Python's for such a use, also a function that the file defines, and the entry points of PEP 793.
fn judged(report: &Value, defined: impl Fn(&str, &str) -> BTreeSet<String>) -> Symbols {
    let mut found = Symbols::new();
    for (wheel, spec) in report["specs"].as_object().unwrap() {
        let wheel = wheel.rsplit('/').next().unwrap();
        for object in spec["wheel"].as_array().unwrap() {
            let file = object["name"].as_str().unwrap();
            let (never, later) =
                (&object["result"]["non_abi3_symbols"], &object["result"]["future_abi3_objects"]);
            let never = never.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
            let mut symbols: BTreeSet<String> =
                never.chain(later.as_object().unwrap().keys().cloned()).collect();
            if !symbols.is_empty() {
                let own = defined(wheel, file);
                symbols.retain(|symbol| !own.contains(symbol));
            }
            found.insert((wheel.to_owned(), file.to_owned()), symbols);
        }
    }
    found.retain(|_, symbols| !symbols.is_empty());
    found
}

/// Returns what `audit` finds.
fn audited(report: &Value) -> Symbols {
    let mut found = Symbols::new();
    for wheel in report["wheels"].as_array().unwrap() {
        let name = wheel["wheel"].as_str().unwrap();
        for finding in wheel["findings"].as_array().unwrap() {
            let file = finding["elf"].as_str().unwrap_or_default().rsplit('/').next().unwrap();
            let symbols = finding["symbols"].as_array().into_iter().flatten();
            let symbols = symbols.map(|it| it.as_str().unwrap().to_owned());
            found.entry((name.to_owned(), file.to_owned())).or_default().extend(symbols);
        }
    }
    found
}

#[test]
#[ignore = "needs the virtual environment of scripts/test-env and the network, once"]
fn verdicts_are_those_of_abi3audit() {
    let dir = TestDir::new();
    let table = format!("{ROOT}/tests/audit/abi3_wheels.txt");
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &["--table", &table]);
    let paths = fetch.patience(30).expect(0).stdout;
    let paths: Vec<&str> = paths.lines().collect();
    assert_eq!(paths.len(), 100);
    let mut arguments = vec!["audit", "--no-host", "--report=json", "--select=abi3", "--exit-zero"];
    arguments.extend(&paths);
    let output = dir.wheelworks(&arguments).patience(9).expect(0);
    let found = audited(&serde_json::from_str(&output.stdout).unwrap());

    let mut arguments = vec![
        "tool",
        "run",
        "--from",
        ABI3AUDIT,
        "abi3audit",
        "--report",
        "--output",
        "judged.json",
    ];
    arguments.extend(&paths);
    dir.command(judge("uv"), &arguments).patience(9).expect_any();
    let report = fs_err::read(dir.path().join("judged.json")).unwrap();
    let expected = judged(&serde_json::from_slice(&report).unwrap(), |wheel, file| {
        let path = paths.iter().find(|path| path.ends_with(wheel)).unwrap();
        dir.command("unzip", &["-qoj", path, &format!("*{file}")]).expect(0);
        let lines = dir.command("nm", &["-D", "--defined-only", file]).expect(0).stdout;
        lines.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned).collect()
    });
    assert_eq!(found, expected);
    let later: BTreeSet<String> = found.values().flatten().cloned().collect();
    assert!(later.contains("PyUnicode_AsUTF8AndSize") && found.len() >= 6, "{found:?}");
}

/// Prints which of the names on standard input the process has, for this version of Python.
const ASK: &str = "\
import ctypes, sys, sysconfig
print(sys.version_info.minor, sysconfig.get_config_var('Py_GIL_DISABLED') or 0)
for name in open(sys.argv[1]).read().split():
    print(name, int(hasattr(ctypes.pythonapi, name)))
";

/// Every symbol of the table, asked of the Python that is installed here.
#[test]
fn symbols_are_those_of_the_python_at_hand() {
    let dir = TestDir::new();
    let table = include_str!("../../src/python_api/symbols.txt");
    let names: Vec<&str> = table.lines().filter_map(|line| line.split(' ').next()).collect();
    dir.write("names", names.join("\n"));
    let output = dir.command("python3", &["-c", ASK, "names"]).expect(0).stdout;
    let mut lines = output.lines();
    let (minor, free_threaded) = lines.next().unwrap().split_once(' ').unwrap();
    let minor: u8 = minor.parse().unwrap();
    let is_known = wheelworks::python_api::is_exported("Py_IncRef", minor).is_some();
    if !is_known || free_threaded != "0" {
        return;
    }
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in lines {
        let (name, has) = line.split_once(' ').unwrap();
        count += 1;
        if wheelworks::python_api::is_exported(name, minor) != Some(has == "1") {
            wrong.push(name);
        }
    }
    assert_eq!(count, names.len());
    // Patch releases and distributions add a few private symbols. What is in the stable ABI stays.
    let are_private = wrong.iter().all(|name| wheelworks::python_api::stable_since(name).is_none());
    assert!(wrong.len() <= 25 && are_private, "3.{minor}: {wrong:?}");
}
