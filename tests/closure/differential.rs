//! `closure` and the loader of this machine on the same real wheels. `differential.py` compares; closures.txt lists
//! the closures, and differences.txt the differences with their reasons. Those marked `big` run by hand:
//! `tests/closure/differential.py --big`.

use crate::judges::judge;
use crate::support::command::TestDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/closure/differential.py");

#[test]
#[ignore = "downloads 400 MB, once"]
fn answers_are_those_of_the_loader() {
    let dir = TestDir::new();
    let arguments = [SCRIPT, "--binary", env!("CARGO_BIN_EXE_wheelworks")];
    let said = dir.command(judge("python"), &arguments).patience(60).expect(0).stdout;
    assert!(said.ends_with(" 0 wrong answers\n"), "{said}");
    // Of 36, some need Pythons that may not be installed.
    let count: usize = said.split(' ').next().unwrap().parse().unwrap();
    assert!(count >= 20, "{said}");
}
