//! `wheelworks --version` and `-vV`.

use crate::support::command::TestDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn the_version_is_one_line_and_details_are_asked_for() {
    let dir = TestDir::new();
    // A debug build does not name its commit, so that a commit does not compile the crate again.
    let line = format!("wheelworks {VERSION}\n");
    for arguments in [&["--version"][..], &["-V"], &["--quiet", "--version"]] {
        assert_eq!(dir.wheelworks(arguments).expect(0).stdout, line, "{arguments:?}");
    }
    let target = env!("BUILD_TARGET");
    for arguments in [&["-vV"][..], &["-Vv"], &["--verbose", "--version"]] {
        let stdout = dir.wheelworks(arguments).expect(0).stdout;
        let rest = stdout.strip_prefix(&line).unwrap_or_else(|| panic!("{stdout}"));
        let keys: Vec<&str> =
            rest.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        assert_eq!(keys, ["commit", "target", "features", "libdeflate"], "{arguments:?}");
        assert!(rest.contains(&format!("\ntarget: {target}\n")), "{rest}");
        assert!(rest.contains("\nlibdeflate: libdeflate-sys 1."), "{rest}");
    }
    dir.wheelworks(&["check", "--version"]).expect(2);
}
