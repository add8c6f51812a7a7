"""Tests of the version functions that run while this package loads."""

# These files are private. The test is outside their package because it needs a workspace.
# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:versions.bzl", "requirements_of", "version_constant", "wheel_version_suffix")

# Values of ML_WHEEL_TYPE, _BUILD_DATE, _GIT_HASH and _VERSION_SUFFIX, and both suffixes.
_SUFFIXES = {
    (None, "20250107", "cbe478fc5", "rc1"): (".dev0+selfbuilt", "-dev0+selfbuilt"),
    (None, None, None, None): (".dev0+selfbuilt", "-dev0+selfbuilt"),
    ("custom", "", "", ""): ("", ""),
    ("custom", "2025-01-07", "cbe478fc5d1e2f3a4b5c", "custom"): (".dev20250107+cbe478fc5custom", "-dev20250107+cbe478fc5custom"),
    ("custom", "20250107", None, "-rc-1"): (".dev20250107rc1", "-dev20250107-rc-1"),
    ("custom", "20250107", None, None): (".dev20250107", "-dev20250107"),
    ("custom", None, "000123456789abcdef", None): ("+123456789", "+123456789"),
    ("custom", None, "00ab", None): ("+ab", "+ab"),
    ("custom", None, None, "-rc1"): ("rc1", "-rc1"),
    ("nightly", "2025-01-07", "cbe478fc5", "rc1"): (".dev20250107", "-dev20250107"),
    ("nightly", "20251231", None, None): (".dev20251231", "-dev20251231"),
    ("release", "no date", "no hash", ""): ("", ""),
    ("release", None, None, "-rc-1"): ("rc1", "-rc-1"),
    ("release", None, None, ".post1"): (".post1", ".post1"),
    ("release", None, None, None): ("", ""),
    ("snapshot", "no date", "no hash", "no suffix"): (".dev0+selfbuilt", "-dev0+selfbuilt"),
}

# The same values, the invalid variable, and a part of the message.
_BAD_SUFFIXES = {
    ("", None, None, None): "`ML_WHEEL_TYPE`: `` is not a kind of build",
    ("Release", None, None, None): "`ML_WHEEL_TYPE`: `Release` is not a kind of build",
    ("custom", "2025", None, None): "`ML_WHEEL_BUILD_DATE`: `2025` is not a date",
    ("custom", None, "+", None): "`ML_WHEEL_GIT_HASH`: `+` is not the hash of a commit",
    ("custom", None, "0000", None): "`ML_WHEEL_GIT_HASH`: `0000` is not the hash of a commit",
    ("custom", None, "abc-dirty", None): "`ML_WHEEL_GIT_HASH`: `abc-dirty`",
    ("custom", None, None, "a b"): "`ML_WHEEL_VERSION_SUFFIX`: `a b` has characters",
    ("nightly", "", None, None): "`ML_WHEEL_BUILD_DATE`: not set",
    ("nightly", "20250007", None, None): "`ML_WHEEL_BUILD_DATE`: `20250007` is not a date",
    ("nightly", "20250132", None, None): "`ML_WHEEL_BUILD_DATE`: `20250132` is not a date",
    ("nightly", "20251301", None, None): "`ML_WHEEL_BUILD_DATE`: `20251301` is not a date",
    ("nightly", "yesterday", None, None): "`ML_WHEEL_BUILD_DATE`: `yesterday` is not a date",
    ("nightly", None, None, None): "`ML_WHEEL_BUILD_DATE`: not set, and `ML_WHEEL_TYPE` is `nightly`",
    ("release", None, None, "'; x = '"): "`ML_WHEEL_VERSION_SUFFIX`: `'; x = '` has characters",
}

# Lines, and the value of `_version` in them.
_CONSTANTS = {
    "# _version = '0'\n_version = '1.2.3'": "1.2.3",
    "#define _version \"1.2\"": "1.2",
    "a = '_version = 0'\n_version = '1'": "1",
    "constexpr char _version[] = \"1.2\";  // now": "1.2",
    "def f(_version):\n  pass\n_version = \"2\"": "2",
    "print(_version)\n_version = \"2\"": "2",
    "static const char *const _version = \"1.2\";": "1.2",
    "_minimum_version = '0'\nmy_version = '0'\n_versions = '0'\n_version: str = \"1.2\"  # now": "1.2",
    "_version = \"1.2\"": "1.2",
    "_version == '0'\n    _version='1.2rc1'": "1.2rc1",
}

_BAD_CONSTANTS = {
    "": "nothing sets `_version`",
    "x_version = '1'": "nothing sets `_version`",
    "_version = ''": "is not a version",
    "_version = '1.2": "is not a plain text in quotes",
    "_version = '1.2' + suffix": "is not a plain text in quotes",
    "_version = 'a b'": "is not a version",
    "_version = f()": "is not a plain text in quotes",
}

_REQUIREMENTS = {
    "": [],
    "\n  \n# only a comment\n": [],
    "# ends in \\\nb": ["b"],
    "--index-url https://example.invalid\n-r other.txt\na": ["a"],
    "a @ https://example.invalid/a.whl#sha256=00": ["a @ https://example.invalid/a.whl#sha256=00"],
    "a==1 --hash=sha256:00 --hash=sha256:11": ["a==1"],
    "a>=1,<2 # why\n\tb [x] ; python_version < '3.12'": ["a>=1,<2", "b [x] ; python_version < '3.12'"],
    "a>=1,\\\n<2\nb": ["a>=1, <2", "b"],
}

def expect_same(actual, expected):
    """Fails if two values differ.

    Args:
      actual: a value.
      expected: another.
    """
    if actual != expected:
        fail("expected `{}`, got `{}`".format(expected, actual))

def _expect_text(problem, text):
    if not problem or text not in problem:
        fail("expected a problem with `{}`, got `{}`".format(text, problem))

def versions_test():
    """Fails if a normalized version is wrong."""
    for values, expected in _SUFFIXES.items():
        suffix = wheel_version_suffix(*values)
        expect_same((values, suffix.problem, suffix.wheel, suffix.semantic), (values, None) + expected)
    for values, expected in _BAD_SUFFIXES.items():
        _expect_text(wheel_version_suffix(*values).problem, expected)
    for text, expected in _CONSTANTS.items():
        expect_same(version_constant(text, "_version"), struct(version = expected, problem = None))
    for text, expected in _BAD_CONSTANTS.items():
        _expect_text(version_constant(text, "_version").problem, expected)
    for text, expected in _REQUIREMENTS.items():
        expect_same(requirements_of(text), expected)
