//! A sound closure, changed in one place: each change has exactly its problem.

use super::row::{File, Row};
use super::rows::{A, BY_RPATH, MODULE, REQUIRES_B, file};

const V1: File = file("", "v1.map", "text:V1 { global: b; local: *; };", "");

/// A module, and the library that it needs in another wheel, by RPATH and with a version.
const SOUND: Row = Row {
    files: &[
        A,
        V1,
        file(
            "b-1.0",
            "b/lib/libb.so.1",
            "int b(void) { return 1; }",
            "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map",
        ),
        file("a-1.0", "a/m.so", MODULE, BY_RPATH),
    ],
    requires: REQUIRES_B,
    loads: &[("a/m.so", "")],
    ..Row::EMPTY
};

const fn edited(
    name: &'static str,
    edits: &'static [(&'static str, &'static str)],
    loads: &'static [(&'static str, &'static str)],
    problems: &'static [&'static str],
) -> Row {
    Row { name, edits, loads, problems, ..SOUND }
}

const LOADS: &[(&str, &str)] = &[("a/m.so", "")];

const NOT_FOUND: &[(&str, &str)] = &[("a/m.so", "libb.so.1: cannot open shared object file")];

pub(super) const MUTATIONS: &[Row] = &[
    edited("nothing is changed", &[], LOADS, &[]),
    edited(
        "RPATH removed",
        &[("a/m.so", "patchelf --remove-rpath")],
        NOT_FOUND,
        &["library-not-on-path a/m.so libb.so.1"],
    ),
    edited(
        "RPATH of the machine that built it",
        &[("a/m.so", "patchelf --force-rpath --set-rpath /opt/nowhere/lib")],
        NOT_FOUND,
        &["library-not-on-path a/m.so libb.so.1", "build-machine-path a/m.so /opt/nowhere/lib"],
    ),
    edited(
        "RPATH with one `..` too many",
        &[("a/m.so", "patchelf --force-rpath --set-rpath $ORIGIN/../../b/lib")],
        NOT_FOUND,
        &["library-not-on-path a/m.so libb.so.1"],
    ),
    edited(
        "RPATH that leaves the prefix",
        &[(
            "a/m.so",
            "patchelf --force-rpath --set-rpath $ORIGIN/../b/lib:$ORIGIN/../../../../../nowhere",
        )],
        LOADS,
        &["path-leaves-prefix a/m.so $ORIGIN/../../../../../nowhere"],
    ),
    edited(
        "RUNPATH in place of RPATH",
        &[("a/m.so", "patchelf --set-rpath $ORIGIN/../b/lib")],
        LOADS,
        &["runpath-overridable a/m.so libb.so.1"],
    ),
    edited(
        // The loader searches for a file of the name, and takes it with any soname.
        "another soname",
        &[("b/lib/libb.so.1", "patchelf --set-soname libother.so.1")],
        LOADS,
        &[],
    ),
    edited(
        "another needed library",
        &[("a/m.so", "patchelf --add-needed libq.so.1")],
        &[("a/m.so", "libq.so.1: cannot open shared object file")],
        &["library-not-found a/m.so libq.so.1"],
    ),
    edited(
        "a needed library fewer",
        &[("a/m.so", "patchelf --remove-needed libb.so.1")],
        &[("a/m.so", "undefined symbol: b")],
        &["undefined-symbol a/m.so b"],
    ),
    edited(
        "a needed library by its path",
        &[("a/m.so", "patchelf --replace-needed libb.so.1 /opt/nowhere/libb.so.1")],
        &[("a/m.so", "/opt/nowhere/libb.so.1: cannot open shared object file")],
        &["needed-by-path a/m.so /opt/nowhere/libb.so.1"],
    ),
    edited(
        "a library of the driver",
        &[("a/m.so", "patchelf --add-needed libcuda.so.1")],
        &[],
        &["needs-driver a/m.so libcuda.so.1"],
    ),
    edited(
        "libpython",
        &[("a/m.so", "patchelf --add-needed libpython3.so")],
        &[],
        &["needs-libpython a/m.so libpython3.so"],
    ),
    edited(
        "an executable stack",
        &[("a/m.so", "patchelf --set-execstack")],
        &[],
        &["executable-stack-needed a/m.so"],
    ),
    Row {
        name: "a version that is raised",
        files: &[
            A,
            V1,
            file("", "v2.map", "text:V2 { global: b; local: *; };", ""),
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                "int b(void) { return 1; }",
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v2.map",
            ),
            file("a-1.0", "a/m.so", MODULE, BY_RPATH),
            file(
                "b-1.0",
                "b/lib/libb.so.1",
                "int b(void) { return 1; }",
                "-Wl,-soname,libb.so.1 -Wl,--version-script={dir}/v1.map",
            ),
        ],
        loads: &[("a/m.so", "version `V2' not found")],
        problems: &["symbol-version-not-found a/m.so V2", "floor-too-low - b"],
        ..SOUND
    },
    Row {
        name: "a requirement less",
        requires: &[],
        loads: &[],
        problems: &["library-not-found a/m.so libb.so.1", "wheel-not-required - b"],
        ..SOUND
    },
    Row {
        name: "a requirement that no wheel meets",
        requires: &[("a-1.0", "b>=2")],
        loads: &[],
        problems: &[
            "requirement-not-met - b",
            "library-not-found a/m.so libb.so.1",
            "wheel-not-required - b",
        ],
        ..SOUND
    },
    Row {
        name: "a requirement more",
        requires: &[("a-1.0", "b"), ("a-1.0", "q")],
        problems: &["wheel-missing - q"],
        ..SOUND
    },
    Row {
        name: "an older platform tag",
        files: &[
            A,
            file(
                "a-1.0",
                "a/m.so",
                "void *memcpy(void *, const void *, unsigned long); void *PyInit_m(void *x, unsigned long y) { return memcpy(x, \"\", y); }",
                "",
            ),
        ],
        requires: &[],
        tag: if cfg!(target_arch = "x86_64") {
            Some("manylinux_2_5_x86_64")
        } else {
            Some("manylinux_2_5_aarch64")
        },
        problems: &["version-not-promised a/m.so GLIBC_2.1"],
        ..SOUND
    },
    Row {
        // Link editors for x86-64 align segments to 4 KiB.
        name: "another machine",
        files: &[A, file("a-1.0", "a/m.so", "int PyInit_m;", "-Wl,-z,max-page-size=4096")],
        requires: &[],
        edits: &[("a/m.so", "poke 18 183")],
        loads: &[],
        tag: Some("linux_aarch64"),
        problems: &["small-pages a/m.so"],
        ..SOUND
    },
];
