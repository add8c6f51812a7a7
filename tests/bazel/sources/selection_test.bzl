"""Tests of the source rules' filters that run while this package loads."""

# These files are private. The test is outside their package because it needs a workspace.
# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:compare_srcs_test.bzl", "missing_in_wheel")

# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:selection.bzl", "glob_matches", "is_versioned_library", "py_sources", "repository_is_taken")

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
    ("-pypi_* *", "pypi_numpy"): True,
    ("* -pypi_* pypi_numpy", "pypi_numpy"): True,
    ("xla tsl", "tsl"): True,
}

# The same for files below `site-packages/`.
_INSTALLED = {
    ("*", "numpy"): False,
    ("* -numpy", "numpy"): False,
    ("* numpy", "numpy"): True,
    ("* pypi_*", "rules_python++pip+pypi_311_numpy"): True,
    ("numpy *", "numpy"): False,
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
    for pair, expected in _INSTALLED.items():
        _expect(pair, repository_is_taken(pair[0].split(" "), pair[1], installed = True), expected)
    for name, expected in _VERSIONED.items():
        _expect(name, is_versioned_library(name), expected)

    # With rules_python's `precompile_source_retention = "omit_source"`, only the other field has the sources.
    kept, original = depset(["kept.py"]), depset(["kept.py", "omitted.py"])
    info = struct(transitive_sources = kept, transitive_original_sources = original)
    _expect("sources", sorted(py_sources(info).to_list()), ["kept.py", "omitted.py"])
    _expect("Bazel's own sources", py_sources(struct(transitive_sources = kept)).to_list(), ["kept.py"])
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
    _expect(
        "missing in some packages",
        missing_in_wheel(
            wheel = {"a/b.py": None, "c/d.py": None},
            additives = {},
            dependencies = ["a/b.py", "c/d.py"],
            ignored_init_py_files = [],
            root_package_names = ["c"],
        ),
        ["c/__init__.py"],
    )
