"""Prints what `packaging.tags` generates, one tag or platform a line.

`tag PYTHON-ABI-PLATFORM`: for many Pythons, with `linux_x86_64` in place of every platform but `any`.
`platform PLATFORM`: for many systems.
"""

import sysconfig
from unittest import mock

from packaging import _manylinux, _musllinux, tags

LINUX = ["x86_64", "i686", "aarch64", "armv7l", "armv8l", "ppc64", "ppc64le", "s390x", "riscv64"]
MACOS = ["arm64", "x86_64", "i386", "ppc", "ppc64"]


def all_tags():
    platforms = ["linux_x86_64"]
    for minor in [*range(2, 8), *range(30, 43)]:
        version = (2, minor) if minor < 8 else (3, minor - 30 + 2)
        name = f"cp{version[0]}{version[1]}"
        flags = ["", "m", "mu", "d"] if version < (3, 8) else ["", "d", "t", "td"]
        for abi in [name + flag for flag in flags]:
            yield from tags.cpython_tags(version, [abi], platforms)
        yield from tags.compatible_tags(version, name, platforms)
    for python, abi in [
        ("pp310", "pypy310_pp73"),
        ("pp27", "pypy_73"),
        ("graalpy312", "graalpy250_312_native"),
        ("pyston38", "pyston_23"),
    ]:
        yield from tags.generic_tags(python, [abi], platforms)
        yield from tags.compatible_tags((3, 10), python, platforms)
    yield from tags.compatible_tags((3, 10), "pp3", platforms)


def all_platforms():
    with (
        mock.patch.object(_manylinux, "_have_compatible_abi", lambda *_: True),
        mock.patch.object(_manylinux, "_get_glibc_version", lambda: (2, 43)),
        mock.patch.object(_musllinux, "_get_musl_version", lambda *_: mock.Mock(major=1, minor=2)),
    ):
        for arch in LINUX:
            with mock.patch.object(sysconfig, "get_platform", lambda arch=arch: f"linux-{arch}"):
                yield from tags._linux_platforms(is_32bit=False)
    for version in [(10, 5), (10, 15), (11, 3), (15, 1), (26, 1)]:
        for arch in MACOS:
            yield from tags.mac_platforms(version, arch)
    for arch in ["arm64_iphoneos", "arm64_iphonesimulator", "x86_64_iphonesimulator"]:
        yield from tags.ios_platforms((18, 2), arch)
    for abi in ["arm64-v8a", "armeabi-v7a", "x86", "x86-64"]:
        yield from tags.android_platforms(35, abi)
    for name in ["win32", "win-amd64", "win-arm64", "aix-7304-2348-1234-64", "openbsd-7.5-amd64"]:
        yield name.replace("-", "_").replace(".", "_")


for tag in sorted({str(tag) for tag in all_tags()}):
    print("tag", tag)
for platform in sorted(set(all_platforms())):
    print("platform", platform)
