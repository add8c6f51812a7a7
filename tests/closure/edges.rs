//! Shapes that load, and break elsewhere.

use super::row::Row;
use super::rows::{A, B, BY_RPATH, C, LIBB, MODULE, REQUIRES_B, file};

/// Sixteen functions of a namespace.
const LLVM: &str = "#define F(n) int _ZN4llvm1##n##Ev(void) { return 0; }\n\
    F(a)F(b)F(c)F(d)F(e)F(f)F(g)F(h)F(i)F(j)F(k)F(l)F(m)F(n)F(o)F(p)";

pub(super) const EDGES: &[Row] = &[
    Row {
        name: "a path that leaves the prefix",
        files: &[
            A,
            file("a-1.0", "a/m.so", "int PyInit_m;", "-Wl,-rpath,$ORIGIN/../../../../../../x"),
        ],
        problems: &["path-leaves-prefix a/m.so $ORIGIN/../../../../../../x"],
        ..Row::EMPTY
    },
    Row {
        name: "a driver, and a library for optional hardware",
        files: &[
            A,
            file("", "libcuda.so", "int cu(void) { return 1; }", "-Wl,-soname,libcuda.so.1"),
            file("", "libibverbs.so", "int ib(void) { return 1; }", "-Wl,-soname,libibverbs.so.1"),
            file(
                "a-1.0",
                "a/m.so",
                "int cu(void); int PyInit_m(void) { return cu(); }",
                "{site}/libcuda.so",
            ),
            file(
                "a-1.0",
                "a/libplugin.so",
                "int ib(void); int p(void) { return ib(); }",
                "{site}/libibverbs.so",
            ),
        ],
        problems: &[
            "needs-driver a/m.so libcuda.so.1",
            "plugin-library-not-found a/libplugin.so libibverbs.so.1",
        ],
        ..Row::EMPTY
    },
    Row {
        name: "libraries that may be opened",
        files: &[
            A,
            LIBB,
            file("b-1.0", "b/other/libc2.so.1", C, "-Wl,-soname,libc2.so.1"),
            file(
                "a-1.0",
                "a/m.so",
                "const char *names[] = {\"libb.so.1\", \"libc2.so.1\", \"libnone.so.3\", \"libnone.so\",\n\
                 \"libb.so.9\", \"libm.so.6\", \"libcuda.so.1\", \"m.so\", \"not libother.so.1\"};\n\
                 int PyInit_m;",
                "-Wl,-rpath,$ORIGIN/../b/lib",
            ),
            file(
                "a-1.0",
                "a/sub/__init__.py",
                "text:import ctypes\nctypes.CDLL('libc2.so.1', mode=ctypes.RTLD_GLOBAL)\nctypes.CDLL('libc.so.6')\n",
                "",
            ),
        ],
        requires: REQUIRES_B,
        problems: &[
            "may-open-library a/m.so libb.so.1",
            "may-open-library a/m.so libc2.so.1",
            "may-open-library a/m.so -",
            "may-preload-library a/sub/__init__.py libc2.so.1",
        ],
        ..Row::EMPTY
    },
    Row {
        name: "platlib and purelib",
        files: &[A, LIBB, file("a-1.0", "a/m.so", MODULE, BY_RPATH)],
        requires: REQUIRES_B,
        purelib: &["b-1.0"],
        problems: &["platlib-to-purelib a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "platlib and purelib, in two directories",
        files: &[A, LIBB, file("a-1.0", "a/m.so", MODULE, BY_RPATH)],
        requires: REQUIRES_B,
        purelib: &["b-1.0"],
        arguments: &["--platlib-differs"],
        problems: &["library-not-on-path a/m.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "copies of a library",
        files: &[
            A,
            LIBB,
            file("b-1.0", "b/lib/libb.so", B, "-Wl,-soname,libb.so.1"),
            file("a-1.0", "a/lib/libb.so.1", B, "-Wl,-soname,libb.so.1"),
        ],
        requires: REQUIRES_B,
        problems: &[
            "soname-twice b/lib/libb.so libb.so.1",
            "copy-without-version b/lib/libb.so libb.so.1",
        ],
        ..Row::EMPTY
    },
    Row {
        name: "a copy without a version",
        files: &[A, LIBB, file("b-1.0", "b/lib/libb.so", B, "-Wl,-soname,libb.so.1")],
        requires: REQUIRES_B,
        problems: &["copy-without-version b/lib/libb.so libb.so.1"],
        ..Row::EMPTY
    },
    Row {
        name: "properties of a file",
        files: &[
            A,
            file(
                "a-1.0",
                "a/m.so",
                "int PyInit_m; __asm__(\".text\\n.quad PyInit_m\\n\");",
                "-Wl,-z,execstack -Wl,-z,notext",
            ),
        ],
        problems: &["writable-code a/m.so", "executable-stack-needed a/m.so"],
        ..Row::EMPTY
    },
    Row {
        name: "static thread-local storage",
        files: &[
            A,
            file(
                "a-1.0",
                "a/m.so",
                "__attribute__((tls_model(\"initial-exec\"))) __thread char x[100000]; char *PyInit_m(void) { return x; }",
                "",
            ),
        ],
        loads: &[("a/m.so", "static TLS block")],
        problems: &["static-tls a/m.so"],
        ..Row::EMPTY
    },
    Row {
        name: "two OpenMP runtimes",
        files: &[
            A,
            file(
                "a-1.0",
                "a.libs/libgomp-24e2ab19.so.1.0.0",
                B,
                "-Wl,-soname,libgomp-24e2ab19.so.1.0.0",
            ),
            file("b-1.0", "b/libiomp5.so", C, "-Wl,-soname,libiomp5.so"),
        ],
        requires: REQUIRES_B,
        problems: &["two-openmp-runtimes b/libiomp5.so libiomp5.so"],
        ..Row::EMPTY
    },
    Row {
        name: "two wheels with one namespace",
        files: &[A, file("a-1.0", "a/m.so", LLVM, ""), file("b-1.0", "b/m.so", LLVM, "")],
        requires: REQUIRES_B,
        problems: &["symbol-clash b/m.so llvm of a"],
        ..Row::EMPTY
    },
    Row {
        name: "two wheels with one namespace, bound to each file",
        files: &[
            A,
            file("a-1.0", "a/m.so", LLVM, ""),
            file("b-1.0", "b/m.so", LLVM, "-Wl,-Bsymbolic"),
        ],
        requires: REQUIRES_B,
        ..Row::EMPTY
    },
    Row {
        name: "one path in two wheels",
        files: &[
            A,
            file("a-1.0", "c/same.py", "text:x", ""),
            file("a-1.0", "c/other.py", "text:x", ""),
            file("b-1.0", "c/same.py", "text:x", ""),
            file("b-1.0", "c/other.py", "text:y", ""),
        ],
        requires: REQUIRES_B,
        problems: &["file-in-two-wheels c/other.py a"],
        ..Row::EMPTY
    },
];
