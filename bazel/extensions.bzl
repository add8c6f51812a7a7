"""Setting up wheelworks in a MODULE.bazel file.

    bazel_dep(name = "wheelworks", version = "0.1.0")

is enough: the binary is then built from source by cargo. To use another one:

    wheelworks = use_extension("@wheelworks//bazel:extensions.bzl", "wheelworks")
    wheelworks.local()

or `wheelworks.archive(...)`, several times for several execution platforms. The root module
decides, other modules' tags have no effect; the toolchain is registered by wheelworks itself.

This file does not load on releases of Bazel before modules.
"""

load(
    "//bazel/private:repositories.bzl",
    "archive_repository",
    "cargo_repository",
    "compat_repository",
    "local_repository",
    "toolchains_repository",
)

# Releases whose native `py_library` provides a `PyInfo` that is not that of rules_python.
_BUILTIN_PY_INFO = ["6", "7"]

def _wheelworks_impl(module_ctx):
    repositories = {}
    constraints = {}
    for module in module_ctx.modules:
        if not module.is_root:
            continue
        for tag in module.tags.archive:
            name = "wheelworks_archive_{}".format(len(repositories))
            archive_repository(
                name = name,
                binary = tag.binary,
                sha256 = tag.sha256,
                strip_prefix = tag.strip_prefix,
                type = tag.type,
                urls = tag.urls,
                version = tag.version,
            )
            repositories[name] = name
            constraints[name] = tag.exec_compatible_with
        for tag in module.tags.local:
            name = "wheelworks_local_{}".format(len(repositories))
            local_repository(
                name = name,
                path = tag.path,
                version = tag.version,
            )
            repositories[name] = name
            constraints[name] = tag.exec_compatible_with
        for tag in module.tags.cargo:
            name = "wheelworks_cargo_{}".format(len(repositories))
            cargo_repository(
                name = name,
                offline = tag.offline,
            )
            repositories[name] = name
            constraints[name] = tag.exec_compatible_with

    if not repositories:
        cargo_repository(name = "wheelworks_cargo")
        repositories["wheelworks_cargo"] = "wheelworks_cargo"
    toolchains_repository(
        name = "wheelworks_toolchains",
        exec_compatible_with = constraints,
        repositories = repositories,
    )

    has_builtin = native.bazel_version.partition(".")[0] in _BUILTIN_PY_INFO
    compat_repository(
        name = "wheelworks_compat",
        cc_info = "rules_cc",
        py_info = "both" if has_builtin else "rules_python",
    )

_EXEC_COMPATIBLE_WITH = attr.string_list(
    doc = "Constraints on the platform that the binary runs on; none for any platform.",
)
_VERSION = attr.string(
    doc = "The binary's version. If empty, that of these rules.",
)

_archive = tag_class(
    doc = "Downloads a binary.",
    attrs = {
        "binary": attr.string(
            doc = "Path of the binary in the archive, after `strip_prefix`.",
            default = "wheelworks",
        ),
        "exec_compatible_with": _EXEC_COMPATIBLE_WITH,
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
        "version": _VERSION,
    },
)

_cargo = tag_class(
    doc = "Builds the binary from the sources that these rules came with: what happens without any tag, too.",
    attrs = {
        "exec_compatible_with": _EXEC_COMPATIBLE_WITH,
        "offline": attr.bool(
            doc = "Whether cargo must do with what it has downloaded before.",
        ),
    },
)

_local = tag_class(
    doc = "Uses a binary that is on the machine.",
    attrs = {
        "exec_compatible_with": _EXEC_COMPATIBLE_WITH,
        "path": attr.string(
            doc = "Absolute path of the binary. If empty, the environment variable `WHEELWORKS_BIN`, then `PATH`, are asked.",
        ),
        "version": _VERSION,
    },
)

wheelworks = module_extension(
    implementation = _wheelworks_impl,
    doc = "Gets a wheelworks binary and what else the rules load.",
    tag_classes = {
        "archive": _archive,
        "cargo": _cargo,
        "local": _local,
    },
)
