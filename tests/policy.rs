//! Compares the built-in policies with those of the installed auditwheel, entry by entry, and runs the
//! examples of `docs/policy-file.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};
use wheelworks::platform::{Libc, Machine};
use wheelworks::policy::{Policies, Policy, PolicyFile};
use wheelworks::wheel::PlatformTag;

use crate::judges::script;
use crate::support::command::TestDir;

/// The auditwheel version that `src/policy` agrees with.
const VERSION: &str = "6.8.2";

/// Returns the policies of the installed auditwheel.
fn judge() -> Value {
    let dir = TestDir::new();
    let document: Value =
        serde_json::from_str(&script(&dir, "policies.py", &[]).expect(0).stdout).unwrap();
    assert_eq!(
        document["version"], VERSION,
        "the judge is another auditwheel than the one whose policies src/policy/table has.\n\
         If it is stale, run scripts/test-env. If tests/requirements.txt asks for a newer one on \
         purpose: run this test with the new VERSION, carry what it reports into src/policy/table, \
         and name the new version there, in src/policy/mod.rs, docs/policy-file.md and here.",
    );
    document
}

fn policies(libc: Libc, machine: Machine, tag: &str) -> Option<Policies> {
    Policies::new(libc, machine, &[tag], None).ok()
}

fn as_json(policy: &Policy) -> Value {
    json!({
        "name": policy.name,
        "aliases": policy.aliases,
        "priority": policy.priority,
        "symbol_versions": policy.symbol_versions,
        "whitelist": policy.whitelist,
        "blacklist": policy.blacklist,
    })
}

/// Lists the entries that are in one value only. Policies are matched by name.
fn differences(key: &str, ours: &Value, theirs: &Value) -> Vec<String> {
    let named = |value: &Value| -> Option<Map<String, Value>> {
        let name = |policy: &Value| policy["name"].as_str().map(str::to_owned);
        value.as_array()?.iter().map(|policy| Some((name(policy)?, policy.clone()))).collect()
    };
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            let one = |name: &String| {
                let value = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or_default();
                differences(&format!("{key} {name}"), &value(ours), &value(theirs))
            };
            keys.into_iter().flat_map(one).collect()
        }
        (Value::Array(_), Value::Array(_)) => {
            if let (Some(ours), Some(theirs)) = (named(ours), named(theirs)) {
                return differences(key, &ours.into(), &theirs.into());
            }
            let words = |value: &Value| -> Vec<String> {
                value.as_array().unwrap().iter().map(ToString::to_string).collect()
            };
            let (ours, theirs) = (words(ours), words(theirs));
            let missing = theirs.iter().filter(|word| !ours.contains(word));
            let added = ours.iter().filter(|word| !theirs.contains(word));
            let missing = missing.map(|word| format!("{key}: {word} is missing"));
            missing.chain(added.map(|word| format!("{key}: {word} is too much"))).collect()
        }
        _ if ours == theirs => Vec::new(),
        _ => vec![format!("{key}: {ours}, expected {theirs}")],
    }
}

fn compare(ours: &Policies, theirs: &Value) -> Vec<String> {
    let list: Vec<Value> = ours.iter().map(as_json).collect();
    let mut found = differences("", &list.clone().into(), theirs);
    let names =
        |list: &[Value]| -> Vec<Value> { list.iter().map(|it| it["name"].clone()).collect() };
    if found.is_empty() && names(&list) != names(theirs.as_array().unwrap()) {
        found.push(format!("the policies are in another order: {:?}", names(&list)));
    }
    found
}

/// Returns the C library and machine of a case.
fn libc_and_machine(case: &Value) -> (Libc, Machine) {
    let libc = match case["libc"].as_str().unwrap() {
        "glibc" => Libc::Glibc,
        "musl" => Libc::Musl,
        "android" => Libc::Android,
        other => panic!("{other}"),
    };
    let name = case["machine"].as_str().unwrap();
    (libc, Machine::ALL.into_iter().find(|machine| machine.name() == name).unwrap())
}

#[test]
fn policies_are_those_of_auditwheel() {
    let document = judge();
    let mut wrong = Vec::new();
    let (mut cases, mut count) = (0, 0);
    for case in document["cases"].as_array().unwrap() {
        let (libc, machine) = libc_and_machine(case);
        let tag = case["tag"].as_str().unwrap();
        let ours = policies(libc, machine, tag);
        if case["policies"].is_null() {
            // auditwheel has no policy for the tag, so we may not have one either.
            if ours.is_some_and(|ours| ours.by_name(tag).is_some()) {
                wrong.push(format!("{libc} {machine}: has {tag}, expected none"));
            }
            continue;
        }
        cases += 1;
        count += case["policies"].as_array().unwrap().len();
        match ours {
            Some(ours) => wrong.extend(
                compare(&ours, &case["policies"]).iter().map(|it| format!("{libc} {machine}{it}")),
            ),
            None => wrong.push(format!("{libc} {machine}: no policies for {tag}")),
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    // 9 machines; 7 with two versions of musl, 1 with one; 2 with Android, at 20 levels.
    assert_eq!((cases, count), (9 + 15 + 40, 223), "the judge says less than it should");
}

#[test]
fn symbol_versions_select_the_policies_of_auditwheel() {
    let document = judge();
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in document["cases"].as_array().unwrap() {
        let (libc, machine) = libc_and_machine(case);
        let ours = policies(libc, machine, case["tag"].as_str().unwrap());
        for set in case["symbols"].as_array().into_iter().flatten() {
            let versions: Vec<&str> =
                set[0].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            // The library that must define a version does not matter.
            let mut needed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (position, version) in versions.iter().enumerate() {
                let library = format!("lib{}.so", position % 2);
                needed.entry(library).or_default().insert((*version).to_owned());
            }
            let found = &ours.as_ref().unwrap().symbols_policy(&needed).name;
            if set[1] != **found {
                wrong.push(format!("{machine} {versions:?}: {found}, expected {}", set[1]));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 5000, "{count}");
}

#[test]
fn tags_name_the_machine_and_libc_that_auditwheel_finds() {
    let document = judge();
    let tags = document["tags"].as_object().unwrap();
    for (tag, expected) in tags {
        let parsed = PlatformTag::parse_lenient(tag);
        let machine = parsed.machine().map(|machine| machine.to_string());
        let libc = parsed.libc().map(|libc| libc.to_string().to_lowercase());
        assert_eq!(&json!([machine, libc]), expected, "{tag}");
    }
    assert!(tags.len() >= 20);
}

/// A change of auditwheel's policies.
type Change<'a> = &'a dyn Fn(&mut Vec<Value>);

/// The comparison finds every kind of difference.
#[test]
fn every_kind_of_entry_is_compared() {
    let ours = policies(Libc::Glibc, Machine::X86_64, "manylinux_2_17_x86_64").unwrap();
    let theirs: Vec<Value> = ours.iter().map(as_json).collect();
    assert_eq!(compare(&ours, &theirs.clone().into()), [""; 0]);
    let same = Value::from(theirs.clone());
    let changed = |change: Change| {
        let mut theirs = theirs.clone();
        change(&mut theirs);
        compare(&ours, &theirs.into()).join("\n")
    };
    let last = theirs.len() - 1;
    assert_eq!(same[last]["name"], "manylinux_2_5_x86_64");
    let strange = json!(["strange"]);
    let key = |name: &'static str| {
        let strange = strange.clone();
        move |list: &mut Vec<Value>| list[last][name] = strange.clone()
    };
    for name in ["aliases", "priority", "symbol_versions", "whitelist", "blacklist"] {
        let found = changed(&key(name));
        assert!(found.contains(&format!("manylinux_2_5_x86_64 {name}")), "{name}: {found}");
    }
    let cases: [(Change, &str); 7] = [
        (&|list| drop(list.pop()), "manylinux_2_5_x86_64"),
        (&|list| list.swap(1, 2), "another order"),
        (&|list| list[last]["name"] = json!("other"), "other: null, expected"),
        (&|list| drop(list[last]["symbol_versions"]["ZLIB"].take()), "ZLIB: [], expected null"),
        (
            &|list| list[last]["symbol_versions"]["GLIBC"][0] = json!("2.1"),
            "GLIBC: \"2.1\" is missing",
        ),
        (&|list| list[last]["whitelist"][0] = json!("libx.so"), "\"libx.so\" is missing"),
        (
            &|list| drop(list[last]["blacklist"]["libm.so.6"].as_array_mut().unwrap().pop()),
            "libm.so.6: \"__issignalingl\" is too much",
        ),
    ];
    for (change, expected) in cases {
        let found = changed(change);
        assert!(found.contains(expected), "expected {expected}, found {found}");
    }
}

/// Returns the TOML blocks of the documentation.
fn examples() -> Vec<PolicyFile> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy-file.md");
    let text = fs_err::read_to_string(&path).unwrap();
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| {
            PolicyFile::parse(&path, block).unwrap_or_else(|error| panic!("{error}\n{block}"))
        })
        .collect()
}

#[test]
fn documented_examples_work() {
    let examples = examples();
    let [cuda, between, old, device, strict] = examples.as_slice() else {
        panic!("{} examples, expected 5", examples.len());
    };
    let glibc =
        |file: &PolicyFile| Policies::new(Libc::Glibc, Machine::X86_64, &[], Some(file)).unwrap();
    let names = |policies: &Policies, range: std::ops::Range<usize>| -> Vec<String> {
        policies.iter().rev().map(|policy| policy.name.clone()).collect::<Vec<_>>()[range].to_vec()
    };

    let cuda = glibc(cuda);
    let order = ["manylinux_2_28_x86_64", "manylinux_acme_x86_64", "manylinux_2_31_x86_64"];
    assert_eq!(names(&cuda, 6..9), order);
    let acme = cuda.by_name("manylinux_acme_x86_64").unwrap();
    let plain = cuda.by_name("manylinux_2_28_x86_64").unwrap();
    let added: Vec<&String> = acme.whitelist.difference(&plain.whitelist).collect();
    assert_eq!(added, ["libcuda.so.1"]);
    assert_eq!(acme.symbol_versions, plain.symbol_versions);

    let order = ["manylinux_2_34_x86_64", "manylinux_acme_x86_64", "manylinux_2_35_x86_64"];
    assert_eq!(names(&glibc(between), 8..11), order);

    let old = glibc(old);
    let acme = old.by_name("acme_2019_x86_64").unwrap();
    assert_eq!(acme.name, "acme_x86_64");
    let forbidden = ["GLIBC_2.18", "GLIBCXX_3.4.25", "GCC_4.0.0"].map(|it| acme.forbids(it));
    let allowed = ["GLIBC_2.17", "GLIBCXX_3.4.24", "GCC_7.0.0"].map(|it| acme.forbids(it));
    assert_eq!((forbidden, allowed), ([true; 3], [false; 3]));

    let tag = ["musllinux_1_1_aarch64"];
    let device = Policies::new(Libc::Musl, Machine::Aarch64, &tag, Some(device)).unwrap();
    let order = ["musllinux_device_aarch64", "musllinux_1_1_aarch64", "linux_aarch64"];
    assert_eq!(names(&device, 0..3), order);
    let whitelist: Vec<&String> = device.highest().whitelist.iter().collect();
    assert_eq!(whitelist, ["libc.musl-aarch64.so.1"]);

    let strict = glibc(strict);
    let policy = strict.by_name("manylinux_2_28_x86_64").unwrap();
    assert_eq!(policy.priority, 64);
    assert!(!policy.whitelist.contains("libGL.so.1") && policy.whitelist.contains("libz.so.1"));
    assert!(policy.blacklist["libz.so.1"].contains("inflateBackInit_"));
    assert!(policy.blacklist["libz.so.1"].contains("inflate_fast"));
    assert!(policy.blacklist["libdl.so.2"].contains("dlmopen"));
}

#[test]
fn documented_priorities_are_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy-file.md");
    let text = fs_err::read_to_string(path).unwrap();
    let start = text.find("The built-in priorities:").unwrap();
    let paragraph = text[start..].split("\n\n").next().unwrap();
    let one = regex::Regex::new(r"`(\w+)` (\d+)").unwrap();
    let found: BTreeMap<String, u32> = one
        .captures_iter(paragraph)
        .map(|found| (found[1].to_owned(), found[2].parse().unwrap()))
        .collect();
    let mut expected = BTreeMap::new();
    for (libc, tag) in [
        (Libc::Glibc, "manylinux_2_17_x86_64"),
        (Libc::Musl, "musllinux_1_1_x86_64"),
        (Libc::Musl, "musllinux_1_2_x86_64"),
    ] {
        for policy in policies(libc, Machine::X86_64, tag).unwrap().iter().skip(1) {
            let name = policy.name.strip_suffix("_x86_64").unwrap();
            expected.insert(name.to_owned(), policy.priority);
        }
    }
    for level in [21, 24, 26, 27] {
        let tag = format!("android_{level}_x86_64");
        let policies = policies(Libc::Android, Machine::X86_64, &tag).unwrap();
        expected.insert(format!("android_{level}"), policies.lowest().priority);
    }
    assert_eq!(found, expected);
}
