"""Calls the function behind the module extension `wheel_versions` with tags as Bazel passes them."""

# Private: with modules, the extension calls it.
# buildifier: disable=bzl-visibility
load("@wheelworks//bazel/private:version_tags.bzl", "version_repositories")

def tagged_repositories():
    """Defines `@tagged_version`, `@tagged_suffix` and `@tagged_versions`, from two modules."""
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
