"""Repository rules: the compatibility repository, and the sources of the binary.

This file must not load the compatibility repository, which these rules create.
"""

_BINARY_BUILD = """\
load("@wheelworks//bazel:toolchain.bzl", "wheelworks_toolchain")

package(default_visibility = ["//visibility:public"])

exports_files(["bin/wheelworks"])

wheelworks_toolchain(
    name = "wheelworks",
    binary = "bin/wheelworks",{version}
)
"""

_TOOLCHAIN_BUILD = """\
toolchain(
    name = "{name}",
    exec_compatible_with = {exec_compatible_with},
    toolchain = "@{repository}//:wheelworks",
    toolchain_type = "@wheelworks//bazel:toolchain_type",
    visibility = ["//visibility:public"],
)
"""

# Symbols from Bazel or from other rule sets, by value of an attribute of `compat_repository`.
_PY_INFOS = {
    "both": """\
load("@rules_python//python:py_info.bzl", _PyInfo = "PyInfo")

PY_INFOS = [_PyInfo, PyInfo]
""",
    "builtin": """\
PY_INFOS = [PyInfo]
""",
    "rules_python": """\
load("@rules_python//python:py_info.bzl", "PyInfo")

PY_INFOS = [PyInfo]
""",
}

_PY_RULES = {
    "builtin": """\
py_library = native.py_library
py_test = native.py_test
""",
    "rules_python": """\
load("@rules_python//python:py_library.bzl", _py_library = "py_library")
load("@rules_python//python:py_test.bzl", _py_test = "py_test")

py_library = _py_library
py_test = _py_test
""",
}

_CC_INFO = {
    "builtin": """\
CC_INFO = CcInfo
""",
    "rules_cc": """\
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

CC_INFO = CcInfo
""",
}

# The C++ toolchain, for a rule that calls its compiler. Bazel 4 takes it from an attribute.
_CC_TOOLCHAIN = {
    "builtin": """\
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

CC_TOOLCHAIN_ATTRS = {
    "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
}
CC_TOOLCHAIN_TYPES = ["@bazel_tools//tools/cpp:toolchain_type"]
CC_COMMON = cc_common
find_cc_toolchain = find_cpp_toolchain
""",
    "rules_cc": """\
load("@rules_cc//cc:find_cc_toolchain.bzl", _find_cc_toolchain = "find_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

CC_TOOLCHAIN_ATTRS = {}
CC_TOOLCHAIN_TYPES = ["@bazel_tools//tools/cpp:toolchain_type"]
CC_COMMON = cc_common
find_cc_toolchain = _find_cc_toolchain
""",
}

# How a test rule gets the toolchain of the program that is the test. From Bazel 9 on, a test rule without its own
# `test` execution group runs only where the target's platform does. Bazel 4 refuses a rule with that group.
_TEST_RULES = {
    False: """\
def test_rule_parameters(toolchains = []):
    return {"toolchains": toolchains}

def test_toolchains(ctx):
    return ctx.toolchains
""",
    True: """\
def test_rule_parameters(toolchains = []):
    return {"exec_groups": {"test": exec_group(toolchains = toolchains)}}

def test_toolchains(ctx):
    return ctx.exec_groups["test"].toolchains
""",
}

def _write_binary_build(repository_ctx, version = ""):
    """Writes the BUILD file next to `bin/wheelworks`; an empty version defaults to the rules' version."""
    version_line = "\n    version = {},".format(repr(version)) if version else ""
    repository_ctx.file("BUILD.bazel", _BINARY_BUILD.format(version = version_line))

def _compat_repository_impl(repository_ctx):
    repository_ctx.file("BUILD.bazel", "")
    repository_ctx.file("py.bzl", _PY_INFOS[repository_ctx.attr.py_info])
    py_rules = "builtin" if repository_ctx.attr.py_info == "builtin" else "rules_python"
    repository_ctx.file("py_rules.bzl", _PY_RULES[py_rules])
    repository_ctx.file("cc.bzl", _CC_INFO[repository_ctx.attr.cc_info])
    repository_ctx.file("cc_toolchain.bzl", _CC_TOOLCHAIN[repository_ctx.attr.cc_info])
    repository_ctx.file("test_rules.bzl", _TEST_RULES[repository_ctx.attr.test_exec_group])
    repository_ctx.file("defs.bzl", """\
load(":cc.bzl", _CC_INFO = "CC_INFO")
load(":py.bzl", _PY_INFOS = "PY_INFOS")
load(":py_rules.bzl", _py_library = "py_library", _py_test = "py_test")
load(":test_rules.bzl", _test_rule_parameters = "test_rule_parameters", _test_toolchains = "test_toolchains")

CC_INFO = _CC_INFO
PY_INFOS = _PY_INFOS
py_library = _py_library
py_test = _py_test
test_rule_parameters = _test_rule_parameters
test_toolchains = _test_toolchains
""")

compat_repository = repository_rule(
    implementation = _compat_repository_impl,
    doc = """Hides the differences between releases of Bazel behind one `load`.

`PyInfo` and `CcInfo` are built into Bazel 4, but not into Bazel 9. No .bzl file can name them on both,
so this rule generates a file for the running release.""",
    attrs = {
        "cc_info": attr.string(
            doc = "Source of `CcInfo`: `builtin` for Bazel's own, or `rules_cc`, which re-exports the built-in one if it exists.",
            default = "builtin",
            values = ["builtin", "rules_cc"],
        ),
        "py_info": attr.string(
            doc = "Source of `PyInfo`: `builtin` for Bazel's own, `rules_python`, or `both` if targets may have either.",
            default = "builtin",
            values = ["both", "builtin", "rules_python"],
        ),
        "test_exec_group": attr.bool(
            doc = "Whether test rules declare their own `test` execution group: from Bazel 5 on. Debian's Bazel 4 does not tell its version, so only the module extension sets it.",
        ),
    },
)

def _toolchains_repository_impl(repository_ctx):
    attr = repository_ctx.attr
    repository_ctx.file("BUILD.bazel", "\n".join([
        _TOOLCHAIN_BUILD.format(
            name = name,
            exec_compatible_with = repr(attr.exec_compatible_with.get(name, [])),
            repository = attr.repositories[name],
        )
        for name in sorted(attr.repositories)
    ]))

toolchains_repository = repository_rule(
    implementation = _toolchains_repository_impl,
    doc = """Declares toolchains separately from their binaries.

Bazel loads every registered toolchain in every build, but fetches only the selected one. So a build
without a wheel neither compiles nor downloads a binary.""",
    attrs = {
        "exec_compatible_with": attr.string_list_dict(
            doc = "Constraints on the execution platform, by name of the toolchain; no entry allows any platform.",
        ),
        "repositories": attr.string_dict(
            doc = "Repositories of the binaries, by name of the toolchain.",
            mandatory = True,
        ),
    },
)

def _watch_sources(repository_ctx, source):
    """Watches all files that cargo compiles: a change fetches the repository again."""
    directories = [name for name in [".cargo", "src"] if source.get_child(name).exists]
    if hasattr(repository_ctx, "watch_tree"):
        for name in directories:
            repository_ctx.watch_tree(source.get_child(name))
        return

    # Before Bazel 7.1 only files with labels can be watched.
    found = repository_ctx.execute(
        ["find"] + directories + ["-type", "f"],
        working_directory = str(source),
    )
    if found.return_code:
        fail("cannot list the sources of wheelworks in {}: {}".format(source, found.stderr))
    for path in found.stdout.splitlines():
        repository_ctx.path(repository_ctx.attr._manifest.relative(":" + path))

def _cargo_repository_impl(repository_ctx):
    manifest = repository_ctx.path(repository_ctx.attr._manifest)
    lock = repository_ctx.path(repository_ctx.attr._lock)
    source = manifest.dirname
    if hasattr(repository_ctx, "watch"):
        # Before Bazel 8, `path` watches the file of a label.
        repository_ctx.watch(manifest)
        repository_ctx.watch(lock)
    _watch_sources(repository_ctx, source)

    cargo = repository_ctx.os.environ.get("CARGO") or repository_ctx.which("cargo")
    if not cargo:
        fail("cannot build wheelworks from source: no `cargo` on `PATH`\n" +
             "  hint: install Rust, or set `CARGO`, or use a binary with wheelworks_local_toolchain or wheelworks_archive_toolchain")

    # With `--path`, cargo reads the sources' `.cargo/config.toml`, which links statically, and the path of
    # the binary does not depend on the target's name.
    command = [
        cargo,
        "install",
        "--path=.",
        "--bin=wheelworks",
        "--root={}".format(repository_ctx.path(".")),
        "--locked",
        "--no-track",
    ] + (["--offline"] if repository_ctx.attr.offline else [])
    repository_ctx.report_progress("Building wheelworks from source")
    built = repository_ctx.execute(
        command,
        environment = {"CARGO_TARGET_DIR": str(repository_ctx.path("target"))},
        timeout = repository_ctx.attr.timeout,
        working_directory = str(source),
    )
    if built.return_code:
        fail("cannot build wheelworks from source in {}: {} exited with {}:\n{}".format(
            source,
            cargo,
            built.return_code,
            built.stderr,
        ))

    # Intermediate files: hundreds of megabytes.
    repository_ctx.delete("target")
    _write_binary_build(repository_ctx)

cargo_repository = repository_rule(
    implementation = _cargo_repository_impl,
    doc = "A wheelworks binary that cargo builds from the sources of these rules.",
    attrs = {
        "offline": attr.bool(
            doc = "Whether cargo may use only its cached downloads.",
        ),
        "timeout": attr.int(
            doc = "Timeout of the build in seconds.",
            default = 3600,
        ),
        "_lock": attr.label(
            doc = "The pinned versions of the dependencies.",
            default = "//:Cargo.lock",
        ),
        "_manifest": attr.label(
            doc = "The manifest, which locates the sources.",
            default = "//:Cargo.toml",
        ),
    },
    environ = ["CARGO", "CARGO_HOME", "PATH", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"],
)

def _local_repository_impl(repository_ctx):
    configured = repository_ctx.attr.path
    source = "attribute `path`"
    if not configured:
        configured = repository_ctx.os.environ.get("WHEELWORKS_BIN", "")
        source = "environment variable `WHEELWORKS_BIN`"
    if not configured:
        found = repository_ctx.which("wheelworks")
        if not found:
            fail("no wheelworks binary: `WHEELWORKS_BIN` is not set, and there is no `wheelworks` on `PATH`\n" +
                 "  hint: set `WHEELWORKS_BIN`, for example with `--repo_env=WHEELWORKS_BIN=/path/to/wheelworks`")
        configured = str(found)
        source = "`PATH`"
    if not configured.startswith("/"):
        fail("{}: `{}` is not an absolute path\n  hint: start the path with `/`".format(source, configured))
    binary = repository_ctx.path(configured)
    if not binary.exists:
        fail("{}: file `{}` does not exist\n  hint: build the binary first with `cargo build --release`".format(source, configured))

    # A link, not a copy, so that the next build notices a changed binary.
    repository_ctx.symlink(binary, "bin/wheelworks")
    _write_binary_build(repository_ctx, repository_ctx.attr.version)

local_repository = repository_rule(
    implementation = _local_repository_impl,
    doc = "An existing wheelworks binary on this machine.",
    attrs = {
        "path": attr.string(
            doc = "Absolute path of the binary. Defaults to the environment variable `WHEELWORKS_BIN`, then to `wheelworks` on `PATH`.",
        ),
        "version": attr.string(
            doc = "The binary's version. Defaults to the version of these rules.",
        ),
    },
    configure = True,
    environ = ["PATH", "WHEELWORKS_BIN"],
    local = True,
)

def _archive_repository_impl(repository_ctx):
    attr = repository_ctx.attr
    if not attr.sha256:
        fail("attribute `sha256`: empty\n  hint: set it to the archive's SHA-256, because the binary runs in every build")
    repository_ctx.download_and_extract(
        url = attr.urls,
        output = "archive",
        sha256 = attr.sha256,
        stripPrefix = attr.strip_prefix,
        type = attr.type,
    )
    binary = repository_ctx.path("archive/" + attr.binary)
    if not binary.exists:
        fail("attribute `binary`: the archive has no `{}`\n  hint: set `strip_prefix` or `binary` to the binary's path".format(attr.binary))
    repository_ctx.symlink(binary, "bin/wheelworks")
    _write_binary_build(repository_ctx, attr.version)

archive_repository = repository_rule(
    implementation = _archive_repository_impl,
    doc = "A wheelworks binary from a downloaded archive.",
    attrs = {
        "binary": attr.string(
            doc = "Path of the binary in the archive, relative to `strip_prefix`.",
            default = "wheelworks",
        ),
        "sha256": attr.string(
            doc = "SHA-256 of the archive, as 64 hexadecimal digits.",
            mandatory = True,
        ),
        "strip_prefix": attr.string(
            doc = "Directory in the archive to use as its root.",
        ),
        "type": attr.string(
            doc = "Type of the archive, such as `tar.gz`, if the URL has no such extension.",
        ),
        "urls": attr.string_list(
            doc = "URLs of the same archive, tried in this order.",
            mandatory = True,
        ),
        "version": attr.string(
            doc = "The binary's version. Defaults to the version of these rules.",
        ),
    },
)
