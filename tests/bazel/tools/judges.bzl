"""A repository of Python packages that `scripts/test-env` has installed."""

# Directories in `site-packages` of each library, without versions. Whole directories, because Bazel 4 does
# not support runfiles with spaces in their names.
_LIBRARIES = {
    "build": ["_distutils_hack", "build", "packaging", "pyproject_hooks", "setuptools"],
    "pip": ["pip"],
}

# A library as rules_python defines it.
_PACKAGING = """\
py_library(
    name = "packaging",
    srcs = glob(["site-packages/packaging/**/*.py"]),
    data = glob(["site-packages/packaging-*/**"]),
    imports = ["site-packages"],
    visibility = ["//visibility:public"],
)
"""

def _library(name, directories):
    """Returns the code of one library."""
    return """\
py_library(
    name = {},
    data = {},
    imports = ["site-packages"],
    visibility = ["//visibility:public"],
)
""".format(repr(name), repr(["site-packages/" + directory for directory in directories]))

def _judges_impl(repository_ctx):
    environment = repository_ctx.os.environ.get("WHEELWORKS_TEST_VENV", "")
    if not environment:
        fail("no packages for @{}\n  hint: set `WHEELWORKS_TEST_VENV` to what scripts/test-env prints".format(repository_ctx.name))
    found = [
        directory.get_child("site-packages")
        for directory in repository_ctx.path(environment).get_child("lib").readdir()
        if directory.get_child("site-packages").exists
    ]
    names = [entry.basename for entry in found[0].readdir()]
    libraries = []
    for library, packages in _LIBRARIES.items():
        directories = [
            name
            for name in names
            if name in packages or (name.endswith(".dist-info") and name.partition("-")[0] in packages)
        ]
        libraries.append(_library(library, directories))
    repository_ctx.symlink(found[0], "site-packages")
    repository_ctx.file("BUILD.bazel", "\n".join([
        "load(\"@rules_python//python:defs.bzl\", \"py_library\")\n",
    ] + libraries + [_PACKAGING]))

judges = repository_rule(
    implementation = _judges_impl,
    doc = "The libraries `build` (everything for `python -m build`), `packaging` and `pip`.",
    environ = ["WHEELWORKS_TEST_VENV"],
)
