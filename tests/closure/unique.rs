//! Symbols that are unique in a process (`STB_GNU_UNIQUE`): two wheels share them whatever their versions and flags are.

use super::row::{Built, Row, problems};
use super::rows::{A, REQUIRES_B, file};

/// Returns the source of a module with variables of this type, and a function that reads the first one.
macro_rules! variables {
    ($kind:literal, $value:literal) => {
        concat!(
            "__asm__(\".data\\n.irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\\n.globl u\\\\n\\n.type u\\\\n,",
            $kind,
            "\\n.size u\\\\n,4\\nu\\\\n: .int ",
            $value,
            "\\n.endr\\n.text\\n\"); extern int u0; int value(void) { return u0; } int PyInit_m;"
        )
    };
}

const UNIQUE: [&str; 2] =
    [variables!("@gnu_unique_object", "1"), variables!("@gnu_unique_object", "2")];

const PLAIN: [&str; 2] = [variables!("@object", "1"), variables!("@object", "2")];

/// What the second module reads, after the first one.
const READ: &str = "import ctypes, sys\n\
    first, second = map(ctypes.CDLL, sys.argv[1:])\n\
    first.value()\n\
    print(second.value())\n";

#[test]
fn unique_symbols_are_shared_in_spite_of_versions_and_flags() {
    const VERSIONED: &str = "-Wl,--version-script={dir}/v.map";
    for (sources, flags, read, is_clash) in [
        (UNIQUE, "", "1\n", true),
        (UNIQUE, "-Wl,-Bsymbolic", "1\n", true),
        (UNIQUE, VERSIONED, "1\n", true),
        (PLAIN, "-Wl,-Bsymbolic", "2\n", false),
        (PLAIN, VERSIONED, "2\n", false),
    ] {
        let files: &'static [_] = Vec::leak(vec![
            A,
            file("", "v.map", "text:V1 { global: *; };", ""),
            file("a-1.0", "a/m.so", sources[0], flags),
            file("b-1.0", "b/m.so", sources[1], flags),
        ]);
        let built = Built::new(&Row { files, requires: REQUIRES_B, ..Row::EMPTY });
        assert_eq!(built.run_python(READ, &["a/m.so", "b/m.so"]), read, "{flags} {}", sources[0]);
        let found = problems(&built.report(&[]).1);
        let expected = "symbol-clash b/m.so C of a".to_owned();
        assert_eq!(found.contains(&expected), is_clash, "{flags} {}: {found:?}", sources[0]);
    }
}
