//! `wheelworks lddtree`: trees of single files, as auditwheel shows them.

use serde_json::Value;

use super::build::Built;
use super::fixture::{self, Fixture};
use super::verdicts::for_each;

/// The JSON that auditwheel logs: behind the first `{`.
fn judged(stderr: &str) -> Option<Value> {
    let text = &stderr[stderr.find('{')?..];
    serde_json::from_str(text).ok()
}

/// The tree of each member, ours and auditwheel's.
fn trees_agree(fixture: &Fixture, built: &Built) -> Vec<String> {
    built.unpack();
    let mut wrong = Vec::new();
    for (member, _) in &fixture.members {
        let theirs = built.judges_tree(fixture, member);
        let ours = built.ours_tree(fixture, &["--json"], member);
        let Some(theirs) = judged(&theirs.stderr).filter(|_| theirs.code == Some(0)) else {
            // What it crashes on is to be refused, or done better.
            if !matches!(ours.code, Some(0 | 2)) {
                wrong.push(format!("{member}: exit code {:?}\n{}", ours.code, ours.stderr));
            }
            continue;
        };
        if ours.json() != theirs {
            let (stdout, stderr) = (&ours.stdout, &ours.stderr);
            wrong.push(format!("{member}: ours\n{stdout}{stderr}\nthe judge's\n{theirs:#}"));
        }
    }
    wrong
}

#[test]
#[ignore = "needs the virtual environment of scripts/test-env"]
fn the_judge_agrees() {
    for_each(trees_agree);
}

/// A fixture by its name.
fn fixture(name: &str) -> Fixture {
    fixture::all().into_iter().find(|fixture| fixture.name() == format!("{name}.c")).unwrap()
}

#[test]
fn a_readable_tree() {
    let fixture = fixture("symbols_of_a_graft");
    let built = Built::new(&fixture).unwrap();
    built.unpack();
    let said = built.ours_tree(&fixture, &["--ldpaths={DIR}/host"], "pkg/_ext.so");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @"");
}

#[test]
fn a_tree_with_a_cycle() {
    let fixture = fixture("cycle");
    let built = Built::new(&fixture).unwrap();
    built.unpack();
    let said = built.ours_tree(&fixture, &["--ldpaths="], "pkg/_ext.so");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @"");
}

#[test]
fn a_wheel_is_a_tree_a_file() {
    let fixture = fixture("two_trees");
    let built = Built::new(&fixture).unwrap();
    let said = built.ours_tree(&fixture, &["--ldpaths="], &fixture.wheel);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @"");
}

#[test]
fn what_has_no_tree() {
    let fixture = fixture("plain");
    let built = Built::new(&fixture).unwrap();
    fs_err::write(built.path().join("text"), "text").unwrap();
    fs_err::write(built.path().join("magic"), b"\x7FELF").unwrap();
    let said = ["missing", "text", "magic", "/dev/null", "."].map(|name| {
        let said = built.ours_tree(&fixture, &[], name);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{name}");
        (name, said.stderr)
    });
    insta::assert_snapshot!(super::sample::transcript(said), @"");
}
