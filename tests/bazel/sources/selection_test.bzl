"""Tests of the source rules' filters that run while this package loads."""

# These files are private. The test is outside their package because it needs a workspace.
# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:compare_srcs_test.bzl", "missing_in_wheel")

# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:selection.bzl", "glob_matches", "is_versioned_library", "repository_is_taken")

_GLOBS = {
    ("", ""): True,
    ("*", ""): True,
    ("*a*", "bab"): True,
    ("*a*", "bbb"): False,
    ("a*", "a"): True,
    ("a*", "ba"): False,
    ("a*a", "a"): False,
    ("a*a", "aa"): True,
    ("a*b*c", "a-b-b-c"): True,
    ("a*b*c", "a-c-b"): False,
    ("ab", "abc"): False,
}

_REPOSITORIES = {
    # Patterns and canonical repository names: with WORKSPACE, and with modules in Bazel 7 and 8.
    ("", "xla"): False,
    ("", ""): True,
    ("*", "xla"): True,
    ("xla", "xla"): True,
    ("xla", "xla_tests"): False,
    ("xla", "xla~"): True,
    ("xla", "xla+"): True,
    ("xla", "xla~1.2"): True,
    ("pypi_*", "rules_python~~pip~pypi_311_numpy"): True,
    ("pypi_*", "rules_python++pip+pypi_311_numpy"): True,
    ("rules_python", "rules_python++pip+pypi_311_numpy"): False,
    ("* -pypi_*", "rules_python++pip+pypi_311_numpy"): False,
    ("* -pypi_*", "xla"): True,
    ("-pypi_* *", "pypi_numpy"): False,
    ("xla tsl", "tsl"): True,
}

_VERSIONED = {
    ".so.1": False,
    "libx.so": False,
    "libx.so.": False,
    "libx.so.1": True,
    "libx.so.1.": False,
    "libx.so.1.2.34": True,
    "libx.so.1.debug": False,
    "libx.txt": False,
}

def _expect(what, actual, expected):
    if actual != expected:
        fail("{}: expected `{}`, got `{}`".format(what, expected, actual))

def selection_test():
    """Fails if a filter selects wrongly."""
    for pair, expected in _GLOBS.items():
        _expect(pair, glob_matches(pair[0], pair[1]), expected)
    for pair, expected in _REPOSITORIES.items():
        patterns = [pattern for pattern in pair[0].split(" ") if pattern]
        _expect(pair, repository_is_taken(patterns, pair[1]), expected)
    for name, expected in _VERSIONED.items():
        _expect(name, is_versioned_library(name), expected)
    _expect(
        "missing",
        missing_in_wheel(
            wheel = {"a/__init__.py": None, "a/b.py": None, "a/gen/x.py": None},
            additives = {"a/testing/util.py": None},
            dependencies = [
                "../xla/python/client.py",
                "a/b.py",
                "a/c/d.py",
                "a/gen/x.py",
                "a/testing/util.py",
                "top.py",
            ],
            ignored_init_py_files = ["a/g*/__init__.py"],
        ),
        ["../xla/python/client.py", "a/c/__init__.py", "a/c/d.py", "top.py"],
    )
