"""`wheel_sources`: the files of a wheel, collected from targets."""

load(":data_files.bzl", "collect_data_files", "transitive_py_deps")
load(":headers.bzl", "transitive_hdrs")
load(":providers.bzl", "WheelSourcesInfo")

# Attributes that the targets behind a `wheel_sources` copy from it, so that they can be built wherever it
# can, and stay private.
_SHARED = ["compatible_with", "features", "restricted_to", "tags", "target_compatible_with", "testonly"]

def _wheel_sources_impl(ctx):
    files = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.srcs])
    return [
        DefaultInfo(
            files = files,
            runfiles = ctx.runfiles(transitive_files = files),
        ),
        WheelSourcesInfo(placed = depset(transitive = [
            target[WheelSourcesInfo].placed
            for target in ctx.attr.srcs
            if WheelSourcesInfo in target
        ])),
    ]

_wheel_sources = rule(
    implementation = _wheel_sources_impl,
    doc = "The files of several targets, and the paths of those whose path in the wheel differs from their own.",
    attrs = {
        "srcs": attr.label_list(
            doc = "The targets.",
            allow_files = True,
        ),
    },
    provides = [WheelSourcesInfo],
)

def wheel_sources(
        name,
        py_srcs = [],
        data_srcs = [],
        symlink_data_srcs = [],
        hdr_srcs = [],
        static_srcs = [],
        external_repositories = ["*"],
        **kwargs):
    """Collects the sources of a wheel in one target: for `ml_wheel`, or for a script that builds a wheel.

    All files come from the configuration in which the wheel is built, so a wheel for another machine
    gets that machine's libraries.

    Args:
      name: name of the target. It combines the targets `NAME_py`, `NAME_data` and `NAME_hdrs`.
      py_srcs: Python targets whose sources, own and transitive, are collected: see `transitive_py_deps`.
      data_srcs: targets whose extension modules, libraries and type stubs are collected: see
        `collect_data_files`.
      symlink_data_srcs: targets with links to such files: see `symlink_deps` there.
      hdr_srcs: C++ targets whose headers, own and transitive, are collected: see `transitive_hdrs`.
      static_srcs: files, unchanged.
      external_repositories: names of external repositories whose files are collected; `*` stands for
        any text, and a leading `-` removes files again. It does not affect `static_srcs`.
      **kwargs: other attributes of every rule, such as `visibility`.
    """
    shared = {key: value for key, value in kwargs.items() if key in _SHARED}
    transitive_py_deps(
        name = name + "_py",
        external_repositories = external_repositories,
        visibility = ["//visibility:private"],
        deps = py_srcs,
        **shared
    )
    collect_data_files(
        name = name + "_data",
        external_repositories = external_repositories,
        symlink_deps = symlink_data_srcs,
        visibility = ["//visibility:private"],
        deps = data_srcs,
        **shared
    )
    transitive_hdrs(
        name = name + "_hdrs",
        external_repositories = external_repositories,
        visibility = ["//visibility:private"],
        deps = hdr_srcs,
        **shared
    )
    _wheel_sources(
        name = name,
        srcs = [
            ":{}_py".format(name),
            ":{}_data".format(name),
            ":{}_hdrs".format(name),
        ] + static_srcs,
        **kwargs
    )
