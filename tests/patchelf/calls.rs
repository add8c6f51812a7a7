//! Damaged files, refused calls, and the calls that auditwheel makes.

use object::elf::PT_DYNAMIC;
use wheelworks::elf::{Detail, ElfFacts};
use wheelworks::elf_edit::{self, Edits, SearchPathEdit, SearchPathKind};

use super::{LAYOUTS, ZEROS, build, library, read, segments};
use crate::support::WHEELWORKS;

/// Damaged files give errors or readable files, and never a panic.
#[test]
fn damaged_files() {
    let dir = build();
    let edits = Edits {
        soname: Some("a-longer-name.so".into()),
        remove_needed: vec!["libdep.so.1".into()],
        search_path: Some(SearchPathEdit::Convert(SearchPathKind::Rpath)),
        ..Edits::default()
    };
    for layout in [LAYOUTS[5], LAYOUTS[6], LAYOUTS[7]] {
        let file = library(&dir, layout, ZEROS[0]);
        for len in (0..file.len()).step_by(61) {
            drop(elf_edit::edit(&file[..len], &edits).map(|patch| patch.apply(&file[..len])));
        }
        let header_bytes = 0..64 + 56 * 11;
        for range in [vec![header_bytes], segments(&file, PT_DYNAMIC)].concat() {
            for at in range {
                for value in [0, 1, 0x7f, 0xff] {
                    let mut damaged = file.clone();
                    damaged[at] = value;
                    if let Ok(patch) = elf_edit::edit(&damaged, &edits) {
                        let edited = patch.apply(&damaged);
                        assert_eq!(edited.len() as u64, patch.len(), "byte {at}");
                    }
                }
            }
        }
    }
}

#[test]
fn refused() {
    let dir = build();
    library(&dir, &[], ZEROS[0]);
    dir.write("text", "no ELF file");
    dir.command("gcc", &["-c", "dep.c", "-o", "dep.o"]).expect(0);
    let cases: [(&[&str], &str); 4] = [
        (
            &["--set-soname=x", "text"],
            "error: cannot read `text`: expected an ELF header at byte 0, found something else\n",
        ),
        (
            &["--set-soname=x", "dep.o"],
            "error: cannot edit `dep.o`: expected a dynamic section, found a file without one\n\
             hint: edit shared libraries and dynamically linked programs only\n",
        ),
        (
            &["--print-soname", "--output=out", "lib.so", "lib.so"],
            "error: expected one file with `--output`, found 2\n\
             hint: run the command once for each file\n",
        ),
        (
            &["--print-soname", "missing"],
            "error: cannot read `missing`: No such file or directory (os error 2)\n\
             hint: check the path; the folder must exist\n",
        ),
    ];
    for (arguments, stderr) in cases {
        let output = dir.wheelworks(&[&["patchelf"], arguments].concat()).expect(2);
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", stderr));
        assert!(!dir.path().join("out").exists());
    }
}

/// The calls of auditwheel 6.8, by the name `patchelf`.
#[test]
fn called_by_the_name_patchelf() {
    let dir = build();
    library(&dir, LAYOUTS[6], ZEROS[0]);
    std::os::unix::fs::symlink(WHEELWORKS, dir.path().join("patchelf")).unwrap();
    let run = |arguments: &[&str]| dir.command("./patchelf", arguments).expect(0).stdout;
    assert_eq!(run(&["--version"]), "patchelf 0.19.3\n");
    assert_eq!(run(&["--print-rpath", "lib.so"]), "/a/path:/another/path\n");
    assert_eq!(run(&["--print-needed", "lib.so"]), "libdep.so.1\nld-linux-x86-64.so.2\n");
    run(&[
        "--replace-needed",
        "libdep.so.1",
        "a.so",
        "--replace-needed",
        "ld-linux-x86-64.so.2",
        "b.so",
        "lib.so",
    ]);
    assert_eq!(run(&["--print-needed", "lib.so"]), "a.so\nb.so\n");
    run(&["--remove-needed", "a.so", "--remove-needed", "not-there.so", "lib.so"]);
    assert_eq!(run(&["--print-needed", "lib.so"]), "b.so\n");
    run(&["--remove-rpath", "lib.so"]);
    assert_eq!(run(&["--print-rpath", "lib.so"]), "\n");
    run(&["--force-rpath", "--set-rpath", "$ORIGIN", "lib.so"]);
    run(&["--add-rpath", "/x", "--add-rpath", "/y", "--force-rpath", "lib.so"]);
    let facts = ElfFacts::read(&read(&dir, "lib.so"), Detail::Loading).unwrap();
    assert_eq!((facts.rpath.as_deref(), facts.runpath), (Some("$ORIGIN:/x:/y"), None));
    run(&["--set-soname", "c.so", "--output", "out.so", "lib.so"]);
    assert_eq!(run(&["--print-soname", "--print-execstack", "out.so"]), "c.so\nexecstack: -\n");
    assert_eq!(run(&["--print-soname", "lib.so"]), "lib.so\n");
}
