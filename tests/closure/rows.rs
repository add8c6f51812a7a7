//! Shapes: how libraries find each other, and how they do not.

use super::row::{File, Row};

/// A module that calls `b`.
pub(super) const MODULE: &str = "int b(void); int PyInit_m(void) { return b(); }";

/// A library that defines `b`.
pub(super) const B: &str = "int b(void) { return 1; }";

/// A library that defines `b` and calls `c`.
const B_CALLS_C: &str = "int c(void); int b(void) { return c(); }";

pub(super) const C: &str = "int c(void) { return 2; }";

pub(super) const fn file(
    wheel: &'static str,
    member: &'static str,
    source: &'static str,
    flags: &'static str,
) -> File {
    File { wheel, member, source, flags }
}

/// `libb.so.1` of another wheel.
pub(super) const LIBB: File = file("b-1.0", "b/lib/libb.so.1", B, "-Wl,-soname,libb.so.1");

/// `libc2.so.1` beside it.
const LIBC2: File = file("b-1.0", "b/lib/libc2.so.1", C, "-Wl,-soname,libc2.so.1");

/// `libb.so.1`, which needs `libc2.so.1` and has no search path.
const LIBB_NEEDS_C2: File =
    file("b-1.0", "b/lib/libb.so.1", B_CALLS_C, "-Wl,-soname,libb.so.1 {site}/b/lib/libc2.so.1");

const VERSION_1: File = file("", "v1.map", "text:V1 { global: b; c; local: *; };", "");
const VERSION_2: File =
    file("", "v2.map", "text:V1 { global: c; local: *; }; V2 { global: b; } V1;", "");

const BOTH: &str = "int b(void) { return 1; } int c(void) { return 1; }";

const CALLS_BOTH: &str = "int b(void); int c(void); int PyInit_m(void) { return b() + c(); }";

/// Flags of a module that finds `libb.so.1` by RUNPATH.
pub(super) const BY_RUNPATH: &str =
    "{site}/b/lib/libb.so.1 -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN/../b/lib";

/// Flags of a module that finds `libb.so.1` by RPATH.
pub(super) const BY_RPATH: &str = "{site}/b/lib/libb.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/../b/lib -Wl,-rpath-link,{site}/b/lib";

pub(super) const REQUIRES_B: &[(&str, &str)] = &[("a-1.0", "b")];

/// The first file of a row must be of wheel `a-1.0`; a text that does nothing.
pub(super) const A: File = file("a-1.0", "a/__init__.py", "text:", "");

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "found by RUNPATH",
        files: &[A, LIBB, file("a-1.0", "a/m.so", MODULE, BY_RUNPATH)],
        requires: REQUIRES_B,
        loads: &[("a/m.so", ""), ("b/lib/libb.so.1", "")],
        problems: &["runpath-overridable a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "found by RPATH",
        files: &[A, LIBB, file("a-1.0", "a/m.so", MODULE, BY_RPATH)],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "")],
        ..Row::EMPTY
    },
    Row {
        name: "nowhere",
        files: &[
            A,
            file("", "b/lib/libb.so", B, "-Wl,-soname,libb.so.1"),
            file("a-1.0", "a/m.so", MODULE, "{site}/b/lib/libb.so -Wl,-rpath,$ORIGIN/../b/lib"),
        ],
        loads: &[("a/m.so", "libb.so.1: cannot open shared object file")],
        problems: &["library-not-found a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "not on the path",
        files: &[A, LIBB, file("a-1.0", "a/m.so", MODULE, "{site}/b/lib/libb.so.1")],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "libb.so.1: cannot open shared object file")],
        problems: &["library-not-on-path a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "not on the path, and preloaded",
        files: &[A, LIBB, file("a-1.0", "a/m.so", MODULE, "{site}/b/lib/libb.so.1")],
        requires: REQUIRES_B,
        arguments: &["--preloaded=B"],
        ..Row::EMPTY
    },
    Row {
        name: "a plug-in without a path to its host",
        files: &[
            A,
            file("a-1.0", "a/libb.so.1", B, "-Wl,-soname,libb.so.1"),
            file(
                "a-1.0",
                "a/plugins/plugin.so",
                "int b(void); int p(void) { return b(); }",
                "{site}/a/libb.so.1",
            ),
        ],
        loads: &[("a/plugins/plugin.so", "libb.so.1: cannot open")],
        problems: &["plugin-loads-after-host a/plugins/plugin.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "RPATH of the loader",
        files: &[A, LIBC2, LIBB_NEEDS_C2, file("a-1.0", "a/m.so", MODULE, BY_RPATH)],
        requires: REQUIRES_B,
        loads: &[("a/m.so", ""), ("b/lib/libb.so.1", "libc2.so.1: cannot open")],
        problems: &["loads-after-others b/lib/libb.so.1 libc2.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "RUNPATH of the loader",
        files: &[
            A,
            LIBC2,
            LIBB_NEEDS_C2,
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{site}/b/lib/libb.so.1 -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN/../b/lib -Wl,-rpath-link,{site}/b/lib",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "libc2.so.1: cannot open")],
        problems: &[
            "library-not-on-path b/lib/libb.so.1 libc2.so.1",
            "runpath-overridable a/m.so libb.so.1",
        ],
        ..Row::EMPTY
    },
    Row {
        name: "RPATH of the loader, for a file with RUNPATH",
        files: &[
            A,
            LIBC2,
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                B_CALLS_C,
                "-Wl,-soname,libb.so.1 {site}/b/lib/libc2.so.1 -Wl,--enable-new-dtags -Wl,-rpath,/nowhere",
            ),
            file("a-1.0", "a/m.so", MODULE, BY_RPATH),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "libc2.so.1: cannot open")],
        problems: &[
            "library-not-on-path b/lib/libb.so.1 libc2.so.1",
            "build-machine-path b/lib/libb.so.1 /nowhere",
        ],
        ..Row::EMPTY
    },
    Row {
        name: "loaded before, by its soname",
        files: &[
            A,
            file("b-1.0", "b/lib/renamed.so", C, "-Wl,-soname,libc2.so.1"),
            file(
                "b-1.0",
                "b/other/libb.so.1",
                B_CALLS_C,
                "-Wl,-soname,libb.so.1 {site}/b/lib/renamed.so",
            ),
            file(
                "a-1.0",
                "a/m.so",
                CALLS_BOTH,
                "{site}/b/lib/renamed.so {site}/b/other/libb.so.1 -Wl,--disable-new-dtags \
                 -Wl,-rpath,$ORIGIN/../b/lib:$ORIGIN/../b/other -Wl,-rpath-link,{site}/b/lib",
            ),
        ],
        requires: REQUIRES_B,
        // No file is named as the soname, so no search path leads there.
        loads: &[("a/m.so", "libc2.so.1: cannot open")],
        problems: &[
            "library-not-on-path a/m.so libc2.so.1",
            "library-not-on-path b/other/libb.so.1 libc2.so.1",
        ],
        ..Row::EMPTY
    },
    Row {
        name: "a text with the name of a library",
        files: &[
            A,
            LIBB,
            file("a-1.0", "a/m.so", MODULE, BY_RPATH),
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                "text:INPUT(libother.so.1), for the link editor alone, and longer than a header of ELF",
                "",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "invalid ELF header")],
        problems: &["file-not-loadable a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "needed by its path",
        files: &[
            A,
            file("b-1.0", "b/lib/libb.so", B, ""),
            file("a-1.0", "a/m.so", MODULE, "{site}/b/lib/libb.so"),
        ],
        requires: REQUIRES_B,
        problems: &["needed-by-path a/m.so /"],
        ..Row::EMPTY
    },
    Row {
        name: "an undefined symbol",
        files: &[A, file("a-1.0", "a/m.so", MODULE, "")],
        loads: &[("a/m.so", "undefined symbol: b")],
        problems: &["undefined-symbol a/m.so b"],
        ..Row::EMPTY
    },
    Row {
        name: "a weak undefined symbol, libm without its name, and the interpreter",
        files: &[
            A,
            file(
                "a-1.0",
                "a/m.so",
                "__attribute__((weak)) int b(void); double pow(double, double); long PyLong_FromLong(long);\n\
                 double PyInit_m(double x) { PyLong_FromLong(b ? 1 : 0); return pow(x, x); }",
                "",
            ),
        ],
        loads: &[("a/m.so", "")],
        ..Row::EMPTY
    },
    Row {
        name: "a version that the library does not define",
        files: &[
            A,
            VERSION_1,
            VERSION_2,
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                BOTH,
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v2.map",
            ),
            file("a-1.0", "a/m.so", MODULE, BY_RPATH),
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                BOTH,
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "version `V2' not found")],
        problems: &["symbol-version-not-found a/m.so V2", "floor-too-low - b"],
        ..Row::EMPTY
    },
    Row {
        name: "a symbol that is missing in a version",
        files: &[
            A,
            VERSION_1,
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                BOTH,
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map",
            ),
            file("a-1.0", "a/m.so", CALLS_BOTH, BY_RPATH),
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                B,
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "undefined symbol: c, version V1")],
        problems: &["undefined-symbol a/m.so c", "floor-too-low - b"],
        ..Row::EMPTY
    },
    Row {
        name: "a library without versions meets all",
        files: &[
            A,
            VERSION_1,
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                BOTH,
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map",
            ),
            file("a-1.0", "a/m.so", CALLS_BOTH, BY_RPATH),
            file("b-1.0", "b/lib/libb.so.1", BOTH, "-Wl,-soname,libb.so.1"),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "")],
        ..Row::EMPTY
    },
    Row {
        name: "a symbol that another loaded library defines",
        files: &[
            A,
            LIBC2,
            file("b-1.0", "b/lib/libb.so.1", B_CALLS_C, "-Wl,-soname,libb.so.1"),
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{site}/b/lib/libb.so.1 {site}/b/lib/libc2.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/../b/lib",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", ""), ("b/lib/libb.so.1", "undefined symbol: c")],
        problems: &["loads-after-others b/lib/libb.so.1 c"],
        ..Row::EMPTY
    },
    Row {
        name: "libraries that need each other",
        files: &[
            A,
            file("b-1.0", "b/lib/libc2.so.1", C, "-Wl,-soname,libc2.so.1"),
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                B_CALLS_C,
                "-Wl,-soname,libb.so.1 {site}/b/lib/libc2.so.1 -Wl,-rpath,$ORIGIN",
            ),
            file(
                "b-1.0",
                "b/lib/libc2.so.1",
                "int b(void); int c(void) { return 2; } int d(void) { return b(); }",
                "-Wl,-soname,libc2.so.1 {site}/b/lib/libb.so.1 -Wl,-rpath,$ORIGIN",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("b/lib/libb.so.1", ""), ("b/lib/libc2.so.1", "")],
        ..Row::EMPTY
    },
    Row {
        name: "a library in the prefix",
        files: &[
            A,
            file("a-1.0", "a-1.0.data/data/lib/libb.so.1", B, "-Wl,-soname,libb.so.1"),
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{dir}/prefix/lib/libb.so.1 -Wl,-rpath,$ORIGIN/../../..",
            ),
        ],
        loads: &[("a/m.so", "")],
        ..Row::EMPTY
    },
];
