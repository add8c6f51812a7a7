"""Versions of wheels, in a WORKSPACE file.

    load("@wheelworks//bazel:versions.bzl", "python_wheel_version_suffix_repository")

    python_wheel_version_suffix_repository(name = "example_wheel_version_suffix")

With modules, see `version_extensions.bzl`. The documentation of each rule and docs/versions.md describe the
repositories.
"""

load(
    "//bazel/private:version_repositories.bzl",
    _nvidia_wheel_versions_repository = "nvidia_wheel_versions_repository",
    _python_wheel_version_repository = "python_wheel_version_repository",
    _python_wheel_version_suffix_repository = "python_wheel_version_suffix_repository",
)

nvidia_wheel_versions_repository = _nvidia_wheel_versions_repository
python_wheel_version_repository = _python_wheel_version_repository
python_wheel_version_suffix_repository = _python_wheel_version_suffix_repository

# JAX's name for it.
jax_python_wheel_repository = _python_wheel_version_repository
