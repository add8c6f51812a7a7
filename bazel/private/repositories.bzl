"""Repository rules: the compatibility repository, and the ways to get a binary.

Nothing here may load the compatibility repository, which these rules create.
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

# What the wheelworks rules take from Bazel itself or from other rules, by value of an attribute of
# `compat_repository`.
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

def _write_binary_build(repository_ctx, version = ""):
    """Writes the BUILD file next to `bin/wheelworks`; an empty version stands for the rules' own."""
    version_line = "\n    version = {},".format(repr(version)) if version else ""
    repository_ctx.file("BUILD.bazel", _BINARY_BUILD.format(version = version_line))

def _compat_repository_impl(repository_ctx):
    repository_ctx.file("BUILD.bazel", "")
    repository_ctx.file("py.bzl", _PY_INFOS[repository_ctx.attr.py_info])
    py_rules = "builtin" if repository_ctx.attr.py_info == "builtin" else "rules_python"
    repository_ctx.file("py_rules.bzl", _PY_RULES[py_rules])
    repository_ctx.file("cc.bzl", _CC_INFO[repository_ctx.attr.cc_info])
    repository_ctx.file("defs.bzl", """\
load(":cc.bzl", _CC_INFO = "CC_INFO")
load(":py.bzl", _PY_INFOS = "PY_INFOS")
load(":py_rules.bzl", _py_library = "py_library", _py_test = "py_test")

CC_INFO = _CC_INFO
PY_INFOS = _PY_INFOS
py_library = _py_library
py_test = _py_test
""")

compat_repository = repository_rule(
    implementation = _compat_repository_impl,
    doc = """What differs between releases of Bazel, behind one `load`.

Bazel 4 has `PyInfo` and `CcInfo` built in and knows no other; Bazel 9 has none built in. No .bzl file
can name them on both, but a generated one names them where they exist.""",
    attrs = {
        "cc_info": attr.string(
            doc = "Where `CcInfo` comes from: `builtin` with Bazel, or `rules_cc`, which has the built-in one where there is one.",
            default = "builtin",
            values = ["builtin", "rules_cc"],
        ),
        "py_info": attr.string(
            doc = "Where `PyInfo` comes from: `builtin` with Bazel, `rules_python`, or `both` where targets may have either.",
            default = "builtin",
            values = ["both", "builtin", "rules_python"],
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
    doc = """Declarations of toolchains, apart from their binaries.

Bazel loads every registered toolchain in every build; only the one it chooses does it fetch. So a
build without a wheel neither compiles nor downloads a binary.""",
    attrs = {
        "exec_compatible_with": attr.string_list_dict(
            doc = "Constraints on the execution platform, by the toolchain's name; none for any platform.",
        ),
        "repositories": attr.string_dict(
            doc = "Repositories of the binaries, by the toolchain's name.",
            mandatory = True,
        ),
    },
)

def _watch_sources(repository_ctx, source):
    """Makes a change of any file that cargo compiles fetch the repository again."""
    directories = [name for name in [".cargo", "src"] if source.get_child(name).exists]
    if hasattr(repository_ctx, "watch_tree"):
        for name in directories:
            repository_ctx.watch_tree(source.get_child(name))
        return

    # Before Bazel 7.1 only what has a label can be watched.
    found = repository_ctx.execute(
        ["find"] + directories + ["-type", "f"],
        working_directory = str(source),
    )
    if found.return_code:
        fail("cannot list the sources of wheelworks in {}: {}".format(source, found.stderr))
    for path in found.stdout.splitlines():
        repository_ctx.path(repository_ctx.attr._manifest.relative(":" + path))

def _cargo_repository_impl(repository_ctx):
    source = repository_ctx.path(repository_ctx.attr._manifest).dirname
    repository_ctx.path(repository_ctx.attr._lock)
    _watch_sources(repository_ctx, source)

    cargo = repository_ctx.os.environ.get("CARGO") or repository_ctx.which("cargo")
    if not cargo:
        fail("cannot build wheelworks from source: no `cargo` on `PATH`\n" +
             "  hint: install Rust, or set `CARGO`, or use a binary: see wheelworks_local_toolchain and wheelworks_archive_toolchain")

    # With `--path`, cargo reads the sources' own `.cargo/config.toml`, which links statically, and
    # leaves the binary in one place whatever the target's name is.
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

    # Hundreds of megabytes that nothing reads again.
    repository_ctx.delete("target")
    _write_binary_build(repository_ctx)

cargo_repository = repository_rule(
    implementation = _cargo_repository_impl,
    doc = "A wheelworks binary, built by cargo from the sources that these rules came with.",
    attrs = {
        "offline": attr.bool(
            doc = "Whether cargo must do with what it has downloaded before.",
        ),
        "timeout": attr.int(
            doc = "Seconds after which to give up.",
            default = 3600,
        ),
        "_lock": attr.label(
            doc = "Versions of the dependencies.",
            default = "//:Cargo.lock",
        ),
        "_manifest": attr.label(
            doc = "Says where the sources are.",
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
                 "  hint: set `WHEELWORKS_BIN`, also by `--repo_env=WHEELWORKS_BIN=/path/to/wheelworks`")
        configured = str(found)
        source = "`PATH`"
    if not configured.startswith("/"):
        fail("{}: `{}` is not an absolute path\n  hint: write the path from `/` on".format(source, configured))
    binary = repository_ctx.path(configured)
    if not binary.exists:
        fail("{}: there is no file `{}`\n  hint: build the binary first, with `cargo build --release`".format(source, configured))

    # A link, not a copy: Bazel sees at the next build that the binary has changed.
    repository_ctx.symlink(binary, "bin/wheelworks")
    _write_binary_build(repository_ctx, repository_ctx.attr.version)

local_repository = repository_rule(
    implementation = _local_repository_impl,
    doc = "A wheelworks binary that is on this machine already.",
    attrs = {
        "path": attr.string(
            doc = "Absolute path of the binary. If empty, the environment variable `WHEELWORKS_BIN`, then `PATH`, are asked.",
        ),
        "version": attr.string(
            doc = "The binary's version. If empty, that of these rules.",
        ),
    },
    configure = True,
    environ = ["PATH", "WHEELWORKS_BIN"],
    local = True,
)

def _archive_repository_impl(repository_ctx):
    attr = repository_ctx.attr
    if not attr.sha256:
        fail("attribute `sha256`: empty\n  hint: a binary that runs in every build is fetched by its checksum only; write the archive's SHA-256")
    repository_ctx.download_and_extract(
        url = attr.urls,
        output = "archive",
        sha256 = attr.sha256,
        stripPrefix = attr.strip_prefix,
        type = attr.type,
    )
    binary = repository_ctx.path("archive/" + attr.binary)
    if not binary.exists:
        fail("attribute `binary`: the archive holds no `{}`\n  hint: set `strip_prefix` or `binary` to where it is".format(attr.binary))
    repository_ctx.symlink(binary, "bin/wheelworks")
    _write_binary_build(repository_ctx, attr.version)

archive_repository = repository_rule(
    implementation = _archive_repository_impl,
    doc = "A wheelworks binary out of a downloaded archive.",
    attrs = {
        "binary": attr.string(
            doc = "Path of the binary in the archive, after `strip_prefix`.",
            default = "wheelworks",
        ),
        "sha256": attr.string(
            doc = "SHA-256 of the archive, as 64 hexadecimal digits.",
            mandatory = True,
        ),
        "strip_prefix": attr.string(
            doc = "Directory of the archive to take as its root.",
        ),
        "type": attr.string(
            doc = "Kind of archive, such as `tar.gz`, where the URL does not end with it.",
        ),
        "urls": attr.string_list(
            doc = "URLs of the same archive, tried in this order.",
            mandatory = True,
        ),
        "version": attr.string(
            doc = "The binary's version. If empty, that of these rules.",
        ),
    },
)
