//! `closure` and the loader of this machine on the same real wheels. `differential.py` compares; closures.txt lists
//! the closures, and differences.txt the differences with their reasons. Those marked `big` run by hand:
//! `tests/closure/differential.py --big`.

use crate::judges::judge;
use crate::support::command::TestDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/closure/differential.py");

/// Runs the comparison on some of the closures, or on all if none is named.
fn compare(names: &[&str], code: i32) -> String {
    let dir = TestDir::new();
    let mut arguments = vec![SCRIPT, "--binary", env!("CARGO_BIN_EXE_wheelworks")];
    arguments.extend(names);
    dir.command(judge("python"), &arguments).patience(60).expect(code).stdout
}

#[test]
#[ignore = "downloads 1.1 GB, once"]
fn answers_are_those_of_the_loader() {
    let said = compare(&[], 0);
    assert!(said.ends_with(" 0 wrong answers\n"), "{said}");
    // Some need Pythons that may not be installed.
    let count: usize = said.split(' ').next().unwrap().parse().unwrap();
    assert!(count >= 15, "{said}");
}
