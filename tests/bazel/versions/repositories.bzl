"""Calls what the module extension `wheel_versions` calls, with what it would be given."""

# Not public: with modules, Bazel calls it.
# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:version_tags.bzl", "version_repositories")

def tagged_repositories():
    """Makes `@tagged_version`, `@tagged_suffix` and `@tagged_versions`, in two modules."""
    version_repositories([
        struct(
            name = "one",
            tags = struct(
                nvidia = [],
                suffix = [struct(name = "tagged_suffix")],
                version = [struct(
                    name = "tagged_version",
                    version_key = "_version",
                    version_source = "//jaxlib_like:version.py",
                )],
            ),
        ),
        struct(
            name = "two",
            tags = struct(
                nvidia = [struct(
                    name = "tagged_versions",
                    versions_source = "//versions:requirements.txt",
                )],
                suffix = [],
                version = [],
            ),
        ),
    ])
