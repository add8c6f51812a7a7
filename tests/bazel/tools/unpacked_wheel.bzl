"""A repository of the files of a wheel."""

_BUILD = """\
package(default_visibility = ["//visibility:public"])

# Without `*.dist-info`: a wheel of these files gets its own.
filegroup(
    name = "files",
    srcs = glob(
        ["site/**"],
        exclude = [
            "site/*.dist-info/**",
            "**/__pycache__/**",
        ],
    ),
)
"""

def _unpacked_wheel_impl(repository_ctx):
    variable = repository_ctx.attr.environment_variable
    configured = repository_ctx.attr.path or repository_ctx.os.environ.get(variable, "")
    if not configured:
        fail("no wheel for @{}\n  hint: set `{}` to a wheel, or to a directory with an unpacked one".format(
            repository_ctx.name,
            variable,
        ))
    path = repository_ctx.path(configured)
    if not path.exists:
        fail("no wheel for @{}: there is no `{}`".format(repository_ctx.name, path))
    if path.basename.endswith(".whl"):
        # Bazel selects the archive type by extension, and does not know `.whl`.
        repository_ctx.symlink(path, "wheel.zip")
        repository_ctx.extract("wheel.zip", output = "site")
        repository_ctx.delete("wheel.zip")
    else:
        repository_ctx.symlink(path, "site")
    repository_ctx.file("BUILD.bazel", _BUILD)

unpacked_wheel = repository_rule(
    implementation = _unpacked_wheel_impl,
    doc = "Unpacks a wheel into `site/`, and declares a filegroup `files`.",
    attrs = {
        "environment_variable": attr.string(
            doc = "Environment variable with the path, if `path` is empty. Only `bazel sync` picks up a change.",
        ),
        "path": attr.string(
            doc = "Absolute path of a wheel, or of a directory with an unpacked one.",
        ),
    },
    environ = ["WHEELWORKS_DEMO_WHEEL"],
)
