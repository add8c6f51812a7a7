//! Edits of any bytes end with an error or a file of the promised length, which can be edited again. Bytes that
//! are kept stay, apart from the listed writes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::elf_edit::{self, DebugLink, Edits, SearchPathEdit, SearchPathKind, Strip};

fuzz_target!(|bytes: &[u8]| {
    let all = Edits {
        soname: Some("a-longer-name-than-before.so.1".into()),
        replace_needed: vec![("libm.so.6".into(), "libm-01234567.so.6".into())],
        remove_needed: vec!["libc.so.6".into()],
        add_needed: vec!["libadded.so".into()],
        search_path: Some(SearchPathEdit::Set(SearchPathKind::Rpath, "$ORIGIN/../a.libs".into())),
        executable_stack: Some(false),
        ..Edits::default()
    };
    let program = Edits {
        interpreter: Some("/a/longer/path/than/before/ld-linux-x86-64.so.2".into()),
        executable_stack: Some(true),
        os_abi: Some(3),
        no_default_libraries: true,
        debug_entry: true,
        unversioned_symbols: vec!["printf".into()],
        ..Edits::default()
    };
    let short = Edits { soname: Some("a".into()), ..Edits::default() };
    let link = DebugLink::new("a.debug".into(), bytes);
    let strip = Edits { strip: Some(Strip::All), debug_link: Some(link), ..Edits::default() };
    let debug = Edits { strip: Some(Strip::Debug), ..short.clone() };
    if let Ok(Some(debug_file)) = elf_edit::debug_file(bytes, &short) {
        assert!(debug_file.len() <= 3 * bytes.len() + 8192, "sections were copied twice");
        elf_edit::edit(&debug_file, &strip).expect("an ELF file");
    }
    edit(bytes, &[&all, &short, &all]);
    edit(bytes, &[&strip, &all, &strip]);
    edit(bytes, &[&program, &all, &program]);
    edit(bytes, &[&all, &debug, &strip]);
});

/// Makes the edits one after the other.
fn edit(bytes: &[u8], all: &[&Edits]) {
    let mut file = bytes.to_vec();
    for edits in all {
        let Ok(patch) = elf_edit::edit(&file, edits) else { return };
        let edited = patch.apply(&file);
        assert_eq!(edited.len() as u64, patch.len());
        let kept = usize::try_from(patch.kept()).expect("the file is in memory");
        let mut expected = file[..kept].to_vec();
        let mut written_end = 0;
        for (offset, written) in patch.writes() {
            let start = usize::try_from(offset).expect("the file is in memory");
            assert!(start >= written_end, "writes overlap");
            written_end = start + written.len();
            expected[start..start + written.len()].copy_from_slice(written);
        }
        assert!(edited[..kept] == expected, "other bytes changed");
        file = edited;
    }
}
