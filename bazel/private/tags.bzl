"""The Python, ABI and platform tags that installers look for.

The binary has the same grammar. tests/bazel/names/tag_table.bzl tests both.
"""

_LOWER = "abcdefghijklmnopqrstuvwxyz"

# Interpreters without rules of their own, beside `py` and `cp`, and the beginnings of their ABI tags.
_INTERPRETERS = ["pp", "ip", "jy", "graalpy", "graalpython", "pyston", "rustpython"]
_INTERPRETER_ABIS = ["pypy", "graalpy", "graalpython", "pyston", "ironpython", "jython", "rustpython"]

_MANYLINUX_CPUS = [
    "aarch64",
    "armv7l",
    "armv8l",
    "i686",
    "loongarch64",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "x86_64",
    "x86_64_v2",
    "x86_64_v3",
    "x86_64_v4",
]
_LINUX_CPUS = _MANYLINUX_CPUS + [
    "aarch64_be",
    "alpha",
    "arc",
    "armv5tejl",
    "armv5tel",
    "armv6l",
    "armv7b",
    "armv8b",
    "csky",
    "i386",
    "i486",
    "i586",
    "ia64",
    "m68k",
    "microblaze",
    "mips",
    "mips64",
    "openrisc",
    "parisc",
    "parisc64",
    "ppc",
    "riscv32",
    "s390",
    "sparc",
    "sparc64",
]
_MACOS_CPUS = [
    "arm64",
    "fat",
    "fat3",
    "fat32",
    "fat64",
    "i386",
    "intel",
    "ppc",
    "ppc64",
    "universal",
    "universal2",
    "x86_64",
]
_WINDOWS_CPUS = ["amd64", "arm32", "arm64", "ia64"]
_ANDROID_ABIS = ["arm64_v8a", "armeabi_v7a", "riscv64", "x86", "x86_64"]

# Systems whose tags have no form that a standard gives.
_SYSTEMS = [
    "aix",
    "cygwin",
    "dragonfly",
    "emscripten",
    "freebsd",
    "gnu",
    "haiku",
    "hp",
    "illumos",
    "mingw",
    "msys",
    "netbsd",
    "openbsd",
    "pyemscripten",
    "pyodide",
    "qnx",
    "solaris",
    "sunos",
    "vxworks",
    "wasi",
    "zos",
]

# Common misspellings. The first replacement that gives a tag is the suggestion.
_SPELLINGS = [
    ("amd64", "x86_64"),
    ("x86_64", "amd64"),
    ("arm64", "aarch64"),
    ("aarch64", "arm64"),
    ("x64", "x86_64"),
    ("x64", "amd64"),
    ("i386", "i686"),
    ("x86", "i686"),
    ("win64", "win_amd64"),
    ("macos_", "macosx_"),
    ("cpython", "cp"),
    ("python", "py"),
    ("pypy", "pp"),
]

_EXAMPLES = {
    "abi": "`none`, `abi3`, `cp312` or `cp313t`",
    "platform": "`any`, `manylinux_2_28_x86_64`, `musllinux_1_2_aarch64`, `macosx_11_0_arm64` or `win_amd64`",
    "python_tag": "`py3`, `cp312` or `pp311`",
}

def _split(tag):
    """Returns the letters at the start of a tag, and the rest."""
    rest = tag.lstrip(_LOWER)
    return tag[:len(tag) - len(rest)], rest

def _is_number(word):
    return word.isdigit() and (word == "0" or word[0] != "0")

def _is_version(digits, needs_minor = False):
    """Returns whether digits are a version of Python: the major version, and at most two digits."""
    if digits[:1] not in ["2", "3"]:
        return False
    minor = digits[1:]
    return _is_number(minor) and len(minor) <= 2 if minor else not needs_minor

def _is_python_tag(tag):
    name, digits = _split(tag)
    if name == "py":
        return _is_version(digits)
    if name == "cp":
        return _is_version(digits, needs_minor = True)
    return name in _INTERPRETERS and digits.isdigit() and digits[0] in "23" and len(digits) <= 4

def _cpython_version(abi):
    """Returns the version in an ABI tag such as `cp313t`, or None if it is not CPython's."""
    if not abi.startswith("cp"):
        return None
    flags = abi[2:].lstrip("0123456789")
    version = abi[2:len(abi) - len(flags)]

    # Free-threaded, debug build, pymalloc, wide Unicode: each at most once, in this order.
    for flag in ["t", "d", "m", "u"]:
        if flags.startswith(flag):
            flags = flags[1:]
    return version if not flags and _is_version(version, needs_minor = True) else None

def _is_abi_tag(tag):
    if tag in ["none", "abi3", "abi3t"] or _cpython_version(tag):
        return True
    return bool([name for name in _INTERPRETER_ABIS if tag.startswith(name)])

def _is_platform_tag(tag):
    words = tag.split("_")
    family = words[0]
    cpu = "_".join(words[1:])
    version_cpu = "_".join(words[3:])
    has_version = len(words) > 3 and _is_number(words[1]) and _is_number(words[2])
    if "" in words:
        return False
    if tag in ["any", "win32"] or family in _SYSTEMS:
        return True
    if family == "linux":
        return cpu in _LINUX_CPUS
    if family in ["manylinux1", "manylinux2010"]:
        return cpu in ["i686", "x86_64"]
    if family == "manylinux2014":
        return cpu in _MANYLINUX_CPUS
    if family == "manylinux":
        return has_version and words[1] == "2" and version_cpu in _MANYLINUX_CPUS
    if family == "musllinux":
        return has_version and words[1] == "1" and version_cpu in _LINUX_CPUS
    if family == "macosx":
        # From macOS 11 on, installers look for minor version 0 only.
        is_major = has_version and len(words[1]) == 2 and words[1] > "10" and words[2] == "0"
        return has_version and (words[1] == "10" or is_major) and version_cpu in _MACOS_CPUS
    if family == "win":
        return cpu in _WINDOWS_CPUS
    if family == "android":
        return len(words) > 2 and _is_number(words[1]) and "_".join(words[2:]) in _ANDROID_ABIS
    if family == "ios":
        sdks = ["iphoneos", "iphonesimulator"]
        return has_version and version_cpu in [cpu + "_" + sdk for cpu in ["arm64", "x86_64"] for sdk in sdks]
    return False

_GRAMMARS = {
    "abi": _is_abi_tag,
    "platform": _is_platform_tag,
    "python_tag": _is_python_tag,
}

def is_known_tag(attribute, tag):
    """Returns whether some installer looks for a tag.

    Args:
      attribute: `python_tag`, `abi` or `platform`.
      tag: a tag of lower case.

    Returns:
      A bool.
    """
    return _GRAMMARS[attribute](tag)

def tag_hint(attribute, tag):
    """Returns what to write instead of an unknown tag.

    Args:
      attribute: `python_tag`, `abi` or `platform`.
      tag: the tag.

    Returns:
      A clause.
    """
    for wrong, right in _SPELLINGS:
        suggestion = tag.replace(wrong, right, 1)
        if is_known_tag(attribute, suggestion):
            return "write `{}`".format(suggestion)
    if attribute == "python_tag" and tag.isdigit():
        return "write Python 3.12 as `py312` or `cp312`; `.` joins the tags of a set"
    return "tags look like " + _EXAMPLES[attribute]

def _is_selectable(python, abi, platform):
    if abi == "none":
        return True
    if platform == "any":
        return False
    name, version = _split(python)
    if name == "cp":
        if abi in ["abi3", "abi3t"]:
            return version[0] == "3" and version not in ["30", "31"]
        return version == _cpython_version(abi)
    return name != "py" and abi not in ["abi3", "abi3t"] and not _cpython_version(abi)

def are_selectable(python_tag, abi, platform):
    """Returns whether some installer looks for a combination of known tags.

    Args:
      python_tag: Python tags, joined by dots.
      abi: ABI tags, joined by dots.
      platform: platform tags, joined by dots.

    Returns:
      A bool.
    """
    for python in python_tag.split("."):
        for one_abi in abi.split("."):
            for one_platform in platform.split("."):
                if _is_selectable(python, one_abi, one_platform):
                    return True
    return False
