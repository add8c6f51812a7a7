"""Debian's Python as a repository: the toolchain, and the headers for extensions."""

_BUILD = """\
load("@bazel_tools//tools/python:toolchain.bzl", "py_runtime_pair")
load("@rules_cc//cc:defs.bzl", "cc_library")
load("@rules_python//python:defs.bzl", "py_runtime")

package(default_visibility = ["//visibility:public"])

py_runtime(
    name = "runtime",
    interpreter_path = "/usr/bin/python3",
    python_version = "PY3",
    stub_shebang = "#!/usr/bin/python3",
)

py_runtime_pair(
    name = "runtime_pair",
    py3_runtime = ":runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":runtime_pair",
    toolchain_type = "@bazel_tools//tools/python:toolchain_type",
)

cc_library(
    name = "python_headers",
    hdrs = glob(["include/**/*.h"]),
    includes = ["include"],
)
"""

def _debian_python_impl(repository_ctx):
    found = repository_ctx.execute(["/usr/bin/python3", "-c", "import sysconfig; print(sysconfig.get_path('include'))"])
    headers = repository_ctx.path(found.stdout.strip())
    if not headers.get_child("Python.h").exists:
        fail("no `{}/Python.h`\n  hint: run scripts/bazel-env".format(headers))
    repository_ctx.symlink(headers, "include")
    repository_ctx.file("BUILD.bazel", _BUILD)

debian_python = repository_rule(
    implementation = _debian_python_impl,
    doc = "Debian's interpreter and its headers.",
    local = True,
)
