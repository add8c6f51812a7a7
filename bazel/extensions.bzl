"""The module extension that sets up wheelworks in a MODULE.bazel file.

    bazel_dep(name = "wheelworks", version = "0.2.0")

With this line only, Bazel fetches the binary that was released with these rules. Where there is none, and from a checkout,
cargo builds it from source. To use another binary:

    wheelworks = use_extension("@wheelworks//bazel:extensions.bzl", "wheelworks")
    wheelworks.local()

or `wheelworks.archive(...)`, once per execution platform. Only tags of the root module have an effect.
wheelworks registers the toolchain itself.

This file requires a release of Bazel with modules.
"""

load("//bazel/private:prebuilt.bzl", "DEFAULT_BASE_URLS", "prebuilt_binaries")
load(
    "//bazel/private:repositories.bzl",
    "archive_repository",
    "cargo_repository",
    "compat_repository",
    "local_repository",
    "toolchains_repository",
)

# Releases whose native `py_library` provides another `PyInfo` than rules_python.
_BUILTIN_PY_INFO = ["6", "7"]

def _base_urls(module_ctx):
    """Returns the directories with the released binaries: those of the root module's tag, or the default."""
    for module in module_ctx.modules:
        for tag in module.tags.released if module.is_root else []:
            return tag.base_urls
    return DEFAULT_BASE_URLS

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
        for binary in prebuilt_binaries(_base_urls(module_ctx)):
            archive_repository(
                name = binary.name,
                sha256 = binary.sha256,
                strip_prefix = binary.strip_prefix,
                urls = binary.urls,
            )
            repositories[binary.name] = binary.name
            constraints[binary.name] = [Label(label) for label in binary.exec_compatible_with]
        cargo_repository(name = "wheelworks_cargo")
        repositories["wheelworks_cargo"] = "wheelworks_cargo"
    toolchains_repository(
        name = "wheelworks_toolchains",
        # Labels of the module that has the tag, in the form that every repository understands.
        exec_compatible_with = {
            name: [str(label) for label in labels]
            for name, labels in constraints.items()
        },
        repositories = repositories,
    )

    has_builtin = native.bazel_version.partition(".")[0] in _BUILTIN_PY_INFO
    compat_repository(
        name = "wheelworks_compat",
        cc_info = "rules_cc",
        py_info = "both" if has_builtin else "rules_python",
        test_exec_group = True,
    )

    # The repositories follow from the tags alone, so MODULE.bazel.lock need not list them. Bazel 7.0 has neither
    # `watch` nor the parameter.
    return module_ctx.extension_metadata(reproducible = True) if hasattr(module_ctx, "watch") else None

_EXEC_COMPATIBLE_WITH = attr.label_list(
    doc = "Constraints on the platform that runs the binary; empty allows any platform.",
)
_VERSION = attr.string(
    doc = "The binary's version. Defaults to the version of these rules.",
)

_archive = tag_class(
    doc = "Downloads a binary.",
    attrs = {
        "binary": attr.string(
            doc = "Path of the binary in the archive, relative to `strip_prefix`.",
            default = "wheelworks",
        ),
        "exec_compatible_with": _EXEC_COMPATIBLE_WITH,
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
        "version": _VERSION,
    },
)

_cargo = tag_class(
    doc = "Builds the binary from the sources of these rules. This is the default where no binary was released.",
    attrs = {
        "exec_compatible_with": _EXEC_COMPATIBLE_WITH,
        "offline": attr.bool(
            doc = "Whether cargo may use only its cached downloads.",
        ),
    },
)

_local = tag_class(
    doc = "Uses an existing binary on this machine.",
    attrs = {
        "exec_compatible_with": _EXEC_COMPATIBLE_WITH,
        "path": attr.string(
            doc = "Absolute path of the binary. Defaults to the environment variable `WHEELWORKS_BIN`, then to `wheelworks` on `PATH`.",
        ),
        "version": _VERSION,
    },
)

_released = tag_class(
    doc = "Fetches the binary that was released with these rules, from other places. Without tags it comes from the release's page.",
    attrs = {
        "base_urls": attr.string_list(
            doc = "Directories with the archives of a release, tried in this order; `{version}` stands for the version.",
            mandatory = True,
        ),
    },
)

wheelworks = module_extension(
    implementation = _wheelworks_impl,
    doc = "Provides a wheelworks binary and the repositories that the rules load.",
    tag_classes = {
        "archive": _archive,
        "cargo": _cargo,
        "local": _local,
        "released": _released,
    },
)
