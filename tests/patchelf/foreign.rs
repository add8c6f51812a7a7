//! Libraries of other machines, both byte orders and both classes: facts stay, `readelf` has no complaint, and
//! pyelftools reads the same names.

use std::path::Path;

use wheelworks::elf::{Detail, ElfFacts};

use super::complaints;
use crate::judges::judge;
use crate::support::command::TestDir;

/// Machines, and the lengths that `strip` of binutils for the machine leaves: without and with zero-initialized
/// data.
const STRIPPED: [(&str, [u64; 2]); 7] = [
    ("aarch64", [5608, 5608]),
    ("arm", [5084, 5084]),
    ("i686", [5116, 5116]),
    ("powerpc", [5116, 5116]),
    ("powerpc64le", [5552, 5552]),
    ("riscv64", [5584, 5584]),
    ("s390x", [5608, 5608]),
];

/// Prints the names as pyelftools reads them: by sections and by segments.
const READ: &str = "\
import sys
from elftools.elf.elffile import ELFFile
elf = ELFFile(open(sys.argv[1], 'rb'))
for table in (elf.get_section_by_name('.dynamic'),
              next(it for it in elf.iter_segments() if it['p_type'] == 'PT_DYNAMIC')):
    for tag in table.iter_tags():
        for name in ('needed', 'soname', 'rpath', 'runpath'):
            if hasattr(tag, name):
                print(name, getattr(tag, name))
for version, entries in elf.get_section_by_name('.gnu.version_r').iter_versions():
    print(version.name, [entry.name for entry in entries])
";

const NAMES: &str =
    "needed libdep-0123abcd.so.1\nsoname libuser-0123abcd.so\nrpath $ORIGIN/../user.libs\n";

/// The edits of a repaired library.
const EDITS: [&str; 6] = [
    "--set-soname=libuser-0123abcd.so",
    "--replace-needed",
    "libdep.so.1",
    "libdep-0123abcd.so.1",
    "--force-rpath",
    "--set-rpath=$ORIGIN/../user.libs",
];

#[test]
fn libraries_of_other_machines() {
    let dir = TestDir::new();
    for (machine, lens) in STRIPPED {
        for (suffix, stripped_len) in ["", "-zeros"].into_iter().zip(lens) {
            let name = format!("{machine}-ld{suffix}.so");
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/elf").join(&name);
            let before = fs_err::read(path).unwrap();
            let facts = ElfFacts::read(&before, Detail::Whole).unwrap();
            dir.write("s.so", &before);
            dir.wheelworks(&["patchelf", "--strip", "s.so"]).expect(0);
            let stripped = fs_err::read(dir.path().join("s.so")).unwrap();
            assert!(stripped.len() as u64 <= stripped_len + stripped_len / 50, "{name}");
            assert_eq!(ElfFacts::read(&stripped, Detail::Whole).unwrap(), facts, "{name}");
            assert_eq!(complaints(&dir, "s.so"), "", "{name}");
            assert_edits(&dir, &before, facts, &name);
            assert_eq!(complaints(&dir, "p.debug"), "", "{name}");
            let lines = ["--debug-dump=decodedline", "p.debug"];
            let lines = dir.command("readelf", &lines).expect(0).stdout;
            assert!(lines.contains("user.c"), "{name}");
        }
    }
}

/// Edits a library, alone and with `--strip`.
fn assert_edits(dir: &TestDir, before: &[u8], mut facts: ElfFacts, name: &str) {
    facts.soname = Some("libuser-0123abcd.so".into());
    facts.rpath = Some("$ORIGIN/../user.libs".into());
    facts.needed = vec!["libdep-0123abcd.so.1".into()];
    for need in &mut facts.verneed {
        need.library = "libdep-0123abcd.so.1".into();
    }
    for (file, strip) in [("p.so", &[][..]), ("ps.so", &["--strip", "--debug-file=p.debug"])] {
        dir.write(file, before);
        dir.wheelworks(&[&["patchelf"], &EDITS[..], strip, &[file]].concat()).expect(0);
        let after = fs_err::read(dir.path().join(file)).unwrap();
        let found = ElfFacts::read(&after, Detail::Whole).unwrap();
        // Edits move tables.
        facts.table_bytes = found.table_bytes;
        assert_eq!(found, facts, "{name}");
        assert_eq!(complaints(dir, file), "", "{name}");
        let read = dir.command(judge("python"), &["-c", READ, file]).expect(0).stdout;
        let needs = "libdep-0123abcd.so.1 ['DEP_1.0']\n";
        assert_eq!(sorted(&read), sorted(&format!("{NAMES}{NAMES}{needs}")), "{name}");
        assert!(after.len() < before.len() + 8192, "{name}");
        dir.wheelworks(&[&["patchelf"], &EDITS[..], &[file]].concat()).expect(0);
        let again = fs_err::read(dir.path().join(file)).unwrap();
        assert!(again == after, "{name}: the same edit changed the file");
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}
