//! Edits of any bytes end with an error or a file of the promised length, which can be edited again. Bytes that
//! are kept stay, apart from the listed writes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::elf_edit::{self, Edits, SearchPathEdit, SearchPathKind};

fuzz_target!(|bytes: &[u8]| {
    let all = Edits {
        soname: Some("a-longer-name-than-before.so.1".into()),
        replace_needed: vec![("libm.so.6".into(), "libm-01234567.so.6".into())],
        remove_needed: vec!["libc.so.6".into()],
        add_needed: vec!["libadded.so".into()],
        search_path: Some(SearchPathEdit::Set(SearchPathKind::Rpath, "$ORIGIN/../a.libs".into())),
        clear_executable_stack: true,
    };
    let short = Edits { soname: Some("a".into()), ..Edits::default() };
    let mut file = bytes.to_vec();
    for edits in [&all, &short, &all] {
        let Ok(patch) = elf_edit::edit(&file, edits) else { return };
        let edited = patch.apply(&file);
        assert_eq!(edited.len() as u64, patch.len());
        let kept = usize::try_from(patch.kept()).expect("the file is in memory");
        let mut expected = file[..kept].to_vec();
        for (offset, written) in patch.writes() {
            let start = usize::try_from(offset).expect("the file is in memory");
            expected[start..start + written.len()].copy_from_slice(written);
        }
        assert!(edited[..kept] == expected, "other bytes changed");
        file = edited;
    }
});
