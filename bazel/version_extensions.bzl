"""The module extension for versions of wheels in a MODULE.bazel file.

    wheel_versions = use_extension("@wheelworks//bazel:version_extensions.bzl", "wheel_versions")
    wheel_versions.version(
        name = "example_wheel",
        version_key = "_version",
        version_source = "//example:version.py",
    )
    wheel_versions.suffix(name = "example_wheel_version_suffix")
    wheel_versions.nvidia(
        name = "nvidia_wheel_versions",
        versions_source = "//build:nvidia-requirements.txt",
    )
    use_repo(wheel_versions, "example_wheel", "example_wheel_version_suffix", "nvidia_wheel_versions")

Every tag defines one repository; docs/versions.md describes its content. This file requires a release of
Bazel with modules.
"""

load("//bazel/private:version_tags.bzl", "version_repositories")

def _wheel_versions_impl(module_ctx):
    version_repositories(module_ctx.modules)

    # As in extensions.bzl.
    return module_ctx.extension_metadata(reproducible = True) if hasattr(module_ctx, "watch") else None

_NAME = attr.string(
    doc = "Name of the repository, unique among the tags of all modules.",
    mandatory = True,
)

_suffix = tag_class(
    doc = "The version suffix of all wheels of a build, as in `python_wheel_version_suffix_repository`.",
    attrs = {"name": _NAME},
)

_version = tag_class(
    doc = "Reads a version from a source file, as in `python_wheel_version_repository`.",
    attrs = {
        "name": _NAME,
        "version_key": attr.string(
            doc = "Name of the constant.",
            mandatory = True,
        ),
        "version_source": attr.label(
            doc = "The source file.",
            mandatory = True,
        ),
    },
)

_nvidia = tag_class(
    doc = "Reads a requirements file into Starlark values, as in `nvidia_wheel_versions_repository`.",
    attrs = {
        "name": _NAME,
        "versions_source": attr.label(
            doc = "The requirements file.",
            mandatory = True,
        ),
    },
)

wheel_versions = module_extension(
    implementation = _wheel_versions_impl,
    doc = "Provides versions, version suffixes and requirements during loading.",
    tag_classes = {
        "nvidia": _nvidia,
        "suffix": _suffix,
        "version": _version,
    },
)
