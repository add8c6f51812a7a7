//! Shapes for single rules of glibc's loader: flags, programs, filters.

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

/// The library that filters stand for.
const LIBF: File = file("b-1.0", "b/lib/libf.so.1", B, "-Wl,-soname,libf.so.1");

const FOUND: &[(&str, &str)] = &[("a/m.so", "")];

pub(super) const FLAGS: &[Row] = &[
    Row {
        name: "DF_1_NODEFLIB",
        files: &[A, file("a-1.0", "a/m.so", "int PyInit_m;", "-Wl,-z,nodefaultlib -lstdc++")],
        loads: &[("a/m.so", "libstdc++.so.6: cannot open")],
        problems: &["library-not-on-path a/m.so libstdc++.so.6"],
        ..Row::EMPTY
    },
    Row {
        name: "DF_1_NODEFLIB, and libraries that Python has loaded",
        files: &[A, file("a-1.0", "a/m.so", "int PyInit_m;", "-Wl,-z,nodefaultlib -lm")],
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "DF_1_NOOPEN",
        files: &[A, file("a-1.0", "a/m.so", "int PyInit_m;", "-Wl,-z,nodlopen")],
        loads: &[("a/m.so", "cannot be dlopen()ed")],
        problems: &["file-not-loadable a/m.so -"],
        ..Row::EMPTY
    },
    Row {
        name: "DF_1_NOOPEN of a needed library",
        files: &[A, LIBB, M, libb(B, "-Wl,-soname,libb.so.1 -Wl,-z,nodlopen")],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "libb.so.1: shared object cannot be dlopen()ed")],
        problems: &["file-not-loadable a/m.so libb.so.1", "file-not-loadable b/lib/libb.so.1 -"],
        ..Row::EMPTY
    },
    Row {
        name: "DF_SYMBOLIC",
        files: &[
            A,
            libb(
                "int c(void) { return 1; } int b(void) { return c(); }",
                "-Wl,-soname,libb.so.1 -Wl,-Bsymbolic",
            ),
            file(
                "a-1.0",
                "a/m.so",
                "int b(void); int c(void) { return 2; } int PyInit_m(void) { return b(); }",
                BY_RPATH,
            ),
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
];

pub(super) const FILES: &[Row] = &[
    Row {
        name: "a position-independent program in place of a library",
        files: &[
            A,
            LIBB,
            M,
            libb("int b(void) { return 1; } int main(void) { return 0; }", "-pie -rdynamic"),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "cannot dynamically load position-independent executable")],
        problems: &["file-not-loadable a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "a program in place of a library",
        files: &[
            A,
            LIBB,
            M,
            libb("int b(void) { return 1; } int main(void) { return 0; }", "-no-pie -rdynamic"),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "cannot dynamically load executable")],
        problems: &["file-not-loadable a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "an object file in the first directory",
        files: &[
            A,
            LIBB,
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{site}/b/lib/libb.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/o:$ORIGIN/../b/lib",
            ),
            file("a-1.0", "a/o/libb.so.1", B, "-c"),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "only ET_DYN and ET_EXEC can be loaded")],
        problems: &["file-not-loadable a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "a library for another system",
        files: &[A, LIBB, M],
        requires: REQUIRES_B,
        edits: &[("b/lib/libb.so.1", "poke 7 9")],
        loads: &[("a/m.so", "ELF file OS ABI invalid")],
        problems: &["file-not-loadable a/m.so libb.so.1", "file-not-loadable b/lib/libb.so.1 -"],
        ..Row::EMPTY
    },
    Row {
        name: "EI_VERSION of another version",
        files: &[A, LIBB, M],
        requires: REQUIRES_B,
        edits: &[("b/lib/libb.so.1", "poke 6 2")],
        loads: &[("a/m.so", "ELF file version ident does not match")],
        problems: &["file-not-loadable a/m.so libb.so.1", "file-not-loadable b/lib/libb.so.1 -"],
        ..Row::EMPTY
    },
    Row {
        name: "e_version of another version",
        files: &[A, LIBB, M],
        requires: REQUIRES_B,
        edits: &[("b/lib/libb.so.1", "poke 20 2")],
        loads: &[("a/m.so", "ELF file version does not match")],
        problems: &["file-not-loadable a/m.so libb.so.1", "file-not-loadable b/lib/libb.so.1 -"],
        ..Row::EMPTY
    },
    Row {
        name: "EI_ABIVERSION of System V",
        files: &[A, LIBB, M],
        requires: REQUIRES_B,
        edits: &[("b/lib/libb.so.1", "poke 8 1")],
        loads: &[("a/m.so", "ELF file ABI version invalid")],
        problems: &["file-not-loadable a/m.so libb.so.1", "file-not-loadable b/lib/libb.so.1 -"],
        ..Row::EMPTY
    },
    Row {
        name: "bytes behind EI_ABIVERSION",
        files: &[A, LIBB, M],
        requires: REQUIRES_B,
        edits: &[("b/lib/libb.so.1", "poke 15 1")],
        loads: &[("a/m.so", "nonzero padding in e_ident")],
        problems: &["file-not-loadable a/m.so libb.so.1", "file-not-loadable b/lib/libb.so.1 -"],
        ..Row::EMPTY
    },
    Row {
        name: "the last EI_ABIVERSION of GNU",
        files: &[A, LIBB, M],
        requires: REQUIRES_B,
        edits: &[("b/lib/libb.so.1", "poke 7 3"), ("b/lib/libb.so.1", "poke 8 3")],
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "a later EI_ABIVERSION of GNU",
        files: &[A, LIBB, M],
        requires: REQUIRES_B,
        edits: &[("b/lib/libb.so.1", "poke 7 3"), ("b/lib/libb.so.1", "poke 8 4")],
        loads: &[("a/m.so", "ELF file ABI version invalid")],
        problems: &["file-not-loadable a/m.so libb.so.1", "file-not-loadable b/lib/libb.so.1 -"],
        ..Row::EMPTY
    },
    Row {
        name: "a library for another machine is passed over",
        files: &[
            A,
            LIBB,
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "{site}/b/lib/libb.so.1 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/o:$ORIGIN/../b/lib",
            ),
            file("a-1.0", "a/o/libb.so.1", B, SONAME),
        ],
        requires: REQUIRES_B,
        edits: &[("a/o/libb.so.1", "poke 18 8")],
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "a library of glibc in a wheel",
        // Python has the one of the system.
        files: &[
            A,
            file("b-1.0", "b/lib/libm.so.6", B, "-Wl,-soname,libm.so.6"),
            file(
                "a-1.0",
                "a/m.so",
                MODULE,
                "-nostdlib {site}/b/lib/libm.so.6 -Wl,--disable-new-dtags -Wl,-rpath,$ORIGIN/../b/lib",
            ),
        ],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "undefined symbol: b")],
        problems: &["undefined-symbol a/m.so b"],
        ..Row::EMPTY
    },
];

pub(super) const FILTERS: &[Row] = &[
    Row {
        name: "DT_FILTER",
        files: &[
            A,
            LIBF,
            LIBB,
            M,
            libb("int z;", "-Wl,-soname,libb.so.1 -Wl,-F,libf.so.1 -Wl,-rpath,$ORIGIN"),
        ],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
    Row {
        name: "DT_FILTER, and nothing behind it",
        files: &[A, LIBB, M, libb(B, "-Wl,-soname,libb.so.1 -Wl,-F,libf.so.1 -Wl,-rpath,$ORIGIN")],
        requires: REQUIRES_B,
        loads: &[("a/m.so", "libf.so.1: cannot open")],
        problems: &["library-not-found b/lib/libb.so.1 libf.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "DT_AUXILIARY, and nothing behind it",
        files: &[A, LIBB, M, libb(B, "-Wl,-soname,libb.so.1 -Wl,-f,libf.so.1 -Wl,-rpath,$ORIGIN")],
        requires: REQUIRES_B,
        loads: FOUND,
        ..Row::EMPTY
    },
];
