//! Shapes for single rules of glibc's loader: symbol versions, scopes, variants for processors.

use super::row::{File, Row};
use super::rows::{A, B, BY_RPATH, LIBB, MODULE, REQUIRES_B, file};

/// The soname of [`LIBB`].
const SONAME: &str = "-Wl,-soname,libb.so.1";

/// A module that finds `libb.so.1` by RPATH.
const M: File = file("a-1.0", "a/m.so", MODULE, BY_RPATH);

/// Another `libb.so.1` than the one that the module was linked with.
const fn libb(source: &'static str, flags: &'static str) -> File {
    file("b-1.0", "b/lib/libb.so.1", source, flags)
}

const V1: File = file("", "v1.map", "text:V1 { global: b; c; local: *; };", "");

/// `libb.so.1` with `b` and `c` of version V1.
const LIBB_V1: File = libb(
    "int b(void) { return 1; } int c(void) { return 1; }",
    "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map",
);

/// `libb.so.1` with `c` of version V1, and without `b`.
const LIBB_WITHOUT_B: File =
    libb("int c(void) { return 1; }", "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map");

const FOUND: &[(&str, &str)] = &[("a/m.so", "")];

pub(super) const SYMBOLS: &[Row] = &[
    Row {
        name: "the named library lacks a symbol, and a later one has it",
        files: &[
            A,
            V1,
            LIBB_V1,
            file("b-1.0", "b/lib/libc2.so.1", B, "-Wl,-soname,libc2.so.1"),
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{site}/b/lib/libb.so.1 {site}/b/lib/libc2.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/../b/lib",
            ),
            LIBB_WITHOUT_B,
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "a library without a table of versions",
        // An assertion of the loader fails.
        files: &[
            A,
            V1,
            libb(B, "-nostdlib -Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map"),
            M,
            libb(B, "-nostdlib -Wl,-soname,libb.so.1"),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "ends with 127")],
        problems: &["undefined-symbol a/m.so b", "floor-too-low - b"],
        ..Row::EMPTY
    },
    Row {
        name: "versions of a library that is needed no more",
        // An assertion of the loader fails. wheelworks' own editor removes the versions, too.
        files: &[A, V1, LIBB_V1, M],
        requires: REQUIRES_B,
        edits: &[("a/m.so", "nixos --remove-needed libb.so.1")],
        loads: &[("a/m.so", "ends with 127")],
        problems: &["symbol-version-not-found a/m.so V1"],
        ..Row::EMPTY
    },
    Row {
        name: "a weak reference with a version",
        files: &[
            A,
            V1,
            LIBB_V1,
            file(
                "a-1.0",
                "a/m.so",
                "__attribute__((weak)) int b(void); int PyInit_m(void) { return b ? b() : 0; }",
                BY_RPATH,
            ),
            LIBB_WITHOUT_B,
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "a later version that is hidden, and a reference without one",
        files: &[
            A,
            LIBB,
            M,
            file("", "v.map", "text:V0 {}; V1 {} V0; V2 {} V1;", ""),
            libb(
                "__asm__(\".symver old,b@V2\"); int old(void) { return 1; }",
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v.map",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "undefined symbol: b")],
        problems: &["undefined-symbol a/m.so b", "floor-too-low - b"],
        ..Row::EMPTY
    },
    Row {
        name: "the first version, hidden, and a reference without one",
        files: &[
            A,
            LIBB,
            M,
            file("", "v.map", "text:V0 {}; V1 {} V0;", ""),
            libb(
                "__asm__(\".symver old,b@V0\"); int old(void) { return 1; }",
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v.map",
            ),
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "a hidden version beside the default one, and a reference without one",
        files: &[
            A,
            LIBB,
            M,
            file("", "v.map", "text:V0 {}; V1 {} V0; V2 {} V1;", ""),
            libb(
                "__asm__(\".symver old,b@V1\"); __asm__(\".symver new,b@@V2\"); int old(void) { return 1; } int new(void) { return 2; }",
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v.map",
            ),
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "an indirect function, and a thread-local variable that is none any more",
        files: &[
            A,
            libb("__thread int t; int b(void) { return t; }", SONAME),
            file(
                "a-1.0",
                "a/m.so",
                "extern __thread int t; int b(void); int PyInit_m(void) { return b() + t; }",
                BY_RPATH,
            ),
            libb(
                "int t; static int one(void) { return 1; } static void *choose(void) { return one; } int b(void) __attribute__((ifunc(\"choose\")));",
                SONAME,
            ),
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "a symbol of libstdc++ beside libgcc_s",
        files: &[
            A,
            file(
                "a-1.0",
                "a/m.so",
                "void _ZNSt8ios_base4InitC1Ev(void *); void *PyInit_m = _ZNSt8ios_base4InitC1Ev;",
                "-lgcc_s",
            ),
        ],
        loads: &[("a/m.so", "undefined symbol: _ZNSt8ios_base4InitC1Ev")],
        problems: &["undefined-symbol a/m.so _ZNSt8ios_base4InitC1Ev"],
        ..Row::EMPTY
    },
    Row {
        name: "a module that defines what its library needs",
        files: &[
            A,
            libb("int c(void); int b(void) { return c(); }", SONAME),
            file(
                "a-1.0",
                "a/m.so",
                "int b(void); int c(void) { return 3; } int PyInit_m(void) { return b(); }",
                BY_RPATH,
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", ""), ("b/lib/libb.so.1", "undefined symbol: c")],
        problems: &["loads-after-others b/lib/libb.so.1 c"],
        ..Row::EMPTY
    },
    Row {
        name: "RPATH of a file beyond one with RUNPATH",
        files: &[
            A,
            file(
                "b-1.0",
                "b/lib/libc2.so.1",
                "int c(void) { return 2; }",
                "-Wl,-soname,libc2.so.1",
            ),
            file(
                "b-1.0",
                "b/lib/libd.so.1",
                "int c(void); int d(void) { return c(); }",
                "-Wl,-soname,libd.so.1 {site}/b/lib/libc2.so.1",
            ),
            file(
                "b-1.0",
                "b/mid/libb.so.1",
                "int d(void); int b(void) { return d(); }",
                "-Wl,-soname,libb.so.1 {site}/b/lib/libd.so.1 -Wl,-rpath-link,{site}/b/lib -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN/../lib",
            ),
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{site}/b/mid/libb.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/../b/mid:$ORIGIN/../b/lib -Wl,-rpath-link,{site}/b/lib",
            ),
        ],
        requires: REQUIRES_B,
        // libd.so.1 has no RUNPATH, so the RPATH of the module counts for it.
        loads: &[("a/m.so", ""), ("b/mid/libb.so.1", "libc2.so.1: cannot open")],
        problems: &["loads-after-others b/lib/libd.so.1 libc2.so.1"],
        ..Row::EMPTY
    },
];

#[cfg(target_arch = "x86_64")]
pub(super) const VARIANTS: &[Row] = &[
    Row {
        name: "glibc-hwcaps",
        files: &[A, LIBB, file("b-1.0", "b/lib/glibc-hwcaps/x86-64-v2/libb.so.1", B, SONAME), M],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "a variant in glibc-hwcaps lacks a symbol",
        files: &[
            A,
            LIBB,
            file("b-1.0", "b/lib/glibc-hwcaps/x86-64-v2/libb.so.1", "int z;", SONAME),
            M,
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "undefined symbol: b")],
        problems: &["undefined-symbol a/m.so b", "floor-too-low - b"],
        ..Row::EMPTY
    },
    Row {
        name: "a library in glibc-hwcaps only",
        // It loads here, and not on the oldest processors.
        files: &[
            A,
            file("b-1.0", "b/lib/glibc-hwcaps/x86-64-v2/libb.so.1", B, SONAME),
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{site}/b/lib/glibc-hwcaps/x86-64-v2/libb.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/../b/lib",
            ),
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        problems: &["library-not-on-path a/m.so libb.so.1"],
        ..Row::EMPTY
    },
];

#[cfg(not(target_arch = "x86_64"))]
pub(super) const VARIANTS: &[Row] = &[];
