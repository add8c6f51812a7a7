"""`wheel_sources`: everything that goes into a wheel, collected from the targets that have it."""

load(":data_files.bzl", "collect_data_files", "transitive_py_deps")
load(":headers.bzl", "transitive_hdrs")
load(":providers.bzl", "WheelSourcesInfo")

# Attributes that the targets behind a `wheel_sources` must have as it has them, so that they can be
# built where it can, and no one else finds them.
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
    doc = "The files of several targets, and where those of them belong that have another place than their own.",
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
    """The sources of a wheel, in one target: for `ml_wheel`, or for a script that makes a wheel.

    All files are those of the configuration that the wheel is built in, so that a wheel for another
    machine gets that machine's libraries.

    Args:
      name: name of the target. What it consists of are the targets `NAME_py`, `NAME_data` and
        `NAME_hdrs`.
      py_srcs: Python targets whose sources, own and transitive, are taken: see `transitive_py_deps`.
      data_srcs: targets whose extension modules, libraries and type stubs are taken: see
        `collect_data_files`.
      symlink_data_srcs: targets with links to such files: see `symlink_deps` there.
      hdr_srcs: C++ targets whose headers, own and transitive, are taken: see `transitive_hdrs`.
      static_srcs: files that are taken as they are.
      external_repositories: repositories besides the main one whose files are taken, except in
        `static_srcs`, which are named one by one; `*` stands for any text, and `-` in front takes
        files out again.
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
