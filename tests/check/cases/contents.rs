//! Faults of a wheel's content.

use super::{Case, renamed, tag, wheel};
use crate::check::base::WHEEL;
use crate::support::wheel::Wheel;

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn layout() -> Vec<Case> {
    vec![
        wheel(
            "compiled Python",
            |it| {
                it.member("sample_pkg/__pycache__/a.cpython-312.pyc", "code");
            },
            &["bytecode"],
        ),
        wheel(
            "a file beside the package",
            |it| {
                it.member("README.txt", "read me");
            },
            &["toplevel-file", "toplevel-several"],
        ),
        wheel(
            "tests beside the package",
            |it| {
                it.member("tests/test_it.py", "assert True");
            },
            &["toplevel-common", "toplevel-several"],
        ),
        wheel(
            "a top-level `__init__.py`",
            |it| {
                it.member("__init__.py", "import os");
            },
            &["toplevel-init"],
        ),
        wheel(
            "two packages",
            |it| {
                it.member("other/__init__.py", "import os");
            },
            &["toplevel-several"],
        ),
        wheel(
            "files with the same content",
            |it| {
                it.member("sample_pkg/copy.txt", "some data, which is of some length\n");
            },
            &["duplicate-files"],
        ),
        wheel(
            "a module that cannot be imported",
            |it| {
                it.member("sample_pkg/my-module.py", "import os");
            },
            &["module-path"],
        ),
        wheel(
            "a directory without modules",
            |it| {
                it.member("_assets/logo.txt", "a picture, in words");
            },
            &["toplevel-no-modules"],
        ),
        wheel(
            "nothing but metadata",
            |it| {
                it.remove("sample_pkg/__init__.py");
                it.remove("sample_pkg/data.txt");
            },
            &["library-empty", "wheel-empty"],
        ),
        wheel(
            "nothing to import",
            |it| {
                it.remove("sample_pkg/__init__.py");
                it.remove("sample_pkg/data.txt");
                it.member("sample_pkg-1.0.data/scripts/tool", "#!python\n");
            },
            &["library-empty"],
        ),
        wheel(
            "a file of a Bazel workspace",
            |it| {
                it.member("sample_pkg/BUILD.bazel", "exports_files([])\n");
            },
            &["bazel-file"],
        ),
        wheel(
            "a nested archive",
            |it| {
                it.member("sample_pkg/inner.zip", b"PK\x03\x04 and so on");
            },
            &["nested-archive"],
        ),
        wheel(
            "Bazel's links to libraries",
            |it| {
                it.member("_solib_k8/_U_S_Spkg_Csupport/libsupport.so.2", "no library");
            },
            &["bazel-links", "toplevel-no-modules"],
        ),
    ]
}

/// Faults that a wheel has by its tags.
pub(super) fn by_tags() -> Vec<Case> {
    vec![
        renamed(
            "a platform tag and no machine code",
            NATIVE,
            |it| tag(it, "py3-none-manylinux_2_17_x86_64"),
            &["native-none"],
        ),
        renamed(
            "an extension module of one Python under the stable ABI",
            "sample_pkg-1.0-cp38-abi3-manylinux_2_17_x86_64.whl",
            |it| {
                tag(it, "cp38-abi3-manylinux_2_17_x86_64");
                it.member("sample_pkg/_c.cpython-312-x86_64-linux-gnu.so", elf(X86_64));
            },
            &["extension-suffix"],
        ),
        renamed(
            "an extension module of another Python beside the right one",
            "sample_pkg-1.0-cp38-abi3-manylinux_2_17_x86_64.whl",
            |it| {
                tag(it, "cp38-abi3-manylinux_2_17_x86_64");
                it.member("sample_pkg/_c.cpython-37m-x86_64-linux-gnu.so", elf(X86_64));
                it.member("sample_pkg/_c.abi3.so", [elf(X86_64), elf(0)].concat());
            },
            &["extension-unused"],
        ),
    ]
}

/// Returns the header of a shared library for a machine (`e_machine`).
pub(in crate::check) fn elf(machine: u8) -> Vec<u8> {
    let mut header = vec![0x7F, b'E', b'L', b'F', 2, 1, 1];
    header.resize(16, 0);
    header.extend([3, 0, machine, 0, 1, 0, 0, 0]);
    header.resize(64, 0);
    header
}

/// Makes the wheel one for x86-64, with a library for this machine.
fn native(it: &mut Wheel, machine: u8, root_is_purelib: bool) {
    let text = WHEEL
        .replace("py3-none-any", "py3-none-manylinux_2_17_x86_64")
        .replace("Root-Is-Purelib: true", &format!("Root-Is-Purelib: {root_is_purelib}"));
    it.replace("sample_pkg-1.0.dist-info/WHEEL", text);
    it.member("sample_pkg/core.so", elf(machine));
}

pub(in crate::check) const X86_64: u8 = 62;

/// The file name of a wheel for x86-64.
const NATIVE: &str = "sample_pkg-1.0-py3-none-manylinux_2_17_x86_64.whl";

pub(super) fn machine_code() -> Vec<Case> {
    const AARCH64: u8 = 183;
    vec![
        renamed("machine code for the right machine", NATIVE, |it| native(it, X86_64, false), &[]),
        renamed(
            "machine code for another machine",
            NATIVE,
            |it| native(it, AARCH64, false),
            &["native-platform"],
        ),
        renamed(
            "machine code in purelib",
            NATIVE,
            |it| native(it, X86_64, true),
            &["native-purelib"],
        ),
        wheel(
            "machine code for any platform",
            |it| {
                it.member("sample_pkg/core.so", elf(X86_64));
            },
            &["native-any"],
        ),
        wheel(
            "a .NET assembly for any platform",
            |it| {
                it.member("sample_pkg/Core.dll", net_assembly());
            },
            &[],
        ),
    ]
}

/// Returns the headers of a .NET assembly for any CPU (ECMA-335, II.25).
fn net_assembly() -> Vec<u8> {
    let mut head = vec![0; 0x200];
    head[..2].copy_from_slice(b"MZ");
    head[0x3C] = 0x80;
    head[0x80..0x86].copy_from_slice(b"PE\0\0\x4C\x01");
    head[0x98..0x9A].copy_from_slice(b"\x0B\x01");
    head[0xF4] = 16;
    head[0x168..0x16A].copy_from_slice(b"\x08\x20");
    head
}
