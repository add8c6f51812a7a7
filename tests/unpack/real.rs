//! Wheels from an index: `unpack` writes the same files as Python's `zipfile` and `unzip`.

use super::listing;
use crate::judges::judge;
use crate::real::fetch;
use crate::support::command::TestDir;

#[test]
#[ignore = "needs the network, once"]
fn the_same_as_zipfile_and_unzip() {
    for name in ["six", "markupsafe", "pyyaml", "charset-normalizer", "wheel"] {
        let dir = TestDir::new();
        let wheel = fetch(&dir, name);
        dir.wheelworks(&["unpack", &wheel, "--check-record", "-d", "ours"]).expect(0);
        dir.command(judge("python"), &["-m", "zipfile", "-e", &wheel, "theirs"]).expect(0);
        let without_modes = |directory: &str| -> Vec<(String, Vec<u8>)> {
            let entries = listing(&dir.path().join(directory)).into_iter();
            entries.map(|(path, _, content)| (path, content)).collect()
        };
        assert!(without_modes("ours") == without_modes("theirs"), "{name}");
        dir.command("unzip", &["-q", &wheel, "-d", "unzipped"]).expect(0);
        let executable = |directory: &str| -> Vec<(String, bool)> {
            let entries = listing(&dir.path().join(directory)).into_iter();
            entries.map(|(path, mode, _)| (path, mode & 0o100 != 0)).collect()
        };
        assert_eq!(executable("ours"), executable("unzipped"), "{name}");
    }
}
